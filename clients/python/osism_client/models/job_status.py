from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.job_status_state import JobStatusState

T = TypeVar("T", bound="JobStatus")


@_attrs_define
class JobStatus:
    """What is so. ``retrying``: it waits for something and is looked at again.

    ``result``: what it ended with. ``exit-code``: what a command that waits for it ends with.

        Attributes:
            by (str):
            ended (datetime.datetime | None):
            exit_code (int | None):
            queue (str):
            queued (datetime.datetime | None):
            reason (str):
            result (Any):
            started (datetime.datetime | None):
            state (JobStatusState):
            summary (str):
            worker (str):
    """

    by: str
    ended: datetime.datetime | None
    exit_code: int | None
    queue: str
    queued: datetime.datetime | None
    reason: str
    result: Any
    started: datetime.datetime | None
    state: JobStatusState
    summary: str
    worker: str

    def to_dict(self) -> dict[str, Any]:
        by = self.by

        ended: None | str
        if isinstance(self.ended, datetime.datetime):
            ended = self.ended.isoformat()
        else:
            ended = self.ended

        exit_code: int | None
        exit_code = self.exit_code

        queue = self.queue

        queued: None | str
        if isinstance(self.queued, datetime.datetime):
            queued = self.queued.isoformat()
        else:
            queued = self.queued

        reason = self.reason

        result = self.result

        started: None | str
        if isinstance(self.started, datetime.datetime):
            started = self.started.isoformat()
        else:
            started = self.started

        state = self.state.value

        summary = self.summary

        worker = self.worker

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "by": by,
                "ended": ended,
                "exit-code": exit_code,
                "queue": queue,
                "queued": queued,
                "reason": reason,
                "result": result,
                "started": started,
                "state": state,
                "summary": summary,
                "worker": worker,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
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

        def _parse_exit_code(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        exit_code = _parse_exit_code(d.pop("exit-code"))

        queue = d.pop("queue")

        def _parse_queued(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                queued_type_0 = datetime.datetime.fromisoformat(data)

                return queued_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        queued = _parse_queued(d.pop("queued"))

        reason = d.pop("reason")

        result = d.pop("result")

        def _parse_started(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                started_type_0 = datetime.datetime.fromisoformat(data)

                return started_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        started = _parse_started(d.pop("started"))

        state = JobStatusState(d.pop("state"))

        summary = d.pop("summary")

        worker = d.pop("worker")

        job_status = cls(
            by=by,
            ended=ended,
            exit_code=exit_code,
            queue=queue,
            queued=queued,
            reason=reason,
            result=result,
            started=started,
            state=state,
            summary=summary,
            worker=worker,
        )

        return job_status
