"""Devices on the wire."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from osism.services.api.envelopes import ListMeta, Meta, Name, Shape

#: How a label may be called, and what it may say.
LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?")
Value = Annotated[str, StringConstraints(max_length=63, pattern=r"^[^\x00-\x1f\x7f]*$")]
#: A state that can be wanted: 1 to 16 letters or digits, and not 0, which new devices have.
State = Annotated[
    str, StringConstraints(pattern=r"^([1-9A-Za-z]|[0-9A-Za-z]{2,16})$", max_length=16)
]


def _labels(given: dict[str, str]) -> dict[str, str]:
    for key in given:
        if not LABEL.fullmatch(key):
            raise ValueError(f"label {key[:70]!r}: a key is of the form {LABEL.pattern}")
    return given


Labels = Annotated[
    dict[str, Value],
    AfterValidator(_labels),
    Field(max_length=64, json_schema_extra={"propertyNames": {"pattern": f"^{LABEL.pattern}$"}}),
]


class Spec(Shape):
    """What a device shall be. ``state``: null for one that nobody ever wanted anything of."""

    state: str | None = None


class UnderWay(Shape):
    """The transition that a device is in. ``phase``: 1 to 4, 0 while switches are told to keep what
    they got. ``id``: see `GET /transitions/{id}`; null where the journal does not know it."""

    source: str
    target: str
    phase: int
    id: str | None = None


class Condition(Shape):
    """Something that is so, or is wrong. ``InState`` is always there and comes first; each of the
    others says what failed, why (``message``) and since when."""

    type: str
    status: Literal["True", "False", "Unknown"]
    reason: str
    message: str
    last_transition_time: datetime | None = None


class Progress(Shape):
    """How far generation ``generation_id`` of the spec has come. ``updated``: how many switches run
    what it takes; ``pending``: those that do not yet; ``failed``: those that could not."""

    generation_id: str
    status: Literal["Pending", "Propagation Complete", "Propagation Failed"]
    updated: int = 0
    pending: list[str] = Field(default_factory=list)
    failed: list[str] = Field(default_factory=list)
    message: str = ""


class DeviceStatus(Shape):
    """What is so. ``state``: where the device rests, or where it came from while it is under way;
    null when what NetBox says is no state."""

    state: str | None
    transition: UnderWay | None
    conditions: list[Condition]
    propagation_status: Progress


class Device(Shape):
    """A device: the state that it shall be in, and the one that it is in."""

    kind: Literal["Device"] = "Device"
    api_version: Literal["v1"] = "v1"
    meta: Meta
    spec: Spec
    status: DeviceStatus


class DeviceList(Shape):
    """Devices, by name."""

    kind: Literal["DeviceList"] = "DeviceList"
    api_version: Literal["v1"] = "v1"
    meta: ListMeta
    items: list[Device]


class WantedMeta(Shape):
    """``name``: that of the path. ``labels``: all of them; null, or none given, leaves them as they
    are. Those that come of NetBox may be sent back as they were."""

    name: Name | None = None
    labels: Labels | None = None


class WantedSpec(Shape):
    """``state``: as the device's definitions in the configuration repository name it."""

    state: State


class WantedDevice(Shape):
    """What a device shall be."""

    kind: Literal["Device"] = "Device"
    api_version: Literal["v1"] = "v1"
    meta: WantedMeta | None = None
    spec: WantedSpec


class PlannedDevice(Shape):
    """What would become of a device."""

    device: str
    source: str
    target: str
    result: str


class PlannedChange(Shape):
    """One change in NetBox."""

    verb: str
    object: str
    detail: str


class Plan(Shape):
    """What a wish would lead to; nothing was written. ``changes``: in NetBox, in their order;
    ``diffs``: switch to what its configuration would have other than it has now, as a unified diff,
    empty where nothing changes."""

    kind: Literal["Plan"] = "Plan"
    api_version: Literal["v1"] = "v1"
    devices: list[PlannedDevice]
    changes: list[PlannedChange]
    diffs: dict[str, str]
