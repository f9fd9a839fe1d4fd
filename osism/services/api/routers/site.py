"""The site as a whole: its lock, the history of its inventory, what the listener has taken."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Query
from pydantic import Field

from osism import wiring
from osism.domain import records
from osism.domain.errors import Busy
from osism.services.api.asking import OnBehalf, behalf
from osism.services.api.auth import Admin, Reader
from osism.services.api.envelopes import ListMeta, Shape, Text
from osism.services.api.errors import answers

router = APIRouter(tags=["site"])


class SiteLock(Shape):
    """Whether nothing new begins, who has locked, when and why."""

    kind: Literal["SiteLock"] = "SiteLock"
    api_version: Literal["v1"] = "v1"
    locked: bool
    by: str = ""
    reason: str = ""
    since: datetime | None = None


class WantedLock(Shape):
    """``reason``: shown to whoever is refused."""

    reason: Text = ""


class Change(Shape):
    """A change of Ansible's inventory."""

    commit: str
    at: datetime
    summary: str
    details: list[str]


class ChangeList(Shape):
    """The newest changes first."""

    kind: Literal["ChangeList"] = "ChangeList"
    api_version: Literal["v1"] = "v1"
    meta: ListMeta = Field(default_factory=ListMeta)
    items: list[Change]


class Rejected(Shape):
    """What is known of a message that was no notification; ``digest``: SHA-256."""

    at: datetime
    routing_key: str
    size: int
    digest: str
    reason: str


class Listener(Shape):
    """Counters of Ironic's notifications by type; ``lags`` are the last ones, in seconds."""

    kind: Literal["Listener"] = "Listener"
    api_version: Literal["v1"] = "v1"
    seen: dict[str, int]
    acted: dict[str, int]
    ignored: dict[str, int]
    lags: dict[str, list[float]]
    malformed: int
    waiting: int
    rejected: list[Rejected]


@router.get("/lock")
def get_lock(caller: Reader) -> SiteLock:
    """Whether the site is locked for maintenance."""
    lock = wiring.records().site_lock()
    return _shown(lock, lock is not None)


@router.put("/lock", responses=answers(423))
def lock_site(
    wanted: Annotated[WantedLock, Body()], caller: Admin, user: OnBehalf = ""
) -> SiteLock:
    """Lock the site: what runs goes on, nothing new begins, new jobs are refused."""
    if not wiring.records().lock_site(behalf(caller, user), wanted.reason):
        held = wiring.records().site_lock()
        by = f" by {held.by} since {held.at.isoformat(timespec='seconds')}" if held else ""
        raise Busy(f"the site is locked already{by}")
    return get_lock(caller)


@router.delete("/lock")
def unlock_site(caller: Admin) -> SiteLock:
    """Unlock the site; the answer says who had locked it, and has no time where nobody had."""
    return _shown(wiring.records().unlock_site(), False)


def _shown(lock: records.SiteLock | None, locked: bool) -> SiteLock:
    if lock is None:
        return SiteLock(locked=False)
    return SiteLock(locked=locked, by=lock.by, reason=lock.reason, since=lock.at)


@router.get("/reconciler/log")
def list_inventory_changes(
    caller: Reader, limit: Annotated[int, Query(ge=1, le=1000)] = 20
) -> ChangeList:
    """List the changes of Ansible's inventory, the newest first."""
    return ChangeList(
        items=[
            Change(commit=each.commit, at=each.at, summary=each.summary, details=list(each.details))
            for each in wiring.inventories().log(limit)
        ]
    )


@router.get("/listener")
def get_listener(caller: Reader) -> Listener:
    """What became of Ironic's notifications."""
    found, rejected = wiring.events().figures(), wiring.events().rejected()
    return Listener(
        seen=dict(found.seen),
        acted=dict(found.acted),
        ignored=dict(found.ignored),
        lags={kind: list(lags) for kind, lags in found.lags.items()},
        malformed=found.malformed,
        waiting=found.waiting,
        rejected=[Rejected.model_validate(vars(each)) for each in rejected],
    )
