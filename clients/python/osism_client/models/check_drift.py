from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="CheckDrift")


@_attrs_define
class CheckDrift:
    """Compare what runs on switches with NetBox, change nothing; empty: all at rest.

    Attributes:
        job (Literal['CheckDrift']):
        show (bool | Unset):  Default: False.
        switches (list[str] | Unset):
    """

    job: Literal["CheckDrift"]
    show: bool | Unset = False
    switches: list[str] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        job = self.job

        show = self.show

        switches: list[str] | Unset = UNSET
        if not isinstance(self.switches, Unset):
            switches = self.switches

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "job": job,
            }
        )
        if show is not UNSET:
            field_dict["show"] = show
        if switches is not UNSET:
            field_dict["switches"] = switches

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        job = cast(Literal["CheckDrift"], d.pop("job"))
        if job != "CheckDrift":
            raise ValueError(f"job must match const 'CheckDrift', got '{job}'")

        show = d.pop("show", UNSET)

        switches = cast(list[str], d.pop("switches", UNSET))

        check_drift = cls(
            job=job,
            show=show,
            switches=switches,
        )

        return check_drift
