from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="Member")


@_attrs_define
class Member:
    """A role of a collection or another collection in it; ``after``: what has to succeed before.

    Attributes:
        action (str):  Default: ''.
        after (list[str]):
        collection (str):  Default: ''.
        environment (str):  Default: ''.
        name (str):
        role (str):  Default: ''.
        sub (str):  Default: ''.
    """

    after: list[str]
    name: str
    action: str = ""
    collection: str = ""
    environment: str = ""
    role: str = ""
    sub: str = ""

    def to_dict(self) -> dict[str, Any]:
        action = self.action

        after = self.after

        collection = self.collection

        environment = self.environment

        name = self.name

        role = self.role

        sub = self.sub

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "action": action,
                "after": after,
                "collection": collection,
                "environment": environment,
                "name": name,
                "role": role,
                "sub": sub,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        action = d.pop("action")

        after = cast(list[str], d.pop("after"))

        collection = d.pop("collection")

        environment = d.pop("environment")

        name = d.pop("name")

        role = d.pop("role")

        sub = d.pop("sub")

        member = cls(
            action=action,
            after=after,
            collection=collection,
            environment=environment,
            name=name,
            role=role,
            sub=sub,
        )

        return member
