"""What holds of phase 1 whatever NetBox has and whatever the definitions want."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from osism.domain.changes import after
from osism.domain.definitions import DeviceDefinition, PortDefinition
from osism.domain.errors import Invalid
from osism.domain.inventory import Address, Cable, Device, Interface, Port, Snapshot
from osism.domain.plans import Plan, changes
from tests.unit.domain import build
from tests.unit.domain.build import SOCKET, applied, told

same_every_time = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=120,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)

# --- a small site ---------------------------------------------------------------------------------

MOVING = ("node-1", "node-2")
STRANGER = "node-9"
LEAVES = ("leaf-1", "leaf-2")
VIDS = (100, 200, 300)
NODE_PORTS = ("Ethernet0", "Ethernet1", "Ethernet2", "Ethernet3")
LEAF_PORTS = tuple(Port(leaf, f"Ethernet{number}") for leaf in LEAVES for number in range(1, 6))
ALL_PORTS = (
    *LEAF_PORTS,
    *(Port(node, name) for node in (*MOVING, STRANGER) for name in NODE_PORTS),
)


VLANS: tuple[dict[int, str], ...] = (
    {},
    {100: "untagged"},
    {200: "tagged"},
    {100: "untagged", 300: "tagged"},
    {200: "tagged", 300: "tagged"},
)
some_vlans = st.sampled_from(VLANS)


def some(draw: Any, values: Iterable[Any], most: int) -> list[Any]:
    """At most *most* of the values, in any order; many as often as few."""
    known = list(values)
    size = draw(st.integers(0, min(most, len(known))))
    return list(draw(st.permutations(known)))[:size]


@st.composite
def definitions(
    draw: Any, device: str, state: str, fars: Sequence[Port] = LEAF_PORTS
) -> DeviceDefinition:
    """Any valid definition of a node whose cables lead to some of *fars*."""
    addresses = [f"10.0.{MOVING.index(device)}.{number}/24" for number in range(1, 5)]
    addresses += [f"2001:db8:{MOVING.index(device)}::{number}/64" for number in range(1, 3)]
    free = iter(some(draw, addresses, 4))
    primary = {4: draw(st.booleans()), 6: draw(st.booleans())}

    def taken() -> list[Any]:
        found: list[Any] = []
        for address in (next(free, None),) if draw(st.booleans()) else ():
            if address:
                family = 6 if ":" in address else 4
                found.append({"address": address, "primary": primary[family]})
                primary[family] = False
        return found

    values: dict[str, Any] = {}
    nears = some(draw, NODE_PORTS, 4)
    for near, far in zip(nears, draw(st.permutations(fars)), strict=False):
        values[near] = {
            "type": draw(st.sampled_from(("cat6a", "dac-passive"))),
            "device": far.device,
            "interface": far.interface,
            "vlans": draw(some_vlans),
            "addresses": taken(),
            "data": draw(st.sampled_from(({}, {"enabled": False}))),
            "mac_address": draw(st.sampled_from((None, "02:00:00:00:00:01"))),
        }
    members = some(draw, values, 3) if values else []
    if members:
        shared = draw(some_vlans)
        for name in members:
            values[name]["vlans"] = shared
        values["bond0"] = {
            "type": "port-channel",
            "channel": draw(st.integers(1, 2)),
            "interfaces": members,
            "vlans": draw(some_vlans),
            "addresses": taken(),
        }
    if draw(st.booleans()):
        parent = {"parent": "bond0"} if members and draw(st.booleans()) else {}
        values["vlan7"] = {
            "type": "virtual", "data": parent, "addresses": taken(), "vlans": draw(some_vlans),
        }  # fmt: skip
    return build.given(values, device, state)


@st.composite
def fabrics(draw: Any) -> Snapshot:
    """Any state of the site: cables, LAGs, VLANs and addresses that somebody made before."""
    number = iter(range(1, 10**6))
    lags = some(draw, (Port(leaf, f"Port-Channel{n}") for leaf in LEAVES for n in (1, 2, 3)), 3)
    lags += [Port(node, "bond0") for node in some(draw, MOVING, 2)]
    virtual = [Port(node, name) for node in some(draw, MOVING, 1) for name in ("vlan7", "lo")]
    interfaces = {port: Interface(next(number), port, SOCKET) for port in ALL_PORTS}
    interfaces |= {port: Interface(next(number), port, "lag") for port in lags}
    interfaces |= {port: Interface(next(number), port, "virtual") for port in virtual}
    for port in some(draw, ALL_PORTS, 6):
        vlans = draw(some_vlans)
        tagged = frozenset(vid for vid, kind in vlans.items() if kind == "tagged")
        untagged = next((vid for vid, kind in vlans.items() if kind == "untagged"), None)
        lag = draw(st.sampled_from(["", *(each.interface for each in lags if each[0] == port[0])]))
        interfaces[port] = replace(
            interfaces[port],
            enabled=draw(st.booleans()),
            mode="tagged" if tagged else "access" if untagged else "",
            untagged=untagged,
            tagged=tagged,
            lag=lag,
        )
    ends = some(draw, ALL_PORTS, 10)
    pairs = list(zip(ends[::2], ends[1::2], strict=False))
    cables = {n: Cable(n, "cat6a", a, b) for (a, b), n in zip(pairs, number, strict=False)}
    at = {end: each.id for each in cables.values() for end in (each.a, each.b)}
    interfaces = {port: replace(each, cable=at.get(port)) for port, each in interfaces.items()}
    texts = ("10.0.0.1/24", "10.0.0.2/24", "10.0.1.1/24", "192.0.2.1/24", "2001:db8:0::1/64")
    places = [*interfaces, None]
    addresses = tuple(
        Address(next(number), text, draw(st.sampled_from(places))) for text in some(draw, texts, 3)
    )
    devices = {}
    for name in (*MOVING, STRANGER, *LEAVES):
        own = [each for each in addresses if each.port and each.port.device == name]
        primary = {6 if ":" in own[0].address else 4: own[0].id} if own else {}
        devices[name] = Device(
            next(number), name, kind="switch" if name in LEAVES else "", rack="r1",
            position=float(next(number)), primary=primary,
        )  # fmt: skip
    vlans = {vid: (next(number), f"VLAN {vid}") for vid in VIDS[:2]}
    used = {vid for each in interfaces.values() for vid in (each.untagged, *each.tagged) if vid}
    vlans |= {vid: (next(number), "old") for vid in used - set(vlans)}
    return Snapshot(devices, interfaces, cables, addresses, vlans)


def attempt(before: Snapshot, *plans: Plan) -> Snapshot | None:
    """The snapshot after the plans, None when they are refused."""
    try:
        return applied(before, *plans)
    except Invalid:
        return None


# --- applying twice changes nothing ---------------------------------------------------------------


@same_every_time
@given(fabrics(), definitions("node-1", "a"), definitions("node-1", "c"))
def test_applying_twice_changes_nothing(
    before: Snapshot, a: DeviceDefinition, c: DeviceDefinition
) -> None:
    for target in (a, c, None):
        plans = [Plan("node-1", target, (a, c))]
        now = attempt(before, *plans)
        if now is not None:
            assert build.lines(changes(now, plans)) == []
            before = now


# --- nothing of the state that was left stays -----------------------------------------------------


def named(definition: DeviceDefinition) -> dict[Port, bool]:
    """The ports that a definition names, and whether they are its own."""
    found: dict[Port, bool] = {}
    for each in definition.of(PortDefinition):
        found |= {Port(definition.device, each.name): True, each.far: False}
    return found


def made(definition: DeviceDefinition) -> set[Port]:
    """The interfaces without a socket that a definition makes."""
    device, channels = definition.device, set()
    own = {Port(device, each.name) for each in definition.interfaces.values()}
    for each in definition.interfaces.values():
        for member in getattr(each, "members", ()):
            far = definition.interfaces[member].far  # type: ignore[attr-defined]
            channels.add(Port(far.device, each.far_lag))  # type: ignore[attr-defined]
    return {each for each in own if each not in named(definition)} | channels


@same_every_time
@given(fabrics(), definitions("node-1", "a"), definitions("node-1", "c"))
def test_there_and_back_leaves_nothing(
    before: Snapshot, a: DeviceDefinition, c: DeviceDefinition
) -> None:
    to_a, to_c = (Plan("node-1", target, (a, c)) for target in (a, c))
    first = attempt(before, to_a)
    assume(first is not None)
    there = attempt(first, to_c)  # type: ignore[arg-type]
    assume(there is not None)
    assert first is not None
    back = applied(there, to_a)  # type: ignore[arg-type]

    left = set(named(c)) - set(named(a))
    for port in left:
        interface = back.interfaces[port]
        assert not interface.enabled
        assert (interface.lag, interface.mode, interface.untagged) == ("", "", None)
        assert interface.tagged == frozenset()
    for port in made(c) - made(a):
        # a LAG stays that has members or addresses which nobody defines
        if port in back.interfaces:
            foreign_members = back.members(port) - set(named(a)) - set(named(c))
            assert foreign_members or back.addresses_of.get(port)
            assert port.device != "node-1" or not back.interfaces[port].enabled
    foreign = c.addresses - a.addresses
    assert not any(
        each.address in foreign and each.port and each.port.device == "node-1"
        for each in back.addresses
    )
    # and what a names is as it was
    for port in (*named(a), *made(a)):
        assert told(back)["interfaces"][str(port)] == told(first)["interfaces"][str(port)]
        assert back.addresses_of.get(port, ()) or not first.addresses_of.get(port, ())
    assert told(back)["primary"]["node-1"] == told(first)["primary"]["node-1"]


# --- nothing else is touched ----------------------------------------------------------------------


@same_every_time
@given(
    fabrics(), definitions("node-1", "a"), definitions("node-1", "c"), st.sampled_from((0, 1, 2))
)
def test_what_no_definition_names_is_never_changed(
    before: Snapshot, a: DeviceDefinition, c: DeviceDefinition, which: int
) -> None:
    target = (a, c, None)[which]
    now = attempt(before, Plan("node-1", target, (a, c)))
    assume(now is not None)
    assert now is not None
    ours = {*named(a), *named(c), *made(a), *made(c)}
    claimed = set(named(target)) if target else set()
    for port in {*before.interfaces, *now.interfaces} - ours:
        assert replace(now.interfaces[port], cable=None) == (
            replace(before.interfaces[port], cable=None)
        )
    for number in set(before.cables) - set(now.cables):
        assert {before.cables[number].a, before.cables[number].b} & claimed
    for number in set(now.cables) - set(before.cables):
        assert {now.cables[number].a, now.cables[number].b} <= claimed
    wanted = target.addresses if target else frozenset()
    for address in set(before.addresses) ^ set(now.addresses):
        # an address that the definition names may come from another port of the device
        assert address.port in (*ours, None) or (
            address.address in wanted and address.port.device == "node-1"
        )
    for name in set(before.devices) - {"node-1"}:
        assert now.devices[name] == before.devices[name]
    assert before.vlans.items() <= now.vlans.items()


# --- what comes of it is something that NetBox accepts --------------------------------------------


@same_every_time
@given(fabrics(), definitions("node-1", "a"), definitions("node-1", "c"))
def test_what_comes_of_it_fits_together(
    before: Snapshot, a: DeviceDefinition, c: DeviceDefinition
) -> None:
    for target in (a, c, None):
        now = attempt(before, Plan("node-1", target, (a, c)))
        if now is None:
            continue
        for port, interface in now.interfaces.items():
            for field in ("lag", "parent"):
                other = Port(port.device, getattr(interface, field))
                assert not other.interface or other in now.interfaces
            used = {interface.untagged, *interface.tagged} - {None}
            assert used <= set(now.vlans)
            assert bool(interface.mode) == bool(used)
            cable = now.cable_at.get(port)
            assert interface.cable == (cable.id if cable else None)
        assert len(now.cable_at) == 2 * len(now.cables)
        texts = [(each.address, each.vrf) for each in now.addresses]
        assert len(texts) == len(set(texts))
        by_id = {each.id: each for each in now.addresses}
        for name, device in now.devices.items():
            for number in device.primary.values():
                port = by_id[number].port  # type: ignore[assignment]
                assert port is not None
                assert port.device == name
        before = now


# --- one batch, or one after the other ------------------------------------------------------------


@st.composite
def batches(draw: Any) -> tuple[Snapshot, list[Plan]]:
    """Two nodes in some states, on their way to others that do not exclude each other."""
    fabric = draw(fabrics())
    # Connections of the two nodes come from their definitions, so that these tell what is whose.
    fabric = stripped(fabric)
    order = draw(st.permutations(LEAF_PORTS))
    plans = []
    for node, fars in zip(MOVING, (order[:5], order[5:]), strict=True):
        target, source = draw(definitions(node, "a", fars)), draw(definitions(node, "c"))
        fabric = attempt(fabric, Plan(node, source, (target, source))) or fabric
        plans.append(Plan(node, target, (target, source)))
    return fabric, plans


def stripped(before: Snapshot) -> Snapshot:
    cables = {
        number: each
        for number, each in before.cables.items()
        if not {each.a.device, each.b.device} & set(MOVING)
    }
    at = {end: each.id for each in cables.values() for end in (each.a, each.b)}
    interfaces = {
        port: Interface(each.id, port, each.type)
        if port.device in MOVING
        else replace(each, cable=at.get(port), lag=each.lag if each.lag == "Port-Channel3" else "")
        for port, each in before.interfaces.items()
    }
    return replace(before, cables=cables, interfaces=interfaces)


@same_every_time
@given(batches())
def test_two_nodes_in_one_batch_are_as_one_after_the_other(
    case: tuple[Snapshot, list[Plan]],
) -> None:
    before, (one, two) = case
    together = attempt(before, one, two)
    assume(together is not None)
    for first, second in ((one, two), (two, one)):
        step = attempt(before, first)
        if step is not None and (apart := attempt(step, second)) is not None:
            assert told(apart) == told(together)  # type: ignore[arg-type]


@same_every_time
@given(batches())
def test_a_batch_applied_twice_changes_nothing(case: tuple[Snapshot, list[Plan]]) -> None:
    before, plans = case
    now = attempt(before, *plans)
    assume(now is not None)
    assert now is not None
    assert build.lines(changes(now, plans)) == []
    assert told(after(now, changes(now, plans))) == told(now)
