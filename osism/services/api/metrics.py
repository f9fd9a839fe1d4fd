"""Figures for Prometheus: of this process, and of the site at the moment of the scrape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from time import perf_counter
from typing import Any

from prometheus_client import CollectorRegistry, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from osism import wiring
from osism.services.api import streaming
from osism.services.api.looks import Look, Seen, at_all

_REGISTRY = CollectorRegistry()
ProcessCollector(registry=_REGISTRY)
_SECONDS = Histogram(
    "osism_api_request_seconds",
    "Seconds until the answer to a request began",
    ("method", "route", "status"),
    registry=_REGISTRY,
)
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class Measured:
    """Counts requests and their seconds, by the route's template: paths have names in them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        began, answered = perf_counter(), False

        async def sending(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                _observe(scope, str(message["status"]), perf_counter() - began)
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            if not answered:  # whoever asked has left
                _observe(scope, "none", perf_counter() - began)


def _observe(scope: Scope, status: str, seconds: float) -> None:
    method = scope["method"] if scope["method"] in _METHODS else "other"
    route = getattr(scope.get("route"), "path", "") or "none"
    _SECONDS.labels(method, route, status).observe(seconds)


# --- the site -------------------------------------------------------------------------------------


def _redis() -> list[Metric]:
    records = wiring.records()
    workers = [queue for each in records.workers() for queue in each.queues]
    ticks = {name: at.timestamp() for name, at in records.ticks().items()}
    return [
        _gauge("osism_workers", "Workers that listen to a queue", "queue", Counter(workers)),
        _gauge("osism_jobs", "Jobs by state, as long as they are kept", "state", records.counts()),
        _gauge("osism_site_locked", "Whether the site is locked", "", bool(records.site_lock())),
        _gauge(
            "osism_schedule_last_run_timestamp_seconds",
            "When an entry of the schedule was last sent",
            "entry",
            ticks,
        ),
    ]


def _broker() -> list[Metric]:
    lengths = wiring.queue().lengths()
    return [_gauge("osism_jobs_waiting", "Jobs that wait in a queue", "queue", lengths)]


def _database() -> list[Metric]:
    running = len(wiring.journal().running())
    return [_gauge("osism_transitions_running", "Transitions without an end", "", running)]


_LOOKS = {"redis": Look(_redis), "broker": Look(_broker), "database": Look(_database)}


async def exposed() -> bytes:
    """Everything in Prometheus' text format. What does not answer is left out, and told so."""
    return generate_latest(_Scrape(await at_all(_LOOKS)))


class _Scrape:
    """The figures of one scrape, as a registry gives them."""

    def __init__(self, seen: Mapping[str, Seen]) -> None:
        self._seen = seen

    def collect(self) -> Iterator[Metric]:
        yield from _REGISTRY.collect()
        up = {part: not each.problem for part, each in self._seen.items()}
        yield _gauge("osism_up", "Whether a part answers", "part", up)
        streams = streaming.open_streams()
        yield _gauge("osism_api_streams", "Streams that are open", "", streams)
        for each in self._seen.values():
            yield from each.value or ()


def _gauge(name: str, words: str, label: str, values: Any) -> Metric:
    """A gauge with one value, or with one by each value of its *label*."""
    if not label:
        return GaugeMetricFamily(name, words, value=float(values))
    found = GaugeMetricFamily(name, words, labels=[label])
    for value, number in values.items():
        found.add_metric([value], float(number))
    return found
