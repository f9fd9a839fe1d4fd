from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="Revocation")


@_attrs_define
class Revocation:
    """What was done to end a job.

    Attributes:
        api_version (Literal['v1']):  Default: 'v1'.
        kind (Literal['Revocation']):  Default: 'Revocation'.
        message (str):
    """

    message: str
    api_version: Literal["v1"] = "v1"
    kind: Literal["Revocation"] = "Revocation"

    def to_dict(self) -> dict[str, Any]:
        api_version = self.api_version

        kind = self.kind

        message = self.message

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "api-version": api_version,
                "kind": kind,
                "message": message,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        api_version = cast(Literal["v1"], d.pop("api-version"))
        if api_version != "v1":
            raise ValueError(f"api-version must match const 'v1', got '{api_version}'")

        kind = cast(Literal["Revocation"], d.pop("kind"))
        if kind != "Revocation":
            raise ValueError(f"kind must match const 'Revocation', got '{kind}'")

        message = d.pop("message")

        revocation = cls(
            api_version=api_version,
            kind=kind,
            message=message,
        )

        return revocation
