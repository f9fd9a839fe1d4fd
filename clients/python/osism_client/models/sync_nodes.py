from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="SyncNodes")


@_attrs_define
class SyncNodes:
    """Register and update NetBox's nodes in Ironic; empty: all that Ironic is to manage.

    Attributes:
        job (Literal['SyncNodes']):
        dry_run (bool | Unset):  Default: False.
        names (list[str] | Unset):
        prune (bool | Unset):  Default: False.
        sure (bool | Unset):  Default: False.
    """

    job: Literal["SyncNodes"]
    dry_run: bool | Unset = False
    names: list[str] | Unset = UNSET
    prune: bool | Unset = False
    sure: bool | Unset = False

    def to_dict(self) -> dict[str, Any]:
        job = self.job

        dry_run = self.dry_run

        names: list[str] | Unset = UNSET
        if not isinstance(self.names, Unset):
            names = self.names

        prune = self.prune

        sure = self.sure

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "job": job,
            }
        )
        if dry_run is not UNSET:
            field_dict["dry_run"] = dry_run
        if names is not UNSET:
            field_dict["names"] = names
        if prune is not UNSET:
            field_dict["prune"] = prune
        if sure is not UNSET:
            field_dict["sure"] = sure

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        job = cast(Literal["SyncNodes"], d.pop("job"))
        if job != "SyncNodes":
            raise ValueError(f"job must match const 'SyncNodes', got '{job}'")

        dry_run = d.pop("dry_run", UNSET)

        names = cast(list[str], d.pop("names", UNSET))

        prune = d.pop("prune", UNSET)

        sure = d.pop("sure", UNSET)

        sync_nodes = cls(
            job=job,
            dry_run=dry_run,
            names=names,
            prune=prune,
            sure=sure,
        )

        return sync_nodes
