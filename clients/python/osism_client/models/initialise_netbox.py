from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="InitialiseNetbox")


@_attrs_define
class InitialiseNetbox:
    """Create the custom fields and tags the product needs in NetBox.

    Attributes:
        job (Literal['InitialiseNetbox']):
    """

    job: Literal["InitialiseNetbox"]

    def to_dict(self) -> dict[str, Any]:
        job = self.job

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "job": job,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        job = cast(Literal["InitialiseNetbox"], d.pop("job"))
        if job != "InitialiseNetbox":
            raise ValueError(f"job must match const 'InitialiseNetbox', got '{job}'")

        initialise_netbox = cls(
            job=job,
        )

        return initialise_netbox
