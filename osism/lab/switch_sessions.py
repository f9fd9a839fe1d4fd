"""One connection to a switch of the lab, as the switch sees it: which requests there are."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from osism.lab.chassis import Candidate, LabSwitch, SwitchRefuses

Values = dict[str, Any]


class Unreachable(Exception):
    """The connection ends without a word."""


class Session:
    """One connection to a switch, as the switch sees it."""

    def __init__(self, switch: LabSwitch) -> None:
        self.switch = switch
        self.admin = self.known = self.deploying = False
        self.candidate: Candidate | None = None

    def answer(self, request: Values) -> Values:
        """Do what was asked for; raises :class:`SwitchRefuses` and :class:`Unreachable`."""
        do = request.get("do")
        if not self.known and do != "hello":
            raise SwitchRefuses("say hello first")
        admin = self.admin or (do == "hello" and request.get("as") == "admin")
        if not admin and (self.switch.cut or self.switch.faults.strikes("unreachable")):
            raise Unreachable
        does = _REQUESTS.get(str(do)) or (_ADMIN.get(str(do)) if self.admin else None)
        if does is None:
            raise SwitchRefuses(f"unknown request {do!r}")
        return does(self, request) or {}

    def end(self) -> None:
        self.deploys(False)

    def deploys(self, now: bool) -> None:
        counters = self.switch.counters
        if now != self.deploying:
            self.deploying = now
            counters.deploying += 1 if now else -1
            counters.deploying_peak = max(counters.deploying_peak, counters.deploying)

    # the requests

    def hello(self, request: Values) -> Values:
        offered = str(request.get("secret", "")).encode("utf-8", "replace")
        if not hmac.compare_digest(offered, self.switch.secret.encode()):
            raise SwitchRefuses("access denied")
        self.known, self.admin = True, request.get("as") == "admin"
        if not self.admin:
            self.switch.counters.sessions += 1
        return {"name": self.switch.name, "syntax": self.switch.syntax}

    def stage(self, request: Values) -> Values:
        self.candidate = None
        self.deploys(True)
        self.candidate, diff = self.switch.stage(_value(request, "configuration", str))
        return {"diff": diff}

    def commit(self, request: Values) -> None:
        if self.candidate is None:
            raise SwitchRefuses("nothing is staged")
        self.switch.commit(self.candidate, _value(request, "revert_in", (int, float)))
        self.candidate = None

    def confirm(self, request: Values) -> None:
        self.switch.confirm()
        self.deploys(False)

    def revert(self, request: Values) -> None:
        self.candidate = None
        self.switch.revert()
        self.deploys(False)

    def observe(self, request: Values) -> Values:
        return {"state": asdict(self.switch.running.state)}

    def running(self, request: Values) -> Values:
        return {"configuration": self.switch.running.text}

    def saved(self, request: Values) -> Values:
        return {"configuration": self.switch.saved.text}

    def status(self, request: Values) -> Values:
        return self.switch.status()

    def bye(self, request: Values) -> Values:
        return {}

    def fault(self, request: Values) -> None:
        limits = {each: request.get(each) for each in ("operations", "seconds", "value")}
        try:
            self.switch.faults.set(_value(request, "fault", str), **limits)
        except ValueError as error:
            raise SwitchRefuses(str(error)) from error

    def clear(self, request: Values) -> None:
        self.switch.faults.clear(request.get("fault"))

    def reboot(self, request: Values) -> None:
        self.switch.reboot()


_REQUESTS: Mapping[str, Callable[[Session, Values], Values | None]] = {
    "hello": Session.hello,
    "stage": Session.stage,
    "commit": Session.commit,
    "confirm": Session.confirm,
    "revert": Session.revert,
    "observe": Session.observe,
    "running": Session.running,
    "saved": Session.saved,
    "status": Session.status,
    "bye": Session.bye,
}
_ADMIN: Mapping[str, Callable[[Session, Values], Values | None]] = {
    "fault": Session.fault,
    "clear": Session.clear,
    "reboot": Session.reboot,
}


def _value(request: Values, name: str, kind: type | tuple[type, ...]) -> Any:
    value = request.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise SwitchRefuses(f"{name} is missing or of the wrong kind")
    return value
