from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.job_object import JobObject
    from ..models.list_meta import ListMeta


T = TypeVar("T", bound="JobList")


@_attrs_define
class JobList:
    """Jobs, the newest first.

    Attributes:
        api_version (Literal['v1']):  Default: 'v1'.
        items (list[JobObject]):
        kind (Literal['JobList']):  Default: 'JobList'.
        meta (ListMeta): ``continue``: what to pass as ``continue`` to read on; None at the end.
    """

    items: list[JobObject]
    meta: ListMeta
    api_version: Literal["v1"] = "v1"
    kind: Literal["JobList"] = "JobList"

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
        from ..models.job_object import JobObject  # noqa: PLC0415
        from ..models.list_meta import ListMeta  # noqa: PLC0415

        d = dict(src_dict)
        api_version = cast(Literal["v1"], d.pop("api-version"))
        if api_version != "v1":
            raise ValueError(f"api-version must match const 'v1', got '{api_version}'")

        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = JobObject.from_dict(items_item_data)

            items.append(items_item)

        kind = cast(Literal["JobList"], d.pop("kind"))
        if kind != "JobList":
            raise ValueError(f"kind must match const 'JobList', got '{kind}'")

        meta = ListMeta.from_dict(d.pop("meta"))

        job_list = cls(
            api_version=api_version,
            items=items,
            kind=kind,
            meta=meta,
        )

        return job_list
