from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.list_meta import ListMeta
    from ..models.transition import Transition


T = TypeVar("T", bound="TransitionList")


@_attrs_define
class TransitionList:
    """Transitions, the newest first.

    Attributes:
        api_version (Literal['v1']):  Default: 'v1'.
        items (list[Transition]):
        kind (Literal['TransitionList']):  Default: 'TransitionList'.
        meta (ListMeta): ``continue``: what to pass as ``continue`` to read on; None at the end.
    """

    items: list[Transition]
    meta: ListMeta
    api_version: Literal["v1"] = "v1"
    kind: Literal["TransitionList"] = "TransitionList"

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
        from ..models.list_meta import ListMeta  # noqa: PLC0415
        from ..models.transition import Transition  # noqa: PLC0415

        d = dict(src_dict)
        api_version = cast(Literal["v1"], d.pop("api-version"))
        if api_version != "v1":
            raise ValueError(f"api-version must match const 'v1', got '{api_version}'")

        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = Transition.from_dict(items_item_data)

            items.append(items_item)

        kind = cast(Literal["TransitionList"], d.pop("kind"))
        if kind != "TransitionList":
            raise ValueError(f"kind must match const 'TransitionList', got '{kind}'")

        meta = ListMeta.from_dict(d.pop("meta"))

        transition_list = cls(
            api_version=api_version,
            items=items,
            kind=kind,
            meta=meta,
        )

        return transition_list
