from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="Change")


@_attrs_define
class Change:
    """A change of Ansible's inventory.

    Attributes:
        at (datetime.datetime):
        commit (str):
        details (list[str]):
        summary (str):
    """

    at: datetime.datetime
    commit: str
    details: list[str]
    summary: str

    def to_dict(self) -> dict[str, Any]:
        at = self.at.isoformat()

        commit = self.commit

        details = self.details

        summary = self.summary

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "at": at,
                "commit": commit,
                "details": details,
                "summary": summary,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        at = datetime.datetime.fromisoformat(d.pop("at"))

        commit = d.pop("commit")

        details = cast(list[str], d.pop("details"))

        summary = d.pop("summary")

        change = cls(
            at=at,
            commit=commit,
            details=details,
            summary=summary,
        )

        return change
