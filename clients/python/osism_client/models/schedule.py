from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.entry import Entry


T = TypeVar("T", bound="Schedule")


@_attrs_define
class Schedule:
    """``scheduler``: who sends its jobs, null when nobody does.

    Attributes:
        api_version (Literal['v1']):  Default: 'v1'.
        items (list[Entry]):
        kind (Literal['Schedule']):  Default: 'Schedule'.
        scheduler (None | str):
    """

    items: list[Entry]
    scheduler: None | str
    api_version: Literal["v1"] = "v1"
    kind: Literal["Schedule"] = "Schedule"

    def to_dict(self) -> dict[str, Any]:
        api_version = self.api_version

        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)

        kind = self.kind

        scheduler: None | str
        scheduler = self.scheduler

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "api-version": api_version,
                "items": items,
                "kind": kind,
                "scheduler": scheduler,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.entry import Entry  # noqa: PLC0415

        d = dict(src_dict)
        api_version = cast(Literal["v1"], d.pop("api-version"))
        if api_version != "v1":
            raise ValueError(f"api-version must match const 'v1', got '{api_version}'")

        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = Entry.from_dict(items_item_data)

            items.append(items_item)

        kind = cast(Literal["Schedule"], d.pop("kind"))
        if kind != "Schedule":
            raise ValueError(f"kind must match const 'Schedule', got '{kind}'")

        def _parse_scheduler(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        scheduler = _parse_scheduler(d.pop("scheduler"))

        schedule = cls(
            api_version=api_version,
            items=items,
            kind=kind,
            scheduler=scheduler,
        )

        return schedule
