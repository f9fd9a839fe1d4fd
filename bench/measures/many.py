"""As many nodes, all new, on 12 pairs of 48-port switches, are asked into state a by a job each, in
an order that mixes the racks; a worker of two processes starts when the last job is in the queue.
Throughput is from the first event `started` to the last `end`; the baseline are nodes that went
before, one after the other. Counted afterwards: events `started` and `end` of each job, rows of the
journal, and states in NetBox. As no job is for a device that is there already, each makes exactly
one row. The lab's NetBox and switches run on the same cores as the worker."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median

from bench.figures import Figure
from bench.measures.idle import pss, tree
from bench.sites import Group
from bench.sizes import Sizes
from bench.stations import Done, Site, site, until
from osism.adapters.database.journal import SqlJournal
from osism.domain.jobs import ConnectDevices

PAIRS = 12
BEFORE = 5  # nodes that go one after the other


def measure(sizes: Sizes) -> Iterator[Figure]:
    names = [f"node-{n:03}" for n in range(sizes.nodes + BEFORE)]
    groups = [Group(f"rack-{n + 1}", n + 1, names[n::PAIRS]) for n in range(PAIRS)]
    with site(groups, concurrency=2) as place:
        alone = [place.do(ConnectDevices((name,), state="a")) for name in names[:BEFORE]]
        done = _at_once(place, names[BEFORE:])
        yield from _figures(place, alone, done)


def _at_once(place: Site, names: Sequence[str]) -> list[Done]:
    """Queue a job for each, let the worker begin, and return them when all have ended."""
    lab, desk = place.lab, place.desk
    worker = lab.children.pop("worker")
    worker.terminate()
    worker.wait()
    jobs = [ConnectDevices((name,), state="a") for name in names]
    random.Random(1).shuffle(jobs)
    ids = [desk.queue.send(each, by="bench") for each in jobs]
    lab.start("worker", "worker", "--all")
    until(lambda: _ended(place) >= len(ids) + BEFORE, "the end of all jobs", 600)
    return [Done(each, list(desk.records.output(each))) for each in ids]


def _ended(place: Site) -> int:
    """Transitions that have ended, and jobs that failed."""
    cards = [place.desk.redis.zcard(f"osism:jobs:{each}") for each in ("succeeded", "failed")]
    return int(sum(cards)) - 2  # NetBox's preparation and the import


def _figures(place: Site, alone: Sequence[Done], done: Sequence[Done]) -> Iterator[Figure]:
    began = min(each.at for job in done for each in job.events if each.kind == "started")
    took = (max(job.end.at for job in done) - began).total_seconds()
    rate, single = len(done) / took, 1 / median(each.seconds for each in alone)
    told = (f"{len(done)} transitions, two processes", rate, "per second", single)
    yield Figure(*told, "one after the other")
    kinds = Counter(each.kind for job in done for each in job.events)
    good = sum(1 for job in done if job.end.values.get("state") == "succeeded")
    yield Figure("jobs that succeeded", good, "", most=len(done), least=len(done))
    once = sum(1 for job in done if _times(job, "end") == 1 and _times(job, "started") == 1)
    yield Figure("jobs that began once and ended once", once, "", most=len(done), least=len(done))
    yield Figure("jobs that waited for a switch and began again", kinds["retrying"], "")
    url = f"sqlite:///{place.lab.directory / 'osism.db'}"
    rows = SqlJournal(url).find(limit=10 * len(done))
    mine = {job.id for job in done}
    of_each = Counter(row.job for row in rows if row.job in mine and row.status == "succeeded")
    exactly = sum(1 for job in done if of_each[job.id] == 1)
    yield Figure("jobs with one row in the journal", exactly, "", most=len(done), least=len(done))
    others = sum(1 for row in rows if row.job in mine) - exactly
    yield Figure("other rows in the journal", others, "", most=0)
    nodes = place.netbox("dcim/devices", role="node")
    there = sum(1 for each in nodes if _in_state(each, "a"))
    yield Figure("nodes in state a in NetBox", there, "", most=len(nodes), least=len(nodes))
    roots = [place.lab.children["worker"], place.lab.children["beat"]]
    yield Figure("worker --all and beat after the work: memory", pss(tree(roots)), "MiB")


def _times(job: Done, kind: str) -> int:
    return sum(1 for each in job.events if each.kind == kind)


def _in_state(device: dict, state: str) -> bool:
    fields = device["custom_fields"]
    return fields["device_state"] == state and not fields["device_transition"]
