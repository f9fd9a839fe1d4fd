from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.run_status_state import RunStatusState

if TYPE_CHECKING:
    from ..models.run_status_hosts import RunStatusHosts


T = TypeVar("T", bound="RunStatus")


@_attrs_define
class RunStatus:
    """What is so. ``state``: ``waiting`` is for another run of the role, or for the site's lock.

    ``exit_code``: Ansible's own, 124 after ``timeout``, 130 when revoked. ``hosts``: host to what
    Ansible's recap counts (ok, changed, unreachable, failed, skipped, rescued, ignored).
    ``result``: what the play itself left (the message of its task ``Result``), of a collection
    what became of its roles; kept for as long as the output.

        Attributes:
            by (str):
            ended (datetime.datetime | None):
            exit_code (int | None):
            hosts (RunStatusHosts):
            queued (datetime.datetime | None):
            reason (str):  Default: ''.
            result (Any):
            started (datetime.datetime | None):
            state (RunStatusState):
            worker (str):  Default: ''.
    """

    by: str
    ended: datetime.datetime | None
    exit_code: int | None
    hosts: RunStatusHosts
    queued: datetime.datetime | None
    result: Any
    started: datetime.datetime | None
    state: RunStatusState
    reason: str = ""
    worker: str = ""

    def to_dict(self) -> dict[str, Any]:
        by = self.by

        ended: None | str
        if isinstance(self.ended, datetime.datetime):
            ended = self.ended.isoformat()
        else:
            ended = self.ended

        exit_code: int | None
        exit_code = self.exit_code

        hosts = self.hosts.to_dict()

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

        worker = self.worker

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "by": by,
                "ended": ended,
                "exit-code": exit_code,
                "hosts": hosts,
                "queued": queued,
                "reason": reason,
                "result": result,
                "started": started,
                "state": state,
                "worker": worker,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.run_status_hosts import RunStatusHosts  # noqa: PLC0415

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

        hosts = RunStatusHosts.from_dict(d.pop("hosts"))

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

        state = RunStatusState(d.pop("state"))

        worker = d.pop("worker")

        run_status = cls(
            by=by,
            ended=ended,
            exit_code=exit_code,
            hosts=hosts,
            queued=queued,
            reason=reason,
            result=result,
            started=started,
            state=state,
            worker=worker,
        )

        return run_status
