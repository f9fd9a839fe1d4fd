"""What has been: runs of playbooks, transitions of devices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from osism.adapters.remote.pages import items
from osism.adapters.remote.session import Session, part
from osism.domain.errors import NotFound
from osism.domain.jobs import decode, encode
from osism.domain.ports import Event, Row
from osism.domain.runs import Run


class RemoteRuns:
    """Keeps the reading side of :class:`osism.domain.ports.RunJournal`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def runs(
        self, role: str | None = None, status: str | None = None, limit: int = 50
    ) -> Sequence[Run]:
        """The newest runs first."""
        found = items(self._session, "/runs", limit, role=role, status=status)
        return list(islice((_run(each) for each in found if _begun(each)), limit))

    def run(self, run: str) -> Run:
        """One run, by its id or the beginning of one."""
        unknown = NotFound(f"no run whose id begins with {run!r}: the journal does not know it")
        try:
            found = self._session.get(f"/runs/{part(run)}") if run else None
        except NotFound:
            raise unknown from None
        if not found or not _begun(found):
            raise unknown
        return _run(found)

    def finish_run(self, run: str, status: str, exit_code: int | None, reason: str = "") -> None:
        """The API has done it when it ended the job."""


def _begun(said: Mapping[str, Any]) -> bool:
    """Whether it is a run of the journal: one of a role, and not one that still waits."""
    return bool(said["spec"]["role"]) and said["status"]["started"] is not None


def _run(said: Mapping[str, Any]) -> Run:
    spec, status = dict(said["spec"]), said["status"]
    del spec["apply"]
    waits = status["state"] in ("queued", "waiting")
    return Run(
        id=said["meta"]["name"],
        environment=spec["environment"],
        role=spec["role"],
        status="running" if waits else status["state"],
        asked_by=status["by"],
        started=datetime.fromisoformat(status["started"]),
        worker=status["worker"],
        collection=spec["collection"],
        request=encode(decode({"job": "RunPlaybook", **spec})),
        ended=_moment(status["ended"]),
        exit_code=status["exit-code"],
        reason=status["reason"],
        hosts=status["hosts"],
    )


class RemoteJournal:
    """Keeps the reading side of :class:`osism.domain.ports.Journal`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(
        self, device: str | None = None, status: str | None = None, limit: int = 50
    ) -> Sequence[Row]:
        """The newest transitions first."""
        found = items(self._session, "/transitions", limit, device=device, status=status)
        return [_row(each) for each in islice(found, limit)]

    def get(self, transition: str) -> tuple[Row, Sequence[Event]]:
        """One transition with its events; an unknown id raises :class:`NotFound`."""
        said = self._session.get(f"/transitions/{part(transition)}")
        return _row(said), [_event(transition, each) for each in said["status"]["events"]]


def _row(said: Mapping[str, Any]) -> Row:
    spec, status = said["spec"], said["status"]
    return Row(
        id=said["meta"]["name"],
        job=status["job"],
        device=spec["device"],
        source=spec["source"],
        target=spec["target"],
        status=status["state"],
        asked_by=status["by"],
        started=datetime.fromisoformat(status["started"]),
        ended=_moment(status["ended"]),
        phase=status["phase"],
        error=status["error"],
        switches=tuple(status["switches"]),
    )


def _event(transition: str, said: Mapping[str, Any]) -> Event:
    at = datetime.fromisoformat(said["at"])
    return Event(transition, at, said["phase"], said["kind"], said["detail"])


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
