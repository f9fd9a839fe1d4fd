"""Tells how many plays and tasks a playbook has, so that progress can be shown.

Runs inside Ansible. Writes ``progress`` into the directory of the run, a JSON object with the
number of plays and, of the play that begins, the number of tasks that its tags let through. Tasks
that are included while it runs are not known before.
"""

from __future__ import annotations

import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
    name: osism_progress
    type: notification
    short_description: Counts plays and tasks
    description: Writes the number of plays and of tasks into the directory of the run.
"""


class CallbackModule(CallbackBase):
    """Loaded because it lies in the callback directory of the run."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "osism_progress"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.directory = os.environ.get("AWX_ISOLATED_DATA_DIR", "")
        self.plays = self.play = 0

    def v2_playbook_on_start(self, playbook):
        self.plays = len(playbook.get_plays())

    def v2_playbook_on_play_start(self, play):
        self.play += 1
        if not self.directory:
            return
        try:
            tasks = sum(
                1 for block in play.compile() for task in walked(block) if wanted(task, play)
            )
        except Exception:  # progress is a courtesy; the play goes on without it
            tasks = 0
        said = {"play": self.play, "plays": self.plays, "tasks": tasks}
        partial = os.path.join(self.directory, "progress.part")
        with open(partial, "w") as file:
            json.dump(said, file)
        os.replace(partial, os.path.join(self.directory, "progress"))


def walked(block):
    """The tasks of a block that run when nothing fails."""
    for each in block.block + block.always:
        if hasattr(each, "block"):
            yield from walked(each)
        elif not each.implicit and each.resolved_action != "ansible.builtin.meta":
            yield each


def wanted(task, play):
    return task.evaluate_tags(play.only_tags, play.skip_tags, {})
