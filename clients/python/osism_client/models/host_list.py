from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.host import Host
    from ..models.list_meta import ListMeta


T = TypeVar("T", bound="HostList")


@_attrs_define
class HostList:
    """
    Attributes:
        api_version (Literal['v1']):  Default: 'v1'.
        items (list[Host]):
        kind (Literal['HostList']):  Default: 'HostList'.
        meta (ListMeta): ``continue``: what to pass as ``continue`` to read on; None at the end.
    """

    items: list[Host]
    meta: ListMeta
    api_version: Literal["v1"] = "v1"
    kind: Literal["HostList"] = "HostList"

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
        from ..models.host import Host  # noqa: PLC0415
        from ..models.list_meta import ListMeta  # noqa: PLC0415

        d = dict(src_dict)
        api_version = cast(Literal["v1"], d.pop("api-version"))
        if api_version != "v1":
            raise ValueError(f"api-version must match const 'v1', got '{api_version}'")

        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = Host.from_dict(items_item_data)

            items.append(items_item)

        kind = cast(Literal["HostList"], d.pop("kind"))
        if kind != "HostList":
            raise ValueError(f"kind must match const 'HostList', got '{kind}'")

        meta = ListMeta.from_dict(d.pop("meta"))

        host_list = cls(
            api_version=api_version,
            items=items,
            kind=kind,
            meta=meta,
        )

        return host_list
