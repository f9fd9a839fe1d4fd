"""How the output of a run is shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from osism.adapters.streams import StreamEvent
from osism.commands.displays import display
from osism.commands.progress import Progress
from osism.domain.tellings import lines
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


def test_where_little_is_shown_the_hosts_that_failed_are_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    failed = event("result", host="h", task="t", status="failed", message="no docker here")
    for state, told in (("failed", "h: t: no docker here\nfailed: failed: h\n"), ("succeeded", "")):
        with display("quiet", "RunPlaybook") as shown:
            shown.show(event("result", host="h", task="x", status="ignored", message="so what"))
            shown.show(failed)  # and rescued, where the run has succeeded
            shown.show(event("end", state=state, reason="failed: h", result=None))
        assert capsys.readouterr() == ("", told)


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


def test_a_run_that_is_tried_again_begins_anew(capsys: pytest.CaptureFixture[str]) -> None:
    task = event("task", name="t", number=1)
    with Progress() as shown:
        for each in (task, event("result", host="h", task="t", status="failed")):
            shown.show(each)
        shown.show(event("retry", number=1, of=2, reason="failed: h"))
        capsys.readouterr()
        shown.show(task)
    out = capsys.readouterr().out
    assert "task 1 t" in out
    assert "failed" not in out


TOTALS = {"ok": 2, "changed": 0, "failed": 1, "unreachable": 0}


@pytest.mark.parametrize(
    ("state", "reason", "result", "line"),
    [
        ("succeeded", "", {"totals": TOTALS | {"failed": 0}}, "succeeded (hosts: 2 ok)"),
        (
            "failed",
            "failed: h",
            {"error": "PlayFailed", "run": {"totals": TOTALS}},
            "failed: failed: h (hosts: 2 ok, 1 failed)",
        ),
        ("failed", "b failed", {"error": "PlayFailed", "run": {"roles": {}}}, "failed: b failed"),
        ("failed", "worker lost", None, "failed: worker lost"),
        ("revoked", "revoked by x", {"error": "Revoked"}, "revoked: revoked by x"),
        ("succeeded", "", ["a list"], "succeeded"),
    ],
)
def test_the_end_says_what_became_of_the_hosts(
    state: str, reason: str, result: Any, line: str
) -> None:
    assert lines("end", {"state": state, "reason": reason, "result": result}) == [line]
