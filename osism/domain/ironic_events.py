"""Ironic's notifications: what is kept of one.

The form is https://docs.openstack.org/ironic/latest/admin/notifications.html, in the envelope that
oslo.messaging puts around it with the driver ``messagingv2`` (``{"oslo.version": "2.0",
"oslo.message": "<JSON>"}``); the driver ``messaging`` puts none. A payload can carry a config drive
in clear (``instance_info``): only the few fields below are ever kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from osism.domain.errors import Invalid
from osism.domain.inventory import one_line
from osism.domain.secrets import masked

#: Events of this service are ours.
SERVICE = "baremetal."
#: The name under which everything else is counted.
OTHERS = "other services"
#: Longest texts, in characters.
_LONGEST, _LONGEST_ERROR = 255, 500

_TYPE = re.compile(r"[a-z0-9_]{1,40}(?:\.[a-z0-9_]{1,40}){1,5}")
_PLAIN = (
    "event", "provision_state", "previous_provision_state", "target_provision_state",
    "power_state", "target_power_state", "to_power", "fault",
)  # fmt: skip


class Malformed(Invalid):
    """A message that is no notification; the reason quotes nothing of it."""


@dataclass(frozen=True)
class NodeEvent:
    """One notification about a node or a port of one.

    ``type`` without ``baremetal.``: ``node.provision_set.end``. ``node`` is the node's id, empty
    for what is about neither a node nor a port; ``name`` the node's (empty for a port). States are
    Ironic's words, empty where it has none. ``request``: the id that whoever asked gave along.
    ``at``: when Ironic sent it. ``found``: no notification, but what a comparison has found.
    """

    id: str
    type: str
    at: datetime
    node: str = ""
    name: str = ""
    failed: bool = False
    request: str = ""
    event: str = ""
    provision_state: str = ""
    previous_provision_state: str = ""
    target_provision_state: str = ""
    power_state: str = ""
    target_power_state: str = ""
    to_power: str = ""
    maintenance: bool | None = None
    maintenance_reason: str = ""
    fault: str = ""
    last_error: str = ""
    address: str = ""
    found: bool = False

    @property
    def concerns(self) -> bool:
        """Whether it is about a node."""
        return bool(self.node)

    def __str__(self) -> str:
        return f"{self.type} {self.event}".strip()


def parse(body: bytes | str, routing_key: str = "") -> NodeEvent:
    """The event that a message of the broker tells of; raises :class:`Malformed`.

    *routing_key* ``….error`` says that it is about a failure, as the priority ``ERROR`` does.
    """
    message = _message(body)
    kind = message.get("event_type")
    if not isinstance(kind, str) or not _TYPE.fullmatch(kind):
        raise Malformed("no event_type of words with dots between")
    id, at = _identity(message.get("message_id")), _moment(message.get("timestamp"))
    if not kind.startswith(SERVICE):
        return NodeEvent(id, OTHERS, at)
    kind = kind.removeprefix(SERVICE)
    failed = message.get("priority") in ("ERROR", "CRITICAL") or routing_key.endswith(".error")
    base: dict[str, Any] = {"id": id, "type": kind, "at": at, "failed": failed}
    if not kind.startswith(("node.", "port.")):
        return NodeEvent(**base)
    base["request"] = _text(message, "_context_global_request_id")
    return NodeEvent(**base, **_of_payload(kind, message.get("payload")))


def _message(body: bytes | str) -> Mapping[str, Any]:
    outer = _object(body, "the message")
    inner = outer.get("oslo.message")
    if inner is None and "oslo.version" not in outer:
        return outer
    if not isinstance(inner, str):
        raise Malformed("oslo.message is no text")
    return _object(inner, "oslo.message")


def _object(text: bytes | str, what: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed(f"{what} is no JSON") from None  # the reason would quote it
    if not isinstance(found, dict):
        raise Malformed(f"{what} is no JSON object")
    return found


def _identity(id: object) -> str:
    # Half a character (a lone surrogate) is one that nobody can write down.
    if not isinstance(id, str) or not 0 < len(id) <= _LONGEST or not id.isprintable():
        raise Malformed("no message_id")
    return id


def _moment(text: object) -> datetime:
    """oslo.messaging writes UTC without saying so: ``2026-11-20 20:13:21.573406``."""
    try:
        at = datetime.fromisoformat(str(text))
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # the latter: before the year 1 in UTC
        raise Malformed("no timestamp") from None


def _of_payload(kind: str, payload: object) -> dict[str, Any]:
    data = payload.get("ironic_object.data") if isinstance(payload, dict) else None
    if not isinstance(data, dict):
        raise Malformed("the payload has no ironic_object.data")
    port = kind.startswith("port.")
    found: dict[str, Any] = {"node": _text(data, "node_uuid" if port else "uuid")}
    if not found["node"]:
        raise Malformed("the payload names no node")
    if port:
        return found | {"address": _text(data, "address").lower()}
    found |= {each: _text(data, each) for each in _PLAIN}
    for each in ("last_error", "maintenance_reason"):
        found[each] = said(data.get(each))
    maintenance = data.get("maintenance")
    found["maintenance"] = maintenance if isinstance(maintenance, bool) else None
    return found | {"name": _text(data, "name")}


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return one_line(value[:_LONGEST]) if isinstance(value, str) else ""


def said(text: object) -> str:
    """What Ironic says for people, on one line, cut, and without secrets."""
    line = one_line(masked(text)) if isinstance(text, str) else ""
    return line if len(line) <= _LONGEST_ERROR else f"{line[: _LONGEST_ERROR - 1]}…"
