from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="DisablePorts")


@_attrs_define
class DisablePorts:
    """Disable the ports of a device that have no cable, in NetBox.

    Attributes:
        device (str):
        job (Literal['DisablePorts']):
        dry_run (bool | Unset):  Default: False.
    """

    device: str
    job: Literal["DisablePorts"]
    dry_run: bool | Unset = False

    def to_dict(self) -> dict[str, Any]:
        device = self.device

        job = self.job

        dry_run = self.dry_run

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "device": device,
                "job": job,
            }
        )
        if dry_run is not UNSET:
            field_dict["dry_run"] = dry_run

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        device = d.pop("device")

        job = cast(Literal["DisablePorts"], d.pop("job"))
        if job != "DisablePorts":
            raise ValueError(f"job must match const 'DisablePorts', got '{job}'")

        dry_run = d.pop("dry_run", UNSET)

        disable_ports = cls(
            device=device,
            job=job,
            dry_run=dry_run,
        )

        return disable_ports
