"""Devices, where they are, their collections, and what is wrong with them: one read of the API."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from osism.adapters.remote.pages import MOST, items
from osism.adapters.remote.session import Session, part
from osism.domain.conditions import Condition
from osism.domain.errors import NotFound
from osism.domain.inventory import Device
from osism.domain.transitions import NEW, Fields, Phase, Transition

_FAILED = "Failed"


class RemoteDevices:
    """What commands that look ask of the inventory, the repository and the conditions."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @cached_property
    def _all(self) -> Mapping[str, Mapping[str, Any]]:
        return {each["meta"]["name"]: each for each in items(self._session, "/devices", MOST)}

    def _one(self, name: str) -> Mapping[str, Any] | None:
        if name in self._all:
            return self._all[name]
        try:
            found: Mapping[str, Any] = self._session.get(f"/devices/{part(name)}")
        except NotFound:
            return None
        return found

    def devices(self, names: Collection[str] | None = None) -> Sequence[Device]:
        """The devices of these names, or all, sorted by name."""
        asked = self._all if names is None else names
        found = (self._one(each) for each in sorted(asked))
        return [_device(each) for each in found if each]

    def collections(self) -> Mapping[str, Sequence[str]]:
        """The devices of each collection, both sorted."""
        found: dict[str, list[str]] = {}
        for name in sorted(self._all):
            if home := self._all[name]["meta"]["labels"].get("collection"):
                found.setdefault(home, []).append(name)
        return dict(sorted(found.items()))

    def of(self, devices: Collection[str] | None = None) -> Sequence[Condition]:
        """The conditions of these devices, or of all."""
        asked = sorted(self._all if devices is None else devices)
        return [
            Condition(name, _kind(each), each["message"], _moment(each["last-transition-time"]))
            for name in asked
            for each in (self._one(name) or {"status": {"conditions": ()}})["status"]["conditions"]
            if each["type"].endswith(_FAILED)
        ]


def _kind(condition: Mapping[str, Any]) -> str:
    return str(condition["type"]).removesuffix(_FAILED).lower()


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _device(said: Mapping[str, Any]) -> Device:
    fields, labels = _fields(said["status"]), said["meta"]["labels"]
    return Device(
        id=0,
        name=said["meta"]["name"],
        kind=labels.get("kind", ""),
        state=fields.device_state,
        transition=fields.device_transition,
        role=labels.get("role", ""),
        site=labels.get("site", ""),
        rack=labels.get("rack", ""),
    )


def _fields(status: Mapping[str, Any]) -> Fields:
    """The custom fields of NetBox, as they say where a device is."""
    if under_way := status["transition"]:
        transition = Transition(under_way["source"], under_way["target"])
        phase = under_way["phase"]
        return transition.working_on(Phase(phase)) if phase else transition.confirming()
    state = status["state"]
    return Fields("?" if state is None else "" if state == NEW else state, "")
