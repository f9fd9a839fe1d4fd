"""Create, update and remove nodes in Ironic, as it was decided, beside each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from osism.domain import enrolment
from osism.domain.enrolment import Decision
from osism.domain.errors import Busy, LeaseLost, Misconfigured, OsismError, OutsideFailed, TakenOver
from osism.domain.nodes import Node
from osism.domain.ports import Baremetal
from osism.domain.pruning import why_kept

REMOVE = "remove"
CREATED, UPDATED, REMOVED, KEPT, FAILED = "created", "updated", "removed", "kept", "failed"
#: Nodes that are written at once. More gain nothing: the answers take Ironic's processor; and one
#: on SQLite, as bifrost's can be, answers "database is locked" to 30 writers.
_AT_ONCE = 8
#: After so many failures in a row it is Ironic that fails, and not its nodes.
_AWAY = 3


@dataclass
class Row:
    """What became of one node, or will. ``condition``: what its device has while it is bad; empty
    where that is not the device's fault."""

    decision: Decision
    result: str
    reason: str = ""
    node: Node | None = None
    state: str = ""
    condition: str = "register"

    @property
    def name(self) -> str:
        device = self.decision.device
        return self.decision.name or (f"device {device.id}" if device else "?")

    @property
    def bad(self) -> bool:
        return self.result in (FAILED, KEPT, enrolment.REFUSED)

    def values(self) -> dict[str, Any]:
        """As JSON values."""
        state = self.state or (self.node.provision_state if self.node else "")
        told = {"result": self.result, "state": state, "reason": self.reason}
        # What a new node has is told beforehand only: of hundreds nobody wants it.
        told_of = self.result in (enrolment.CREATE, enrolment.UPDATE, UPDATED)
        return told | ({"changes": list(self.decision.changes)} if told_of else {})


def planned(decisions: Sequence[Decision], prune: bool, sure: bool) -> list[Row]:
    """What would become of each node."""
    return [_planned(each, prune, sure) for each in decisions]


def _planned(decision: Decision, prune: bool, sure: bool) -> Row:
    if decision.step == enrolment.GONE and prune and decision.node:
        reason = why_kept(decision.node, sure)
        return Row(decision, KEPT if reason else REMOVE, reason, decision.node)
    return Row(decision, decision.step, decision.reason, decision.node)


class Enrolling:
    """Does what was planned. *check* raises when the job has to end; *tell* hears of each row that
    has come to its end."""

    def __init__(
        self, baremetal: Baremetal, check: Callable[[], None], tell: Callable[[Row], None]
    ) -> None:
        self._baremetal, self._check, self._tell = baremetal, check, tell
        self._failures: list[str] = []
        self._do: Mapping[str, tuple[Callable[[Row], Node | None], str]] = {
            enrolment.CREATE: (self._create, CREATED),
            enrolment.UPDATE: (self._update, UPDATED),
            REMOVE: (self._remove, REMOVED),
        }

    def run(self, rows: Sequence[Row], parallel: int) -> None:
        """Bring every row to its result; one that fails does not stop the others."""
        todo = [each for each in rows if each.result in self._do]
        # What goes makes room: a MAC address may have moved from one node to another.
        todo.sort(
            key=lambda each: ("remove", enrolment.UPDATE, enrolment.CREATE).index(each.result)
        )
        with ThreadPoolExecutor(min(parallel, _AT_ONCE)) as pool:
            futures = [pool.submit(self._one, each) for each in todo]
            try:
                for row, future in zip(todo, futures, strict=True):
                    future.result()
                    self._tell(row)
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def _one(self, row: Row) -> None:
        do, done = self._do[row.result]
        if len(self._failures) >= _AWAY:
            self._passing(row, f"not tried any more: {self._failures[-1]}")
            return
        self._check()
        try:
            row.node, row.result = do(row), done
            self._failures.clear()
        except (LeaseLost, TakenOver, Misconfigured):
            raise
        except OutsideFailed as failure:
            self._failures.append(str(failure))
            self._passing(row, str(failure))
        except Busy as failure:
            self._passing(row, f"{failure}; sync again later")
        except OsismError as refused:
            self._failures.clear()
            row.result, row.reason = enrolment.REFUSED, str(refused)

    @staticmethod
    def _passing(row: Row, reason: str) -> None:
        row.result, row.reason, row.condition = FAILED, reason, ""

    def _create(self, row: Row) -> Node:
        assert row.decision.wanted  # noqa: S101 - decided so
        return self._baremetal.create(row.decision.wanted)

    def _update(self, row: Row) -> Node:
        assert row.decision.wanted and row.decision.node  # noqa: S101 - decided so
        return self._baremetal.update(row.decision.node, row.decision.wanted, secrets=True)

    def _remove(self, row: Row) -> None:
        assert row.decision.node  # noqa: S101 - decided so
        self._baremetal.delete(row.decision.node)
