from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="ImportInventory")


@_attrs_define
class ImportInventory:
    """Import device types and resources of the configuration repository into NetBox.

    Attributes:
        job (Literal['ImportInventory']):
        dry_run (bool | Unset):  Default: False.
        paths (list[str] | Unset):
    """

    job: Literal["ImportInventory"]
    dry_run: bool | Unset = False
    paths: list[str] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        job = self.job

        dry_run = self.dry_run

        paths: list[str] | Unset = UNSET
        if not isinstance(self.paths, Unset):
            paths = self.paths

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "job": job,
            }
        )
        if dry_run is not UNSET:
            field_dict["dry_run"] = dry_run
        if paths is not UNSET:
            field_dict["paths"] = paths

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        job = cast(Literal["ImportInventory"], d.pop("job"))
        if job != "ImportInventory":
            raise ValueError(f"job must match const 'ImportInventory', got '{job}'")

        dry_run = d.pop("dry_run", UNSET)

        paths = cast(list[str], d.pop("paths", UNSET))

        import_inventory = cls(
            job=job,
            dry_run=dry_run,
            paths=paths,
        )

        return import_inventory
