"""The difference between resources and what NetBox has, as writes in their order."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from osism.domain.errors import Refused
from osism.domain.names import nearest
from osism.domain.resources.catalogue import FoundByKind, Write, with_interfaces
from osism.domain.resources.files import Resource, slugified
from osism.domain.resources.forms import Form
from osism.domain.resources.kinds import (
    ALL,
    ASSIGNED,
    CUSTOM_FIELD,
    INTERFACE,
    INTERFACE_TEMPLATE,
    MANUFACTURER,
    ORDER,
    PARTS,
    Kind,
)


@dataclass(frozen=True)
class Step:
    """Writes of one kind that do not depend on each other."""

    kind: Kind
    creates: tuple[Write, ...] = ()
    updates: tuple[Write, ...] = ()
    unchanged: tuple[Resource, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.creates or self.updates)

    def by_word(self) -> Iterator[tuple[str, Sequence[Resource]]]:
        """What becomes of which resources."""
        yield "created", [each.resource for each in self.creates]
        yield "updated", [each.resource for each in self.updates]
        yield "unchanged", self.unchanged


@dataclass(frozen=True)
class Plan:
    """What to write, in order. ``furnished``: interfaces that new devices will get from their
    type, by the id the plan gives them: (the device's id, the interface's name)."""

    steps: tuple[Step, ...] = ()
    furnished: Mapping[int, tuple[int, str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(self.steps)

    def outcome(self) -> dict[str, dict[str, Any]]:
        """Per kind how many objects are created, updated and unchanged, and the names of those that
        are written (for the parts of device types: the device types)."""
        kinds: dict[str, dict[int, tuple[str, Resource]]] = {}
        for step in self.steps:
            seen = kinds.setdefault(step.kind.name, {})
            for word, resources in step.by_word():
                for each in resources:
                    # A device that is made and then gets its primary address is a created one.
                    if seen.get(id(each), ("unchanged",))[0] == "unchanged":
                        seen[id(each)] = (word, each)
        return {kind: _told(kind, list(seen.values())) for kind, seen in kinds.items()}


def _told(kind: str, seen: Sequence[tuple[str, Resource]]) -> dict[str, Any]:
    counts = {word: sum(each == word for each, _ in seen) for word in _WRITTEN}
    names = {
        word: list(
            dict.fromkeys(
                str(resource.values["device_type"]) if kind in PARTS else resource.called
                for each, resource in seen
                if each == word
            )
        )
        for word in _WRITTEN
    }
    return {**counts, "unchanged": len(seen) - sum(counts.values()), "names": names}


_WRITTEN = ("created", "updated")


def plan(resources: Sequence[Resource], found: FoundByKind) -> Plan:
    """What has to be written so that NetBox has *resources*; nothing when it has.

    *found* holds what :func:`needed` and :func:`among` ask for. Raises :class:`Invalid` for a
    reference that leads nowhere and for an object that two entries are about, :class:`Refused` for
    what NetBox has otherwise and cannot change.
    """
    return _Planner(resources, found).plan()


class _Shelf:
    """Objects by kind and id, found again by their names: those that NetBox has, and those that
    the plan makes."""

    def __init__(self, found: FoundByKind) -> None:
        self.objects: dict[str, dict[int, Mapping[str, Any]]] = {kind: {} for kind in ALL}
        self._index: dict[tuple[Any, ...], dict[int, None]] = {}
        for kind, listed in found.items():
            for each in listed:
                self.put(ALL[kind], each.id, each.values)

    def put(self, kind: Kind, number: int, values: Mapping[str, Any]) -> None:
        self.objects[kind.name][number] = values
        for name in dict.fromkeys((kind.key[-1], *kind.names)):
            place = self._place(kind, name, values.get(name), values)
            self._index.setdefault(place, {})[number] = None

    def identical(self, kind: Kind, values: Mapping[str, Any]) -> list[int]:
        """The objects that have the key of *values*: none or one, unless NetBox has twins."""
        key = kind.key[-1]
        return [
            number
            for number in self._index.get(self._place(kind, key, values[key], values), ())
            if all(
                self.objects[kind.name][number].get(part) == values.get(part) for part in kind.scope
            )
        ]

    def named(self, kind: Kind, said: Any, own: Mapping[str, Any]) -> list[int]:
        """The objects that *said* can mean, told by something that has *own* values."""
        places = [self._place(kind, name, said, own) for name in kind.names]
        if kind is MANUFACTURER:  # a device type of the library has its maker's name only
            places.append(self._place(kind, "slug", slugified(said), own))
        found = {number: None for place in places for number in self._index.get(place, ())}
        distance = {number: self._distance(kind, number, own) for number in found}
        nearest_one = min(distance.values(), default=0)
        return [number for number in found if distance[number] == nearest_one]

    def _distance(self, kind: Kind, number: int, own: Mapping[str, Any]) -> int:
        """Of several VLANs of one number, the one of the same site is meant, else a global one."""
        values = self.objects[kind.name][number]
        parts = [(values.get(part), own[part]) for part in kind.scope if part in own]
        return sum(0 if theirs == mine else 1 if theirs is None else 2 for theirs, mine in parts)

    def names(self, kind: Kind, own: Mapping[str, Any]) -> list[str]:
        """What could have been said instead."""
        return [
            str(each.get(name))
            for each in self.objects[kind.name].values()
            for name in kind.names
            if all(each.get(part) == own.get(part) for part in kind.key[:-1])
        ]

    @staticmethod
    def _place(kind: Kind, name: str, value: Any, values: Mapping[str, Any]) -> tuple[Any, ...]:
        return (kind.name, name, value, *(values.get(part) for part in kind.key[:-1]))


class _Planner:
    """Goes through the kinds in order and keeps what will be, under negative ids."""

    def __init__(self, resources: Sequence[Resource], found: FoundByKind) -> None:
        # What is only implied gives way to what is said.
        self.resources = sorted(resources, key=lambda each: each.implied)
        self.shelf = _Shelf(found)
        self.ids = count(-1, -1)
        self.claimed: dict[tuple[str, int], Resource] = {}
        self.furnished: dict[int, tuple[int, str]] = {}

    def plan(self) -> Plan:
        by_kind: dict[str, list[Resource]] = {}
        for each in self.resources:
            by_kind.setdefault(each.kind.name, []).append(each)
        steps = []
        for kind in ORDER:
            for wave in _waves(kind, by_kind.get(kind.name, ())):
                steps.append(self._step(kind, wave))
                if kind.name == "device":
                    self._furnish(steps[-1].creates)
        steps += [self._late(ALL[kind]) for kind in by_kind if ALL[kind].late]
        return Plan(tuple(each for each in steps if each or each.unchanged), self.furnished)

    def _step(self, kind: Kind, resources: Iterable[Resource]) -> Step:
        creates, updates, unchanged = [], [], []
        for each in resources:
            number, values = self._resolved(each)
            if number is None:
                creates.append(self._create(each, values))
            elif each.implied:
                continue
            elif change := self._change(each, number, values):
                updates.append(Write(each, number, change))
            else:
                unchanged.append(each)
        return Step(kind, tuple(creates), tuple(updates), tuple(unchanged))

    # one resource

    def _resolved(self, resource: Resource) -> tuple[int | None, dict[str, Any]]:
        """The id of the object, None when there is none, and the values with ids in them."""
        kind = resource.kind
        values: dict[str, Any] = {}
        for name in (*kind.key, *kind.scope):
            if name in resource.values:
                values[name] = self._value(resource, name, values)
        number = self._identified(resource, values)
        known = self.shelf.objects[kind.name][number] if number is not None else {}
        own = ChainMap(values, dict(known), dict.fromkeys(kind.fields))
        for name in kind.fields:
            if name in resource.values and name not in values and name not in kind.late:
                values[name] = self._value(resource, name, own)
        return number, {name: each for name, each in values.items() if name not in kind.told}

    def _identified(self, resource: Resource, values: Mapping[str, Any]) -> int | None:
        kind = resource.kind
        if resource.implied:
            return next(iter(self.shelf.named(kind, resource.initial["name"], values)), None)
        numbers = self.shelf.identical(kind, values)
        if not numbers:
            return None
        if len(numbers) > 1:
            raise Refused(
                f"{resource.where()}: NetBox has {len(numbers)} of them "
                f"(ids {', '.join(map(str, numbers))}); which one is meant cannot be told"
            )
        self._claim(resource, numbers[0])
        return numbers[0]

    def _claim(self, resource: Resource, number: int) -> None:
        other = self.claimed.setdefault((resource.kind.name, number), resource)
        if other is not resource:
            resource.fail(f"{other.place} is about it already; one entry can be")

    def _create(self, resource: Resource, values: Mapping[str, Any]) -> Write:
        kind = resource.kind
        whole = {**resource.initial, **values}
        missing = [name for name in kind.required if name not in whole]
        if missing:
            resource.fail(f"NetBox has none yet, and to create it {', '.join(missing)} is needed")
        number = next(self.ids)
        self._claim(resource, number)
        self.shelf.put(kind, number, whole)
        return Write(resource, number, whole)

    def _change(
        self, resource: Resource, number: int, values: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        kind = resource.kind
        known = self.shelf.objects[kind.name][number]
        change: dict[str, Any] = {}
        for name, value in values.items():
            now = known.get(name)
            different = _difference(kind.fields[name], value, now)
            if different is None:
                continue
            if name in kind.fixed:
                raise Refused(
                    f"{resource.where(name)}: it is {now!r} in NetBox, {value!r} is wanted, and "
                    "NetBox cannot change it; rename or delete the one there"
                )
            if kind.name in ASSIGNED and name == "interface":
                self._check_movable(resource, now, value)
            change[name] = different
        if change.keys() & set(kind.together):
            change |= {name: values[name] for name in kind.together if name in values}
        if "position" in change and not known.get("face"):
            change |= resource.initial
        self.shelf.put(kind, number, {**known, **change})
        return change

    # references

    def _value(self, resource: Resource, name: str, own: Mapping[str, Any]) -> Any:
        form, said = resource.kind.fields[name], resource.values[name]
        if form.partly:
            self._check_custom_fields(resource, said)
        if not form.names:
            return said
        kind = ALL[form.names]
        if form.many:
            return [self._reference(resource, name, kind, each, own) for each in said]
        return self._reference(resource, name, kind, said, own)

    def _reference(
        self, resource: Resource, name: str, kind: Kind, said: Any, own: Mapping[str, Any]
    ) -> int:
        numbers = self.shelf.named(kind, said, own)
        if len(numbers) == 1:
            return numbers[0]
        parents = [part for part in kind.key[:-1] if part in resource.values]
        within = "".join(f" of {part} {resource.values[part]!r}" for part in parents)
        if numbers:
            resource.fail(
                f"NetBox has {len(numbers)} of {kind.words} {said!r}{within} (ids "
                f"{', '.join(map(str, numbers))}); which one is meant cannot be told",
                name,
            )
        resource.fail(
            f"there is no {kind.words} {said!r}{within}, neither in NetBox nor in what is imported"
            f"{nearest(str(said), self.shelf.names(kind, own))}",
            name,
        )

    def _check_custom_fields(self, resource: Resource, said: Mapping[str, Any]) -> None:
        """NetBox takes a value for a custom field that does not exist, and forgets it."""
        wanted = resource.kind.object_type
        known = [
            each["name"]
            for each in self.shelf.objects[CUSTOM_FIELD.name].values()
            if wanted in each["object_types"]
        ]
        for name in said:
            if name not in known:
                resource.fail(
                    f"NetBox has no custom field {name!r} for {wanted}{nearest(str(name), known)} "
                    "('osism netbox init' creates those of the product)",
                    "custom_fields",
                )

    def _check_movable(self, resource: Resource, now: Any, wanted: int) -> None:
        """An address moves between interfaces of its device, but is not taken from another one."""
        interfaces = self.shelf.objects["interface"]
        if now is None or interfaces.get(now, {}).get("device") == interfaces[wanted]["device"]:
            return
        holder = f"interface {now}" if isinstance(now, int) else now
        raise Refused(
            f"{resource.where('interface')}: the address belongs to another device in NetBox "
            f"({holder}); take it off there"
        )

    # what comes with others, and what comes last

    def _furnish(self, devices: Iterable[Write]) -> None:
        """NetBox gives a new device the interfaces of its type."""
        wanted = with_interfaces(self.resources)
        templates: dict[int, list[Mapping[str, Any]]] = {}
        for each in self.shelf.objects[INTERFACE_TEMPLATE.name].values():
            templates.setdefault(each["device_type"], []).append(each)
        for device in devices:
            if device.values["name"] not in wanted:
                continue
            for each in templates.get(device.values["device_type"], ()):
                number = next(self.ids)
                self.furnished[number] = (device.id, each["name"])
                fields = {name: each[name] for name in _FURNISHED if name in each}
                values = {"enabled": True, "mgmt_only": False, **fields, "device": device.id}
                self.shelf.put(INTERFACE, number, values)

    def _late(self, kind: Kind) -> Step:
        updates = []
        for (name, number), resource in self.claimed.items():
            if name != kind.name:
                continue
            known = self.shelf.objects[kind.name][number]
            change = {}
            for late in kind.late:
                if late in resource.values:
                    address = self._own_address(resource, late, number)
                    if known.get(late) != address:
                        change[late] = address
            if change:
                updates.append(Write(resource, number, change))
        return Step(kind, updates=tuple(updates))

    def _own_address(self, resource: Resource, name: str, device: int) -> int:
        said = resource.values[name]
        interfaces, addresses = (self.shelf.objects[each] for each in ("interface", "ip_address"))
        for number in self.shelf.named(ALL["ip_address"], said, {}):
            holder = interfaces.get(addresses[number].get("interface") or 0, {})
            if holder.get("device") == device:
                return number
        resource.fail(
            f"{said} is on no interface of the device, neither in NetBox nor in what is imported",
            name,
        )


#: What NetBox copies from an interface's template.
_FURNISHED = "name type enabled mgmt_only label description poe_mode poe_type".split()


def _difference(form: Form, wanted: Any, now: Any) -> Any:
    """What to write; None when NetBox has it already."""
    if form.many:
        missing = [each for each in wanted if each not in (now or ())]
        return [*(now or ()), *missing] if missing else None
    if form.partly:
        there = now or {}
        return {k: value for k, value in wanted.items() if not _equal(value, there.get(k))} or None
    return None if _equal(wanted, now) else wanted


def _equal(wanted: Any, now: Any) -> bool:
    return bool(wanted == now) or (wanted in ("", None) and now in ("", None))


def _waves(kind: Kind, resources: Sequence[Resource]) -> Iterator[list[Resource]]:
    """Groups to write one after the other: what refers to one of its own kind comes later."""
    links = [name for name, form in kind.fields.items() if form.names == kind.name]
    waiting = list(resources)
    while waiting:
        coming = {(_parents(each), each.values.get(n)) for each in waiting for n in kind.names}
        ready: list[Resource] = []
        later: list[Resource] = []
        for each in waiting:
            leads = ((_parents(each), each.values[link]) for link in links if link in each.values)
            (later if any(lead in coming for lead in leads) else ready).append(each)
        if not ready:
            waiting[0].fail("refers to itself, if only through others", "/".join(links))
        yield ready
        waiting = later


def _parents(resource: Resource) -> tuple[Any, ...]:
    return tuple(resource.values[part] for part in resource.kind.key[:-1])
