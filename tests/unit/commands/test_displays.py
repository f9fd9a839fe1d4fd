"""How the output of a run is shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from osism.adapters.streams import StreamEvent
from osism.commands.displays import display
from osism.commands.progress import Progress
from osism.domain.texts import plain


def event(kind: str, **values: Any) -> StreamEvent:
    return StreamEvent("1-0", kind, datetime.now(UTC), values)


OUTPUT = [
    event("task", name="t", number=1, tasks=2, text="\nTASK [t] ***"),
    event("item", host="h", task="t", status="ok", text="\x1b[32mok\x1b[0m: [h] => (item=1)"),
    event("result", host="h", task="t", status="ok"),  # of a loop: nothing is printed
    event("output", text=""),
    event("recap", hosts={}, text="RECAP\n"),
]
PRINTED = "\nTASK [t] ***\nok: [h] => (item=1)\n\nRECAP\n\n"


@pytest.mark.parametrize("form", ["script", "log"])
def test_what_ansible_prints_is_printed_and_nothing_else(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with display(form, "RunPlaybook") as shown:
        for each in OUTPUT:
            shown.show(each)
    assert capsys.readouterr() == (PRINTED, "")


def test_progress_does_not_change_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress() as shown:
        for each in OUTPUT:
            shown.show(each)
    out = capsys.readouterr().out
    lines = [plain(line.rpartition("\r")[2]) for line in out.split("\n")]
    assert "\n".join(lines) == PRINTED


def test_roles_that_wait_are_not_done(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress() as shown:
        shown.show(event("roles", roles=[{"role": "a"}, {"role": "b"}, {"role": "c"}]))
        for role, state in (("a", "succeeded"), ("b", "retrying"), ("c", "started")):
            shown.show(event("role", role=role, state=state))
    assert "roles 1/3  c" in capsys.readouterr().out.rpartition("\r")[0]
