from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="ListMeta")


@_attrs_define
class ListMeta:
    """``continue``: what to pass as ``continue`` to read on; None at the end.

    Attributes:
        continue_ (None | str):
    """

    continue_: None | str

    def to_dict(self) -> dict[str, Any]:
        continue_: None | str
        continue_ = self.continue_

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "continue": continue_,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_continue_(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        continue_ = _parse_continue_(d.pop("continue"))

        list_meta = cls(
            continue_=continue_,
        )

        return list_meta
