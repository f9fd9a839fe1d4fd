from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.plan_diffs import PlanDiffs
    from ..models.planned_change import PlannedChange
    from ..models.planned_device import PlannedDevice


T = TypeVar("T", bound="Plan")


@_attrs_define
class Plan:
    """What a wish would lead to; nothing was written. ``changes``: in NetBox, in their order;
    ``diffs``: switch to what its configuration would have other than it has now, as a unified diff,
    empty where nothing changes.

        Attributes:
            api_version (Literal['v1']):  Default: 'v1'.
            changes (list[PlannedChange]):
            devices (list[PlannedDevice]):
            diffs (PlanDiffs):
            kind (Literal['Plan']):  Default: 'Plan'.
    """

    changes: list[PlannedChange]
    devices: list[PlannedDevice]
    diffs: PlanDiffs
    api_version: Literal["v1"] = "v1"
    kind: Literal["Plan"] = "Plan"

    def to_dict(self) -> dict[str, Any]:
        api_version = self.api_version

        changes = []
        for changes_item_data in self.changes:
            changes_item = changes_item_data.to_dict()
            changes.append(changes_item)

        devices = []
        for devices_item_data in self.devices:
            devices_item = devices_item_data.to_dict()
            devices.append(devices_item)

        diffs = self.diffs.to_dict()

        kind = self.kind

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "api-version": api_version,
                "changes": changes,
                "devices": devices,
                "diffs": diffs,
                "kind": kind,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.plan_diffs import PlanDiffs  # noqa: PLC0415
        from ..models.planned_change import PlannedChange  # noqa: PLC0415
        from ..models.planned_device import PlannedDevice  # noqa: PLC0415

        d = dict(src_dict)
        api_version = cast(Literal["v1"], d.pop("api-version"))
        if api_version != "v1":
            raise ValueError(f"api-version must match const 'v1', got '{api_version}'")

        changes = []
        _changes = d.pop("changes")
        for changes_item_data in _changes:
            changes_item = PlannedChange.from_dict(changes_item_data)

            changes.append(changes_item)

        devices = []
        _devices = d.pop("devices")
        for devices_item_data in _devices:
            devices_item = PlannedDevice.from_dict(devices_item_data)

            devices.append(devices_item)

        diffs = PlanDiffs.from_dict(d.pop("diffs"))

        kind = cast(Literal["Plan"], d.pop("kind"))
        if kind != "Plan":
            raise ValueError(f"kind must match const 'Plan', got '{kind}'")

        plan = cls(
            api_version=api_version,
            changes=changes,
            devices=devices,
            diffs=diffs,
            kind=kind,
        )

        return plan
