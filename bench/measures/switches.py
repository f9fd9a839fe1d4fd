"""Real Open vSwitch switches (userspace datapath), each in namespaces of its own on this machine,
with 48 ports in one bridge. Each round moves every port to another VLAN.

Deploying is what phases 3 and 4 do: stage, commit with a revert timer on the switch, and over new
connections read back, compare, confirm. The bare transaction is the same change of 48 ports over
one TLS connection that is opened for it, until the switch has applied it: no difference, no guard,
no undo, no timer, nothing read back. ovs-vsctl by SSH is one command with the same change, run by
OpenSSH's client; it waits until the change is applied as well. Medians.

Twenty switches are deployed to as one batch, ten at once (the setting's default), all 48 ports of
each. Here switches, NetBox and worker share the cores, and there is little to gain by working on
switches that answer at once beside each other: these figures say how much work a switch is. What a
batch costs where switches take their own time is measured with the lab's, which take 0.2 s for each
answer."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from bench.figures import Figure
from bench.sizes import Sizes
from bench.stations import Desk, station, until
from osism.actions.phases.deploy import Rollout
from osism.actions.phases.generate import Configuration
from osism.adapters.netbox import Connection
from osism.adapters.switches import SwitchRegistry
from osism.adapters.switches.openvswitch import tls
from osism.adapters.switches.openvswitch.line import Line
from osism.adapters.templates import Templates
from osism.domain.intents import ACCESS, PortIntent, SwitchIntent, VlanIntent
from osism.domain.inventory import MANAGED, SWITCH, Device
from osism.domain.jobs import DeployConfiguration, InitialiseNetbox
from osism.domain.ports import Target
from osism.lab.netbox.app import serve
from osism.lab.switches import LabSwitch, administer, in_thread
from tests.fabric import Fabric, Switch

PORTS = [f"Ethernet{number}" for number in range(48)]
_BATCH, _PARALLEL, _MOST = 20, 10, 3.0
_SLOW = 0.2  # seconds
_VLANS = count(100)  # each round has a VLAN of its own
_TOKEN = "0123456789abcdef0123456789abcdef01234567"


def measure(sizes: Sizes) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="osism-bench-") as name, Fabric(Path(name)) as fabric:
        names = [f"leaf-{number}" for number in range(1, _BATCH + 1)]
        switches = [fabric.switch(each, PORTS, tls=True) for each in names]
        fabric.wait()
        yield from _figures(switches, sizes.rounds)
        yield _slow_ones(max(2, sizes.rounds // 2))
        with serve(Path(name) / "netbox.sqlite3", _TOKEN) as url:
            yield from _jobs(switches, Connection(url, _TOKEN), max(2, sizes.rounds // 2))


def _figures(switches: Sequence[Switch], rounds: int) -> Iterator[Figure]:
    first, few = switches[:1], max(2, rounds // 2)
    _rollout(switches, "tls", 99)()  # now the ports are in the bridge
    bare = _median(rounds, lambda vid: partial(_bare, switches[0], vid))
    by_hand = _median(rounds, lambda vid: partial(_vsctl, switches[0], vid))
    for transport, way in (("ssh", "through SSH"), ("tls", "over TLS")):
        one = _median(rounds, partial(_rollout, first, transport))
        batch = _median(few, partial(_rollout, switches, transport))
        yield Figure(f"48 ports, deployed and read back {way}", one, "s", bare, "bare transaction")
        if transport == "ssh":
            yield Figure("The same", one, "s", by_hand, "ovs-vsctl by SSH")
        yield Figure(f"Phases 3 and 4 of {_BATCH} switches {way}", batch, "s", one, "one switch")
        yield Figure(f"Switches a second {way}", _BATCH / batch, "1/s")


def _median(rounds: int, prepared: Callable[[int], Callable[[], None]]) -> float:
    took = []
    for _ in range(rounds + 1):
        once = prepared(next(_VLANS))
        began = perf_counter()
        once()
        took.append(perf_counter() - began)
    return median(took[1:])  # the first one loads libraries, and makes what was not there


def _rollout(switches: Sequence[Switch], transport: str, vid: int) -> Callable[[], None]:
    """Phases 3 and 4, ready to begin: what phase 2 makes is there."""
    entries = {each.name: each.entry(transport) for each in switches}
    return _ready(entries, {each.name: _configuration(each.name, vid) for each in switches})


def _ready(
    entries: Mapping[str, Mapping[str, Any]], configurations: Mapping[str, Configuration]
) -> Callable[[], None]:
    registry = SwitchRegistry(entries)
    rollout = Rollout(
        registry, configurations, lambda *_, **__: None, lambda: None, 120.0, _PARALLEL
    )

    def run() -> None:
        with closing(rollout):
            rollout.deploy()
            rollout.validate()
            rollout.confirm()
        assert rollout.committed == set(configurations), "nothing was deployed"

    return run


def _configuration(switch: str, vid: int) -> Configuration:
    device = Device(1, switch, SWITCH)
    ports = tuple(PortIntent(name, mode=ACCESS, untagged=vid) for name in PORTS)
    intent = SwitchIntent(switch, ports)
    text = Templates(Path("/nonexistent")).render("openvswitch.cfg.j2", intent, device)
    return Configuration(device, intent, text, "openvswitch.cfg.j2")


# --- switches that take their time ----------------------------------------------------------------


def _slow_ones(rounds: int) -> Figure:
    made = [LabSwitch(f"slow-{n}", "edgecore", PORTS, "secret") for n in range(_BATCH)]
    with in_thread(made) as served:
        entries = {}
        for name, port in served.ports.items():
            administer(port, "secret", "fault", fault="slow", value=_SLOW)
            entries[name] = {"driver": "lab", "syntax": "edgecore", "secret": "secret"}
            entries[name] |= {"address": served.host, "port": port}

        def rollout(names: Sequence[str], vid: int) -> Callable[[], None]:
            text = f"vlan {vid}\n   name VLAN {vid}\n!\nend\n"
            intents = {n: SwitchIntent(n, vlans=(VlanIntent(vid, f"VLAN {vid}"),)) for n in names}
            return _ready(
                entries,
                {n: Configuration(Device(1, n, SWITCH), i, text, "") for n, i in intents.items()},
            )

        names = list(entries)
        one = _median(rounds, partial(rollout, names[:1]))
        batch = _median(rounds, partial(rollout, names))
    what = f"{_BATCH} switches that take {_SLOW:g} s for each answer"
    return Figure(what, batch, "s", one, "one switch", most_ratio=_MOST)


# --- the whole job --------------------------------------------------------------------------------


def _jobs(switches: Sequence[Switch], netbox: Connection, rounds: int) -> Iterator[Figure]:
    """``osism netbox deploy`` for one switch and for all, from the job's begin to its end."""
    with station(
        netbox_url=netbox.url,
        netbox_token=_TOKEN,
        switches={each.name: each.entry("ssh") for each in switches},
        **dict.fromkeys(("schedule_facts", "schedule_drift", "schedule_reconcile"), 0.0),
    ) as place:
        place.start("worker", "netbox")
        desk = Desk.at(place.redis.url)
        until(lambda: desk.records.workers(), "the worker")
        desk.do(InitialiseNetbox())
        ports, vlans = _fill(netbox, [each.name for each in switches])
        names = tuple(each.name for each in switches)
        took: dict[int, list[float]] = {1: [], _BATCH: []}
        for number in range(2 * rounds + 2):
            for each in ports:
                each["untagged_vlan"] = vlans[number % 3]  # another one for each of them, each time
            netbox.update("dcim.interfaces", ports)
            chosen = names if number % 2 else names[:1]
            took[len(chosen)].append(desk.do(DeployConfiguration(chosen)).seconds)
    one, batch = (median(took[each][1:]) for each in (1, _BATCH))
    yield Figure(f"Job: deploy {_BATCH} switches through SSH", batch, "s", one, "one switch")


def _fill(netbox: Connection, names: Sequence[str]) -> tuple[list[dict[str, Any]], list[int]]:
    """Switches with access ports in NetBox: the ports as updates, and the VLANs' ids."""

    def one(endpoint: str, **values: Any) -> int:
        return netbox.create(endpoint, [values])[0]

    tag = netbox.read("extras.tags", slug=MANAGED, brief=1)[0]["id"]
    of = {
        "role": one("dcim.device_roles", name="leaf", slug="leaf"),
        "site": one("dcim.sites", name="bench", slug="bench"),
        "device_type": one(
            "dcim.device_types",
            model="switch",
            slug="switch",
            manufacturer=one("dcim.manufacturers", name="acme", slug="acme"),
        ),
        "tags": [tag],
        "custom_fields": {"device_type": SWITCH},
    }
    devices = netbox.create("dcim.devices", [{"name": each, **of} for each in names])
    vlans = netbox.create("ipam.vlans", [{"vid": v, "name": f"VLAN {v}"} for v in (100, 101, 102)])
    port = {"type": "10gbase-t", "mode": "access", "untagged_vlan": vlans[0]}
    made = [{"device": each, "name": name, **port} for each in devices for name in PORTS]
    return [{"id": each} for each in netbox.create("dcim.interfaces", made)], vlans


# --- baselines ------------------------------------------------------------------------------------


def _bare(switch: Switch, vid: int) -> None:
    entry = switch.entry("tls")
    options = {key: value for key, value in entry.items() if key.endswith("_file")}
    target = Target(switch.name, entry["address"], entry["port"], options)
    line = Line(switch.name, tls.connected(target), 30.0)
    try:
        moved = [
            {"op": "update", "table": "Port", "where": [["name", "==", name]], "row": {"tag": vid}}
            for name in PORTS
        ]
        count = {"op": "mutate", "table": "Open_vSwitch", "where": []}
        count |= {"mutations": [["next_cfg", "+=", 1]]}
        columns = ["cur_cfg", "next_cfg"]
        look = {"op": "select", "table": "Open_vSwitch", "where": [], "columns": columns}
        *_, found = line.ask("transact", "Open_vSwitch", *moved, count, look)
        wanted = found["rows"][0]["next_cfg"]
        while line.ask("transact", "Open_vSwitch", look)[0]["rows"][0]["cur_cfg"] < wanted:
            pass
    finally:
        line.close()


def _vsctl(switch: Switch, vid: int) -> None:
    words = [word for name in PORTS for word in ("--", "set", "port", name, f"tag={vid}")]
    done = switch.ssh("ovs-vsctl", *words[1:])
    assert done.returncode == 0, done.stderr
