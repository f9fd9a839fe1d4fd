from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.condition_status import ConditionStatus

T = TypeVar("T", bound="Condition")


@_attrs_define
class Condition:
    """Something that is so, or is wrong. ``InState`` is always there and comes first; each of the
    others says what failed, why (``message``) and since when.

        Attributes:
            last_transition_time (datetime.datetime | None):
            message (str):
            reason (str):
            status (ConditionStatus):
            type_ (str):
    """

    last_transition_time: datetime.datetime | None
    message: str
    reason: str
    status: ConditionStatus
    type_: str

    def to_dict(self) -> dict[str, Any]:
        last_transition_time: None | str
        if isinstance(self.last_transition_time, datetime.datetime):
            last_transition_time = self.last_transition_time.isoformat()
        else:
            last_transition_time = self.last_transition_time

        message = self.message

        reason = self.reason

        status = self.status.value

        type_ = self.type_

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "last-transition-time": last_transition_time,
                "message": message,
                "reason": reason,
                "status": status,
                "type": type_,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_last_transition_time(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_transition_time_type_0 = datetime.datetime.fromisoformat(data)

                return last_transition_time_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        last_transition_time = _parse_last_transition_time(d.pop("last-transition-time"))

        message = d.pop("message")

        reason = d.pop("reason")

        status = ConditionStatus(d.pop("status"))

        type_ = d.pop("type")

        condition = cls(
            last_transition_time=last_transition_time,
            message=message,
            reason=reason,
            status=status,
            type_=type_,
        )

        return condition
