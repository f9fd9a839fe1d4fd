from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="PlannedDevice")


@_attrs_define
class PlannedDevice:
    """What would become of a device.

    Attributes:
        device (str):
        result (str):
        source (str):
        target (str):
    """

    device: str
    result: str
    source: str
    target: str

    def to_dict(self) -> dict[str, Any]:
        device = self.device

        result = self.result

        source = self.source

        target = self.target

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "device": device,
                "result": result,
                "source": source,
                "target": target,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        device = d.pop("device")

        result = d.pop("result")

        source = d.pop("source")

        target = d.pop("target")

        planned_device = cls(
            device=device,
            result=result,
            source=source,
            target=target,
        )

        return planned_device
