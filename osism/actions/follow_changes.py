"""Bring switches to what NetBox wants once it was changed there: one job for a burst of changes.

Nothing is remembered here. A change is forgotten when it was worked on, and only if the device was
not changed again since; so whoever takes over begins with what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from time import monotonic, sleep
from typing import Any

from osism.domain.errors import (
    Busy,
    LeaseLost,
    OsismError,
    OutsideFailed,
    Revoked,
    SwitchesFailed,
    TakenOver,
)
from osism.domain.ports import Inventory, Locks, NetboxChanges, PendingChange, Work
from osism.domain.webhooks import due, interface

#: Seconds between two looks; between two attempts; that NetBox or Redis may be away.
_LOOK, _AGAIN, _OUTAGE = 0.2, 2.0, 3600.0

#: Does it for some switches, all of them or none; the result has their rows as ``switches``.
Bring = Callable[[tuple[str, ...]], Mapping[str, Any]]
Row = dict[str, Any]


def follow_changes(
    work: Work,
    changes: NetboxChanges,
    inventory: Inventory,
    locks: Locks,
    bring: Bring,
    quiet: float,
) -> dict[str, Any]:
    """Work on all changes until none is left; what became of each switch.

    Each time *quiet* seconds without a further change are waited for. Raises
    :class:`SwitchesFailed` when switches have failed; the others are as NetBox wants them.
    """
    following = _Following(work, changes, inventory, locks, bring, quiet)
    try:
        following.go()
    except Revoked:
        changes.done(following.seen)
        changes.leave(work.id, anyhow=True)
        raise
    return following.result()


class _Following:
    """What is done with changes as they come."""

    def __init__(
        self,
        work: Work,
        changes: NetboxChanges,
        inventory: Inventory,
        locks: Locks,
        bring: Bring,
        quiet: float,
    ) -> None:
        self.work, self.changes, self.inventory, self.locks = work, changes, inventory, locks
        self.bring, self.quiet = bring, quiet
        self.seen: Mapping[str, PendingChange] = {}  # what was looked at last
        self.rows: dict[str, Row] = {}

    def go(self) -> None:
        """Until nothing waits; an outage is waited for."""
        away, told = 0.0, ""
        while True:
            self.work.check()
            try:
                if not self._round():
                    return
                away = 0.0
            except LeaseLost:
                raise
            except OutsideFailed as failure:
                away = away or monotonic()
                if monotonic() - away > _OUTAGE:
                    raise
                if told != str(failure):
                    told = str(failure)
                    self.work.tell("note", text=f"waiting: {told}")
                sleep(_AGAIN)

    def result(self) -> dict[str, Any]:
        """What became of each switch; raises :class:`SwitchesFailed` unless all is well."""
        rows = [self.rows[name] for name in sorted(self.rows)]
        result = {"switches": rows}
        if failed := [each for each in rows if each["result"] == "failed"]:
            told = "; ".join(f"{each['switch']}: {each['reason']}" for each in failed[:5])
            more = f"; and {len(failed) - 5} more" * (len(failed) > 5)
            told = f"{len(failed)} of {len(rows)} switches failed: {told}{more}"
            raise SwitchesFailed(told, 1, result)
        return result

    def _round(self) -> bool:
        """Wait until it is quiet, and work on what has come; False when nothing is left."""
        self.seen = self._settled()
        if not self.seen:
            return not self.changes.leave(self.work.id)
        switches = self._switches(self._by_others(self.seen))
        kept = {place for places in switches.values() for place in places}
        self._forget(set(self.seen) - kept)
        if switches:
            self._follow(switches)
        return True

    def _settled(self) -> Mapping[str, PendingChange]:
        """The changes, once no more have come for a while; empty when there are none."""
        while True:
            now, pending = self.changes.pending()
            wait = due(pending.values(), self.quiet) - now if pending else 0.0
            if wait <= 0:
                return pending
            sleep(min(wait, _LOOK))
            self.work.check()

    def _switches(self, places: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """The switches among *places*, each with its own."""
        ids = {place: number for place in places if (number := interface(place)) is not None}
        owners = self.inventory.owners(ids.values()) if ids else {}
        found: dict[str, list[str]] = {}
        for place in places:
            name = owners.get(ids[place]) if place in ids else place
            if name:
                found.setdefault(name, []).append(place)
        known = self.inventory.devices(list(found)) if found else ()
        return {each.name: found[each.name] for each in known if each.managed_switch}

    def _forget(self, places: Iterable[str]) -> None:
        self.changes.done({place: self.seen[place] for place in places})

    def _by_others(self, changes: Mapping[str, PendingChange]) -> list[str]:
        """The places that somebody else has changed than this product."""
        own = self.changes.own({each for known in changes.values() for each in known.requests})
        return [name for name, each in changes.items() if not own.issuperset(each.requests)]

    def _follow(self, switches: Mapping[str, Sequence[str]]) -> None:
        """One batch of those that are free, then those that somebody works on, one by one, up to
        the first that is not let go."""
        self.work.tell("note", text=f"changed in NetBox: {', '.join(switches)}")
        held = self.locks.holders([f"device:{name}" for name in switches])
        free = tuple(name for name in switches if f"device:{name}" not in held)
        done = self._together(free) if free else {}
        for name in (each for each in switches if each not in free):
            row = self._one(name)
            if row is None:
                break  # it was waited for long enough: what has come meanwhile is next
            done[name] = row
        if failed := [name for name, row in done.items() if row["result"] == "failed"]:
            self.inventory.devices(failed)  # is it NetBox that is away? Then nothing is done yet
        self.rows |= done
        self._forget(place for name in done for place in switches[name])

    def _together(self, names: tuple[str, ...]) -> dict[str, Row]:
        """What became of these switches. When the batch fails, one after the other: those that
        are well do not wait for the one that is not."""
        if len(names) > 1:
            try:
                return _rows(self.bring(names))
            except (LeaseLost, Revoked):
                raise
            except OsismError as failure:
                self.work.tell("note", text=f"one switch after the other now: {failure}")
        rows: dict[str, Row] = {}
        for name in names:
            self.work.check()
            if row := self._one(name):
                rows[name] = row
        return rows

    def _one(self, name: str) -> Row | None:
        """What became of a switch; None while somebody else works on it: its turn comes again."""
        try:
            return _rows(self.bring((name,)))[name]
        except (LeaseLost, Revoked):
            raise
        except (Busy, TakenOver) as other:
            self.work.tell("note", text=f"{name} waits: {other}")
        except OsismError as failure:
            self.work.tell("switch", switch=name, result="failed", reason=str(failure))
            return {"switch": name, "result": "failed", "reason": str(failure)}
        return None


def _rows(result: Mapping[str, Any]) -> dict[str, Row]:
    return {row["switch"]: dict(row) for row in result["switches"]}
