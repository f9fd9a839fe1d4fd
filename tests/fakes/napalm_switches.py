"""Switches behind drivers of NAPALM: they load by NAPALM's own lookup, as custom drivers do.

Each kind keeps a pending commit, the candidate and what ran before where the platform's real driver
does: in its object, on the switch, in files or in a history.
"""

from __future__ import annotations

import difflib
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import napalm
import pytest
from napalm.base import exceptions

PASSWORD = "correct horse battery"


@dataclass
class Chassis:
    """A switch: what it runs, and what its platform keeps besides."""

    platform: str
    running: str = ""
    startup: str = ""
    candidate: str | None = None
    pending: tuple[str, str] | None = None  # what the commit is called, what ran before
    files: dict[str, str] = field(default_factory=dict)
    history: list[str] = field(default_factory=lambda: [""])  # the newest first
    refuses: str = ""  # a text that no configuration may hold
    lost: str = ""  # the call whose answer is lost; with a "!" in front it never arrives
    interfaces: Any = field(default_factory=dict)
    vlans: Any = field(default_factory=dict)
    addresses: Any = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    connections: int = 0
    revert_in: int | None = None

    def fire(self) -> None:
        """The revert timer ends."""
        if self.pending:
            self.running = self.pending[1]
            self.history.insert(0, self.running)
            self.pending = None

    def restart(self) -> None:
        self.pending, self.running = None, self.startup


#: By address; there is one network.
NETWORK: dict[str, Chassis] = {}


class Fake(napalm.base.NetworkDriver):
    """What all kinds have in common."""

    def __init__(
        self,
        hostname: str,
        username: str,
        password: str,
        timeout: int = 60,
        optional_args: dict[str, Any] | None = None,
    ) -> None:
        self.hostname, self.password, self.arguments = hostname, password, optional_args or {}
        self.up = False
        self.loaded: str | None = None

    @property
    def chassis(self) -> Chassis:
        return NETWORK[self.hostname]

    def open(self) -> None:
        if self.hostname not in NETWORK:
            raise exceptions.ConnectionException(f"Cannot connect to {self.hostname}")
        if self.password != PASSWORD:
            raise exceptions.ConnectAuthError(f"no such user with {self.password}")
        self.up = True
        self.chassis.connections += 1

    def close(self) -> None:
        if self.up:
            self.up = False
            self.chassis.connections -= 1

    def is_alive(self) -> Any:
        return {"is_alive": self.up}

    def load_replace_candidate(self, filename: Any = None, config: Any = None) -> None:
        self.load(Path(filename).read_text())

    def load_merge_candidate(self, filename: Any = None, config: Any = None) -> None:
        self.load(self.chassis.running + Path(filename).read_text())

    def load(self, text: str) -> None:
        self.chassis.calls.append("load")
        if self.chassis.refuses and self.chassis.refuses in text:
            raise exceptions.ReplaceConfigException(f"Invalid input: {self.chassis.refuses}")
        self.put(text)

    def put(self, text: str | None) -> None:
        self.loaded = text

    def get(self) -> str | None:
        return self.loaded

    def discard_config(self) -> None:
        self.chassis.calls.append("discard")
        self.put(None)

    def compare_config(self) -> str:
        candidate = self.get()
        if candidate is None:
            return ""
        lines = difflib.unified_diff(
            self.chassis.running.splitlines(), candidate.splitlines(), lineterm=""
        )
        return "\n".join(lines)

    def lose(self, call: str, do: Callable[[], None]) -> None:
        """Do it; the answer may be lost, or the call itself."""
        self.chassis.calls.append(call)
        if self.chassis.lost != f"!{call}":
            do()
        if self.chassis.lost.lstrip("!") == call:
            self.chassis.lost = ""
            raise exceptions.ConnectionClosedException("Socket is closed")

    def get_config(self, retrieve: str = "all", *_: Any, **__: Any) -> Any:
        return {"running": f"! Time: {len(self.chassis.calls)}\n{self.chassis.running}"}

    def get_interfaces(self) -> Any:
        return self.chassis.interfaces

    def get_interfaces_ip(self) -> Any:
        return self.chassis.addresses


class WithVlans(Fake):
    def get_vlans(self) -> Any:
        return self.chassis.vlans


class Timed(WithVlans):
    """With a revert timer."""

    step = 1

    def commit_config(self, message: str = "", revert_in: int | None = None) -> None:
        assert revert_in is None or revert_in % self.step == 0
        if self.chassis.pending:
            raise exceptions.CommitError("Pending commit confirm already in process!")
        text = self.get()
        if text is None:
            raise exceptions.CommitError("no candidate")

        def do() -> None:
            self.keep()
            if revert_in is None:
                self.saved(text)
            else:
                self.chassis.pending = (self.name(), self.chassis.running)
                self.chassis.revert_in = revert_in
            self.chassis.running = text
            self.chassis.history.insert(0, text)
            self.after()

        self.lose("commit", do)

    def name(self) -> str:
        return "pending"

    def keep(self) -> None:
        """What ran before."""

    def after(self) -> None:
        self.put(None)

    def saved(self, text: str) -> None:
        self.chassis.startup = text

    def has_pending_commit(self) -> bool:
        return self.chassis.pending is not None

    def confirm_commit(self) -> None:
        def do() -> None:
            if not self.chassis.pending:
                raise exceptions.CommitError("No pending commit-confirm found!")
            self.chassis.pending = None
            self.chassis.history.insert(0, self.chassis.running)
            self.saved(self.chassis.running)

        self.lose("confirm", do)


class Eos(Timed):
    """Its object knows what the pending commit is called, and takes it back when it is closed."""

    config_session: str | None = None

    def put(self, text: str | None) -> None:
        if text is not None:
            self.config_session = self.config_session or f"napalm_{len(self.chassis.calls)}"
        super().put(text)

    def discard_config(self) -> None:
        if self.config_session is not None:
            if self.chassis.pending and self.chassis.pending[0] == self.config_session:
                self.chassis.fire()
            self.config_session = None
            super().discard_config()

    def close(self) -> None:
        if self.up:
            self.discard_config()
        super().close()

    def name(self) -> str:
        return str(self.config_session)

    def keep(self) -> None:
        self.chassis.files["rollback-0"] = self.chassis.startup

    def confirm_commit(self) -> None:
        if self.chassis.pending and self.chassis.pending[0] != self.config_session:
            raise exceptions.CommitError("No pending commit-confirm found!")
        super().confirm_commit()

    def rollback(self) -> None:
        self.chassis.calls.append("rollback")
        if self.chassis.pending and self.chassis.pending[0] != self.config_session:
            raise exceptions.CommitError("not found as pending commit-confirm")
        if self.chassis.pending:
            self.chassis.fire()
        else:
            self.chassis.running = self.chassis.files["rollback-0"]
        self.saved(self.chassis.running)


class Ios(Timed):
    """Files on the switch."""

    step = 60

    def keep(self) -> None:
        self.chassis.files["rollback"] = self.chassis.running

    def rollback(self) -> None:
        self.chassis.calls.append("rollback")
        if self.chassis.pending:
            self.chassis.fire()
        else:
            self.chassis.running = self.chassis.files["rollback"]
        self.saved(self.chassis.running)


class Device:
    """PyEZ's object, as far as it is asked."""

    def __init__(self, hostname: str, **options: Any) -> None:
        self.hostname, self.options = hostname, options
        self._hostkey_verify = options.get("hostkey_verify", False)
        self.cu = self

    def rollback(self, rb_id: int) -> None:
        chassis = NETWORK[self.hostname]
        chassis.candidate = chassis.history[rb_id]


class Junos(Timed):
    """A history of commits, one candidate for everybody."""

    step = 60

    def __init__(self, hostname: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(hostname, *args, **kwargs)
        self.device = Device(hostname)

    def open(self) -> None:
        assert self.device.options["hostkey_verify"] is True
        self.password = self.device.options["password"]
        super().open()

    def put(self, text: str | None) -> None:
        self.chassis.candidate = text

    def get(self) -> str | None:
        return self.chassis.candidate

    def commit_config(self, message: str = "", revert_in: int | None = None) -> None:
        if revert_in is None:
            self.chassis.pending = None  # whatever is committed confirms
        super().commit_config(message, revert_in)

    def rollback(self) -> None:
        self.chassis.calls.append("rollback")
        self.device.cu.rollback(rb_id=1)
        self.commit_config()


class Nxos(WithVlans):
    """No timer; a checkpoint before each commit."""

    def commit_config(self, message: str = "", revert_in: int | None = None) -> None:
        if revert_in is not None:
            raise NotImplementedError("Commit confirm has not been implemented on this platform.")
        text = self.get()
        if text is None:
            raise exceptions.ReplaceConfigException("No config loaded.")

        def do() -> None:
            self.chassis.files["checkpoint"] = self.chassis.running
            self.chassis.running = self.chassis.startup = text
            self.put(None)

        self.lose("commit", do)

    def rollback(self) -> None:
        self.chassis.calls.append("rollback")
        if "checkpoint" not in self.chassis.files:
            raise exceptions.ReplaceConfigException("Rollback file does not exist on device.")
        self.chassis.running = self.chassis.startup = self.chassis.files["checkpoint"]


class Iosxr(Fake):
    """No timer, no VLANs; a history of commits."""

    def commit_config(self, message: str = "", revert_in: int | None = None) -> None:
        if revert_in is not None:
            raise NotImplementedError
        text = self.get()
        assert text is not None

        def do() -> None:
            self.chassis.running = text
            self.chassis.history.insert(0, text)
            self.put(None)

        self.lose("commit", do)

    def rollback(self) -> None:
        self.chassis.calls.append("rollback")
        self.chassis.running = self.chassis.history[1]
        self.chassis.history.insert(0, self.chassis.running)


class Raising(Nxos):
    """Has the getters, and they raise."""

    def get_vlans(self) -> Any:
        raise NotImplementedError

    def get_config(self, retrieve: str = "all", *_: Any, **__: Any) -> Any:
        raise NotImplementedError


#: Which kind stands behind a platform's name; the last two are nobody's but ours.
KINDS: dict[str, type[Fake]] = {
    "eos": Eos,
    "junos": Junos,
    "ios": Ios,
    "nxos": Nxos,
    "nxos_ssh": Nxos,
    "iosxr": Iosxr,
    "iosxr_netconf": Iosxr,
    "homemade": Nxos,
    "raising": Raising,
}


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the kinds where NAPALM looks first: ``custom_napalm.<platform>``."""
    package = types.ModuleType("custom_napalm")
    package.__path__ = []  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "custom_napalm", package)
    for platform, kind in KINDS.items():
        module = types.ModuleType(f"custom_napalm.{platform}")
        module.Driver = kind  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(sys.modules[__name__], "NETWORK", {})
