from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..models.ready_status import ReadyStatus

if TYPE_CHECKING:
    from ..models.ready_checks import ReadyChecks


T = TypeVar("T", bound="Ready")


@_attrs_define
class Ready:
    """``checks``: redis, database, workers, and netbox where there is one.

    Attributes:
        checks (ReadyChecks):
        status (ReadyStatus):
    """

    checks: ReadyChecks
    status: ReadyStatus

    def to_dict(self) -> dict[str, Any]:
        checks = self.checks.to_dict()

        status = self.status.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "checks": checks,
                "status": status,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.ready_checks import ReadyChecks  # noqa: PLC0415

        d = dict(src_dict)
        checks = ReadyChecks.from_dict(d.pop("checks"))

        status = ReadyStatus(d.pop("status"))

        ready = cls(
            checks=checks,
            status=status,
        )

        return ready
