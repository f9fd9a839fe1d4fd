"""The port Inventory, against the lab's NetBox and a real one: what is written is what is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from osism.adapters.netbox import Connection, NetboxInventory
from osism.domain.changes import (
    Changes,
    InterfaceUpdate,
    NewAddress,
    NewCable,
    NewInterface,
    PrimaryUpdate,
    after,
)
from osism.domain.errors import Misconfigured, OutsideFailed, Refused
from osism.domain.inventory import MANAGED, Interface, Port, Snapshot
from osism.domain.transitions import Fields

MAC = "18:C0:86:3A:B7:F1"


@dataclass
class World:
    """A node and a leaf of this test's own, with eight ports each."""

    connection: Connection
    inventory: NetboxInventory
    node: str
    leaf: str
    vids: tuple[int, int]
    addresses: tuple[str, str]

    def read(self) -> Snapshot:
        return self.inventory.snapshot([self.node, self.leaf], self.vids, self.addresses)

    def near(self, name: str) -> Port:
        return Port(self.node, name)

    def far(self, name: str) -> Port:
        return Port(self.leaf, name)


@pytest.fixture
def world(netbox: tuple[str, str]) -> Iterator[World]:
    connection = Connection(*netbox, retry=5)
    unique = uuid4().hex[:8]
    number = int(unique, 16)
    made: list[tuple[str, int]] = []

    def one(endpoint: str, **fields: Any) -> int:
        made.append((endpoint, connection.create(endpoint, [fields])[0]))
        return made[-1][1]

    for name in ("device_type", "device_state", "device_transition"):
        if not connection.read("extras.custom_fields", name=name):
            connection.create(
                "extras.custom_fields",
                [{"name": name, "type": "text", "object_types": ["dcim.device"]}],
            )
    if not connection.read("extras.tags", slug=MANAGED):
        connection.create("extras.tags", [{"name": "Managed by OSISM", "slug": MANAGED}])
    names = {"name": f"t-{unique}", "slug": f"t-{unique}"}
    maker, role, site = (
        one(f"dcim.{each}", **names) for each in ("manufacturers", "device_roles", "sites")
    )
    model = one("dcim.device_types", manufacturer=maker, model=unique, slug=f"t-{unique}")
    connection.create(
        "dcim.interface_templates",
        [{"device_type": model, "name": f"eth{i}", "type": "10gbase-x-sfpp"} for i in range(8)],
    )
    common = {"device_type": model, "role": role, "site": site}
    one("dcim.devices", name=f"node-{unique}", **common)
    one(
        "dcim.devices",
        name=f"leaf-{unique}",
        tags=[{"slug": MANAGED}],
        custom_fields={"device_type": "switch"},
        **common,
    )
    yield World(
        connection,
        NetboxInventory(connection),
        f"node-{unique}",
        f"leaf-{unique}",
        (2 + number % 2000, 2002 + number % 2000),
        (
            f"10.{number % 250}.{number // 250 % 250}.1/24",
            f"2001:db8:{int(unique[:4], 16):x}::1/64",
        ),
    )
    for endpoint, identity in reversed(made):
        connection.delete(endpoint, [identity])


def everything(world: World) -> Changes:
    """Changes of every kind that makes something."""
    first, second = world.vids
    v4, v6 = world.addresses
    near = world.near
    return Changes(
        create_vlans=world.vids,
        create_interfaces=(
            NewInterface(near("bond0"), "lag"),
            NewInterface(near("vlan5"), "virtual"),
        ),
        create_macs=((near("eth0"), MAC),),
        update_interfaces=(
            InterfaceUpdate(
                near("eth0"),
                {"mac": MAC, "lag": "bond0", "label": "1:0 / 2:3", "mtu": 9100, "enabled": False},
            ),
            InterfaceUpdate(
                near("bond0"),
                {"mode": "tagged", "untagged": first, "tagged": frozenset({second})},
            ),
            InterfaceUpdate(
                near("vlan5"), {"parent": "bond0", "mode": "access", "untagged": second}
            ),
            InterfaceUpdate(
                world.far("eth3"),
                {
                    "mode": "access",
                    "untagged": first,
                    "description": "a port",
                    "tags": [MANAGED],
                    "speed": 10_000_000,
                    "duplex": "full",
                },
            ),
        ),
        create_addresses=(NewAddress(near("bond0"), v4, ""), NewAddress(near("vlan5"), v6, "")),
        create_cables=(NewCable("cat6a", near("eth0"), world.far("eth3")),),
        primaries=(
            PrimaryUpdate(
                world.node,
                {4: NewAddress(near("bond0"), v4, ""), 6: NewAddress(near("vlan5"), v6, "")},
            ),
        ),
        snapshot=world.read(),
    )


def comparable(snapshot: Snapshot) -> tuple[Any, ...]:
    """A snapshot without NetBox's ids, and without the fields NetBox fills in by itself."""

    def plain(interface: Interface) -> Interface:
        unset: tuple[Any, ...] = (None, "", [], {}, False)
        extra = {key: value for key, value in interface.extra.items() if value not in unset}
        macs = dict.fromkeys(interface.macs, 0)
        return replace(interface, id=0, cable=None, macs=macs, extra=extra)

    return (
        {port: plain(each) for port, each in snapshot.interfaces.items()},
        {(each.type, frozenset((each.a, each.b))) for each in snapshot.cables.values()},
        {(each.address, each.port, each.vrf) for each in snapshot.addresses},
        {name: sorted(each.primary) for name, each in snapshot.devices.items()},
        set(snapshot.vlans),
    )


def test_what_is_written_is_what_is_read(world: World) -> None:
    todo = everything(world)
    assert todo.snapshot
    world.inventory.apply(todo)
    assert comparable(world.read()) == comparable(after(todo.snapshot, todo))


def test_what_was_made_is_moved_and_removed(world: World) -> None:
    world.inventory.apply(everything(world))
    before = world.read()
    v4, v6 = world.addresses
    by_address = {each.address: each for each in before.addresses}
    mac = before.interfaces[world.near("eth0")].macs[MAC]
    todo = Changes(
        delete_cables=tuple(before.cables.values()),
        delete_addresses=(by_address[v6],),
        update_interfaces=(
            InterfaceUpdate(world.near("eth0"), {"mac": "", "lag": "", "mtu": None}),
            InterfaceUpdate(
                world.far("eth3"), {"mode": "", "untagged": None, "tagged": frozenset()}
            ),
        ),
        move_addresses=((by_address[v4], world.near("eth1")),),
        create_cables=(NewCable("dac-passive", world.near("eth0"), world.far("eth4")),),
        delete_interfaces=(
            before.interfaces[world.near("vlan5")],
            before.interfaces[world.near("bond0")],
        ),
        delete_macs=((world.near("eth0"), MAC, mac),),
        primaries=(PrimaryUpdate(world.node, {6: None}),),
        snapshot=before,
    )
    world.inventory.apply(todo)
    assert comparable(world.read()) == comparable(after(before, todo))


def test_where_a_device_is_comes_with_the_last_write(world: World) -> None:
    todo = everything(world)
    assert todo.snapshot
    number = todo.snapshot.devices[world.node].id
    world.inventory.apply(todo, {number: Fields("b-phase_1", "from_a-to_b-phase_2")})
    device = world.read().devices[world.node]
    assert (device.state, device.transition) == ("b-phase_1", "from_a-to_b-phase_2")
    assert sorted(device.primary) == [4, 6]


def test_a_netrc_entry_does_not_take_the_place_of_the_token(
    netbox: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert NetboxInventory(Connection(*netbox, retry=0)).devices(["nobody"]) == []


def test_a_vlan_id_can_have_another_name_on_each_device(world: World) -> None:
    vid = world.vids[0]
    ports = world.read().interfaces
    wanted = {world.node: f"one-{world.node}", world.leaf: f"other-{world.leaf}"}
    for device, name in wanted.items():
        (vlan,) = world.connection.create("ipam.vlans", [{"vid": vid, "name": name}])
        port = ports[Port(device, "eth0")]
        change = {"id": port.id, "mode": "access", "untagged_vlan": vlan}
        world.connection.update("dcim.interfaces", [change])
    found = world.read()
    for each in world.connection.read("ipam.vlans", vid=vid):
        world.connection.delete("ipam.vlans", [each["id"]])
    assert {device: found.vlan_names[device][vid] for device in wanted} == wanted


def test_a_device_that_is_gone_is_told(world: World) -> None:
    with pytest.raises(OutsideFailed, match="gone"):
        world.inventory.record({10**8: Fields("b", "")})


def test_recording_keeps_other_custom_fields(world: World) -> None:
    number = world.read().devices[world.leaf].id
    world.inventory.record({number: Fields("a", "")})
    world.inventory.record({number: Fields("", "")})
    leaf = world.read().devices[world.leaf]
    assert (leaf.kind, leaf.state) == ("switch", "")


def test_names_that_netbox_does_not_know_are_left_out(world: World) -> None:
    found = world.inventory.snapshot([world.node, "nobody"])
    assert list(found.devices) == [world.node]
    assert found.missing([world.node, "nobody"]) == ["nobody"]


def test_an_empty_question_has_an_empty_answer(world: World) -> None:
    assert world.inventory.snapshot([]).devices == {}
    assert world.inventory.owners([]) == {}


def test_interfaces_are_known_by_their_devices(world: World) -> None:
    ports = world.read().interfaces
    wanted = {each.id: port.device for port, each in ports.items()}
    assert len(wanted) == 16
    assert world.inventory.owners([*wanted, 2_000_000_000]) == wanted


def test_devices_are_found_by_name_and_by_the_tag(world: World) -> None:
    assert [each.name for each in world.inventory.devices([world.node])] == [world.node]
    managed = {each.name for each in world.inventory.devices()}
    assert world.leaf in managed
    assert world.node not in managed


def test_a_wrong_token_is_told_as_such(world: World) -> None:
    wrong = NetboxInventory(Connection(world.connection.url, "0" * 40, retry=0))
    with pytest.raises(Misconfigured, match="NETBOX_TOKEN"):
        wrong.record({1: Fields("a", "")})
    with pytest.raises(Misconfigured, match="NETBOX_TOKEN"):
        wrong.snapshot([world.node])


def test_a_refusal_has_the_words_of_netbox(world: World) -> None:
    world.inventory.apply(everything(world))
    taken = NewCable("cat6a", world.near("eth0"), world.far("eth4"))
    with pytest.raises(Refused, match=r"(?i)cable|termination"):
        world.inventory.apply(Changes(create_cables=(taken,), snapshot=world.read()))
