from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="PlannedChange")


@_attrs_define
class PlannedChange:
    """One change in NetBox.

    Attributes:
        detail (str):
        object_ (str):
        verb (str):
    """

    detail: str
    object_: str
    verb: str

    def to_dict(self) -> dict[str, Any]:
        detail = self.detail

        object_ = self.object_

        verb = self.verb

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "detail": detail,
                "object": object_,
                "verb": verb,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        detail = d.pop("detail")

        object_ = d.pop("object")

        verb = d.pop("verb")

        planned_change = cls(
            detail=detail,
            object_=object_,
            verb=verb,
        )

        return planned_change
