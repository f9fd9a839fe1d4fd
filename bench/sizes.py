"""How much is measured: enough for figures, or just enough to see that the bench works."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """``repeats``: of a command; ``rounds``: of a transition; ``nodes``: transitions queued at
    once; ``rack``: nodes of the collection; ``samples``: of a latency; ``lines``: of output;
    ``devices``: hosts in NetBox."""

    repeats: int = 11
    rounds: int = 7
    nodes: int = 500
    rack: int = 40
    samples: int = 300
    lines: int = 50_000
    devices: int = 1000


FULL = Sizes()
QUICK = Sizes(repeats=3, rounds=2, nodes=30, rack=6, samples=30, lines=5_000, devices=60)
