"""What every keeper of the port Audit promises, and what the one in a database adds."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from osism.adapters.database.audit import SqlAudit
from osism.domain.errors import OutsideFailed
from osism.domain.ports import Audit
from osism.domain.requests import Entry
from tests.fakes.audit import MemoryAudit
from tests.fakes.databases import KINDS, empty_database

NOON = datetime(2025, 3, 30, 12, 0, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)
ENTRY = Entry(NOON, "the CI", "operator", "192.0.2.1", "PUT", "/api/v1/devices/node-1?a=ü")


@pytest.fixture(params=KINDS)
def sql(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlAudit]:
    with empty_database(request.param, tmp_path) as url:
        audit = SqlAudit(url)
        yield audit
        audit.close()


@pytest.fixture(params=["memory", *KINDS])
def audit(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Audit]:
    if request.param == "memory":
        yield MemoryAudit()
        return
    with empty_database(request.param, tmp_path) as url:
        real = SqlAudit(url)
        yield real
        real.close()


def numbers(found: Any) -> list[int]:
    return [each.number for each in found]


class TestAudit:
    @pytest.mark.parametrize("body", [None, [], {"spec": {"state": "b", "more": [1, None, "ü"]}}])
    def test_one_comes_back_as_it_was_written(self, audit: Audit, body: Any) -> None:
        there = NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))
        number = audit.begin(replace(ENTRY, at=there, body=body))
        assert audit.entries() == [replace(ENTRY, body=body, number=number)]
        assert audit.entries()[0].status is None

    def test_it_is_finished(self, audit: Audit) -> None:
        first, second = audit.begin(ENTRY), audit.begin(ENTRY)
        audit.finish(first, 423, "node-1 is busy")
        assert audit.entries() == [
            replace(ENTRY, number=second),
            replace(ENTRY, number=first, status=423, result="node-1 is busy"),
        ]
        audit.finish(10_000, 200, "nobody's")
        assert len(audit.entries()) == 2

    def test_the_newest_come_first_and_some_at_a_time(self, audit: Audit) -> None:
        known = [
            audit.begin(replace(ENTRY, at=NOON + number * HOUR, who=f"w{number % 2}"))
            for number in range(6)
        ]
        assert numbers(audit.entries()) == known[::-1]
        assert numbers(audit.entries(limit=2)) == [known[5], known[4]]
        assert numbers(audit.entries(limit=2, before=known[4])) == [known[3], known[2]]
        assert numbers(audit.entries(before=known[0])) == []
        assert numbers(audit.entries(who="w1")) == [known[5], known[3], known[1]]
        assert numbers(audit.entries(who="w")) == []
        assert numbers(audit.entries(since=NOON + 4 * HOUR)) == [known[5], known[4]]
        assert numbers(audit.entries("w0", NOON + HOUR, 1, known[4])) == [known[2]]

    def test_a_token_is_found_with_its_users(self, audit: Audit) -> None:
        for who in ("ci", "ci (alice)", "cie (alice)", "CI (alice)", "c_"):
            audit.begin(replace(ENTRY, who=who))
        assert [each.who for each in audit.entries("ci")] == ["ci (alice)", "ci"]
        assert [each.who for each in audit.entries("ci (alice)")] == ["ci (alice)"]

    def test_old_ones_are_forgotten_and_their_numbers_are_not_used_again(
        self, audit: Audit
    ) -> None:
        known = [audit.begin(replace(ENTRY, at=NOON + number * HOUR)) for number in range(3)]
        assert audit.prune(NOON + HOUR) == 1
        assert numbers(audit.entries()) == [known[2], known[1]]
        assert audit.prune(NOON + HOUR) == 0
        assert audit.begin(ENTRY) > known[2]


class TestSqlAudit:
    def test_long_and_odd_texts(self, sql: SqlAudit) -> None:
        odd = "x\0\udc80" * 3000
        number = sql.begin(Entry(NOON, odd, odd, odd, odd, odd, {odd: [odd, 10**4000]}))
        sql.finish(number, 200, odd)
        (found,) = sql.entries(who=odd)
        assert len(found.path) == 2000
        assert len(found.result) == 1000
        assert found.status == 200

    def test_several_at_once_have_numbers_of_their_own(self, sql: SqlAudit) -> None:
        def ask(number: int) -> int:
            known = sql.begin(replace(ENTRY, path=f"/{number}"))
            sql.finish(known, 200, str(number))
            return known

        with ThreadPoolExecutor(4) as pool:
            known = list(pool.map(ask, range(12)))
        assert sorted(known) == sorted(numbers(sql.entries()))
        assert all(each.path == f"/{each.result}" for each in sql.entries())


def test_a_database_that_is_away(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    audit = SqlAudit(f"sqlite:///{tmp_path}/file/of/journal.db")
    with pytest.raises(OutsideFailed):
        audit.begin(ENTRY)
    with pytest.raises(OutsideFailed):
        audit.finish(1, 200, "")
