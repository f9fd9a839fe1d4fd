"""One request to Ironic about one node, as an operation and a job want it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from osism.domain.errors import Invalid
from osism.domain.jobs import OperateNodes
from osism.domain.nodes import Node
from osism.domain.operations import DELETION, MAINTENANCE, POWER, Operation
from osism.domain.ports import Baremetal

#: Erases what is on the disks: what a clean without steps of its own does.
STEPS = ({"interface": "deploy", "step": "erase_devices"},)
#: Where sites keep what is to be deployed: Ironic forgets ``instance_info`` with every undeploy.
_KEPT = "instance_info"


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


def steps(text: str) -> list[Any]:
    """The steps of a manual cleaning from JSON; those that erase the disks without any."""
    if not text:
        return list(STEPS)
    try:
        found = json.loads(text)
    except ValueError as mistake:
        raise Invalid(f"clean steps: no JSON: {mistake}") from None
    if not isinstance(found, list) or not found:
        raise Invalid("clean steps: a list of {interface, step, args} is expected")
    for each in found:
        if not isinstance(each, Mapping) or not {"interface", "step"} <= set(each):
            raise Invalid(f"clean steps: {each!r} must be a mapping with interface and step")
    return found


def _choose(baremetal: Baremetal, job: OperateNodes, node: Node) -> None:
    """Set what is to be deployed, where the job or the node's ``extra`` says it."""
    values = _kept(baremetal.node(node.id))
    if job.image:
        values["image_source"] = baremetal.image(job.image)
    if job.checksum:
        values["image_checksum"] = job.checksum
    if values:
        baremetal.instance(node, values)


def _kept(node: Node) -> dict[str, Any]:
    found = node.extra.get(_KEPT) or {}
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            found = None
    if not isinstance(found, Mapping):
        raise Invalid(f"its extra {_KEPT!r} is no JSON object")
    return dict(found)
