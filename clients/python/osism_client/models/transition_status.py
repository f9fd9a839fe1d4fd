from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.transition_status_state import TransitionStatusState

if TYPE_CHECKING:
    from ..models.step import Step


T = TypeVar("T", bound="TransitionStatus")


@_attrs_define
class TransitionStatus:
    """What became of it. ``phase``: the one that it is in, or has ended in; ``error``: why it did
    not succeed; ``switches``: those that are concerned; ``events``: null in lists.

        Attributes:
            by (str):
            ended (datetime.datetime | None):
            error (str):
            events (list[Step] | None):
            job (str):
            phase (int):
            started (datetime.datetime):
            state (TransitionStatusState):
            switches (list[str]):
    """

    by: str
    ended: datetime.datetime | None
    error: str
    events: list[Step] | None
    job: str
    phase: int
    started: datetime.datetime
    state: TransitionStatusState
    switches: list[str]

    def to_dict(self) -> dict[str, Any]:
        by = self.by

        ended: None | str
        if isinstance(self.ended, datetime.datetime):
            ended = self.ended.isoformat()
        else:
            ended = self.ended

        error = self.error

        events: list[dict[str, Any]] | None
        if isinstance(self.events, list):
            events = []
            for events_type_0_item_data in self.events:
                events_type_0_item = events_type_0_item_data.to_dict()
                events.append(events_type_0_item)

        else:
            events = self.events

        job = self.job

        phase = self.phase

        started = self.started.isoformat()

        state = self.state.value

        switches = self.switches

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "by": by,
                "ended": ended,
                "error": error,
                "events": events,
                "job": job,
                "phase": phase,
                "started": started,
                "state": state,
                "switches": switches,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.step import Step  # noqa: PLC0415

        d = dict(src_dict)
        by = d.pop("by")

        def _parse_ended(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                ended_type_0 = datetime.datetime.fromisoformat(data)

                return ended_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        ended = _parse_ended(d.pop("ended"))

        error = d.pop("error")

        def _parse_events(data: object) -> list[Step] | None:
            if data is None:
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                events_type_0 = []
                _events_type_0 = data
                for events_type_0_item_data in _events_type_0:
                    events_type_0_item = Step.from_dict(events_type_0_item_data)

                    events_type_0.append(events_type_0_item)

                return events_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Step] | None, data)

        events = _parse_events(d.pop("events"))

        job = d.pop("job")

        phase = d.pop("phase")

        started = datetime.datetime.fromisoformat(d.pop("started"))

        state = TransitionStatusState(d.pop("state"))

        switches = cast(list[str], d.pop("switches"))

        transition_status = cls(
            by=by,
            ended=ended,
            error=error,
            events=events,
            job=job,
            phase=phase,
            started=started,
            state=state,
            switches=switches,
        )

        return transition_status
