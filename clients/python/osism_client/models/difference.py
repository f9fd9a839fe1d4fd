from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="Difference")


@_attrs_define
class Difference:
    """One field of one thing that is not as NetBox wants it.

    Attributes:
        field (str):
        found (Any):
        item (str):
        wanted (Any):
    """

    field: str
    found: Any
    item: str
    wanted: Any

    def to_dict(self) -> dict[str, Any]:
        field = self.field

        found = self.found

        item = self.item

        wanted = self.wanted

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "field": field,
                "found": found,
                "item": item,
                "wanted": wanted,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        field = d.pop("field")

        found = d.pop("found")

        item = d.pop("item")

        wanted = d.pop("wanted")

        difference = cls(
            field=field,
            found=found,
            item=item,
            wanted=wanted,
        )

        return difference
