"""One node of a job: what is remembered of it, told of it, and what became of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from osism.domain.errors import NodesFailed
from osism.domain.jobs import OperateNodes
from osism.domain.verdicts import ENDS, FAILED, REFUSED, Asked

#: What is told of a node on its way, beside :data:`osism.domain.verdicts.ENDS`.
ASKING, ASKED, DOING, BUSY = "asking", "asked", "doing", "busy"
#: Nodes that a reason names.
_NAMED = 3


@dataclass
class NodeTask:
    """A node by the name that was given. ``began`` and ``refused`` (since when Ironic does not
    take what is asked for) are seconds of a clock that does not jump, 0 for not at all."""

    name: str
    asked: Asked | None = None
    state: str = ""
    began: float = 0.0
    refused: float = 0.0
    result: str = ""
    reason: str = ""

    def told(self, action: str, result: str, reason: str) -> dict[str, Any]:
        """What readers of the job are told, and what :func:`remembered` needs."""
        said = {"node": self.name, "action": action, "result": result, "state": self.state}
        said["reason"] = reason
        return said | ({"verb": self.asked.verb, "before": self.asked.state} if self.asked else {})


def remembered(name: str, told: Mapping[str, Any]) -> NodeTask:
    """A node as whoever had the job before has left it; *told* is the last that was told of it."""
    task = NodeTask(name, state=told.get("state", ""))
    if told.get("result") in ENDS:
        task.result, task.reason = told["result"], told["reason"]
    elif told.get("verb"):
        taken = told["result"] not in (ASKING, BUSY)
        task.asked = Asked(told["verb"], told["before"], taken)
    return task


def result(job: OperateNodes, tasks: Sequence[NodeTask]) -> Mapping[str, Any]:
    """What became of each node.

    Raises :class:`NodesFailed` unless all are as wanted: with exit code 1, or 3 when nothing was
    but refused.
    """
    found = {
        "action": job.action,
        "nodes": {
            each.name: {"result": each.result, "state": each.state, "reason": each.reason}
            for each in tasks
        },
    }
    bad = [each for each in tasks if each.result in (FAILED, REFUSED)]
    if not bad:
        return found
    code = 1 if any(each.result == FAILED for each in bad) else 3
    told = "; ".join(f"{each.name} {each.reason}" for each in bad[:_NAMED])
    more = f"; and {len(bad) - _NAMED} more" if len(bad) > _NAMED else ""
    raise NodesFailed(f"{len(bad)} of {len(tasks)} nodes failed: {told}{more}", code, found)
