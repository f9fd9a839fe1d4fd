"""A run from its job's record and from the journal, and lists of both."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from osism.domain.errors import Invalid
from osism.domain.known_runs import KnownRun, Wish, known, mark, page, placed, unwritten
from osism.domain.records import JobRecord
from osism.domain.runs import Run

NOON = datetime(2025, 3, 30, 12, 0, 0, 123456, tzinfo=UTC)
REQUEST = {"job": "RunPlaybook", "role": "facts", "environment": "generic", "collection": ""}


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def record(id: str, second: float = 0, state: str = "queued", **more: Any) -> JobRecord:
    values = {"name": "RunPlaybook", "by": "dragon", "request": REQUEST, "queued": at(second)}
    return JobRecord(id, state=state, **(values | more))


def run(id: str, second: float = 1, status: str = "running", **more: Any) -> Run:
    return Run(id, "generic", "facts", status, "dragon", at(second), "w", request=REQUEST, **more)


def test_a_run_is_known_before_it_begins() -> None:
    found = known(record("a"), None)
    assert (found.state, found.queued, found.started) == ("queued", NOON, None)
    assert known(record("a", state="retrying", reason="busy"), None).state == "waiting"


def test_of_both_the_journal_says_how_it_ended_and_the_record_what_it_left() -> None:
    ended = record("a", state="failed", result={"run": {"result": {"x": 1}}}, exit_code=9)
    found = known(ended, run("a", status="failed", exit_code=2, reason="failed: h", ended=at(5)))
    assert (found.exit_code, found.reason, found.result) == (2, "failed: h", {"x": 1})
    assert (found.queued, found.started, found.ended) == (NOON, at(1), at(5))


def test_an_end_that_the_journal_could_not_take_counts() -> None:
    ended = record("a", state="revoked", exit_code=130, reason="by dragon", ended=at(9))
    found = known(ended, run("a"))
    assert (found.state, found.exit_code, found.ended) == ("revoked", 130, at(9))


def test_a_record_that_is_behind_changes_nothing() -> None:
    ended = run("a", status="succeeded", exit_code=0)
    assert known(record("a", state="started"), ended).state == "succeeded"
    assert known(None, ended) == known(record("a", state="started", queued=None), ended)


def test_a_collection_has_the_states_of_its_roles_as_its_result() -> None:
    done = record("c", state="failed", name="ApplyCollection", result={"run": {"roles": {}}})
    assert known(done, None).result == {"roles": {}}


def listed(
    wish: Wish,
    records: list[JobRecord],
    runs: list[Run],
    limit: int = 10,
    before: tuple[datetime, str] | None = None,
) -> list[str]:
    more = unwritten(wish, records, runs, limit, before)
    found: list[KnownRun] = page(wish, {each.id: each for each in records}, runs, more)
    return [each.id for each in found]


def test_runs_that_have_not_begun_stand_where_they_were_asked_for() -> None:
    records = [record("new", 9), record("old", 2), record("b", 0, "started"), record("x", 3)]
    others = [replace(records[3], name="CheckDrift")]
    assert listed(Wish(), records[:3] + others, [run("c", 5), run("b", 1)]) == [
        "new", "c", "old", "b",
    ]  # fmt: skip


def test_what_belongs_on_a_later_page_is_left_for_it() -> None:
    records = [record("new", 9), record("old", 2), record("oldest", 0)]
    assert listed(Wish(), records, [run("c", 5), run("b", 4)], 2) == ["new", "c", "b"]
    assert listed(Wish(), records, [run("a", 1)], 2, (at(4), "b")) == ["old", "a", "oldest"]


def test_only_what_is_asked_for() -> None:
    mine = record("m", 3, request=REQUEST | {"collection": "c-1", "role": "ping"})
    records = [mine, record("q", 2), record("w", 1, "retrying")]
    assert listed(Wish(state="waiting"), records, []) == ["w"]
    assert listed(Wish(role="ping"), records, []) == ["m"]
    assert listed(Wish(collection="c-1"), records, []) == ["m"]
    assert listed(Wish(state="running"), [record("r", 0, "failed")], [run("r")]) == []


def test_a_place_survives_its_text() -> None:
    place = (NOON, "0a-1.b")
    assert placed(mark(place)) == place
    for wrong in ("", "x.y", "9" * 30 + ".a", "."):
        with pytest.raises(Invalid, match="continue"):
            placed(wrong)
