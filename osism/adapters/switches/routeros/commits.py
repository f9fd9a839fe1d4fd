"""A commit that takes itself back, made of what RouterOS has: scripts and schedulers.

RouterOS has no commit with a timer. Its safe mode ends with the session, and each of our steps
has a session of its own; loading a backup restarts the switch. So before anything is changed,
the commands that undo the change are put on the switch as scripts, with two schedulers: one that
runs them after a while, one that runs them at the next start. Confirming removes the schedulers.

``osism-undo-1``, ``-2``, ...  the commands that undo, in parts
``osism-undo``                 runs them and removes everything called ``osism-...``
``osism-undoing``              is there while that happens
``osism-failed``               some of them failed: see the switch's log
``osism-timer``, ``osism-start``  the schedulers

Pending is a commit with ``osism-undo`` and ``osism-timer``; confirmed one without a timer; without
``osism-undo`` there is none, or it has been taken back.
MikroTik's manual: "Scripting", "Scheduler".
"""

from __future__ import annotations

from collections.abc import Sequence

from osism.adapters.switches.routeros.console import Console, said
from osism.adapters.switches.routeros.plan import Step
from osism.adapters.switches.routeros.reading import batches, value
from osism.adapters.switches.routeros.words import quoted
from osism.domain.errors import OutsideFailed

LONGEST = 86400.0  #: seconds that a timer can be set to
_PART = 12_000  # characters of one script; WinBox cannot show more than 30000
_LINE = 1_000  # characters of a script that are sent at once
_POLICY = "read,write,policy,test"
_TIMERS = 'where name="osism-timer" or name="osism-start"'
_SCRIPTS = 'where name~"^osism-(undo|failed)"'
# A timer comes again until it is done. Without a script, a connection broke while it was set up.
_RUN = (
    ':if ([:len [/system script find where name="osism-undo"]]=0) '
    f"do={{/system scheduler remove [find {_TIMERS}]}} else={{/system script run osism-undo}}"
)
_FAIL = ":do {/system script add name=osism-failed} on-error={}"
_TAKEN_BACK = "there is no commit to confirm, or it has been taken back"


def state(console: Console) -> str:
    """``none``, ``pending``, ``confirmed``, or ``undoing`` while it is taken back."""
    found = value(
        console,
        '[:len [/system script find where name="osism-undo"]].'
        '[:len [/system script find where name="osism-undoing"]].'
        '[:len [/system scheduler find where name="osism-timer"]]',
        "what became of the last commit",
    )
    if found not in ("000", "001", "100", "101") and not found.startswith(("01", "11")):
        raise console.failed(f"what became of the last commit: garbage: {said(found)}")
    if found[0] == "0":
        return "none"
    return "undoing" if found[1] == "1" else "pending" if found[2] == "1" else "confirmed"


def forget(console: Console) -> None:
    """Remove what a commit has left; there is nothing to take back from here on."""
    _silent(console, f"/system scheduler remove [find {_TIMERS}]", "removing schedulers")
    _silent(console, f"/system script remove [find {_SCRIPTS}]", "removing scripts")


def arm(console: Console, steps: Sequence[Step], revert_in: float) -> None:
    """Have the switch undo *steps* after *revert_in* seconds, or when it starts again.

    What undoes is looked at before it is trusted: a console that loses a character shows here.
    """
    parts = _parts(steps)
    for number, source in enumerate(parts, 1):
        _upload(console, f"osism-undo-{number}", source)
    timer = f"interval={max(1, -int(-revert_in // 1))}s"
    for name, when in (("osism-start", "start-time=startup interval=0s"), ("osism-timer", timer)):
        _silent(
            console,
            f"/system scheduler add name={name} {when} policy={_POLICY} on-event={quoted(_RUN)}",
            "setting the timer",
        )
    # Under its name only when it is whole: that name is what makes the commit pending.
    _upload(console, "osism-undo-0", _main(len(parts)))
    _silent(console, "/system script set osism-undo-0 name=osism-undo", "setting the timer")
    if state(console) != "pending":
        raise console.failed("the revert timer was not set; nothing has been changed")


def apply(console: Console, steps: Sequence[Step]) -> None:
    """Do *steps*, one after the other; the first that the switch refuses ends it."""
    alive = (
        ':if ([:len [/system scheduler find where name="osism-timer"]]=0) do={:error "taken back"}'
    )
    done = 0
    for batch in batches([step.do for step in steps]):
        marked = ";".join(f'{each};:put "="' for each in batch)
        output = console.ask(f"{alive};{marked}", "applying the configuration")
        good = [line for line in output.split("\n") if line.strip() == "="]
        if len(good) == len(batch):
            done += len(batch)
            continue
        if "taken back" in output:
            raise console.failed("the revert timer ran out while the configuration was applied")
        words = said(output.replace("=\n", "")) or "no answer"
        raise console.failed(f"commit refused: {words}: {steps[done + len(good)].do[:200]}")


def confirm(console: Console) -> None:
    """Remove the timers, unless the switch has begun to undo; in one command."""
    output = console.run(
        ':if ([:len [/system script find where name="osism-undo"]]=1 and '
        '[:len [/system script find where name="osism-undoing"]]=0) '
        f'do={{/system scheduler remove [find {_TIMERS}];:put "=kept"}} else={{:put "=gone"}}',
        "confirming",
    )
    if "=kept" not in output:
        raise console.failed(_TAKEN_BACK)
    if state(console) != "confirmed":
        raise console.failed(_TAKEN_BACK)


def take_back(console: Console) -> None:
    """Undo the last commit now. Raises when the switch could not undo all of it."""
    what = "taking the commit back"
    # It is as long as the whole commit; and the timer may be at it, and be done first.
    words = console.ask("/system script run osism-undo", what, patience=10)
    if state(console) != "none":
        raise console.failed(f"{what}: {said(words) or 'it is still there'}")
    check_undone(console)


def check_undone(console: Console) -> None:
    """Raise when the last commit was taken back, by whomever, and not all of it could be."""
    failed = '[:len [/system script find where name="osism-failed"]]'
    if value(console, failed, "taking the commit back") != "0":
        raise console.failed("not all of the commit could be taken back: see the switch's log")


def _main(parts: int) -> str:
    numbers = range(1, parts + 1)
    runs = [f":do {{/system script run osism-undo-{n}}} on-error={{{_FAIL}}}" for n in numbers]
    return "\n".join(
        [
            ":do {/system script add name=osism-undoing} on-error={}",
            *runs,
            f"/system scheduler remove [find {_TIMERS}]",
            '/system script remove [find where name~"^osism-undo"]',
        ]
    )


def _parts(steps: Sequence[Step]) -> list[str]:
    """What undoes *steps*, the last one first. One that fails does not keep the others back."""
    lines = [
        f':do {{{each.undo}}} on-error={{:log error "osism: not undone: {each.row.section.path}";'
        f"{_FAIL}}}"
        for each in reversed(steps)
    ]
    return ["\n".join(batch) for batch in batches(lines, _PART)]


def _upload(console: Console, name: str, source: str) -> None:
    """Make a script, piece by piece: no line that a console has to show is long."""
    what = "keeping what undoes the commit"
    _silent(console, f"/system script add name={name} policy={_POLICY}", what)
    for at in range(0, len(source), _LINE):
        text = quoted(source[at : at + _LINE])
        find = f"/system script get {name} source"
        _silent(console, f"/system script set {name} source=([{find}].{text})", what)
    size = value(console, f"[:len [/system script get {name} source]]", what)
    if size != str(len(source)):
        raise console.failed(f"{what}: {size} of {len(source)} characters arrived")


def _silent(console: Console, command: str, what: str) -> None:
    """A command that says nothing when it went well."""
    output = console.run(command, what)
    if output.strip() and not output.strip().startswith("*"):
        raise OutsideFailed(f"{console.who}: {what}: {said(output)}")
