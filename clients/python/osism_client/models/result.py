from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="Result")


@_attrs_define
class Result:
    """``str``: the HTTP status in words.

    Attributes:
        str_ (str):
    """

    str_: str

    def to_dict(self) -> dict[str, Any]:
        str_ = self.str_

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "str": str_,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        str_ = d.pop("str")

        result = cls(
            str_=str_,
        )

        return result
