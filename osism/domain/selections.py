"""Which devices a request means, and what each of them has to go through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from osism.domain.definitions import Definitions, DeviceDefinition
from osism.domain.errors import Invalid, NotFound, Refused
from osism.domain.inventory import Device
from osism.domain.jobs import ConnectDevices
from osism.domain.names import checked, nearest
from osism.domain.plans import Plan
from osism.domain.transitions import (
    NEW,
    Phase,
    Standing,
    Transition,
    checked_state,
    remaining,
    standing,
)


@dataclass(frozen=True)
class Way:
    """One device's way: the transition, the phases still to do, and what phase 1 plans with."""

    device: Device
    transition: Transition
    phases: tuple[Phase, ...]
    plan: Plan
    source: DeviceDefinition | None
    rested: DeviceDefinition | None = None  # where it was last at rest, when that is not the source

    @property
    def far_devices(self) -> frozenset[str]:
        """The devices at the far ends of the definitions that are left and reached."""
        concerned = (self.rested, self.source, self.plan.target)
        return frozenset().union(*(each.far_devices for each in concerned if each))


def folders(job: ConnectDevices, collections: Mapping[str, Sequence[str]]) -> list[str]:
    """The device folders that a request names, sorted.

    Raises :class:`NotFound` for an unknown name or an empty collection, :class:`Invalid` for a name
    that is both a device and a collection, or a device in two collections.
    """
    if job.kind not in ("", "device", "collection"):
        raise Invalid(f"type {job.kind!r}: 'device' or 'collection' is wanted")
    if job.state is not None and checked_state(job.state) == NEW:
        raise Invalid("state '0' is reserved for new devices; --abort leads back to where one was")
    if job.abort and job.state:
        raise Invalid("--abort leads back to the source state; it takes no --state")
    if not job.names and not job.collection:
        raise Invalid("name a device or a collection")
    home: dict[str, list[str]] = {}
    for collection, devices in collections.items():
        for device in devices:
            home.setdefault(device, []).append(collection)
    if job.collection and job.collection not in collections:
        raise NotFound(_unknown("collection", job.collection, collections))
    # Without names, all of the collection.
    kind = job.kind if job.names else "collection"
    found: set[str] = set()
    for name in job.names or (job.collection,):
        found |= set(_one(kind, checked("name", name), job.collection, collections, home))
    if job.generation and (job.generation < 0 or job.abort or not job.state or len(found) != 1):
        raise Invalid("a generation belongs to one state of one device")
    return sorted(found)


def _one(
    kind: str,
    name: str,
    within: str,
    collections: Mapping[str, Sequence[str]],
    home: Mapping[str, Sequence[str]],
) -> Sequence[str]:
    device = kind != "collection" and name in home
    # A collection beside names narrows devices down, so that a device is meant.
    collection = kind != "device" and name in collections and not (device and within)
    if device and collection:
        raise Invalid(f"{name!r} is a device and a collection; say which with --type")
    if collection:
        if within not in ("", name):
            raise Invalid(f"{name!r} is a collection itself, it is not in {within!r}")
        if not collections[name]:
            raise NotFound(f"collection {name!r} has no device in the configuration repository")
        return collections[name]
    if not device:
        raise NotFound(_unknown(kind or "device or collection", name, [*home, *collections]))
    if len(home[name]) > 1:
        raise Invalid(
            f"device {name!r} is in {len(home[name])} collections: {', '.join(home[name])}; "
            "it can be in one"
        )
    if within and home[name][0] != within:
        raise Invalid(f"device {name!r} is in collection {home[name][0]!r}, not {within!r}")
    return [name]


def _unknown(kind: str, name: str, known: Iterable[str]) -> str:
    return f"the configuration repository has no {kind} {name!r}{nearest(name, known)}"


def way(job: ConnectDevices, device: Device, definitions: Definitions) -> Way | None:
    """What *device* has to go through; None when it is where it shall be.

    Raises :class:`Refused` when it is under way to another state.
    """
    now = standing(device.state, device.transition)
    known = definitions.of(device.name)
    if job.abort:
        return _back(device, now, known)
    target = job.state or _default(now)
    _must_know(device, target, known)
    if now.at_rest:
        if now.source == target and not job.enforce:
            return None
        return _way(device, Transition(now.source, target), remaining(None), known)
    if now.target == target:
        transition = Transition(now.source, target)
        phases = remaining(None if job.enforce else now.phase or Phase.VALIDATE)
        return _way(device, transition, phases, known)
    if not job.enforce:
        raise Refused(
            f"device {device.name!r} is {now}; --enforce takes it over, --abort leads back"
        )
    # Half-way to another state: phase 1 may have written that one's connections already, and the
    # switches may run the configuration of the state before it still.
    taken = _way(device, Transition(now.target or now.source, target), remaining(None), known)
    return replace(taken, rested=known.get(now.source))


def resumed(device: Device, definitions: Definitions, source: str, target: str) -> Way | None:
    """What is left of a transition that was begun already; None when the device has arrived.

    The request is not asked again: an abort that is taken up must not turn round once more.
    """
    now = standing(device.state, device.transition)
    if now.at_rest and now.source == target and source != target:
        return None
    begun = (now.source, now.target) == (source, target)
    phases = remaining((now.phase or Phase.VALIDATE) if begun else None)
    return _way(device, Transition(source, target), phases, definitions.of(device.name))


def _must_know(device: Device, state: str, known: Mapping[str, DeviceDefinition]) -> None:
    if state not in known:
        there = ", ".join(sorted(known)) or "none"
        raise NotFound(
            f"device {device.name!r}: no definition for state {state!r} "
            f"(there is: {there}){nearest(state, known)}"
        )


def _back(device: Device, now: Standing, known: Mapping[str, DeviceDefinition]) -> Way:
    if now.target is None:
        raise Refused(f"device {device.name!r} is {now}; there is nothing to abort")
    if now.source != NEW:  # without a definition everything would be taken away
        _must_know(device, now.source, known)
    return _way(device, Transition(now.target, now.source), remaining(None), known)


def _way(
    device: Device,
    transition: Transition,
    phases: tuple[Phase, ...],
    known: Mapping[str, DeviceDefinition],
) -> Way:
    plan = Plan(device.name, known.get(transition.target), tuple(known.values()))
    return Way(device, transition, phases, plan, known.get(transition.source))


def _default(now: Standing) -> str:
    """Without a state in the request: the one in NetBox; 0 means a."""
    state = now.target or now.source
    return "a" if state == NEW else state
