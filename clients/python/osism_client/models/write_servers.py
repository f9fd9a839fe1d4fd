from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="WriteServers")


@_attrs_define
class WriteServers:
    """Write NetBox's nodes as the inventory of bifrost; ``dry_run``: say what would change.

    Attributes:
        job (Literal['WriteServers']):
        dry_run (bool | Unset):  Default: False.
    """

    job: Literal["WriteServers"]
    dry_run: bool | Unset = False

    def to_dict(self) -> dict[str, Any]:
        job = self.job

        dry_run = self.dry_run

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "job": job,
            }
        )
        if dry_run is not UNSET:
            field_dict["dry_run"] = dry_run

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        job = cast(Literal["WriteServers"], d.pop("job"))
        if job != "WriteServers":
            raise ValueError(f"job must match const 'WriteServers', got '{job}'")

        dry_run = d.pop("dry_run", UNSET)

        write_servers = cls(
            job=job,
            dry_run=dry_run,
        )

        return write_servers
