"""An empty task that says when it began, for any Celery application."""

from __future__ import annotations

import os
from functools import cache
from time import time
from typing import Any

from osism.adapters.connections import connect

BEGAN = "bench:began"  # a list in Redis
NAME = "bench.empty"


@cache
def _redis(pid: int) -> Any:
    """One client for each process: none crosses a fork."""
    return connect(os.environ["BENCH_REDIS"])


def empty() -> None:
    began = time()
    _redis(os.getpid()).rpush(BEGAN, began)
