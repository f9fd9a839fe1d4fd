from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.member import Member


T = TypeVar("T", bound="Collection")


@_attrs_define
class Collection:
    """Roles that are applied together; what ``after`` does not say runs side by side.

    Attributes:
        description (str):
        members (list[Member]):
        name (str):
    """

    description: str
    members: list[Member]
    name: str

    def to_dict(self) -> dict[str, Any]:
        description = self.description

        members = []
        for members_item_data in self.members:
            members_item = members_item_data.to_dict()
            members.append(members_item)

        name = self.name

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "description": description,
                "members": members,
                "name": name,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.member import Member  # noqa: PLC0415

        d = dict(src_dict)
        description = d.pop("description")

        members = []
        _members = d.pop("members")
        for members_item_data in _members:
            members_item = Member.from_dict(members_item_data)

            members.append(members_item)

        name = d.pop("name")

        collection = cls(
            description=description,
            members=members,
            name=name,
        )

        return collection
