"""One request to Ironic about one node, as an operation and a job want it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from osism.domain.cleanings import steps
from osism.domain.errors import Invalid
from osism.domain.jobs import OperateNodes
from osism.domain.nodes import KEPT, Node
from osism.domain.operations import DELETION, MAINTENANCE, POWER, Operation
from osism.domain.ports import Baremetal


def request(
    baremetal: Baremetal, job: OperateNodes, operation: Operation, node: Node, verb: str
) -> None:
    """Ask Ironic for *verb*; what it raises is raised."""
    if operation.kind == POWER:
        baremetal.power(node, verb)
    elif operation.kind == MAINTENANCE:
        baremetal.maintain(node, verb == "on", job.reason)
    elif operation.kind == DELETION:
        baremetal.delete(node)
    else:
        values: dict[str, Any] = {"clean_steps": steps(job.steps)} if verb == "clean" else {}
        if verb in ("active", "rebuild"):
            _choose(baremetal, job, node)
        baremetal.provision(node, verb, **values)


def _choose(baremetal: Baremetal, job: OperateNodes, node: Node) -> None:
    """Set what is to be deployed, where the job or the node's ``extra`` says it: Ironic forgets it
    with every undeploy."""
    values = _kept(baremetal.node(node.id))
    if job.image:
        values["image_source"] = baremetal.image(job.image)
    if job.checksum:
        values["image_checksum"] = job.checksum
    if values:
        baremetal.instance(node, values)


def _kept(node: Node) -> dict[str, Any]:
    found = node.extra.get(KEPT) or {}
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            found = None
    if not isinstance(found, Mapping):
        raise Invalid(f"its extra {KEPT!r} is no JSON object")
    return dict(found)
