from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.collection import Collection
    from ..models.role_list_environments import RoleListEnvironments


T = TypeVar("T", bound="RoleList")


@_attrs_define
class RoleList:
    """``environments``: environment to its roles, sorted.

    Attributes:
        api_version (Literal['v1']):  Default: 'v1'.
        collections (list[Collection]):
        environments (RoleListEnvironments):
        kind (Literal['RoleList']):  Default: 'RoleList'.
    """

    collections: list[Collection]
    environments: RoleListEnvironments
    api_version: Literal["v1"] = "v1"
    kind: Literal["RoleList"] = "RoleList"

    def to_dict(self) -> dict[str, Any]:
        api_version = self.api_version

        collections = []
        for collections_item_data in self.collections:
            collections_item = collections_item_data.to_dict()
            collections.append(collections_item)

        environments = self.environments.to_dict()

        kind = self.kind

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "api-version": api_version,
                "collections": collections,
                "environments": environments,
                "kind": kind,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.collection import Collection  # noqa: PLC0415
        from ..models.role_list_environments import RoleListEnvironments  # noqa: PLC0415

        d = dict(src_dict)
        api_version = cast(Literal["v1"], d.pop("api-version"))
        if api_version != "v1":
            raise ValueError(f"api-version must match const 'v1', got '{api_version}'")

        collections = []
        _collections = d.pop("collections")
        for collections_item_data in _collections:
            collections_item = Collection.from_dict(collections_item_data)

            collections.append(collections_item)

        environments = RoleListEnvironments.from_dict(d.pop("environments"))

        kind = cast(Literal["RoleList"], d.pop("kind"))
        if kind != "RoleList":
            raise ValueError(f"kind must match const 'RoleList', got '{kind}'")

        role_list = cls(
            api_version=api_version,
            collections=collections,
            environments=environments,
            kind=kind,
        )

        return role_list
