from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="Ending")


@_attrs_define
class Ending:
    """Whether a job was ended because nobody works on it any more.

    Attributes:
        ended (bool):
        kind (Literal['Ending']):  Default: 'Ending'.
    """

    ended: bool
    kind: Literal["Ending"] = "Ending"

    def to_dict(self) -> dict[str, Any]:
        ended = self.ended

        kind = self.kind

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "ended": ended,
                "kind": kind,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        ended = d.pop("ended")

        kind = cast(Literal["Ending"], d.pop("kind"))
        if kind != "Ending":
            raise ValueError(f"kind must match const 'Ending', got '{kind}'")

        ending = cls(
            ended=ended,
            kind=kind,
        )

        return ending
