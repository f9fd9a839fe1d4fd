"""Ironic's notifications without an Ironic: what it says while a node goes through its life.

The messages have the shape that Ironic 39 gives them (versioned notifications, oslo.messaging's
envelope 2.0); https://docs.openstack.org/ironic/latest/admin/notifications.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_DNS, uuid4, uuid5

from kombu import Connection, Exchange

from osism.adapters.notifications import EXCHANGE

_KEY = "ironic_versioned_notifications.info"
#: What an operator does -> the notifications that it leads to: type, and what is in the payload.
LIFE: Mapping[str, tuple[tuple[str, Mapping[str, Any]], ...]] = {
    "the node is taken out of Ironic": (
        ("node.delete.start", {"provision_state": "available"}),
        ("node.delete.end", {"provision_state": "available"}),
    ),
    "it is registered, and Ironic reaches its board": (
        ("node.create.start", {"provision_state": "enroll"}),
        ("node.create.end", {"provision_state": "enroll"}),
        ("node.provision_set.start", {"event": "manage", "provision_state": "verifying"}),
        ("node.provision_set.end", {"event": "done", "provision_state": "manageable"}),
    ),
    "it is inspected": (
        ("node.provision_set.start", {"event": "inspect", "provision_state": "inspecting"}),
    ),
    "it is cleaned, and is available": (
        ("node.provision_set.start", {"event": "provide", "provision_state": "cleaning"}),
        (
            "node.provision_set.end",
            {
                "event": "done",
                "previous_provision_state": "cleaning",
                "provision_state": "available",
            },
        ),
    ),
}


def publish(url: str, node: str, chapter: str) -> int:
    """Say what Ironic says in a chapter of :data:`LIFE`; the number of messages."""
    with Connection(url) as connection:
        exchange = Exchange(EXCHANGE, "topic", durable=False, auto_delete=False)
        producer = connection.Producer(exchange=exchange)
        messages = list(_messages(node, chapter))
        for message in messages:
            producer.publish(message, routing_key=_KEY, declare=[exchange], serializer="json")
    return len(messages)


def _messages(node: str, chapter: str) -> Iterator[dict[str, str]]:
    for kind, values in LIFE[chapter]:
        data = {
            "uuid": str(uuid5(NAMESPACE_DNS, node)),
            "name": node,
            "power_state": "power off",
            "maintenance": False,
            **values,
        }
        inner = {
            "message_id": str(uuid4()),
            "publisher_id": "ironic-conductor.lab",
            "event_type": f"baremetal.{kind}",
            "priority": "INFO",
            "timestamp": str(datetime.now(UTC).replace(tzinfo=None)),
            "payload": {"ironic_object.name": "NodePayload", "ironic_object.data": data},
        }
        yield {"oslo.version": "2.0", "oslo.message": json.dumps(inner)}
