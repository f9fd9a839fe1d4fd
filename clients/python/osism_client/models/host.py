from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="Host")


@_attrs_define
class Host:
    """A host of the inventory and its groups.

    Attributes:
        groups (list[str]):
        name (str):
    """

    groups: list[str]
    name: str

    def to_dict(self) -> dict[str, Any]:
        groups = self.groups

        name = self.name

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "groups": groups,
                "name": name,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        groups = cast(list[str], d.pop("groups"))

        name = d.pop("name")

        host = cls(
            groups=groups,
            name=name,
        )

        return host
