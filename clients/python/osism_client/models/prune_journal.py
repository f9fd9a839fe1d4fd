from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="PruneJournal")


@_attrs_define
class PruneJournal:
    """Forget transitions and runs that ended longer ago than the retention time.

    Attributes:
        job (Literal['PruneJournal']):
    """

    job: Literal["PruneJournal"]

    def to_dict(self) -> dict[str, Any]:
        job = self.job

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "job": job,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        job = cast(Literal["PruneJournal"], d.pop("job"))
        if job != "PruneJournal":
            raise ValueError(f"job must match const 'PruneJournal', got '{job}'")

        prune_journal = cls(
            job=job,
        )

        return prune_journal
