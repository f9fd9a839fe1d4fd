from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="Followed")


@_attrs_define
class Followed:
    """What comes of a webhook. ``devices``: whose change is kept; a job looks which of them are
    switches. ``asked``: whether this change has led to a new job, or one is on its way already.

        Attributes:
            asked (bool):
            devices (list[str]):
    """

    asked: bool
    devices: list[str]

    def to_dict(self) -> dict[str, Any]:
        asked = self.asked

        devices = self.devices

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "asked": asked,
                "devices": devices,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        asked = d.pop("asked")

        devices = cast(list[str], d.pop("devices"))

        followed = cls(
            asked=asked,
            devices=devices,
        )

        return followed
