"""What is measured: one module per subject, whose text says how."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module

from bench.figures import Figure
from bench.sizes import Sizes

#: Name -> title. The module of that name has a function ``measure``.
MEASURES: Mapping[str, str] = {
    "netbox_requests": "Requests to NetBox",
    "transitions": "Time of a transition",
    "commands": "Commands",
    "idle": "Memory of idle processes",
    "latency": "From sending to starting",
    "redis_use": "Locks and output",
    "many": "Many transitions at once",
    "runs": "Runs of playbooks",
    "reconcile": "The inventory",
    "switches": "Real switches",
    "sync": "NetBox's nodes in Ironic",
    "listener": "Ironic's notifications",
    "api": "The HTTP API",
}


def measure(name: str) -> Callable[[Sizes], Iterator[Figure]]:
    found: Callable[[Sizes], Iterator[Figure]] = _module(name).measure
    return found


def method(name: str) -> str:
    """How it is measured."""
    return str(_module(name).__doc__ or "").strip()


def _module(name: str):  # type: ignore[no-untyped-def]
    return import_module(f"bench.measures.{name}")
