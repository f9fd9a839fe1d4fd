"""ansible-playbook with its libraries loaded, waiting to be told what to play.

A script that runs in Ansible's own Python. Loading takes a third of a second or more, which a run
need not wait for. What is wanted comes as one line of JSON on standard input: ``environment`` (what
only this run has), ``folder`` and ``arguments``; from then on this is ansible-playbook. At the end
of the input it ends.
"""

import json
import os
import sys

LATER = (
    "ansible.executor.process.worker",
    "ansible.executor.task_executor",
    "ansible.playbook.handler_task_include",
    "ansible.playbook.included_file",
    "ansible.playbook.role_include",
    "ansible.plugins.callback.default",
    "ansible.plugins.connection.local",
    "ansible.plugins.connection.ssh",
    "ansible.plugins.inventory.auto",
    "ansible.plugins.inventory.ini",
    "ansible.plugins.inventory.yaml",
    "ansible.plugins.strategy.linear",
    "ansible.plugins.vars.host_group_vars",
    "multiprocessing.popen_fork",
    "multiprocessing.synchronize",
    "pty",
    "redis",  # for the cache of facts
)


def load():
    """What every play needs: what ansible-playbook loads at once, and what it loads later."""
    from ansible.cli.playbook import main

    for name in LATER:
        try:
            __import__(name)
        except ImportError:  # another release of Ansible, or no redis
            continue
    return main


def run():
    # As with the real program, its own directory is no place to look for modules.
    sys.path[:] = [each for each in sys.path if each != os.path.dirname(os.path.abspath(__file__))]
    main = load()
    line = sys.stdin.readline()
    if not line:
        return 0
    wanted = json.loads(line)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.environ.update(wanted["environment"])
    os.chdir(wanted["folder"])
    sys.argv = ["ansible-playbook", *wanted["arguments"]]
    return main()


if __name__ == "__main__":
    sys.exit(run())
