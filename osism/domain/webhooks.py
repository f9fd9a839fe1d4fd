"""NetBox's webhooks: whether one is genuine and new, and which devices it concerns.

NetBox signs the raw body (HMAC-SHA512, hex, ``X-Hook-Signature``). Its ``request_id`` is that of
the request to NetBox that made the change, which the answer to that request has as
``X-Request-ID``; one request sends a hook for each object that it changed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from osism.domain.errors import Invalid

if TYPE_CHECKING:
    from osism.domain.ports import PendingChange

#: How old a webhook may be, and how far NetBox's clock may be ahead of ours.
FRESH = timedelta(minutes=5)
#: Seconds after the first change of a burst in which it is worked on, even if it goes on.
LONGEST = 30.0
#: No device that the product manages has a slash in its name.
_INTERFACE = "/interfaces/"
#: What concerns devices; NetBox also tells of its own jobs.
EVENTS = frozenset({"created", "updated", "deleted"})


@dataclass(frozen=True)
class Hook:
    """A webhook. ``devices`` are the names of those that it concerns, ``left`` the NetBox id of the
    interface from which an address was taken away, if any; ``request_id`` is empty when no request
    to NetBox has led to it; ``identity`` is the same for the same hook only."""

    event: str
    at: datetime
    model: str
    username: str
    request_id: str
    devices: tuple[str, ...]
    identity: str
    left: int | None = None

    @property
    def places(self) -> tuple[str, ...]:
        """All that it concerns: names of devices, and what :func:`interface` reads."""
        return (*self.devices, *([] if self.left is None else [f"{_INTERFACE}{self.left}"]))


def interface(place: str) -> int | None:
    """The interface's id, None for the name of a device."""
    number = place.removeprefix(_INTERFACE)
    return int(number) if number != place and number.isdecimal() else None


def named(data: Any) -> Any:
    """What says which webhook it was, without the object itself."""
    if not isinstance(data, Mapping):
        return data
    kept = ("event", "timestamp", "object_type", "model", "username", "request_id")
    object_ = data.get("data")
    name = object_.get("display") if isinstance(object_, Mapping) else None
    return {each: data[each] for each in kept if each in data} | {"object": name}


def sign(body: bytes, secret: str) -> str:
    """NetBox's signature of a body."""
    return hmac.new(secret.encode(), body, hashlib.sha512).hexdigest()


def verify(body: bytes, signature: str, secret: str) -> bool:
    """Whether NetBox has signed *body*; without a secret nothing counts as signed."""
    same = hmac.compare_digest(sign(body, secret).encode(), signature.strip().lower().encode())
    return bool(secret) and same


def parse(body: bytes, now: datetime) -> Hook:
    """Read a webhook; :class:`Invalid` for what is none, and for one that is stale."""
    said = _mapping(_json(body), "the body")
    at = _moment(said.get("timestamp"))
    if abs(now - at) > FRESH:
        raise Invalid(
            f"stale: NetBox sent it at {at:%Y-%m-%d %H:%M:%S%z}, more than "
            f"{FRESH.seconds // 60} minutes from now; are both clocks right, and does NetBox's "
            "worker keep up?"
        )
    event, data = _text(said, "event"), _mapping(said.get("data"), "data")
    model = (_text(said, "object_type") or _text(said, "model")).rpartition(".")[2]
    request_id = _text(said, "request_id")
    return Hook(
        event,
        at,
        model,
        _text(said, "username"),
        request_id,
        concerned(event, model, data),
        f"{request_id}:{hashlib.sha256(body).hexdigest()}",
        _left(event, model, said),
    )


def concerned(event: str, model: str, data: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the devices whose configuration may follow from an object, sorted."""
    ends = _CONCERNED.get(model) if event in EVENTS else None
    if ends is None or (model == "device" and event == "deleted"):
        return ()
    names = (each.get("name") for each in ends(data) if isinstance(each, Mapping))
    return tuple(sorted({name for name in names if isinstance(name, str) and name}))


def due(changes: Iterable[PendingChange], quiet: float) -> float:
    """When to work on *changes*, some at least: *quiet* seconds after the last of them, and at most
    :data:`LONGEST` after the first."""
    known = list(changes)
    first, last = min(each.first for each in known), max(each.last for each in known)
    return min(last + quiet, first + LONGEST)


def _left(event: str, model: str, said: Mapping[str, Any]) -> int | None:
    """Where an address was before it was changed. NetBox's snapshots have ids only."""
    snapshots, data = said.get("snapshots"), said["data"]
    before = snapshots.get("prechange") if isinstance(snapshots, Mapping) else None
    if event != "updated" or _CONCERNED.get(model) is not _of_assigned:
        return None
    left = before.get("assigned_object_id") if isinstance(before, Mapping) else None
    known = isinstance(left, int) and 0 < left < 1 << 63
    return left if known and left != data.get("assigned_object_id") else None


def _of_component(data: Mapping[str, Any]) -> Iterator[Any]:
    yield data.get("device")


def _of_assigned(data: Mapping[str, Any]) -> Iterator[Any]:
    assigned = data.get("assigned_object")
    yield assigned.get("device") if isinstance(assigned, Mapping) else None


def _of_cable(data: Mapping[str, Any]) -> Iterator[Any]:
    for side in ("a_terminations", "b_terminations"):
        ends = data.get(side)
        for end in ends if isinstance(ends, list) else ():
            there = end.get("object") if isinstance(end, Mapping) else None
            yield there.get("device") if isinstance(there, Mapping) else None


#: Model -> the devices of an object, in NetBox's short form.
_CONCERNED: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Any]]] = {
    "device": lambda data: iter((data,)),
    "interface": _of_component,
    "macaddress": _of_assigned,
    "ipaddress": _of_assigned,
    "cable": _of_cable,
}


def _json(body: bytes) -> object:
    try:
        said: object = json.loads(body)
        json.dumps(said, ensure_ascii=False).encode()  # lone surrogates are no text
    except (ValueError, RecursionError) as mistake:
        raise Invalid(f"the body is no JSON: {mistake}") from None
    return said


def _mapping(value: object, what: str) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise Invalid(f"no webhook of NetBox's: {what} is no object")


def _text(said: Mapping[str, Any], name: str) -> str:
    """A field; empty where NetBox has nothing."""
    value = said.get(name)
    if value is None:
        return ""
    if isinstance(value, str) and len(value) <= 255:
        return value
    raise Invalid(f"no webhook of NetBox's: {name} is no short text")


def _moment(value: object) -> datetime:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Invalid("no webhook of NetBox's: timestamp is no time with a time zone")
    return at
