from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="Spec")


@_attrs_define
class Spec:
    """What a device shall be. ``state``: null for one that nobody ever wanted anything of.

    Attributes:
        state (None | str):
    """

    state: None | str

    def to_dict(self) -> dict[str, Any]:
        state: None | str
        state = self.state

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "state": state,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_state(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        state = _parse_state(d.pop("state"))

        spec = cls(
            state=state,
        )

        return spec
