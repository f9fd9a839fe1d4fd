from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="Abort")


@_attrs_define
class Abort:
    """A device is led back to where it came from; ``job`` does it.

    Attributes:
        device (str):
        job (str):
        kind (Literal['Abort']):  Default: 'Abort'.
        transition (str):
    """

    device: str
    job: str
    transition: str
    kind: Literal["Abort"] = "Abort"

    def to_dict(self) -> dict[str, Any]:
        device = self.device

        job = self.job

        kind = self.kind

        transition = self.transition

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "device": device,
                "job": job,
                "kind": kind,
                "transition": transition,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        device = d.pop("device")

        job = d.pop("job")

        kind = cast(Literal["Abort"], d.pop("kind"))
        if kind != "Abort":
            raise ValueError(f"kind must match const 'Abort', got '{kind}'")

        transition = d.pop("transition")

        abort = cls(
            device=device,
            job=job,
            kind=kind,
            transition=transition,
        )

        return abort
