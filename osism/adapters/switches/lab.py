"""The driver ``lab``: switches of the product's own lab, over TCP.

Options: ``secret`` (the switch's password); ``syntax`` (``edgecore`` or ``mikrotik``: what such a
switch shows of itself; without it, what all of them show); ``timeout`` (seconds for one request
with its answer, 10) and ``connect_timeout`` (seconds, 5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from osism.adapters.switches.json_lines import JsonLines
from osism.adapters.switches.observed import switch
from osism.adapters.switches.options import seconds
from osism.domain.drift import FIELDS
from osism.domain.errors import Misconfigured
from osism.domain.intents import SwitchIntent
from osism.domain.ports import Capabilities, Target

#: What a switch of each syntax shows of itself. RouterOS finds its MLAG peer without an address.
OBSERVES: Mapping[str, frozenset[str]] = {
    "edgecore": FIELDS,
    "mikrotik": FIELDS - {"mlag.vlan", "mlag.address"},
}
_NO_OPTIONS: Mapping[str, Any] = {}


class LabDriver:
    """Talks to the lab's switches; they have a revert timer of their own."""

    def __init__(self, options: Mapping[str, Any] = _NO_OPTIONS) -> None:
        self._syntax = options.get("syntax")
        if self._syntax is not None and self._syntax not in OBSERVES:
            known = ", ".join(OBSERVES)
            raise Misconfigured(f"switch driver lab: syntax {self._syntax!r} is none of {known}")
        observes = OBSERVES.get(self._syntax or "", frozenset.intersection(*OBSERVES.values()))
        self.capabilities = Capabilities(observes, True, "a switch of the lab")

    @contextmanager
    def connect(self, target: Target) -> Iterator[LabSession]:
        """Open a session with the switch that is called as *target* is, and with no other."""
        who = f"switch {target.name!r}"
        if not target.address or not target.port:
            raise Misconfigured(f"{who}: the lab driver wants an address and a port")
        wait = seconds(target, "connect_timeout", 5.0), seconds(target, "timeout", 10.0)
        with JsonLines(who, target.address, target.port, *wait) as line:
            answer = line.ask("hello", secret=str(target.options.get("secret", "")))
            for key, wanted in (("name", target.name), ("syntax", self._syntax)):
                found = answer.get(key)
                if wanted is not None and found != wanted:
                    raise Misconfigured(
                        f"{who}: at {target.address} port {target.port} there is one whose "
                        f"{key} is {found!r}, not {wanted!r}"
                    )
            yield LabSession(line)


class LabSession:
    """See :class:`osism.domain.ports.Session`."""

    def __init__(self, line: JsonLines) -> None:
        self._line = line

    def stage(self, configuration: str) -> str:
        diff = self._line.ask("stage", configuration=configuration).get("diff")
        if not isinstance(diff, str):
            raise self._line.failed("garbage in answer to stage: no diff")
        return diff

    def commit(self, revert_in: float) -> None:
        self._line.ask("commit", revert_in=revert_in)

    def confirm(self) -> None:
        self._line.ask("confirm")

    def revert(self) -> None:
        self._line.ask("revert")

    def observe(self) -> SwitchIntent:
        try:
            return switch(self._line.ask("observe").get("state"))
        except ValueError as error:
            raise self._line.failed(f"garbage in answer to observe: {error}") from error
