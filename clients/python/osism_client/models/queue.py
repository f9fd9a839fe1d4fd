from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="Queue")


@_attrs_define
class Queue:
    """A queue: jobs that wait in it, workers that listen.

    Attributes:
        name (str):
        waiting (int):
        workers (int):
    """

    name: str
    waiting: int
    workers: int

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        waiting = self.waiting

        workers = self.workers

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "waiting": waiting,
                "workers": workers,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        waiting = d.pop("waiting")

        workers = d.pop("workers")

        queue = cls(
            name=name,
            waiting=waiting,
            workers=workers,
        )

        return queue
