"""A real Ironic with fake hardware, whose work takes a tenth of a second a step, and the lab's
NetBox with 500 nodes. Both are counted: NetBox by itself, Ironic by the requests in its log. First
Ironic has none of the nodes; then nothing has changed; then a property of all nodes has, and one
node is synced alone. A sync ends when every node is verified and inspected, and NetBox shows it;
Ironic, which works on SQLite in one process here, takes most of its time."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from bench.figures import Figure
from bench.sizes import Sizes
from bench.stations import Desk
from osism.domain.jobs import SyncNodes
from tests.e2e.nodes import NodeSite, node_site


def measure(sizes: Sizes) -> Iterator[Figure]:
    names = [f"node-{number}" for number in range(1, sizes.nodes + 1)]
    patience = {"ironic_timeout": 60.0, "ironic_retry": 120.0, "log_level": "INFO"}
    with (
        tempfile.TemporaryDirectory(prefix="osism-bench-") as directory,
        node_site(Path(directory), *names, delay=0.1, **patience) as site,
    ):
        assert site.lab.redis
        desk = Desk.at(site.lab.redis.url)
        many = len(names)
        yield from _sync(site, desk, f"{many} new nodes", most=10)
        yield from _sync(site, desk, f"{many} nodes, unchanged", most=4 / many, writes=0)
        site.conductor(properties={"cpu_arch": "aarch64"})
        yield from _sync(site, desk, f"{many} nodes, a property of each", most=4, writes=0)
        yield from _sync(site, desk, "one of them by its name", (names[-1],), most=8, writes=0)


def _sync(
    site: NodeSite,
    desk: Desk,
    what: str,
    names: tuple[str, ...] = (),
    most: float | None = None,
    writes: float | None = None,
) -> Iterator[Figure]:
    """*most*: requests to Ironic per node; *writes*: to NetBox."""
    site.count_anew()
    before, began = site.asked(), perf_counter()
    desk.do(SyncNodes(names))
    took = perf_counter() - began
    netbox, ironic = site.requests(), site.asked() - before
    pages = 5 + len(site.ids) / 100
    yield Figure(f"{what}: time", took, "s")
    yield Figure(f"{what}: reads of NetBox", netbox["reads"], "requests", most=pages)
    yield Figure(f"{what}: writes to NetBox", netbox["writes"], "requests", most=writes)
    total = sum(ironic.values())
    yield Figure(f"{what}: requests to Ironic", total, "requests")
    each = total / (len(names) or len(site.ids))
    yield Figure(f"{what}: requests to Ironic per node", each, "requests", most=most)
