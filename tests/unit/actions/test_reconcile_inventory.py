"""One run for everybody who has asked before it began."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from osism.actions.reconcile_inventory import reconcile_inventory
from osism.domain.errors import Busy, Invalid, OutsideFailed, Revoked
from osism.domain.hosts import NetboxHost
from osism.domain.jobs import CheckDrift, Job, ReconcileInventory, encode
from tests.fakes.jobs import Known
from tests.fakes.work import RecordedWork


class Records:
    """Keeps :class:`osism.domain.ports.Requests`."""

    def __init__(self, *known: Known) -> None:
        self.known = {each.id: each for each in known}
        self.results: dict[str, Any] = {}

    def recent(self, limit: int = 50, state: str | None = None) -> Sequence[Known]:
        return [each for each in self.known.values() if each.state == state]

    def statuses(self, jobs: Any) -> dict[str, Known]:
        return {each: self.known[each] for each in jobs if each in self.known}

    def end(
        self, job: str, state: str, reason: str = "", result: Any = None, exit_code: Any = None
    ) -> bool:
        known = self.known[job]
        known.state, known.reason, known.exit_code = state, reason, exit_code
        self.results[job] = result
        return True


class Locks:
    def __init__(self, busy: bool = False) -> None:
        self.busy = busy

    @contextmanager
    def hold(self, names: Any, owner: Any, wait: float, **_: Any) -> Iterator[RecordedWork]:
        if self.busy:
            raise Busy("somebody")
        yield RecordedWork()


class Made:
    """Keeps :class:`osism.domain.ports.Inventories`."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.hosts: list[Any] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def reconcile(self, hosts: Any, check: Callable[[], None]) -> dict[str, Any]:
        self.hosts.append(hosts)
        self.meanwhile()
        check()
        if self.failure:
            raise self.failure
        return {"changed": True}

    def compare(self, hosts: Any) -> dict[str, Any]:
        return {"diff": ""}

    def log(self, limit: int) -> Sequence[Any]:
        return []


class Netbox:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def hosts(self) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def request(id: str, state: str = "queued", job: Job | None = None) -> Known:
    return Known(id, state, request=encode(job or ReconcileInventory()))


def run(records: Records, made: Made, netbox: Any = None, **job: Any) -> Any:
    work = RecordedWork()
    return reconcile_inventory(ReconcileInventory(**job), work, netbox, made, records, Locks(), 1.0)


def test_requests_that_were_there_end_with_the_run() -> None:
    others = [request(state, state) for state in ("queued", "retrying", "started")]
    looks = request("looks", job=ReconcileInventory(dry_run=True))
    drift = request("drift", job=CheckDrift())
    records, made = Records(*others, looks, drift), Made()
    late = request("late")
    made.meanwhile = lambda: records.known.update(late=late)
    assert run(records, made) == {"changed": True, "degraded": ""}
    assert {each.state for each in others} == {"succeeded"}
    assert [each.state for each in (looks, drift, late)] == ["queued"] * 3
    assert records.results["queued"]["run"] == RecordedWork.id


def test_one_that_was_answered_while_it_waited_does_nothing() -> None:
    records, made = Records(request(RecordedWork.id, "succeeded")), Made()
    assert run(records, made) == {}
    assert made.hosts == []


@pytest.mark.parametrize(("failure", "code"), [(Invalid("x:1: bad"), 2), (OutsideFailed("y"), 1)])
def test_requests_fail_with_the_run(failure: Exception, code: int) -> None:
    other = request("other")
    with pytest.raises(type(failure)):
        run(Records(other), Made(failure))
    assert (other.state, other.reason, other.exit_code) == ("failed", str(failure), code)


def test_requests_of_a_run_that_was_revoked_go_on() -> None:
    other = request("other")
    with pytest.raises(Revoked):
        run(Records(other), Made(Revoked("dragon")))
    assert other.state == "queued"


def test_netbox_away_is_said() -> None:
    made = Made()
    result = run(Records(), made, Netbox(OutsideFailed("NetBox: no answer")))
    assert result["degraded"] == "NetBox: no answer"
    assert made.hosts == [None]


def test_netbox_with_a_mistake_fails() -> None:
    made = Made()
    with pytest.raises(Invalid):
        run(Records(), made, Netbox(Invalid("NetBox: device 'x': bad")))
    assert made.hosts == []


def test_hosts_of_netbox_are_passed_on() -> None:
    made, hosts = Made(), [NetboxHost("x")]
    assert run(Records(), made, Netbox(hosts))["degraded"] == ""
    run(Records(), made)
    assert made.hosts == [hosts, ()]


def test_a_look_asks_for_no_lock() -> None:
    work = RecordedWork()
    found = reconcile_inventory(
        ReconcileInventory(dry_run=True), work, None, Made(), Records(), Locks(busy=True), 1.0
    )
    assert found == {"diff": "", "degraded": ""}
