"""Who works on the devices already: waited for, asked to stop, or in the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import pytest

from osism.actions.connect_devices import _make_way
from osism.domain.errors import Refused, TakenOver
from osism.domain.jobs import ConnectDevices
from osism.domain.ports import Owner, Row
from osism.domain.specs import Wish
from tests.fakes.journal import MemoryJournal
from tests.fakes.work import RecordedWork

NOON = datetime(2025, 3, 30, 12, tzinfo=UTC)


class Locks:
    """What one job holds, and who asked for it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def holders(self, names: Iterable[str]) -> Mapping[str, Owner]:
        return dict.fromkeys(names, Owner("other", "connect node-1 to c"))

    def ask(self, name: str, by: str) -> None:
        self.asked.append(name)


@pytest.mark.parametrize(
    ("state", "enforce", "generation", "becomes"),
    [
        ("c", False, 0, "waits"),
        ("c", True, 2, "waits"),
        ("c", True, 1, "superseded"),
        ("b", True, 1, "superseded"),
        ("b", True, 2, "asks"),
        ("b", True, 3, "asks"),
        ("b", True, 0, "asks"),
        ("b", False, 0, "refused"),
    ],
)
def test_what_becomes_of_a_job_whose_device_is_under_way(
    state: str, enforce: bool, generation: int, becomes: str
) -> None:
    journal, locks = MemoryJournal(), Locks()
    journal.specs.want(Wish("node-1", "b", "this", "dragon"))
    row = Row("t", "other", "node-1", "a", "c", "running", "knight", NOON)
    journal.begin([row], {})  # generation 2
    job = ConnectDevices(("node-1",), "device", state=state, enforce=enforce, generation=generation)

    def make_way() -> None:
        _make_way(job, RecordedWork(), ["node-1"], locks, journal)  # type: ignore[arg-type]

    if becomes == "superseded":
        with pytest.raises(TakenOver, match=r"superseded by generation 2 \(state c\)"):
            make_way()
    elif becomes == "refused":
        with pytest.raises(Refused, match="asked for by knight"):
            make_way()
    else:
        make_way()
    assert locks.asked == (["device:node-1"] if becomes == "asks" else [])
