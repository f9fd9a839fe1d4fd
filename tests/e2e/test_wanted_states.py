"""A state that somebody wants comes true, or says why not; the newest wish counts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, update

from osism.actions.want_state import want_state
from osism.adapters.connections import connect
from osism.adapters.database.journal import SqlJournal
from osism.adapters.database.specs import SqlSpecs
from osism.adapters.database.tables import specs as table
from osism.adapters.locks import RedisLocks
from osism.adapters.queues import CeleryQueue
from osism.adapters.senders import RedisSender
from osism.adapters.streams import RedisRecords
from osism.domain.specs import (
    COMPLETE,
    FAILED,
    PENDING,
    Propagation,
    Spec,
    Wish,
    job_for,
    propagation,
)
from tests.e2e.conftest import QUICK, Site, wait_until

LEAVES = ("leaf-1", "leaf-2")
NODE = "node-6"


@dataclass
class Wishes:
    """Somebody who wants states of one device, as the API does it."""

    specs: SqlSpecs
    journal: SqlJournal
    records: RedisRecords
    queue: CeleryQueue

    def want(self, state: str, version: int | None = None) -> Spec:
        ports = (self.specs, self.journal, self.records, self.queue)
        return want_state(NODE, state, None, "dragon", version, *ports)

    @property
    def spec(self) -> Spec:
        return self.specs.of([NODE])[NODE]

    def progress(self) -> Propagation:
        spec = self.spec
        row = next((r for r in self.journal.of_jobs([spec.job]) if r.device == NODE), None)
        results = self.journal.results([row.id]).get(row.id, {}) if row else {}
        job = self.records.statuses([spec.job]).get(spec.job)
        return propagation(spec, row, results, job, datetime.now(UTC))

    def ended(self) -> Propagation:
        wait_until(lambda: self.progress().status != PENDING)
        return self.progress()


@pytest.fixture
def wishes(site: Site) -> Iterator[Wishes]:
    assert site.lab.redis
    client = connect(site.lab.redis.url)
    records = RedisRecords(client, RedisLocks(client, QUICK["lease"]))
    url = database(site)
    with closing(SqlSpecs(url)) as specs, closing(SqlJournal(url)) as journal:
        yield Wishes(specs, journal, records, CeleryQueue(RedisSender(client), records))
    client.close()


def database(site: Site) -> str:
    return f"sqlite:///{site.lab.directory / 'osism.db'}"


def at_phase(site: Site, phase: int) -> None:
    wait_until(lambda: site.fields(NODE)[1].endswith(f"phase_{phase}"))


def slow(site: Site) -> None:
    for name in LEAVES:
        site.switch(name, "fault", fault="slow", value=0.4)


def test_a_wish_comes_true_once(site: Site, wishes: Wishes) -> None:
    site.at(NODE, "a")
    before = wishes.spec
    spec = wishes.want("b", before.version)
    assert (spec.state, spec.generation) == ("b", before.generation + 1)
    assert wishes.ended().status == COMPLETE
    (row,) = wishes.journal.of_job(spec.job)
    assert (row.generation, len(row.switches)) == (spec.generation, wishes.progress().updated)
    assert wishes.progress().generation == spec.generation
    site.agree(NODE, "b", LEAVES)
    known, rows = wishes.spec, len(site.rows(NODE))
    assert wishes.want("b") == known
    assert len(site.rows(NODE)) == rows


def test_a_switch_that_fails_is_named_and_the_same_wish_is_tried_again(
    site: Site, wishes: Wishes
) -> None:
    site.at(NODE, "a")
    site.switch("leaf-2", "fault", fault="rejects")
    spec = wishes.want("c")
    found = wishes.ended()
    assert (found.status, found.failed) == (FAILED, ("leaf-2",))
    assert "leaf-2" in found.message
    site.mend()
    again = wishes.want("c")
    assert (again.generation, again.job != spec.job) == (spec.generation, True)
    assert wishes.ended().status == COMPLETE
    site.agree(NODE, "c", LEAVES)


def test_an_older_wish_that_begins_second_does_nothing(site: Site, wishes: Wishes) -> None:
    site.at(NODE, "a")
    older = wishes.specs.want(Wish(NODE, "b", str(uuid4()), "knight"))
    slow(site)
    newer = wishes.want("c")
    at_phase(site, 3)
    wishes.queue.send(job_for(older), "knight", older.job)
    wait_until(lambda: wishes.records.statuses([older.job])[older.job].state == "revoked")
    site.mend()
    told = wishes.records.statuses([older.job])[older.job].reason
    assert told == f"superseded by generation {newer.generation} (state c)"
    assert wishes.ended().status == COMPLETE
    assert wishes.spec.generation == newer.generation
    site.agree(NODE, "c", LEAVES)
    assert wishes.journal.of_job(older.job) == []


def test_a_newer_wish_takes_over_from_the_one_under_way(site: Site, wishes: Wishes) -> None:
    site.at(NODE, "a")
    slow(site)
    older = wishes.want("b")
    at_phase(site, 3)
    newer = wishes.want("c")
    site.mend()
    assert newer.generation == older.generation + 1
    assert wishes.ended().status == COMPLETE
    assert [row.status for row in wishes.journal.of_job(older.job)] == ["aborted"]
    site.agree(NODE, "c", LEAVES)


@pytest.mark.chaos  # it is the taking up that takes its time, and test_broken looks at that
def test_a_wish_outlives_the_worker_that_works_on_it(site: Site, wishes: Wishes) -> None:
    site.at(NODE, "a")
    slow(site)
    spec = wishes.want("b")
    at_phase(site, 3)
    site.kill_worker()
    site.mend()
    site.start_worker()
    assert wishes.ended().status == COMPLETE
    assert (wishes.spec.generation, wishes.spec.job) == (spec.generation, spec.job)
    site.agree(NODE, "b", LEAVES)


def test_what_was_wanted_and_never_queued_is_queued_by_the_schedule(
    site: Site, wishes: Wishes
) -> None:
    site.at(NODE, "a")
    wishes.specs.want(Wish(NODE, "b", str(uuid4()), "dragon"))
    engine = create_engine(database(site))
    with engine.begin() as connection:
        ago = datetime.now(UTC) - timedelta(minutes=1)
        connection.execute(update(table).where(table.c.device == NODE).values(modified=ago))
    engine.dispose()
    assert wishes.ended().status == COMPLETE
    site.agree(NODE, "b", LEAVES)


def test_commands_say_what_is_wanted_too(site: Site, wishes: Wishes) -> None:
    site.at(NODE, "a")
    generation = wishes.spec.generation
    site.switch("leaf-2", "fault", fault="unreachable")
    assert site.connect(NODE, "c").code == 1
    site.mend()
    assert (wishes.spec.state, wishes.spec.generation) == ("c", generation + 1)
    assert wishes.progress().status == FAILED
    assert site.osism("netbox", "connect", NODE, "--abort").code == 0
    assert (wishes.spec.state, wishes.spec.generation) == ("a", generation + 2)
    assert wishes.progress().status == COMPLETE
