"""A SONiC switch at the other end of SSH: its commands, and no secret of it in what they say."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from osism.adapters.switches.sonic import script
from osism.adapters.switches.sonic.tables import Config, Entry
from osism.adapters.switches.ssh import Ran, Shell
from osism.domain.errors import Misconfigured, OutsideFailed
from osism.domain.intents import one_line
from osism.domain.secrets import SECRET_NAME, Masker

_WORDS = 500  # characters of the switch's own words in a message
#: Tables whose keys or values are secrets, whatever their fields are called.
_SECRET_TABLES = ("SNMP", "TACPLUS", "RADIUS", "LDAP", "NTP_KEY", "MACSEC", "PASSW", "KUBERNETES")


class SonicHost:
    """One switch. *directory*: where the script and its state are; *sudo*: whether the user has to
    say it; *wait*: seconds that SONiC may take to change its configuration."""

    def __init__(self, who: str, shell: Shell, directory: str, sudo: bool, wait: float) -> None:
        self._who, self._shell, self._wait = who, shell, wait
        self._sudo = ("sudo", "-n") if sudo else ()
        self._text = script.script()
        self._directory = directory
        self._script = f"{directory}/{script.name(self._text)}"
        self._masker: Masker | None = None

    def running(self) -> Config:
        """What runs, without FRR's own text, which is no table."""
        config = self._json("show", "runningconfiguration", "all")
        config.pop("bgpraw", None)
        if "PORT" not in config:
            words = "more than one ASIC" if "localhost" in config else "no PORT table"
            raise self._failed(f"show runningconfiguration all: {words}: not a switch we know")
        self._masker = Masker(_secrets(config))
        return config

    def states(self) -> Mapping[str, Entry]:
        """PORT_TABLE, LAG_TABLE and LAG_MEMBER_TABLE of APPL_DB; empty when they cannot be read."""
        found: dict[str, Entry] = {}
        for pattern in ("PORT_TABLE:*", "LAG_*TABLE:*"):
            ran = self._run("sonic-db-dump", "-n", "APPL_DB", "-k", pattern, "-y")
            if ran.code:
                return {}
            try:
                rows = json.loads(ran.out)
                found |= {key: row["value"] for key, row in rows.items()}
            except (ValueError, TypeError, KeyError, AttributeError):
                return {}
        return found

    def stage(self, number: str) -> None:
        self._do("stage", number)

    def commit(self, number: str, candidate: Config, revert_in: float) -> None:
        """Replace the configuration; returns when it runs and the timer is set."""
        seconds = math.ceil(revert_in)
        content = json.dumps(candidate, indent=1, sort_keys=True).encode()
        guard = seconds + math.ceil(self._wait)
        self._do("commit", number, str(seconds), str(guard), stdin=content)

    def confirm(self, number: str) -> None:
        self._do("confirm", number or "-")

    def revert(self, number: str) -> None:
        self._do("revert", number or "-")

    def _do(self, verb: str, *arguments: str, stdin: bytes = b"") -> None:
        """One step of the script, which is put there when it is missing."""
        ran = self._step(verb, arguments, stdin)
        if ran.code in (2, 127) and not ran.out:  # sh cannot open it
            self._install()
            ran = self._step(verb, arguments, stdin)
        if ran.code:
            if self._masker is None:
                self.running()  # what must not be said
            raise self._failed(f"{verb}: {self._said(ran)}")

    def _step(self, verb: str, arguments: tuple[str, ...], stdin: bytes) -> Ran:
        wait = math.ceil(self._wait)
        # A step may wait for another one, then roll back and, failing that, reload.
        return self._run(
            "/bin/sh", self._script, str(wait), verb, *arguments, stdin=stdin, timeout=3.0 * wait
        )

    def _install(self) -> None:
        write = 'umask 077 && mkdir -p "$1" && cat >"$2.new" && mv "$2.new" "$2"'
        ran = self._run(
            "/bin/sh", "-c", write, "sh", self._directory, self._script, stdin=self._text.encode()
        )
        if ran.code:
            raise self._failed(f"{self._directory} cannot be written: {self._said(ran)}")

    def _json(self, *command: str) -> dict[str, Any]:
        ran = self._run(*command)
        if ran.code:
            raise self._failed(f"{' '.join(command)}: {self._said(ran)}")
        try:
            found = json.loads(ran.out)
        except ValueError:
            found = None
        if not isinstance(found, dict) or not all(_is_table(each) for each in found.items()):
            raise self._failed(f"{' '.join(command)}: the answer is no JSON object of tables")
        return found

    def _run(self, *command: str, stdin: bytes = b"", timeout: float | None = None) -> Ran:
        ran = self._shell.run(*self._sudo, *command, stdin=stdin, timeout=timeout)
        if ran.code and ran.err.startswith(b"sudo: "):
            words = one_line(ran.err.decode(errors="replace"))[:_WORDS]
            raise Misconfigured(f"{self._who}: {words} (the user needs sudo without a password)")
        return ran

    def _said(self, ran: Ran) -> str:
        said = (ran.err or ran.out).decode(errors="replace")
        if self._masker:
            said = self._masker.mask(said)
        return one_line(said)[:_WORDS] or f"exit code {ran.code}"

    def _failed(self, words: str) -> OutsideFailed:
        return OutsideFailed(f"{self._who}: {words}")


def _is_table(item: tuple[str, Any]) -> bool:
    name, entries = item
    if name == "bgpraw":
        return True
    return isinstance(entries, dict) and all(isinstance(each, dict) for each in entries.values())


def _secrets(config: Config) -> Iterator[str]:
    """What of the switch's own configuration must be in no message."""
    for name, entries in config.items():
        whole = name.startswith(_SECRET_TABLES)
        for key, entry in entries.items():
            if whole:
                yield from key.split("|")
            for each, value in entry.items():
                if isinstance(value, str) and (whole or SECRET_NAME.search(each)):
                    yield value
