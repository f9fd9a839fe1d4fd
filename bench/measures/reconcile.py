"""The lab's NetBox holds 1,000 hosts, each with a role, a site, a location, a rack, a tenant, a
platform, two tags, an address, a local context and custom fields, about 50 contexts that give each
of them some 130 variables, and a hundred devices that are no hosts; it counts what it is asked.

First the hosts alone are read, in a new process: seconds of the read and the process's peak memory
(its resident set), start and libraries included. Then a worker makes the inventory, from the
sending of the job to its end: cold, with nothing there yet; again, with nothing changed; and once
more after one host got a variable. The memory is the highest sum of the proportional shares (PSS)
of the worker's processes and of the Ansible that judges the inventory, looked at five times a
second. NetBox is on the same cores."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from time import perf_counter
from typing import Any

import requests

from bench import hosts
from bench.figures import Figure
from bench.measures.idle import pss, tree
from bench.sizes import Sizes
from bench.stations import Desk, Done, Station, station, until
from osism.adapters.netbox import Connection
from osism.domain.jobs import ReconcileInventory
from osism.lab.netbox.app import serve

_TOKEN = "0123456789abcdef0123456789abcdef01234567"
_LOOK = 0.2  # seconds between two looks at the memory

_READ = """
import json, resource
from time import perf_counter
from osism import wiring
began = perf_counter()
hosts = wiring.host_source().hosts()
took, peak = perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
variables = sum(len(each.variables) for each in hosts) / len(hosts)
print(json.dumps({"hosts": len(hosts), "variables": variables, "seconds": took, "peak": peak}))
"""

_INVENTORY = {
    "10-custom": "[manager]\nmanager-1 ansible_connection=local\n",
    "20-roles": "[generic:children]\nmanager\ncontrol\ncompute\nnetwork\n",
    "50-services": "".join(
        f"[service-{n}:children]\n{hosts.ROLES[n % len(hosts.ROLES)]}\n" for n in range(60)
    ),
    "99-overwrite": "[service-1:children]\nmonitoring\n",
    "group_vars/all.yml": "domain: example\n",
    "group_vars/compute.yml": "hypervisor: kvm\n",
    "host_vars/node-0001.yml": "of_the_repository: true\n",
}


def measure(sizes: Sizes) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="osism-bench-") as name:
        here = Path(name)
        _write(here / "configuration")
        with serve(here / "netbox.sqlite3", _TOKEN) as url:
            netbox = Connection(url, _TOKEN)
            hosts.fill(netbox, sizes.devices)
            with station(
                netbox_url=url,
                netbox_token=_TOKEN,
                configuration=str(here / "configuration"),
                reconciled=str(here / "inventory"),
            ) as place:
                yield from _read(place, url, sizes)
                yield from _runs(place, netbox, sizes)


def _write(configuration: Path) -> None:
    for path, text in _INVENTORY.items():
        file = configuration / "inventory" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


# --- the hosts alone ------------------------------------------------------------------------------


def _read(place: Station, url: str, sizes: Sizes) -> Iterator[Figure]:
    with _counted(url) as asked:
        said = subprocess.run(
            [sys.executable, "-c", _READ],
            env=place.environment,
            capture_output=True,
            check=True,
            text=True,
        )
    found = json.loads(said.stdout)
    many = f"{sizes.devices} hosts of NetBox"
    yield Figure(f"{many}: read", found["hosts"], "", most=sizes.devices, least=sizes.devices)
    yield Figure(f"{many}: variables each", found["variables"], "")
    yield Figure(f"{many}: requests", asked["total"], "requests", most=40)
    yield Figure(f"{many}: time", found["seconds"], "s", most=5)
    yield Figure(f"{many}: peak memory", found["peak"], "MiB", most=500)


# --- the whole inventory --------------------------------------------------------------------------


def _runs(place: Station, netbox: Connection, sizes: Sizes) -> Iterator[Figure]:
    worker = place.start("worker", "reconciler")
    desk = Desk.at(place.redis.url)
    until(lambda: desk.records.workers(), "the worker")
    for what, changed, seconds in (("cold", True, 45), ("unchanged", False, 5)):
        yield from _run(f"inventory, {what}", desk, netbox.url, worker, changed, seconds, sizes)
    number = netbox.read("dcim.devices", name="node-0000", brief=1)[0]["id"]
    netbox.update("dcim.devices", [{"id": number, "local_context_data": {"new": "value"}}])
    what = "inventory, a variable of one host"
    yield from _run(what, desk, netbox.url, worker, True, None, sizes)


def _run(
    what: str,
    desk: Desk,
    url: str,
    worker: subprocess.Popen[bytes],
    changed: bool,
    seconds: float | None,
    sizes: Sizes,
) -> Iterator[Figure]:
    with _counted(url) as asked, _highest(worker) as memory:
        began = perf_counter()
        done = desk.do(ReconcileInventory())
        took = perf_counter() - began
    result = _result(done)
    if result["changed"] is not changed or result["hosts"] != sizes.devices + 1:
        raise RuntimeError(f"{what}: not what was to come: {result}")
    yield Figure(f"{what}: time", took, "s", most=seconds)
    yield Figure(f"{what}: requests to NetBox", asked["total"], "requests", most=40)
    yield Figure(f"{what}: writes to NetBox", asked["writes"], "writes", most=0)
    yield Figure(f"{what}: peak memory", max(memory), "MiB", most=500)


def _result(done: Done) -> Mapping[str, Any]:
    """What the run returned."""
    found: Mapping[str, Any] = done.end.values["result"]
    return found


@contextmanager
def _counted(url: str) -> Iterator[dict[str, Any]]:
    """What NetBox is asked in the meantime; to be looked at afterwards."""
    requests.delete(f"{url}/lab/requests", timeout=30)
    found: dict[str, Any] = {}
    yield found
    found |= requests.get(f"{url}/lab/requests", timeout=30).json()


@contextmanager
def _highest(worker: subprocess.Popen[bytes]) -> Iterator[list[float]]:
    """The memory of the worker and of all below it, again and again."""
    found, over = [pss(tree([worker]))], Event()

    def look() -> None:
        while not over.wait(_LOOK):
            with suppress(OSError, StopIteration):  # a process that has just gone
                found.append(pss(tree([worker])))

    looking = Thread(target=look)
    looking.start()
    try:
        yield found
    finally:
        over.set()
        looking.join()
