"""What was done to a switch last, kept between sessions: each step of a deployment has its own.

NAPALM keeps that in its object, and the switch keeps it only as long as a commit is pending. What
the switch ran before is on the switch (see docs/drivers/napalm.md); no configuration is here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from osism.domain.errors import OutsideFailed
from osism.domain.names import checked


class State(StrEnum):
    """How far the last commit is. ``committing`` and ``confirming`` are written before the command
    is sent: whether it arrived is not known."""

    NONE = "none"
    STAGED = "staged"
    COMMITTING = "committing"
    COMMITTED = "committed"
    CONFIRMING = "confirming"
    CONFIRMED = "confirmed"
    REVERTED = "reverted"


@dataclass(frozen=True)
class Record:
    """``handle``: what the pending commit is called on the switch. ``until``: when the revert
    timer ends, in seconds since 1970, 0 without one. ``before``: SHA-256 of what ran before the
    commit, without its comments; empty when it is not needed."""

    state: State = State.NONE
    handle: str = ""
    until: float = 0.0
    before: str = ""


class Records:
    """The record of one switch: ``<directory>/<switch>.json``, replaced whole."""

    def __init__(self, directory: Path, switch: str) -> None:
        self._who = f"switch {switch!r}"
        self._path = directory / f"{checked('switch', switch)}.json"

    def read(self) -> Record:
        """The record; an empty one when nothing was done yet."""
        try:
            return _record(json.loads(self._path.read_bytes()))
        except FileNotFoundError:
            return Record()
        except (OSError, ValueError) as error:
            raise OutsideFailed(
                f"{self._who}: the record of what was done to it cannot be read: {self._path}: "
                f"{error}"
            ) from error

    def write(self, record: Record) -> None:
        """Keep *record*; it is on the disk when this returns."""
        beside = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("w") as file:
                json.dump(asdict(record), file)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
        except OSError as error:
            raise OutsideFailed(
                f"{self._who}: what is done to it cannot be recorded: {error}"
            ) from error


def _record(data: Any) -> Record:
    if not isinstance(data, Mapping):
        raise ValueError("not an object")
    return Record(
        State(str(data.get("state"))),
        str(data.get("handle", "")),
        float(data.get("until", 0)),
        str(data.get("before", "")),
    )
