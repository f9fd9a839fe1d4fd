from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="DeployConfiguration")


@_attrs_define
class DeployConfiguration:
    """Deploy what was generated, compare, confirm; empty: to all switches.

    Attributes:
        job (Literal['DeployConfiguration']):
        switches (list[str] | Unset):
    """

    job: Literal["DeployConfiguration"]
    switches: list[str] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        job = self.job

        switches: list[str] | Unset = UNSET
        if not isinstance(self.switches, Unset):
            switches = self.switches

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "job": job,
            }
        )
        if switches is not UNSET:
            field_dict["switches"] = switches

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        job = cast(Literal["DeployConfiguration"], d.pop("job"))
        if job != "DeployConfiguration":
            raise ValueError(f"job must match const 'DeployConfiguration', got '{job}'")

        switches = cast(list[str], d.pop("switches", UNSET))

        deploy_configuration = cls(
            job=job,
            switches=switches,
        )

        return deploy_configuration
