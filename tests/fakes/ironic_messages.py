"""Notifications as Ironic sends them: a recorded life of one node, and made ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_DNS, uuid4, uuid5

from osism.domain.ironic_events import NodeEvent

#: Ironic 39 with fake hardware: create, manage, inspect, provide, deploy, power, rescue,
#: maintenance, undeploy, manual cleaning that fails, delete. One a line.
RECORDED = Path(__file__).parents[1] / "data" / "ironic" / "notifications.jsonl"
TOPIC = "ironic_versioned_notifications"


def recorded() -> Iterator[tuple[bytes, str]]:
    """Bodies and routing keys, in the order in which they came."""
    for line in RECORDED.read_text().splitlines():
        said = json.loads(line)
        yield said["body"].encode(), said["routing_key"]


def node_id(name: str) -> str:
    return str(uuid5(NAMESPACE_DNS, name))


def event(name: str, kind: str, **fields: Any) -> NodeEvent:
    """An event about a node: ``event("node-1", "node.provision_set.end", event="done")``."""
    fields = {"id": str(uuid4()), "at": datetime.now(UTC), "node": node_id(name)} | fields
    return NodeEvent(type=kind, name=name, **fields)


def started(name: str, verb: str, state: str, **fields: Any) -> NodeEvent:
    values = {"event": verb, "provision_state": state} | fields
    return event(name, "node.provision_set.start", **values)


def ended(name: str, before: str, state: str, **fields: Any) -> NodeEvent:
    values = {"event": "done", "previous_provision_state": before, "provision_state": state}
    return event(name, "node.provision_set.end", **values | fields)


def failed(name: str, before: str, state: str, why: str, **fields: Any) -> NodeEvent:
    values = {"event": "fail", "previous_provision_state": before, "provision_state": state}
    values |= {"last_error": why, "failed": True}
    return event(name, "node.provision_set.error", **values | fields)


def message(event: NodeEvent, **more: Any) -> tuple[str, str]:
    """The event as Ironic would send it: body and routing key. *more* goes into the payload."""
    plain = ("event", "provision_state", "previous_provision_state", "target_provision_state")
    plain += ("power_state", "target_power_state", "to_power", "fault", "last_error", "name")
    data: dict[str, Any] = {each: getattr(event, each) or None for each in plain}
    data |= {"uuid": event.node, "maintenance": event.maintenance, **more}
    if event.type.startswith("port."):
        data |= {"uuid": str(uuid4()), "node_uuid": event.node, "address": event.address}
    level = "ERROR" if event.failed else "INFO"
    inner = {
        "message_id": event.id,
        "publisher_id": "ironic-conductor.test",
        "event_type": f"baremetal.{event.type}",
        "priority": level,
        "timestamp": str(event.at.replace(tzinfo=None)),
        "_context_global_request_id": event.request or None,
        "payload": {"ironic_object.name": "NodePayload", "ironic_object.data": data},
    }
    envelope = {"oslo.version": "2.0", "oslo.message": json.dumps(inner)}
    return json.dumps(envelope), f"{TOPIC}.{level.lower()}"
