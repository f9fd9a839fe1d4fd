from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="Ending")


@_attrs_define
class Ending:
    """Whether a job was ended because nobody works on it any more.

    Attributes:
        api_version (Literal['v1']):  Default: 'v1'.
        ended (bool):
        kind (Literal['Ending']):  Default: 'Ending'.
    """

    ended: bool
    api_version: Literal["v1"] = "v1"
    kind: Literal["Ending"] = "Ending"

    def to_dict(self) -> dict[str, Any]:
        api_version = self.api_version

        ended = self.ended

        kind = self.kind

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "api-version": api_version,
                "ended": ended,
                "kind": kind,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        api_version = cast(Literal["v1"], d.pop("api-version"))
        if api_version != "v1":
            raise ValueError(f"api-version must match const 'v1', got '{api_version}'")

        ended = d.pop("ended")

        kind = cast(Literal["Ending"], d.pop("kind"))
        if kind != "Ending":
            raise ValueError(f"kind must match const 'Ending', got '{kind}'")

        ending = cls(
            api_version=api_version,
            ended=ended,
            kind=kind,
        )

        return ending
