"""The lab's NetBox counts what it is asked between the sending of a job and its end; nothing else
talks to it meanwhile. A query by GraphQL is a read, whatever its method. Nodes hang on pairs of
48-port switches; in state c all interfaces of a node are cabled and form one port-channel, with two
virtual interfaces and three addresses, so that "4 interfaces" is 4 cables and 7 interfaces.

The recording of a phase in NetBox is a write, to the device that is on its way and to nothing else.
"No write" therefore counts all writes for a device that is in the wanted state already and for a
check for drift, and all but those to devices for `--enforce`, which goes through all phases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bench.figures import Figure
from bench.sites import Group
from bench.sizes import Sizes
from bench.stations import Site, site
from osism.domain.jobs import CheckDrift, ConnectDevices

WAY = ("a", "b", "c", "a")


def groups(rack: int) -> list[Group]:
    return [
        Group("rack", 1, [f"node-{n}" for n in range(1, rack + 1)]),
        Group("single", 1, ["four"], ports=4, first=rack),
        Group("wide", 2, ["sixty-four"], ports=64),
    ]


def measure(sizes: Sizes) -> Iterator[Figure]:
    with site(groups(sizes.rack)) as place:
        single = {}
        for node, ports, most in (("four", 4, 15), ("sixty-four", 64, 25)):
            for source, target in zip(("0", *WAY), WAY, strict=False):
                _, asked = place.counted(ConnectDevices((node,), state=target))
                what = f"node with {ports} interfaces, {source} → {target}"
                single.setdefault(ports, {})[source, target] = asked["total"]
                yield Figure(what, asked["total"], "requests", most=most)
        for source, target in zip(("0", *WAY), WAY, strict=False):
            _, asked = place.counted(ConnectDevices(("rack",), kind="collection", state=target))
            yield Figure(
                f"collection of {sizes.rack} nodes, {source} → {target}",
                asked["total"] / sizes.rack,
                "requests per node",
                single[4][source, target],
                "the node with 4 interfaces alone",
                most=3,
            )
        yield from _unchanged(place)


def _unchanged(place: Site) -> Iterator[Figure]:
    there = ConnectDevices(("four",), state="a")
    _, asked = place.counted(there)
    yield Figure("in the wanted state already: reads", asked["reads"], "reads", most=10)
    yield Figure("in the wanted state already: writes", asked["writes"], "writes", most=0)
    commits = place.commits()
    _, asked = place.counted(ConnectDevices(("four",), state="a", enforce=True))
    yield Figure("unchanged, --enforce: reads", asked["reads"], "reads", most=10)
    yield Figure("unchanged, --enforce: writes but phases", _others(asked), "writes", most=0)
    yield Figure("unchanged, --enforce: writes of phases", asked["writes"], "writes")
    taken = place.commits() - commits
    yield Figure("unchanged, --enforce: commits of switches", taken, "commits", most=0)
    _, asked = place.counted(CheckDrift(("leaf-1a",)))
    yield Figure("drift of a 48-port switch: reads", asked["reads"], "reads", most=10)
    yield Figure("drift of a 48-port switch: writes", asked["writes"], "writes", most=0)


def _others(asked: Mapping[str, Any]) -> int:
    """Writes to anything but devices, where phases are recorded."""
    return sum(
        1
        for each in asked["log"]
        if each["method"] not in ("GET", "HEAD", "OPTIONS")
        and not each["path"].startswith("/graphql")
        and not (each["method"] == "PATCH" and each["path"].startswith("/api/dcim/devices/"))
    )
