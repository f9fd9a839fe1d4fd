"""Bring the nodes that NetBox wants into Ironic.

Nothing is remembered from one sync to the next: what is done follows from what NetBox and Ironic
say now. So one that was broken off, wherever that was, is mended by the next.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from osism.actions.enrol_nodes import FAILED, KEPT, REMOVE, Enrolling, Row, planned
from osism.actions.mark_nodes import Marking
from osism.actions.operate_nodes import Patience
from osism.actions.verify_nodes import verify_nodes
from osism.domain import enrolment
from osism.domain.enrolment import Found, chosen, decide, passed_over
from osism.domain.errors import Invalid, NodesFailed, Refused
from osism.domain.jobs import SyncNodes
from osism.domain.ports import (
    Baremetal,
    Conditions,
    NodeDevices,
    NodeParameters,
    NodeSource,
    Work,
)
from osism.domain.pruning import require_an_answer, require_reason
from osism.domain.secrets import Masker

#: Conditions that a sync notes, and ends.
_CONDITIONS = frozenset({"register", "verify", "inspect"})
_WOULD = frozenset({enrolment.CREATE, enrolment.UPDATE, REMOVE})
_QUIET = frozenset({enrolment.UNCHANGED, enrolment.SKIPPED})


@dataclass(frozen=True)
class Sides:
    """Between what is synced. ``ironic`` waits for an Ironic that is away, ``watched`` does not."""

    netbox: NodeSource
    devices: NodeDevices
    parameters: NodeParameters
    ironic: Baremetal
    watched: Baremetal
    conditions: Conditions


def sync_nodes(job: SyncNodes, work: Work, sides: Sides, patience: Patience) -> Mapping[str, Any]:
    """What became of each node. Raises :class:`NodesFailed` when some are not as wanted, with exit
    code 1, or 3 when all of these were but refused.

    There is one at a time: see :attr:`SyncNodes.alone`.
    """
    syncing = _Syncing(job, work, sides)
    syncing.plan()
    if job.dry_run:
        for row in syncing.rows:
            syncing.tell(row)
        return syncing.result()
    syncing.enrol(patience.parallel)
    syncing.verify(patience)
    return syncing.result()


class _Syncing:
    """One sync."""

    def __init__(self, job: SyncNodes, work: Work, sides: Sides) -> None:
        self.job, self.work, self.sides = job, work, sides
        self.rows: list[Row] = []
        self.marking = Marking(work, sides.devices, str)

    def plan(self) -> None:
        """Look on both sides and decide; nothing is written."""
        devices = self.sides.netbox.nodes()
        nodes, ports = self.sides.ironic.nodes(), self.sides.ironic.ports()
        require_an_answer(len(devices), len(nodes))
        wanted, wrong = {}, {}
        for device in chosen(devices, self.job.names):
            self.work.check()
            try:
                wanted[device.name] = self.sides.parameters.wanted(device, self.sides.ironic)
            except Invalid as mistake:
                wrong[device.name] = str(mistake)
        secrets = [str(value) for each in wanted.values() for value in each.secrets.values()]
        self.marking = Marking(self.work, self.sides.devices, Masker(secrets).mask)
        decisions = decide(Found(devices, nodes, ports, wanted, wrong), self.job.names)
        self.rows = planned(decisions, self.job.prune, self.job.sure)
        self._require(len(devices), sum(1 for each in nodes if each.name))

    def _require(self, tagged: int, known: int) -> None:
        gone = sum(1 for each in self.rows if each.result in (REMOVE, KEPT))
        try:
            require_reason(tagged, known, gone, bool(self.job.names), self.job.sure)
        except Refused as reason:
            if not self.job.dry_run:
                raise
            self.work.tell("note", text=f"without --dry-run this is refused: {reason}")

    def enrol(self, parallel: int) -> None:
        """Make Ironic have the nodes as they are wanted."""
        for row in self.rows:
            if row.result not in _WOULD:
                self.tell(row)
            # What Ironic does not have (any more) is not registered, whatever becomes of it now.
            if row.decision.device and row.decision.wanted:
                self.marking.note(row.decision.device, row.node)
        self.marking.write()
        Enrolling(self.sides.ironic, self.work.check, self.tell).run(self.rows, parallel)

    def verify(self, patience: Patience) -> None:
        """Bring what is new to life, and say in NetBox and in conditions how it went."""
        verified: Collection[str] = ()
        try:
            rows = verify_nodes(self.rows, self.marking, self.sides.watched, patience)
            verified = {each.name for each in rows}
        finally:
            self._note_conditions(verified)
            self.marking.write()
        if any(each.bad for each in self.rows):
            self.sides.parameters.forget()  # an image that is gone may be why

    def _note_conditions(self, verified: Collection[str]) -> None:
        """A device that could not be synced has a condition, until it could."""
        known: dict[str, set[str]] = {}
        for each in self.sides.conditions.of():
            known.setdefault(each.device, set()).add(each.kind)
        now = datetime.now(UTC)
        for row in self.rows:
            device = row.decision.device
            if not device or not device.name:
                continue
            ended = set(_CONDITIONS if row.name in verified else {"register"})
            if row.bad and not passed_over(device):
                ended = ended - {row.condition} if row.condition else set()
                if row.condition:
                    self.sides.conditions.set(row.name, row.condition, row.reason, now)
            if ended := ended & known.get(row.name, set()):
                self.sides.conditions.clear(row.name, ended)

    def tell(self, row: Row) -> None:
        """Say what becomes of a node, where that is worth a line."""
        row.reason = self.marking.mask(row.reason)
        if row.result in _QUIET:
            return
        would = "would " if row.result in _WOULD else ""
        lines = [f"  {row.name}: {would}{row.result}{f': {row.reason}' if row.reason else ''}"]
        values = row.values()
        lines += [f"    {each}" for each in values.get("changes", ()) if not row.reason]
        self.work.tell("note", text="\n".join(lines), node=row.name, **values)

    def result(self) -> Mapping[str, Any]:
        """What became of each node; raises :class:`NodesFailed` unless all is well."""
        counts = Counter(each.result for each in self.rows)
        text = ", ".join(f"{number} {result}" for result, number in sorted(counts.items()))
        self.work.tell("note", text=f"{text or 'no nodes'}", counts=dict(counts))
        result = {
            "counts": dict(counts),
            "nodes": {e.name: e.values() for e in self.rows if e.result not in _QUIET},
            "dry_run": self.job.dry_run,
        }
        if bad := [each for each in self.rows if each.bad]:
            code = 1 if any(each.result == FAILED for each in bad) else 3
            raise NodesFailed(_told(bad, len(self.rows)), code, result)
        return result


def _told(bad: Sequence[Row], all_: int) -> str:
    told = "; ".join(f"{each.name}: {each.reason}" for each in bad[:3])
    more = f"; and {len(bad) - 3} more" if len(bad) > 3 else ""
    return f"{len(bad)} of {all_} nodes are not as wanted: {told}{more}"
