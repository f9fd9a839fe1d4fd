from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.step_detail import StepDetail


T = TypeVar("T", bound="Step")


@_attrs_define
class Step:
    """One step. ``phase``: 0 for what belongs to none; ``detail`` depends on the kind.

    Attributes:
        at (datetime.datetime):
        detail (StepDetail):
        kind (str):
        phase (int):
    """

    at: datetime.datetime
    detail: StepDetail
    kind: str
    phase: int

    def to_dict(self) -> dict[str, Any]:
        at = self.at.isoformat()

        detail = self.detail.to_dict()

        kind = self.kind

        phase = self.phase

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "at": at,
                "detail": detail,
                "kind": kind,
                "phase": phase,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.step_detail import StepDetail  # noqa: PLC0415

        d = dict(src_dict)
        at = datetime.datetime.fromisoformat(d.pop("at"))

        detail = StepDetail.from_dict(d.pop("detail"))

        kind = d.pop("kind")

        phase = d.pop("phase")

        step = cls(
            at=at,
            detail=detail,
            kind=kind,
            phase=phase,
        )

        return step
