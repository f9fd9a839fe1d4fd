from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="Rejected")


@_attrs_define
class Rejected:
    """What is known of a message that was no notification; ``digest``: SHA-256.

    Attributes:
        at (datetime.datetime):
        digest (str):
        reason (str):
        routing_key (str):
        size (int):
    """

    at: datetime.datetime
    digest: str
    reason: str
    routing_key: str
    size: int

    def to_dict(self) -> dict[str, Any]:
        at = self.at.isoformat()

        digest = self.digest

        reason = self.reason

        routing_key = self.routing_key

        size = self.size

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "at": at,
                "digest": digest,
                "reason": reason,
                "routing-key": routing_key,
                "size": size,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        at = datetime.datetime.fromisoformat(d.pop("at"))

        digest = d.pop("digest")

        reason = d.pop("reason")

        routing_key = d.pop("routing-key")

        size = d.pop("size")

        rejected = cls(
            at=at,
            digest=digest,
            reason=reason,
            routing_key=routing_key,
            size=size,
        )

        return rejected
