from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.progress_status import ProgressStatus

T = TypeVar("T", bound="Progress")


@_attrs_define
class Progress:
    """How far generation ``generation_id`` of the spec has come. ``updated``: how many switches run
    what it takes; ``pending``: those that do not yet; ``failed``: those that could not.

        Attributes:
            failed (list[str]):
            generation_id (str):
            message (str):  Default: ''.
            pending (list[str]):
            status (ProgressStatus):
            updated (int):  Default: 0.
    """

    failed: list[str]
    generation_id: str
    pending: list[str]
    status: ProgressStatus
    message: str = ""
    updated: int = 0

    def to_dict(self) -> dict[str, Any]:
        failed = self.failed

        generation_id = self.generation_id

        message = self.message

        pending = self.pending

        status = self.status.value

        updated = self.updated

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "failed": failed,
                "generation-id": generation_id,
                "message": message,
                "pending": pending,
                "status": status,
                "updated": updated,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        failed = cast(list[str], d.pop("failed"))

        generation_id = d.pop("generation-id")

        message = d.pop("message")

        pending = cast(list[str], d.pop("pending"))

        status = ProgressStatus(d.pop("status"))

        updated = d.pop("updated")

        progress = cls(
            failed=failed,
            generation_id=generation_id,
            message=message,
            pending=pending,
            status=status,
            updated=updated,
        )

        return progress
