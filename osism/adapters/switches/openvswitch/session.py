"""A session with one switch."""

from __future__ import annotations

import difflib
import uuid
from dataclasses import dataclass, replace
from typing import Any

from osism.adapters.switches.openvswitch import marks
from osism.adapters.switches.openvswitch.database import Database
from osism.adapters.switches.openvswitch.document import Document
from osism.adapters.switches.openvswitch.entry import Entry
from osism.adapters.switches.openvswitch.nodes import Wrong
from osism.adapters.switches.openvswitch.observed import failures, observed, unsettled
from osism.adapters.switches.openvswitch.parking import needed, parking
from osism.adapters.switches.openvswitch.plan import gone, plan, settled
from osism.adapters.switches.openvswitch.reading import read
from osism.adapters.switches.openvswitch.running import Running, running
from osism.adapters.switches.openvswitch.timer import Timer, checked, plain
from osism.adapters.switches.openvswitch.undoing import kept, noted, undoing
from osism.adapters.switches.openvswitch.values import Operation, table
from osism.adapters.switches.openvswitch.writing import write
from osism.domain.intents import SwitchIntent

_DURABLE: Operation = {"op": "commit", "durable": True}
_MTU_WAIT = 2.0  # seconds in which a new MTU shows: cur_cfg does not wait for it
_MOST = 5  # failures in one message


@dataclass(frozen=True)
class _Candidate:
    commit: str
    document: Document
    found: Running


class OpenvswitchSession:
    """See :class:`osism.domain.ports.Session`."""

    def __init__(self, entry: Entry, database: Database, timer: Timer) -> None:
        self._entry, self._database, self._timer = entry, database, timer
        self._candidate: _Candidate | None = None
        self._commit = ""  # what this session has committed, or looked at: no other is confirmed

    def stage(self, configuration: str) -> str:
        self._candidate, self._commit = None, ""
        try:
            wanted = read(configuration, self._entry.switch, self._entry.bonding)
            self._database.look()
            if self._state in (marks.PENDING, marks.REVERTING):
                self._take_back()
            found = self._found()
            document = settled(wanted, found)
        except (Wrong, ValueError) as mistake:
            raise self._database.failed(f"configuration refused: {mistake}") from None
        self._candidate = _Candidate(self._mark_staged(), document, found)
        return _difference(found.document, document)

    def commit(self, revert_in: float) -> None:
        seconds = checked(self._entry.who, revert_in)
        candidate, self._candidate = self._candidate, None
        if candidate is None:
            raise self._database.failed("nothing is staged")
        found = self._with_parking(candidate)
        made = plan(candidate.document, found, self._lost(candidate))
        try:
            undo = noted(undoing(made, candidate.commit))
        except ValueError as error:
            raise self._database.failed(f"configuration refused: {error}") from None
        state = self._timer.arm(candidate.commit, seconds)
        pending = {marks.STATE: marks.PENDING, marks.REVERT_IN: plain(seconds), **undo}
        done = self._database.transact(
            [
                marks.only_if(candidate.commit, state),
                *made.guards,
                *made.operations,
                marks.note(pending),
                marks.count(),
            ]
        )
        if done is None:
            raise self._database.failed(
                "somebody has changed the switch since the candidate was loaded"
            )
        self._commit = candidate.commit
        self._prove()

    def confirm(self) -> None:
        confirmed = marks.note({marks.STATE: marks.CONFIRMED})
        confirmed["where"] = marks.where(self._commit, marks.PENDING)
        read_ = {"op": "select", "table": marks.ROOT, "where": [], "columns": ["external_ids"]}
        done = self._database.transact([confirmed, read_, _DURABLE])
        noted_ = self._database.reading(lambda: table((done or [])[1]["rows"][0]["external_ids"]))
        another = self._commit and noted_.get(marks.COMMIT) != self._commit
        if another or noted_.get(marks.STATE) != marks.CONFIRMED:
            raise self._database.failed("there is no commit to confirm, or it has been taken back")

    def revert(self) -> None:
        self._candidate = None
        self._database.look()
        if self._state in (marks.PENDING, marks.REVERTING, marks.CONFIRMED):
            self._take_back()

    def observe(self) -> SwitchIntent:
        self._database.look(alive=True)
        self._database.applied(self._entry.timeout)
        found = self._found()
        marked = self._database.reading(lambda: self._database.replica.marks)
        self._commit = marked.get(marks.COMMIT, "")
        return self._database.reading(lambda: observed(self._entry.switch, found))

    # the steps

    @property
    def _state(self) -> str:
        marked = self._database.reading(lambda: self._database.replica.marks)
        return marked.get(marks.STATE, "")

    def _found(self) -> Running:
        return self._database.reading(lambda: running(self._database.replica, self._entry))

    def _mark_staged(self) -> str:
        """From here on a revert is about the commit to come, not about one that was confirmed."""
        commit = uuid.uuid4().hex
        staged = {marks.COMMIT: commit, marks.STATE: marks.STAGED}
        guard = marks.only_if(never=(marks.PENDING, marks.REVERTING))
        noted_ = marks.note(staged, self._database.replica.marks)
        if self._database.transact([guard, noted_]) is None:
            raise self._database.failed("somebody else deploys at this moment")
        return commit

    def _with_parking(self, candidate: _Candidate) -> Running:
        """What was found, with a parking bridge if the candidate needs one."""
        found = candidate.found
        if found.parking is not None or not needed(candidate.document):
            return found
        made = parking(self._entry.parking, found.bridge[1])
        self._database.transact([marks.only_if(candidate.commit, marks.STAGED), *made])
        now = self._found()
        left = {**found.left, self._entry.parking: now.left[self._entry.parking]}
        return replace(found, parking=now.parking, left=left)

    def _lost(self, candidate: _Candidate) -> dict[str, dict[str, Any]]:
        """The rows that the commit takes away, whole."""
        gone_ = gone(candidate.document, candidate.found)
        asked = [(name, each) for name, uuids in gone_.items() for each in uuids]
        rows: dict[str, dict[str, Any]] = {name: {} for name in gone_}
        if asked:
            selects = [
                {"op": "select", "table": name, "where": [["_uuid", "==", ["uuid", each]]]}
                for name, each in asked
            ]
            results = self._database.transact(selects) or []
            for (name, each), result in zip(asked, results, strict=True):
                for row in result["rows"]:
                    rows[name][each] = row
        return rows

    def _prove(self) -> None:
        """An accepted write is not yet an applied one."""
        self._database.applied(self._entry.timeout)
        self._database.until(lambda: not any(unsettled(self._found())), _MTU_WAIT)
        wrong = list(failures(self._found()))
        if wrong:
            more = f"; and {len(wrong) - _MOST} more" if len(wrong) > _MOST else ""
            raise self._database.failed("; ".join(wrong[:_MOST]) + more)

    def _take_back(self) -> None:
        """The timer on the switch may do it at the same time: guards let one of both through."""
        marked = self._database.replica.marks
        transactions = self._database.reading(lambda: kept(marked))
        if not transactions:
            raise self._database.failed("how to take back its last commit is not in its database")
        guard = marks.only_if(marked[marks.COMMIT], never=(marks.REVERTED,))
        for operations in transactions:
            self._database.transact([guard, *operations])
        self._database.applied(self._entry.timeout)


def _difference(found: Document, wanted: Document) -> str:
    """What changes, in the form of the document; empty if nothing does."""
    if found == wanted:
        return ""
    before, after = (write(each).split("\n")[:-1] for each in (found, wanted))
    lines = difflib.unified_diff(before, after, "running", "candidate", lineterm="")
    return "".join(f"{line}\n" for line in lines)
