"""The schedule, the history of the inventory, what the listener has taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from osism.adapters.remote.session import Session
from osism.domain.ports import EventFigures, Reconciled, Rejected
from osism.domain.schedules import Plan, Standing

#: The longest list of changes that the API gives.
_MOST = 1000


def schedule(session: Session) -> Plan:
    """What is done again and again, with the last and the next run."""
    said = session.get("/schedule")
    entries = [
        Standing(
            each["name"],
            each["every"],
            each["purpose"],
            _moment(each["last-run"]),
            _moment(each["next-run"]),
        )
        for each in said["items"]
    ]
    return Plan(said["scheduler"] or "", entries)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


class RemoteInventories:
    """Keeps the reading side of :class:`osism.domain.ports.Inventories`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def log(self, limit: int) -> Sequence[Reconciled]:
        """The newest changes first."""
        found = self._session.get("/reconciler/log", limit=min(limit, _MOST))
        return [
            Reconciled(
                each["commit"],
                datetime.fromisoformat(each["at"]),
                each["summary"],
                tuple(each["details"]),
            )
            for each in found["items"]
        ]


class RemoteEvents:
    """What became of Ironic's notifications."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def figures(self) -> EventFigures:
        """The counters, the last lags, and how many events wait."""
        said = self._session.get("/listener")
        names = ("seen", "acted", "ignored", "lags", "malformed", "waiting")
        return EventFigures(**{name: said[name] for name in names})

    def rejected(self) -> list[Rejected]:
        """The last messages that were no notifications, the oldest first."""
        return [
            Rejected(
                datetime.fromisoformat(each["at"]),
                each["routing-key"],
                each["size"],
                each["digest"],
                each["reason"],
            )
            for each in self._session.get("/listener")["rejected"]
        ]
