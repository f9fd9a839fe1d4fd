from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="Check")


@_attrs_define
class Check:
    """Whether a part is there; ``message``: why not.

    Attributes:
        message (str):
        ok (bool):
    """

    message: str
    ok: bool

    def to_dict(self) -> dict[str, Any]:
        message = self.message

        ok = self.ok

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "message": message,
                "ok": ok,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        message = d.pop("message")

        ok = d.pop("ok")

        check = cls(
            message=message,
            ok=ok,
        )

        return check
