"""The driver: options of an entry to capabilities and sessions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from osism.adapters.switches.napalm import logins
from osism.adapters.switches.napalm.failures import told
from osism.adapters.switches.napalm.library import driver_class, implements
from osism.adapters.switches.napalm.platforms import (
    GETTERS,
    PLATFORMS,
    UNKNOWN,
    Login,
    Platform,
)
from osism.adapters.switches.napalm.records import Records
from osism.adapters.switches.napalm.session import Line, NapalmSession, hang_up
from osism.adapters.switches.options import choice, only, text, wrong
from osism.domain.errors import Misconfigured
from osism.domain.ports import Capabilities, Target

OPTIONS = ("platform", "directory", "load", "unchecked", "observes", *logins.OPTIONS)

_NO_OPTIONS: Mapping[str, Any] = {}
_PLATFORM = re.compile(r"[a-z0-9][a-z0-9_]{0,40}")


class NapalmDriver:
    """Talks to switches as NAPALM's driver for the option ``platform`` does.

    ``unchecked`` are fields that are not looked at, ``observes`` those that are, for a platform
    that is not NAPALM's own. What the installed driver does not implement is not looked at.
    """

    def __init__(self, options: Mapping[str, Any] = _NO_OPTIONS) -> None:
        name = options.get("platform")
        if not isinstance(name, str) or not _PLATFORM.fullmatch(name):
            known = ", ".join(PLATFORMS)
            raise Misconfigured(f"switch driver napalm: it wants a platform ({known}, …)")
        self._name = name
        self._platform = PLATFORMS.get(name, UNKNOWN)
        self.capabilities = Capabilities(
            _observes(name, self._platform, options),
            self._platform.timer is not None,
            f"a switch over NAPALM's driver {name}, which tells neither the VLANs of ports nor "
            "the members of LAGs: nobody checks them",
        )

    @contextmanager
    def connect(self, target: Target) -> Iterator[NapalmSession]:
        """Log in to *target*; NAPALM is loaded here at the latest."""
        only(target, OPTIONS)
        load = choice(target, "load", ("replace", "merge"), "replace")
        if not text(target, "directory"):
            raise wrong(target, "the napalm driver wants a directory, the same for every worker")
        records = Records(Path(text(target, "directory")), target.name)
        kind = driver_class(self._name)
        self._require(target, kind, load)
        with TemporaryDirectory(prefix="osism-napalm-") as private:
            driver = self._opened(target, kind, Path(private))
            line = Line(
                driver, target.name, self._platform, self.capabilities.observes, load, Path(private)
            )
            session = NapalmSession(line, records)
            try:
                yield session
            finally:
                session.close()

    def _opened(self, target: Target, kind: Any, private: Path) -> Any:
        login = logins.credentials(target, self._platform, private)
        with told(f"switch {target.name!r}", f"connecting to {target.address}"):
            driver = kind(
                target.address,
                login.username,
                login.password,
                timeout=login.timeout,
                optional_args=login.arguments,
            )
            login.prepare(driver)
            try:
                driver.open()
            except BaseException:
                hang_up(driver)
                raise
        return driver

    def _require(self, target: Target, kind: Any, load: str) -> None:
        """Raise when a step of a deployment could not be done, before any is."""
        needed = [f"load_{load}_candidate", "compare_config", "commit_config"]
        needed += ["discard_config", "rollback"]
        if self._platform.timer:
            needed += ["has_pending_commit", "confirm_commit"]
        if missing := [each for each in needed if not implements(kind, each)]:
            raise wrong(
                target,
                f"NAPALM's driver {self._name!r} does not implement {', '.join(missing)}; "
                "nothing can be deployed with it",
            )


def _observes(name: str, platform: Platform, options: Mapping[str, Any]) -> frozenset[str]:
    every = frozenset(field for gives in GETTERS.values() for field in gives)
    unchecked = _fields(options, "unchecked", every)
    wanted = _fields(options, "observes", every)
    if platform.login is not Login.UNKNOWN and wanted:
        raise Misconfigured(
            f"switch driver napalm: what {name} observes is known; unchecked takes fields out"
        )
    fields = (platform.observes | wanted) - unchecked
    try:
        kind = driver_class(name)
    except Misconfigured:
        return fields  # no session can be opened either, and that says why
    missing = [gives for getter, gives in GETTERS.items() if not implements(kind, getter)]
    return fields.difference(*missing)


def _fields(options: Mapping[str, Any], option: str, every: frozenset[str]) -> frozenset[str]:
    given = options.get(option, [])
    if not isinstance(given, (list, tuple)) or not all(each in every for each in given):
        raise Misconfigured(
            f"switch driver napalm: {option} must be a list of {', '.join(sorted(every))}"
        )
    return frozenset(given)
