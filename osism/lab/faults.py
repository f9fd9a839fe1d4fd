"""What can be made to go wrong on a switch of the lab, and for how long."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

#: The faults by name, with what they do.
FAULTS: Mapping[str, str] = {
    "unreachable": "connections are closed without a word",
    "rejects": "configurations are refused (at stage, or at commit with the value 'commit')",
    "half": "a commit applies the first half of the ports that change, and says it went well",
    "forgets": "a reboot loses the confirmed configuration",
    "slow": "each answer comes after as many seconds as the value says",
    "cuts": "a commit cuts the management connection until it is taken back",
}


@dataclass
class Fault:
    """One fault that is on. ``left`` counts operations, ``ends`` is a monotonic time in seconds;
    None means without an end. ``value`` is what the fault wants to know, if anything."""

    name: str
    left: int | None = None
    ends: float | None = None
    value: str | float | None = None


class Faults:
    """The faults of one switch."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._on: dict[str, Fault] = {}

    def set(
        self,
        name: str,
        *,
        operations: int | None = None,
        seconds: float | None = None,
        value: str | float | None = None,
    ) -> None:
        """Switch a fault on for so many operations or seconds, or until it is cleared.

        Raises :class:`ValueError` for an unknown name or a value that the fault cannot use.
        """
        if name not in FAULTS:
            raise ValueError(f"no such fault {name!r}; there are {', '.join(FAULTS)}")
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if name == "slow" and not (number and 0 <= float(value or 0) <= 3600):
            raise ValueError("slow wants a value in seconds, 0 to 3600")
        if name == "rejects" and value not in (None, "stage", "commit"):
            raise ValueError("rejects wants the value 'stage' or 'commit'")
        if operations is not None and (not isinstance(operations, int) or operations <= 0):
            raise ValueError("operations is a whole number above 0")
        if seconds is not None and (not isinstance(seconds, (int, float)) or not seconds > 0):
            raise ValueError("seconds is a number above 0")
        ends = None if seconds is None else self._clock() + seconds
        self._on[name] = Fault(name, operations, ends, value)

    def clear(self, name: str | None = None) -> None:
        """Switch one fault off, or all of them."""
        for each in list(self._on) if name is None else [name]:
            self._on.pop(each, None)

    def on(self, name: str) -> Fault | None:
        """The fault, when it is on."""
        fault = self._on.get(name)
        if fault and fault.ends is not None and fault.ends <= self._clock():
            del self._on[name]
            return None
        return fault

    def strikes(self, name: str) -> Fault | None:
        """The fault, when it is on; this counts as one of its operations."""
        fault = self.on(name)
        if fault and fault.left is not None:
            fault.left -= 1
            if fault.left <= 0:
                del self._on[name]
        return fault

    def names(self) -> list[str]:
        """Those that are on."""
        return [name for name in FAULTS if self.on(name)]
