"""One node with 4 interfaces goes round the states, one transition at a time, on switches that
answer at once, worked on by a worker that has done the same before. Measured is the time from the
job's event `started` to its event `end`; the baseline is the sum of the times that NetBox took for
its answers meanwhile, as NetBox itself counts them: from the request's arrival to the beginning of
the answer. Given is the median of the rounds; the ratio is that of the medians. The lab's NetBox
answers faster than a real one, so that this is a hard case for the product."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from bench.figures import Figure
from bench.sites import Group
from bench.sizes import Sizes
from bench.stations import site
from osism.domain.jobs import ConnectDevices

WAYS = (("a", "b"), ("b", "c"), ("c", "a"))


def measure(sizes: Sizes) -> Iterator[Figure]:
    with site([Group("single", 1, ["four"], ports=4)]) as place:
        for state in ("a", "b", "c", "a") * 2:
            place.do(ConnectDevices(("four",), state=state))
        took: dict[tuple[str, str], list[tuple[float, float]]] = {way: [] for way in WAYS}
        for _ in range(sizes.rounds):
            for way in WAYS:
                done, asked = place.counted(ConnectDevices(("four",), state=way[1]))
                took[way].append((done.seconds * 1000, asked["seconds"] * 1000))
        for (source, target), pairs in took.items():
            yield Figure(
                f"transition {source} → {target}",
                median(whole for whole, _ in pairs),
                "ms",
                median(netbox for _, netbox in pairs),
                "NetBox's answers",
                most_ratio=3,
            )
