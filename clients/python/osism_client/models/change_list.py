from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.change import Change
    from ..models.list_meta import ListMeta


T = TypeVar("T", bound="ChangeList")


@_attrs_define
class ChangeList:
    """The newest changes first.

    Attributes:
        api_version (Literal['v1']):  Default: 'v1'.
        items (list[Change]):
        kind (Literal['ChangeList']):  Default: 'ChangeList'.
        meta (ListMeta): ``continue``: what to pass as ``continue`` to read on; None at the end.
    """

    items: list[Change]
    meta: ListMeta
    api_version: Literal["v1"] = "v1"
    kind: Literal["ChangeList"] = "ChangeList"

    def to_dict(self) -> dict[str, Any]:
        api_version = self.api_version

        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)

        kind = self.kind

        meta = self.meta.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "api-version": api_version,
                "items": items,
                "kind": kind,
                "meta": meta,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.change import Change  # noqa: PLC0415
        from ..models.list_meta import ListMeta  # noqa: PLC0415

        d = dict(src_dict)
        api_version = cast(Literal["v1"], d.pop("api-version"))
        if api_version != "v1":
            raise ValueError(f"api-version must match const 'v1', got '{api_version}'")

        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = Change.from_dict(items_item_data)

            items.append(items_item)

        kind = cast(Literal["ChangeList"], d.pop("kind"))
        if kind != "ChangeList":
            raise ValueError(f"kind must match const 'ChangeList', got '{kind}'")

        meta = ListMeta.from_dict(d.pop("meta"))

        change_list = cls(
            api_version=api_version,
            items=items,
            kind=kind,
            meta=meta,
        )

        return change_list
