"""Make again what follows from the code: ``make docs``.

Writes the pages of settings and exit codes, the picture of the states, and the completion of the
shell. ``tests/unit/test_generated.py`` fails while a checked-in file is not what the code says now.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PICTURE = "contrib/netbox-state-machine"
_NOTE = "<!-- Made by contrib/generate.py (make docs). Change the code, not this page. -->"


def _table(titles: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> list[str]:
    lines = [titles, tuple("---" for _ in titles), *rows]
    return [f"| {' | '.join(each.replace('|', chr(92) + '|') for each in row)} |" for row in lines]


# --- docs/settings.md -----------------------------------------------------------------------------


def settings_page() -> str:
    """Every setting with its names, type, limits, default and reason."""
    from osism.settings import FIELDS

    titles = ("Setting", "Environment", "Type and limits", "Default", "What it is for")
    rows = (
        (
            f"`{name}`",
            ", ".join(f"`{each}`" for each in _environment(field)),
            _type(field),
            _default(field),
            field.why,
        )
        for name, field in FIELDS.items()
    )
    head = """# Settings

Read once when a process starts: after a change, restart workers and scheduler. Where a setting is
told several times, the later one of these counts:

1. the default,
2. a file in `/run/secrets`, named as in the column Environment (small letters will do),
3. the settings' file: `/etc/osism/osism.yml`, or the one that `OSISM_CONFIG` names; its keys are
   the names in the first column,
4. the environment.

Durations are in seconds, `retention` is in days. A wrong value, or an unknown key in the file,
ends the process with exit code 1 and one line that names it; an unknown variable of the environment
or an unknown file in `/run/secrets` is passed over. `osism settings -c Name -c Value -c Origin`
shows what counts and where it comes from; secrets are masked.
"""
    tail = """
## An example

```yaml
# /etc/osism/osism.yml
redis_url: redis://redis.example.com:6379/0
netbox_url: https://netbox.example.com
switches:
  default: {driver: file, directory: /var/lib/osism/switches}
```

In the environment `switches` is a JSON object. Beside the settings the environment can have
`OSISM_CONFIG` (the settings' file) and `OSISM_LAB` (where `osism lab` keeps everything).
"""
    return "\n".join([_NOTE, "", head, *_table(titles, rows), tail])


def _environment(field: Any) -> list[str]:
    """The variables that a setting listens to, the product's own first."""
    return sorted(set(field.variables), key=lambda each: (not each.startswith("OSISM_"), each))


def _type(field: Any) -> str:
    if field.among:
        return ", ".join(f"`{each}`" for each in field.among)
    words: Mapping[str, str] = {
        "bool": "true or false",
        "int": "whole number",
        "float": "number",
        "Secret": "text, secret",
        "dict": "mapping",
        "Path": "path",
    }
    named = next((word for each, word in words.items() if each in field.kind), "text")
    return ", ".join([named, *map(_limit, field.limits.items())])


def _limit(limit: tuple[str, float]) -> str:
    words = {"ge": "at least", "gt": "more than", "le": "at most"}
    return f"{words[limit[0]]} {limit[1]:g}"


def _default(field: Any) -> str:
    value = field.default
    if hasattr(value, "get_secret_value"):
        value = value.get_secret_value()
    if isinstance(value, bool):
        value = str(value).lower()
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`" if value else "none"


# --- docs/exit-codes.md ---------------------------------------------------------------------------

_CODES = {
    0: "done; also: there was nothing to do",
    1: "failed, or (`osism netbox drift`) a switch is not as NetBox wants, or out of reach",
    2: "wrong usage or input; nothing was touched",
    3: "refused, busy, revoked or taken over",
    4: "worker lost: nobody works on the job any more",
    124: "`osism apply --timeout`: the run took too long and was ended",
    130: "revoked; or Ctrl-C: the waiting ended, the job goes on",
}


def exit_codes_page() -> str:
    """Exit codes, and which error ends in which of them."""
    from osism.commands.edge import EXIT_CODES
    from osism.commands.jobs import INTERRUPTED, LOST
    from osism.domain.errors import OsismError, WorkerLost
    from osism.domain.runs import TIMED_OUT
    from osism.tasks.app import ENDS

    kinds = list(_tree(OsismError))
    used = {code for _, code in EXIT_CODES} | {code for _, _, code in ENDS}
    used |= {LOST, INTERRUPTED, TIMED_OUT}
    unknown = used - set(_CODES)
    assert not unknown, f"exit codes without a meaning: {unknown}"  # noqa: S101

    def first(table: Any, kind: type) -> Any:
        return next(rest for parent, *rest in table if issubclass(kind, parent))

    def row(kind: type, depth: int) -> tuple[str, ...]:
        (code,) = first(EXIT_CODES, kind)
        state, job_code = first(ENDS, kind)
        if kind is WorkerLost:  # told by whoever waits, or by the schedule
            state, job_code = "failed", LOST
        name = f"{'· ' * depth}`{kind.__name__}`"
        return (
            name,
            " ".join((kind.__doc__ or "").replace("``", "`").split()),
            str(code),
            state,
            str(job_code),
        )

    titles = ("Error", "What it says", "Exit code of a command", "A job ends as", "with")
    head = """# Exit codes

Every command ends with one of these. A command that waits for a job ends with the job's exit code.
"""
    middle = """
A run of a playbook (`osism apply`) ends with Ansible's own exit code: 0 good, 2 failed hosts, 4
unreachable hosts (or a play that Ansible cannot read), 1 and 250 other errors, 128 and the number
of a signal that ended it. A collection ends with the code of its first role that failed. 4 with
the words `worker lost` is ours.

`osism task output --follow` ends as the job does; without `--follow` it ends with 0. With
`--no-wait` a command ends with 0 once the job is queued. A command line that cannot be parsed
ends with 2, a command that does not exist with 2 too.

Through the HTTP API (`osism --api URL`) a command ends as it does at the manager. Beside that: 1
when the API cannot be reached, 2 for what works only where the manager runs, 3 when the token is
unknown or its role does not allow it.

## Errors

The class says what to do next; the message says what is wrong. The record of a failed job
(`osism task show ID`) has the class in `result`. Indented ones are a kind of the one above.
"""
    tail = """
Anything else that goes wrong in a job is a mistake in osism: the job ends as failed with exit code
1, the reason begins with `internal error:`, and the worker's log has the traceback.
"""
    lines = [_NOTE, "", head]
    codes = ((str(code), meaning) for code, meaning in _CODES.items())
    lines += _table(("Code", "Meaning"), codes)
    lines += [middle, *_table(titles, (row(kind, depth) for kind, depth in kinds)), tail]
    return "\n".join(lines)


def _tree(kind: type, depth: int = 0) -> Iterator[tuple[type, int]]:
    yield kind, depth
    for each in kind.__subclasses__():
        if each.__module__ == "osism.domain.errors":
            yield from _tree(each, depth + 1)


# --- pictures and completion ----------------------------------------------------------------------


def diagram() -> str:
    """The states and phases, for Graphviz."""
    from osism.domain.transitions import diagram as states

    return states()


def completion() -> str:
    """Completion for bash; to be sourced, or put into /etc/bash_completion.d."""
    from osism.main import main

    said = io.StringIO()
    with redirect_stdout(said):
        code = main(["complete"])
    assert code == 0, f"osism complete ended with {code}"  # noqa: S101
    return "# Made by contrib/generate.py (make docs) from osism complete.\n" + said.getvalue()


#: File -> what makes its text.
FILES: Mapping[str, Callable[[], str]] = {
    "docs/settings.md": settings_page,
    "docs/exit-codes.md": exit_codes_page,
    f"{PICTURE}.dot": diagram,
    "contrib/completion/osism.bash": completion,
}


def main() -> int:
    for name, make in FILES.items():
        path, text = ROOT / name, make()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{name} is new\n")
    if dot := shutil.which("dot"):
        picture = [str(ROOT / f"{PICTURE}.{each}") for each in ("dot", "png")]
        subprocess.run([dot, "-Tpng", picture[0], "-o", picture[1]], check=True)  # noqa: S603
    else:
        sys.stdout.write(f"graphviz is not installed: {PICTURE}.png stays as it is\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
