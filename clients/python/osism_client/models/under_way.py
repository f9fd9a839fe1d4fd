from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="UnderWay")


@_attrs_define
class UnderWay:
    """The transition that a device is in. ``phase``: 1 to 4, 0 while switches are told to keep what
    they got. ``id``: see `GET /transitions/{id}`; null where the journal does not know it.

        Attributes:
            id (None | str):
            phase (int):
            source (str):
            target (str):
    """

    id: None | str
    phase: int
    source: str
    target: str

    def to_dict(self) -> dict[str, Any]:
        id: None | str
        id = self.id

        phase = self.phase

        source = self.source

        target = self.target

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "phase": phase,
                "source": source,
                "target": target,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        id = _parse_id(d.pop("id"))

        phase = d.pop("phase")

        source = d.pop("source")

        target = d.pop("target")

        under_way = cls(
            id=id,
            phase=phase,
            source=source,
            target=target,
        )

        return under_way
