from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="Abort")


@_attrs_define
class Abort:
    """A device is led back to where it came from; ``job`` does it.

    Attributes:
        api_version (Literal['v1']):  Default: 'v1'.
        device (str):
        job (str):
        kind (Literal['Abort']):  Default: 'Abort'.
        transition (str):
    """

    device: str
    job: str
    transition: str
    api_version: Literal["v1"] = "v1"
    kind: Literal["Abort"] = "Abort"

    def to_dict(self) -> dict[str, Any]:
        api_version = self.api_version

        device = self.device

        job = self.job

        kind = self.kind

        transition = self.transition

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "api-version": api_version,
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
        api_version = cast(Literal["v1"], d.pop("api-version"))
        if api_version != "v1":
            raise ValueError(f"api-version must match const 'v1', got '{api_version}'")

        device = d.pop("device")

        job = d.pop("job")

        kind = cast(Literal["Abort"], d.pop("kind"))
        if kind != "Abort":
            raise ValueError(f"kind must match const 'Abort', got '{kind}'")

        transition = d.pop("transition")

        abort = cls(
            api_version=api_version,
            device=device,
            job=job,
            kind=kind,
            transition=transition,
        )

        return abort
