"""A session with a switch over NAPALM: which of its calls make which step of a deployment."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from osism.adapters.switches.napalm.failures import told
from osism.adapters.switches.napalm.hidden import without_secrets
from osism.adapters.switches.napalm.observing import observed
from osism.adapters.switches.napalm.platforms import Platform
from osism.adapters.switches.napalm.records import Record, Records, State
from osism.domain.errors import Misconfigured, OutsideFailed
from osism.domain.intents import SwitchIntent

#: States of a commit that nobody confirmed, as far as is known.
_OPEN = (State.COMMITTING, State.COMMITTED, State.CONFIRMING)


@dataclass(frozen=True)
class Line:
    """An open connection: NAPALM's object, which switch it talks to, and what can be expected.

    ``load`` is ``replace`` or ``merge``; ``private`` a directory that nobody else can read.
    """

    driver: Any
    switch: str
    platform: Platform
    fields: Collection[str]
    load: str
    private: Path


class NapalmSession:
    """See :class:`osism.domain.ports.Session`."""

    def __init__(self, line: Line, records: Records) -> None:
        self._line, self._records = line, records
        self._driver, self._timer = line.driver, line.platform.timer
        self._who = f"switch {line.switch!r}"
        self._loaded = False  # there may be a candidate on the switch
        self._staged = False  # and it may be committed

    # --- the contract

    def stage(self, configuration: str) -> str:
        if not configuration.strip():
            raise OutsideFailed(f"{self._who}: an empty configuration is refused")
        self._discard()
        self._take_back_what_is_open()
        # From here on a revert is about the commit to come, not about one that was confirmed.
        self._records.write(Record(State.STAGED))
        self._load(configuration)
        with told(self._who, "comparing the candidate with what runs"):
            diff = str(self._driver.compare_config() or "")
        self._staged = True
        return without_secrets(diff)

    def commit(self, revert_in: float) -> None:
        if not self._staged:
            raise OutsideFailed(f"{self._who}: nothing is staged")
        arguments = self._until(revert_in)
        record = Record(
            State.COMMITTING,
            self._handle(),
            time.time() + arguments.get("revert_in", 0) if self._timer else 0.0,
            "" if self._timer else self._fingerprint(),
        )
        self._records.write(record)  # before the command: its answer can be lost
        self._staged = False
        with told(self._who, "the commit"):
            self._driver.commit_config(**arguments)
        self._loaded = False
        self._records.write(replace(record, state=State.COMMITTED))

    def confirm(self) -> None:
        record = self._records.read()
        if record.state is State.CONFIRMED:
            return
        if record.state not in _OPEN:
            raise self._taken_back()
        if self._timer and not self._pending():
            # An earlier confirmation whose answer was lost, as long as the timer cannot have been.
            if record.state is not State.CONFIRMING or time.time() >= record.until:
                raise self._taken_back()
        elif self._timer:
            self._records.write(replace(record, state=State.CONFIRMING))
            self._adopt(record)
            with told(self._who, "the confirmation"):
                self._driver.confirm_commit()
        self._records.write(replace(record, state=State.CONFIRMED))

    def revert(self) -> None:
        self._discard()
        record = self._records.read()
        if record.state is State.CONFIRMED and self._timer and self._pending():
            raise self._foreign()
        if record.state in _OPEN and (not self._timer or self._pending()):
            self._take_back(record)
        elif record.state in (State.CONFIRMING, State.CONFIRMED):
            self._undo()
        elif record.state is State.COMMITTED and time.time() < record.until:
            raise OutsideFailed(
                f"{self._who}: the commit no longer waits for its confirmation, and its time is "
                "not over: somebody else confirmed it or took it back, or the switch restarted"
            )
        if record.state not in (State.NONE, State.STAGED):
            self._records.write(Record(State.REVERTED))

    def observe(self) -> SwitchIntent:
        line = self._line
        return observed(line.driver, line.switch, line.platform, line.fields)

    def close(self) -> None:
        """Hang up. A commit that is pending stays so; a candidate does not stay."""
        with suppress(OutsideFailed, Misconfigured):
            self._discard()
        self._adopt(Record())  # EOS: under its name, close would take the commit back
        hang_up(self._driver)

    # --- steps of it

    def _load(self, configuration: str) -> None:
        # From a file of our own: NAPALM would write one that everybody can read.
        candidate = self._line.private / "candidate"
        candidate.touch(0o600)
        candidate.write_text(configuration, encoding="utf-8")
        self._adopt(Record())  # a new candidate never goes under the name of an earlier commit
        self._loaded = True
        try:
            with told(self._who, "loading the configuration"):
                getattr(self._driver, f"load_{self._line.load}_candidate")(filename=str(candidate))
        finally:
            candidate.unlink()

    def _discard(self) -> None:
        self._staged = False
        if self._loaded:
            self._loaded = False
            with told(self._who, "discarding the candidate"):
                self._driver.discard_config()

    def _until(self, revert_in: float) -> dict[str, int]:
        if self._timer is None:
            return {}
        rounded = self._timer.rounded(revert_in)
        if not rounded:
            raise Misconfigured(
                f"{self._who}: its revert timer ends after {self._timer.longest} seconds at "
                f"most, {revert_in:g} are wanted"
            )
        return {"revert_in": rounded}

    def _take_back_what_is_open(self) -> None:
        record = self._records.read()
        if self._timer is None:
            if record.state in _OPEN:
                self._take_back(record)
        elif self._pending():
            if record.state not in _OPEN:
                raise self._foreign()
            self._take_back(record)

    def _take_back(self, record: Record) -> None:
        """Take back a commit that is open, or pending on a switch with a timer."""
        if self._timer is None and record.state is State.COMMITTING and not self._arrived(record):
            return
        self._adopt(record)
        with told(self._who, "taking the commit back"):
            self._driver.rollback()

    def _undo(self) -> None:
        """Take back a commit that was confirmed."""
        behind = self._line.platform.behind
        with told(self._who, "taking the commit back"):
            if behind:
                self._driver.device.cu.rollback(rb_id=behind)
                self._driver.commit_config()
            else:
                self._driver.rollback()

    def _pending(self) -> bool:
        with told(self._who, "asking for a pending commit"):
            return bool(self._driver.has_pending_commit())

    def _arrived(self, record: Record) -> bool:
        """Whether a commit whose answer was lost changed anything.

        Without that look a revert would go to the configuration before the last deployment.
        """
        now = self._fingerprint()
        if not record.before or not now:
            raise OutsideFailed(
                f"{self._who}: it is not known whether the last commit arrived, and what runs "
                "cannot be read: look at the switch"
            )
        return now != record.before

    def _fingerprint(self) -> str:
        """SHA-256 of what runs, without comments (there are times in them), empty if unknown."""
        with told(self._who, "reading what runs"):
            try:
                text = str(self._driver.get_config(retrieve="running")["running"])
            except NotImplementedError:
                return ""
        lines = (line.rstrip() for line in text.splitlines())
        kept = [line for line in lines if line and not line.lstrip().startswith(("!", "#"))]
        return hashlib.sha256("\n".join(kept).encode()).hexdigest()

    def _handle(self) -> str:
        handle = self._line.platform.handle
        return str(getattr(self._driver, handle) or "") if handle else ""

    def _adopt(self, record: Record) -> None:
        """Tell NAPALM's object what the commit of *record* is called, where it needs to know."""
        if self._line.platform.handle:
            setattr(self._driver, self._line.platform.handle, record.handle or None)

    def _taken_back(self) -> OutsideFailed:
        return OutsideFailed(
            f"{self._who}: there is no commit to confirm, or it has been taken back"
        )

    def _foreign(self) -> OutsideFailed:
        return OutsideFailed(
            f"{self._who}: a commit that is not from here waits for its confirmation; whoever "
            "made it has to confirm it or take it back"
        )


def hang_up(driver: Any) -> None:
    """Close every connection of *driver*, whatever state it is in."""
    with suppress(Exception):
        driver.close()
    with suppress(Exception):  # nxos leaves the one open that it sends files over
        driver._netmiko_close()
