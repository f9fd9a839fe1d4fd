"""Who works, and what waits."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from osism import wiring
from osism.services.api.auth import Reader
from osism.services.api.envelopes import ListMeta, Shape

router = APIRouter(tags=["workers"])


class Worker(Shape):
    """A worker at its last heartbeat, ``seen``; one that is silent for 30 s counts as gone.

    ``concurrency``: how many jobs of its queues it works on at once.
    """

    name: str
    queues: list[str]
    concurrency: int
    pid: int
    seen: datetime


class WorkerList(Shape):
    kind: Literal["WorkerList"] = "WorkerList"
    api_version: Literal["v1"] = "v1"
    meta: ListMeta = Field(default_factory=ListMeta)
    items: list[Worker]


class Queue(Shape):
    """A queue: jobs that wait in it, workers that listen."""

    name: str
    waiting: int
    workers: int


class QueueList(Shape):
    kind: Literal["QueueList"] = "QueueList"
    api_version: Literal["v1"] = "v1"
    meta: ListMeta = Field(default_factory=ListMeta)
    items: list[Queue]


@router.get("/workers")
def list_workers(caller: Reader) -> WorkerList:
    """List the workers that are there."""
    return WorkerList(
        items=[
            Worker(
                name=each.name,
                queues=list(each.queues),
                concurrency=each.concurrency,
                pid=each.pid,
                seen=each.seen,
            )
            for each in wiring.records().workers()
        ]
    )


@router.get("/queues")
def list_queues(caller: Reader) -> QueueList:
    """List the queues, how many jobs wait in each, and how many workers listen."""
    workers = wiring.records().workers()
    return QueueList(
        items=[
            Queue(name=name, waiting=waiting, workers=sum(name in each.queues for each in workers))
            for name, waiting in wiring.queue().lengths().items()
        ]
    )
