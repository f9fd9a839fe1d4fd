"""The revert timer: on the switch, and there it outlives whoever manages the switch."""

from __future__ import annotations

import math
from functools import cache
from importlib.resources import files
from typing import Protocol

from osism.adapters.switches.openvswitch import marks
from osism.adapters.switches.openvswitch.database import Database
from osism.adapters.switches.ssh import Shell
from osism.domain.errors import OutsideFailed

LONGEST = 86_400.0  #: seconds
_SERVICE_WAIT = 10.0  # seconds: a busy switch starts a few processes in that time

# Without a session of its own, and without our descriptors, it stays when the connection ends.
_DETACHED = """
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin
for program in setsid sed sleep ovs-vsctl ovsdb-client; do
    command -v "$program" >/dev/null || { echo "there is no $program" >&2; exit 1; }
done
script=$1; shift
setsid sh -c "$script" osism-revert "$@" </dev/null >/dev/null 2>&1 &
"""


class Timer(Protocol):
    """Something that starts a timer on the switch."""

    def arm(self, commit: str, seconds: float) -> str:
        """Have *commit*, which is staged, taken back in so many seconds unless it is confirmed.

        Returns the state in which the commit is now; see :mod:`.marks`.
        """


@cache
def script() -> str:
    """The program ``osism-revert``."""
    return (files(__package__) / "osism-revert").read_text()


class NoTimer:
    """The driver takes back itself, when it is asked to."""

    def arm(self, commit: str, seconds: float) -> str:
        """Nothing to do."""
        return marks.STAGED


class ShellTimer:
    """Starts one process on the switch per commit; a restart of the switch ends it."""

    def __init__(self, shell: Shell, socket: str) -> None:
        self._shell, self._socket = shell, socket

    def arm(self, commit: str, seconds: float) -> str:
        """Start it; raises :class:`OutsideFailed` with the switch's words."""
        words = (self._socket, commit, plain(seconds))
        self._shell.check("sh", "-c", _DETACHED, "osism", script(), *words)
        return marks.STAGED


class ServiceTimer:
    """Asks the service ``osism-revert`` on the switch, and believes in it when it answers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def arm(self, commit: str, seconds: float) -> str:
        """Ask; raises :class:`OutsideFailed` when nobody answers."""
        asked = {marks.STATE: marks.ARMING, marks.REVERT_IN: plain(seconds)}
        guard = marks.only_if(commit, marks.STAGED)
        if self._database.transact([guard, marks.note(asked)]) is None:
            raise self._database.failed("somebody else deploys at this moment")

        def armed() -> bool:
            noted = self._database.replica.marks
            return noted.get(marks.STATE) == marks.ARMED and noted.get(marks.COMMIT) == commit

        if not self._database.until(armed, _SERVICE_WAIT):
            raise self._database.failed(
                "nobody answers there for the revert timer: does the service osism-revert run?"
            )
        return marks.ARMED


def plain(seconds: float) -> str:
    """*seconds* without an exponent, rounded up to milliseconds."""
    return f"{math.ceil(seconds * 1000) / 1000:.3f}".rstrip("0").rstrip(".")


def checked(who: str, seconds: float) -> float:
    """*seconds* if that is a time to wait."""
    if not 0 < seconds <= LONGEST:  # also refuses what is no number
        raise OutsideFailed(f"{who}: revert_in must be more than 0 and at most {LONGEST:g} s")
    return seconds
