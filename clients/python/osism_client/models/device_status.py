from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.condition import Condition
    from ..models.progress import Progress
    from ..models.under_way import UnderWay


T = TypeVar("T", bound="DeviceStatus")


@_attrs_define
class DeviceStatus:
    """What is so. ``state``: where the device rests, or where it came from while it is under way;
    null when what NetBox says is no state.

        Attributes:
            conditions (list[Condition]):
            propagation_status (Progress): How far generation ``generation_id`` of the spec has come. ``updated``: how many
                switches run
                what it takes; ``pending``: those that do not yet; ``failed``: those that could not.
            state (None | str):
            transition (None | UnderWay):
    """

    conditions: list[Condition]
    propagation_status: Progress
    state: None | str
    transition: None | UnderWay

    def to_dict(self) -> dict[str, Any]:
        from ..models.under_way import UnderWay  # noqa: PLC0415

        conditions = []
        for conditions_item_data in self.conditions:
            conditions_item = conditions_item_data.to_dict()
            conditions.append(conditions_item)

        propagation_status = self.propagation_status.to_dict()

        state: None | str
        state = self.state

        transition: dict[str, Any] | None
        if isinstance(self.transition, UnderWay):
            transition = self.transition.to_dict()
        else:
            transition = self.transition

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "conditions": conditions,
                "propagation-status": propagation_status,
                "state": state,
                "transition": transition,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.condition import Condition  # noqa: PLC0415
        from ..models.progress import Progress  # noqa: PLC0415
        from ..models.under_way import UnderWay  # noqa: PLC0415

        d = dict(src_dict)
        conditions = []
        _conditions = d.pop("conditions")
        for conditions_item_data in _conditions:
            conditions_item = Condition.from_dict(conditions_item_data)

            conditions.append(conditions_item)

        propagation_status = Progress.from_dict(d.pop("propagation-status"))

        def _parse_state(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        state = _parse_state(d.pop("state"))

        def _parse_transition(data: object) -> None | UnderWay:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                transition_type_0 = UnderWay.from_dict(data)

                return transition_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UnderWay, data)

        transition = _parse_transition(d.pop("transition"))

        device_status = cls(
            conditions=conditions,
            propagation_status=propagation_status,
            state=state,
            transition=transition,
        )

        return device_status
