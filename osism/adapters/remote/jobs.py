"""Jobs: asking for them, what became of them, their output, the lock of the site."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from osism.adapters.remote import following
from osism.adapters.remote.session import Session, part
from osism.domain.errors import Busy, NotFound, Refused
from osism.domain.jobs import Job, encode
from osism.domain.records import JobRecord, SiteLock, StreamEvent, WorkerRecord
from osism.domain.schedules import SCHEDULE


class RemoteQueue:
    """Keeps :class:`osism.domain.ports.Queue`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def send(self, job: Job, by: str, id: str | None = None) -> str:
        """Queue a job under an id of ours, so that asking again queues nothing twice."""
        asked = id or str(uuid4())
        headers = on_behalf(by) | {"X-Job-Id": asked}
        body = {name: value for name, value in encode(job).items() if _told(job, name, value)}
        answer = self._session.send("POST", "/jobs", body, headers=headers, repeated=True)
        return str(answer["meta"]["name"])

    def lengths(self) -> dict[str, int]:
        """Queue -> jobs that wait in it."""
        return {each["name"]: each["waiting"] for each in self._session.get("/queues")["items"]}


def _told(job: Job, name: str, value: Any) -> bool:
    """Whether a field is sent: what has its default is left out, for the API takes not all."""
    return name == "job" or value != getattr(type(job), name, None)


def on_behalf(user: str = "") -> dict[str, str]:
    """Who asks, for the API to note beside the token's name."""
    name = user or os.environ.get("SUDO_USER") or _login()
    shown = quote(name, safe=" !#$&*+,-./:;=?@[]^_{|}~")[:64]
    return {"X-Osism-User": shown} if shown else {}


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


class RemoteRecords:
    """What commands ask of :class:`osism.adapters.streams.RedisRecords`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # --- jobs

    def get(self, job_id: str) -> JobRecord | None:
        """The record of a job, None when there is none (any more)."""
        try:
            return _record(self._session.get(f"/jobs/{part(job_id)}"))
        except NotFound:
            return None

    def find(self, prefix: str) -> str:
        """The one id that begins with *prefix*."""
        if not prefix:
            raise NotFound(f"no job whose id begins with {prefix!r}")
        return str(self._session.get(f"/jobs/{part(prefix)}")["meta"]["name"])

    def statuses(self, jobs: Iterable[str]) -> dict[str, JobRecord]:
        """The records of those of *jobs* that have one."""
        found = (self.get(each) for each in jobs)
        return {each.id: each for each in found if each}

    def recent(self, limit: int = 50, state: str | None = None) -> Sequence[JobRecord]:
        """The newest jobs first, all or those in one state."""
        return self.newest(limit, state)

    def newest(
        self, limit: int = 50, state: str | None = None, but: str = ""
    ) -> Sequence[JobRecord]:
        """The same, without those of the schedule when it is *but*."""
        everything = "false" if but == SCHEDULE else "true"
        found = self._session.get("/jobs", limit=min(limit, _MOST), state=state, all=everything)
        return [_record(each) for each in found["items"]]

    def end_lost(self, job: str, reason: str = "worker lost") -> bool:
        """End a job that began as failed, if it has no worker in this moment.

        A token that may only look leaves that to the schedule.
        """
        try:
            return bool(self._session.send("POST", f"/jobs/{part(job)}/end-lost")["ended"])
        except Refused:
            return False

    # --- output

    def output(self, job_id: str) -> Iterator[StreamEvent]:
        """The events of a job so far."""
        return following.output(self._session, job_id)

    def follow(
        self, job_id: str, after: str = "0", hint: float = 5.0, outage: float = 300.0
    ) -> Iterator[StreamEvent]:
        """The events of a job behind *after*, as they come, until its end.

        Survives *outage* seconds without the API; nothing is told twice.
        """
        return following.follow(self._session, job_id, after, outage)

    # --- who is there

    def workers(self) -> list[WorkerRecord]:
        """The workers that are there, by name."""
        return [
            WorkerRecord(
                each["name"],
                tuple(each["queues"]),
                each["pid"],
                each["concurrency"],
                datetime.fromisoformat(each["seen"]),
            )
            for each in self._session.get("/workers")["items"]
        ]

    # --- the lock of the site

    def lock_site(self, by: str, reason: str) -> bool:
        """Lock the site; False when it is locked already."""
        try:
            self._session.send("PUT", "/lock", {"reason": reason}, headers=on_behalf(by))
        except Busy:
            return False
        return True

    def unlock_site(self) -> SiteLock | None:
        """Unlock the site; the lock that was, None when there was none."""
        return _lock(self._session.send("DELETE", "/lock"))

    def site_lock(self) -> SiteLock | None:
        """The lock of the site, None when there is none."""
        return _lock(self._session.get("/lock"))


#: The longest list that the API gives.
_MOST = 12800


def _record(said: Mapping[str, Any]) -> JobRecord:
    status = said["status"]
    return JobRecord(
        id=said["meta"]["name"],
        name=said["spec"].get("job", ""),
        queue=status["queue"],
        summary=status["summary"],
        by=status["by"],
        state=status["state"],
        queued=moment(status["queued"]),
        started=moment(status["started"]),
        ended=moment(status["ended"]),
        worker=status["worker"],
        reason=status["reason"],
        exit_code=status["exit-code"],
        result=status["result"],
        request=said["spec"],
    )


def _lock(said: Mapping[str, Any]) -> SiteLock | None:
    since = moment(said["since"])
    return SiteLock(said["by"], said["reason"], since) if since else None


def moment(text: str | None) -> datetime | None:
    """A point in time, None for none."""
    return datetime.fromisoformat(text) if text else None
