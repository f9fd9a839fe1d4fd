"""NetBox as a place to look things up: what has to be known to import resources."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from osism.domain.resources.files import Resource
from osism.domain.resources.kinds import (
    ASSIGNED,
    CUSTOM_FIELD,
    INTERFACE,
    INTERFACE_TEMPLATE,
    MAC_ADDRESS,
    ORDER,
    Kind,
)


@dataclass(frozen=True)
class Found:
    """An object that NetBox has: values by our fields' names, references as ids.

    A reference to something that is no object of a kind here is a text that names it.
    """

    id: int
    values: Mapping[str, Any]


FoundByKind = Mapping[str, Sequence[Found]]


class Documents(Protocol):
    """Where the files are that can be imported."""

    def documents(self, paths: Sequence[str] = ()) -> Iterable[tuple[str, Any]]:
        """(file, value of its YAML), in the order to import them; of *paths*, or all there are."""


class Catalogue(Protocol):
    """NetBox, as a place to look things up and to write them, many at once."""

    def read(self, kind: Kind, among: Collection[Any] | None = None) -> Sequence[Found]:
        """All objects of a kind, or those whose ``kind.asked_by`` is *among* these."""

    def create(self, kind: Kind, writes: Sequence[Write]) -> Sequence[int]:
        """Create them; their ids in the same order.

        Raises :class:`Refused`, naming the file and what NetBox says, for what it does not accept.
        """

    def update(self, kind: Kind, writes: Sequence[Write]) -> None:
        """Update them; errors as above."""


def needed(resources: Iterable[Resource]) -> list[Kind]:
    """The kinds that have to be read to plan *resources*, in the order of reading."""
    names: set[str] = set()
    for each in resources:
        names.add(each.kind.name)
        names |= {each.kind.fields[name].names for name in each.values}
        if each.values.get("custom_fields"):
            names.add(CUSTOM_FIELD.name)
    if {INTERFACE.name, *ASSIGNED} & names:
        names |= {"device", "interface", INTERFACE_TEMPLATE.name}
    return [kind for kind in ORDER if kind.name in names]


def among(
    kind: Kind, resources: Collection[Resource], found: FoundByKind
) -> Collection[Any] | None:
    """Which objects of *kind* to read, by what was found before; None: all."""
    if kind.name == "device":
        said = (
            each.values.get("name" if each.kind is kind else "device")
            for each in resources
            if each.kind.name in ("device", INTERFACE.name, *ASSIGNED)
        )
        return sorted({name for name in said if name})
    if kind.name == "ip_address":
        return sorted(_addresses(resources))
    if kind is MAC_ADDRESS:
        return sorted(each.values["mac_address"] for each in resources if each.kind is kind)
    if kind is INTERFACE:
        names = with_interfaces(resources)
        return [each.id for each in found["device"] if each.values["name"] in names]
    if kind.asked_by == "device_type_id":
        types = _types(kind, resources, found)
        return [
            each.id
            for each in found.get("device_type", ())
            if {each.values["slug"], each.values["model"]} & types
        ]
    return None


def _addresses(resources: Iterable[Resource]) -> set[str]:
    return {
        each.values[name]
        for each in resources
        for name in ("address", *each.kind.late)
        if name in each.values
    }


def with_interfaces(resources: Iterable[Resource]) -> set[str]:
    """The devices whose interfaces have to be known."""
    names: set[str] = set()
    for each in resources:
        if each.kind.name in (INTERFACE.name, *ASSIGNED) and "device" in each.values:
            names.add(each.values["device"])
        if any(name in each.values for name in each.kind.late):
            names.add(each.values["name"])
    return names


def _types(kind: Kind, resources: Iterable[Resource], found: FoundByKind) -> set[str]:
    """The device types whose parts have to be known: those that shall have them, and, for their
    interfaces, those of new devices, which will get them."""
    here = {each.values["name"] for each in found.get("device", ())}
    return {
        each.values["device_type"]
        for each in resources
        if each.kind is kind
        or (
            kind is INTERFACE_TEMPLATE
            and each.kind.name == "device"
            and each.values["name"] not in here
            and "device_type" in each.values
        )
    }


@dataclass(frozen=True)
class Write:
    """One object to create or update. A negative id belongs to an object that is not made yet, in
    ``values`` too."""

    resource: Resource
    id: int
    values: Mapping[str, Any]

    def with_ids(self, ids: Mapping[int, int]) -> Write:
        """The same with the ids of what has been made."""
        forms = self.resource.kind.fields
        values = {
            name: _translated(value, ids) if forms[name].names else value
            for name, value in self.values.items()
        }
        return Write(self.resource, ids.get(self.id, self.id), values)


def _translated(value: Any, ids: Mapping[int, int]) -> Any:
    if isinstance(value, list):
        return [ids.get(each, each) for each in value]
    return ids.get(value, value)
