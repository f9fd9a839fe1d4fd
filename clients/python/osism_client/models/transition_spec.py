from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="TransitionSpec")


@_attrs_define
class TransitionSpec:
    """The way of a device from one state to another.

    Attributes:
        device (str):
        source (str):
        target (str):
    """

    device: str
    source: str
    target: str

    def to_dict(self) -> dict[str, Any]:
        device = self.device

        source = self.source

        target = self.target

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "device": device,
                "source": source,
                "target": target,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        device = d.pop("device")

        source = d.pop("source")

        target = d.pop("target")

        transition_spec = cls(
            device=device,
            source=source,
            target=target,
        )

        return transition_spec
