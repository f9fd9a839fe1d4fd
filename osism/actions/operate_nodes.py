"""Ask Ironic to do something with nodes, and wait until it is done.

All nodes of a job are looked at together, with one question to Ironic, and each then goes on by
itself. What a node was asked for is told before and after: a worker that takes the job up again
reads it there, and everything else follows from the state that the node is in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic, sleep
from typing import Any

from osism.actions.node_requests import request
from osism.domain import verdicts
from osism.domain.errors import (
    Busy,
    Invalid,
    Misconfigured,
    NotFound,
    OsismError,
    OutsideFailed,
)
from osism.domain.jobs import OperateNodes
from osism.domain.names import nearest
from osism.domain.node_tasks import ASKED, ASKING, BUSY, DOING, NodeTask, remembered, result
from osism.domain.nodes import Node
from osism.domain.operations import OPERATIONS, Operation
from osism.domain.ports import Baremetal, Work
from osism.domain.verdicts import Asked, Verdict

#: Seconds between two looks at the nodes; longer from look to look while nothing changes.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0


@dataclass(frozen=True)
class Patience:
    """``retry``: seconds that Ironic may be away or a node be locked; ``parallel``: nodes at
    once."""

    retry: float = 120.0
    parallel: int = 50


def operate_nodes(
    job: OperateNodes,
    work: Work,
    baremetal: Baremetal,
    patience: Patience,
    earlier: Iterable[Mapping[str, Any]] = (),
) -> Mapping[str, Any]:
    """Bring every node to its end; what became of each.

    *earlier*: what was told of nodes by whoever had the job before. Raises :class:`NodesFailed`
    with exit code 1, or 3 when nothing was but refused, :class:`NotFound` before anything was
    asked for when Ironic does not know a node.
    """
    if job.action not in OPERATIONS:
        raise Invalid(f"no action {job.action!r}; there is {', '.join(OPERATIONS)}")
    operation = OPERATIONS[job.action]
    if job.reason and job.action == "maintenance_set":  # the reason may be a new one
        operation = replace(operation, again=True)
    memory = {each["node"]: each for each in earlier if "node" in each}
    tasks = [remembered(name, memory.get(name, {})) for name in dict.fromkeys(job.names)]
    _Operating(job, operation, work, baremetal, patience, tasks).run(known=frozenset(memory))
    return result(job, tasks)


class _Operating:
    """The nodes of one job."""

    def __init__(
        self,
        job: OperateNodes,
        operation: Operation,
        work: Work,
        baremetal: Baremetal,
        patience: Patience,
        tasks: Sequence[NodeTask],
    ) -> None:
        self.job, self.operation, self.work, self.baremetal = job, operation, work, baremetal
        self.patience, self.tasks = patience, tasks
        self.limit = job.timeout or operation.patience
        self.away = 0.0
        self.changed = False

    def run(self, known: frozenset[str]) -> None:
        pause = _FIRST_PAUSE
        while open_ := [each for each in self.tasks if not each.result]:
            self.work.check()
            found = self._look(open_)
            if found is not None:
                self._require(open_, found, known)
                known = frozenset(each.name for each in self.tasks)
                self.changed = False
                self._round(open_, found)
            pause = _FIRST_PAUSE if self.changed else min(pause * 1.5, _LONGEST_PAUSE)
            if any(not each.result for each in self.tasks):
                sleep(pause)

    def _look(self, tasks: Sequence[NodeTask]) -> Mapping[str, Node] | None:
        """The nodes as they are now, by the names that were given; None while Ironic is away."""
        try:
            found = self.baremetal.nodes([each.name for each in tasks], states=True)
        except OutsideFailed as failure:
            now = monotonic()
            if not self.away:
                self.away = now
                self.work.tell("note", text=f"{failure}; waiting for it")
            if now - self.away >= self.patience.retry:
                raise OutsideFailed(
                    f"{failure}; given up after {now - self.away:.0f} s. What was asked for goes "
                    "on there"
                ) from failure
            return None
        if self.away:
            self.work.tell("note", text="Ironic answers again")
            self.away = 0.0
        return {key: each for each in found for key in (each.id, each.name) if key}

    def _require(
        self, tasks: Sequence[NodeTask], found: Mapping[str, Node], known: frozenset[str]
    ) -> None:
        """Refuse the job when there are names that Ironic never knew."""
        if missing := [e.name for e in tasks if e.name not in found and e.name not in known]:
            names = [each.name for each in self.baremetal.nodes(states=True)]
            close = nearest(missing[0], names) if len(missing) == 1 else ""
            raise NotFound(f"Ironic has no node {', '.join(map(repr, missing))}{close}")

    def _round(self, tasks: Sequence[NodeTask], found: Mapping[str, Node]) -> None:
        busy = sum(1 for each in tasks if each.began)
        for task in tasks:
            if not task.began and busy >= self.patience.parallel:
                continue
            busy += not task.began
            task.began = task.began or monotonic()
            node = found.get(task.name)
            self._step(task, node)

    def _step(self, task: NodeTask, node: Node | None) -> None:
        if node is None:
            self._end(task, verdicts.gone(self.operation), "")
            return
        now = verdicts.state(self.operation, node)
        verdict = verdicts.verdict(self.operation, node, task.asked)
        if verdict.step == verdicts.ASK:
            self._ask(task, node, verdict.verb, now)
        elif verdict.step == verdicts.WAIT:
            if verdict.verb:  # somebody else asked for the same
                task.asked = Asked(verdict.verb, now, taken=True)
            elif task.asked:  # so it has arrived, whatever became of the answer
                task.asked = replace(task.asked, taken=True)
            self._wait(task, node, now)
        else:
            self._end(task, verdict, now)

    def _ask(self, task: NodeTask, node: Node, verb: str, now: str) -> None:
        if not (task.asked and task.asked.verb == verb and task.refused):
            task.asked = Asked(verb, now)
            self._tell(task, ASKING, now)
        self.work.check()
        try:
            if node.reservation:  # Ironic would try for seconds, while the other nodes wait
                raise Busy(f"locked by {node.reservation}")
            request(self.baremetal, self.job, self.operation, node, verb)
        except (Busy, OutsideFailed) as failure:
            self._again(task, failure, now)
        except Misconfigured:
            raise
        except OsismError as refused:
            self._end(task, Verdict(verdicts.REFUSED, reason=f"refused: {refused}"), now)
        else:
            task.asked, task.refused = Asked(verb, now, taken=True), 0.0
            self._tell(task, ASKED, now)

    def _again(self, task: NodeTask, failure: OsismError, now: str) -> None:
        """Ironic does not take it at this moment: ask again in the next round, for a while."""
        moment = monotonic()
        if not task.refused:
            task.refused = moment
            self._tell(task, BUSY, now, str(failure))
        if moment - task.refused >= self.patience.retry:
            step = verdicts.REFUSED if isinstance(failure, Busy) else verdicts.FAILED
            reason = f"{failure}; given up after {moment - task.refused:.0f} s"
            self._end(task, Verdict(step, reason=reason), now)

    def _wait(self, task: NodeTask, node: Node, now: str) -> None:
        task.refused = 0.0
        if now != task.state:
            self._tell(task, DOING, now)
        seconds = monotonic() - task.began
        if seconds >= self.limit:
            held = f", locked by {node.reservation}" if node.reservation else ""
            reason = f"not within {self.limit:g} s: is {now!r} still{held}; Ironic goes on with it"
            self._end(task, Verdict(verdicts.FAILED, reason=reason), now)

    def _end(self, task: NodeTask, verdict: Verdict, now: str) -> None:
        task.result, task.reason = verdict.step, verdict.reason
        self._tell(task, verdict.step, now, verdict.reason)

    def _tell(self, task: NodeTask, result: str, now: str, reason: str = "") -> None:
        task.state, self.changed = now, True
        self.work.tell("operation", **task.told(self.job.action, result, reason))
