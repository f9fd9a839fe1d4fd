from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="Worker")


@_attrs_define
class Worker:
    """A worker at its last heartbeat, ``seen``; one that is silent for 30 s counts as gone.

    ``concurrency``: how many jobs of its queues it works on at once.

        Attributes:
            concurrency (int):
            name (str):
            pid (int):
            queues (list[str]):
            seen (datetime.datetime):
    """

    concurrency: int
    name: str
    pid: int
    queues: list[str]
    seen: datetime.datetime

    def to_dict(self) -> dict[str, Any]:
        concurrency = self.concurrency

        name = self.name

        pid = self.pid

        queues = self.queues

        seen = self.seen.isoformat()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "concurrency": concurrency,
                "name": name,
                "pid": pid,
                "queues": queues,
                "seen": seen,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        concurrency = d.pop("concurrency")

        name = d.pop("name")

        pid = d.pop("pid")

        queues = cast(list[str], d.pop("queues"))

        seen = datetime.datetime.fromisoformat(d.pop("seen"))

        worker = cls(
            concurrency=concurrency,
            name=name,
            pid=pid,
            queues=queues,
            seen=seen,
        )

        return worker
