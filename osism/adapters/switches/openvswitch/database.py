"""The database of one switch: a copy of its rows, transactions, and whether they are applied."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from osism.adapters.switches.openvswitch.line import Line, say
from osism.adapters.switches.openvswitch.replica import DATABASE, MONITOR, Replica
from osism.adapters.switches.openvswitch.values import Operation
from osism.domain.errors import OutsideFailed

_SHAPES = (ValueError, TypeError, KeyError, AttributeError)  # of garbage
_SWITCHD = "ovs_vswitchd"  # the lock that ovs-vswitchd holds while it works

Result = TypeVar("Result")


class Database:
    """Everything that goes wrong raises :class:`OutsideFailed`."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._monitored = False
        self.replica = Replica()
        line.heard = lambda updates: self.reading(lambda: self.replica.apply(updates))

    def look(self, *, alive: bool = False) -> None:
        """Bring the copy up to date; with *alive*, raise when nothing carries out what it says.

        The first look fetches the rows. From then on the server sends what changes, before it
        answers: an echo is enough.
        """
        ask: list[tuple[str, list[Any]]] = [("echo", [])]
        if not self._monitored:
            ask = [("monitor", [DATABASE, *MONITOR])]
        if alive:
            ask += [("lock", [_SWITCHD]), ("unlock", [_SWITCHD])]
        answers = self._line.ask_all(ask)
        if not self._monitored:
            self.reading(lambda: self.replica.apply(answers[0]))
            self._monitored = True
        if alive and self.reading(lambda: answers[1]["locked"]):
            raise self.failed("ovs-vswitchd does not run: nothing applies its configuration")

    def transact(self, operations: Sequence[Operation]) -> list[Any] | None:
        """Do all *operations* or none; None when a guard among them does not hold."""
        results = self._line.ask("transact", DATABASE, *operations)
        for result in self.reading(lambda: list(results)):
            if not isinstance(result, dict) or "error" not in result:
                continue
            if result["error"] == "timed out":  # RFC 7047, 5.2.6: what "wait" says
                return None
            raise self.failed(f"the change was refused: {say(result)}")
        return list(results)

    def applied(self, seconds: float) -> None:
        """Wait until Open vSwitch has done all that it was told."""

        def done() -> bool:
            root = self.replica.root
            return bool(root["cur_cfg"] >= root["next_cfg"])

        if not self.reading(lambda: self._line.wait(done, time.monotonic() + seconds)):
            raise self.failed(
                f"it accepted the configuration and does not apply it (waited {seconds:g} s for "
                "ovs-vswitchd)"
            )

    def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait for a condition of the copy; whether it holds."""
        return self.reading(lambda: self._line.wait(condition, time.monotonic() + seconds))

    def reading(self, read: Callable[[], Result]) -> Result:
        """What *read* makes of the copy; what it cannot make sense of is the switch's failure."""
        try:
            return read()
        except _SHAPES as error:
            raise self.failed(f"its database: {error}") from error

    def failed(self, words: str) -> OutsideFailed:
        """A failure of this switch, to be raised."""
        return self._line.failed(words)
