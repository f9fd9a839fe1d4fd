"""Bring new nodes to life: Ironic reaches their management boards, and inspects them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from osism.actions.enrol_nodes import FAILED, Row
from osism.actions.mark_nodes import Marking
from osism.actions.operate_nodes import Patience, operate_nodes
from osism.domain import verdicts
from osism.domain.errors import NodesFailed
from osism.domain.jobs import OperateNodes
from osism.domain.operations import ENROLL, INSPECT_FAILED
from osism.domain.ports import Baremetal
from osism.domain.registration import inspectable, unfinished

#: State in which a node has stayed -> the condition that its device has.
_CONDITIONS = {ENROLL: "verify", INSPECT_FAILED: "inspect"}


def verify_nodes(
    rows: Sequence[Row], marking: Marking, baremetal: Baremetal, patience: Patience
) -> list[Row]:
    """Wait until every node that is not at its end is there; NetBox shows it as it happens.

    Which rows these were; those that failed are marked so. Where nobody can inspect a node, it is
    verified only.
    """
    todo = [each for each in rows if _concerned(each)]
    for action in ("inspect", "manage"):
        some = [e for e in todo if e.node and inspectable(e.node) is (action == "inspect")]
        if some:
            _operate(action, {each.name: each for each in some}, marking, baremetal, patience)
    return todo


def _concerned(row: Row) -> bool:
    return bool(row.decision.wanted and not row.bad and row.node and unfinished(row.node))


def _operate(
    action: str,
    rows: Mapping[str, Row],
    marking: Marking,
    baremetal: Baremetal,
    patience: Patience,
) -> None:
    devices = (each.decision.device for each in rows.values())
    marking.follow([each for each in devices if each], action == "inspect")
    try:
        result: Any = operate_nodes(OperateNodes(action, tuple(rows)), marking, baremetal, patience)
    except NodesFailed as failed:
        result = failed.result
    for name, end in result["nodes"].items():
        row = rows[name]
        row.state = end["state"]
        if end["result"] in (verdicts.FAILED, verdicts.REFUSED):
            row.result, row.reason = FAILED, marking.mask(end["reason"])
            row.condition = _CONDITIONS.get(row.state, row.condition)
