"""A SONiC switch as a state with commands that change it: no answer is canned.

What the commands do, print and exit with is of public documents: sonic-utilities' config/main.py
(``checkpoint``, ``replace``, ``rollback``, ``delete-checkpoint``, ``save``, ``reload``; click
prints a usage and "Error: …" and exits with 2), show/main.py (``runningconfiguration all``, with
FRR's text in ``bgpraw``), generic_updater.py (changes are made one after the other, and stay when a
later one fails; no lock), SONiC's design doc/config-generic-update-rollback, swss-schema (APPL_DB),
systemd's systemd-run(1) and systemctl(1).
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from tests.fakes.sonic_database import Config, refusal

Answer = tuple[int, str, str]
CHECKPOINTS = "/etc/sonic/checkpoints/"


class Timer:
    """A transient timer of systemd: runs its command, and again after it has ended."""

    def __init__(self, run: Callable[[], None], first: float, again: float | None) -> None:
        self._stopped = threading.Event()
        self._run, self._first, self._again = run, first, again
        threading.Thread(target=self._wait, daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def _wait(self) -> None:
        if self._stopped.wait(self._first):
            return
        self._run()
        while self._again is not None and not self._stopped.wait(self._again):
            self._run()


class Machine:
    """One switch. *second*: how long a second of its timers takes here."""

    def __init__(self, config: Config, env: dict[str, str], boot: Path, second: float) -> None:
        self.config, self.startup = deepcopy(config), deepcopy(config)
        self.checkpoints: dict[str, Config] = {}
        self.timers: dict[str, Timer] = {}
        self.down: set[str] = set()  # ports without a link
        self.fails: set[str] = set()  # commands that fail, as in "config save"
        self.calls: list[tuple[str, ...]] = []
        self.changed = 0
        #: Called before each change of the database with its number in this command.
        self.before_change: Callable[[int], None] = lambda number: None
        self.before_command: Callable[[Sequence[str]], None] = lambda argv: None
        self._env, self._boot, self._second = env, boot, second
        self._boots = 0
        self._lock = threading.Lock()
        self._start()

    def run(self, argv: Sequence[str]) -> Answer:
        """What a command comes to: exit code, output, errors."""
        self.calls.append(tuple(argv))
        self.before_command(argv)
        name = " ".join(argv[:2])
        if name in self.fails:
            return _failed(argv, "No space left on device")
        handler = _COMMANDS.get(argv[0])
        return handler(self, list(argv[1:])) if handler else (127, "", f"{argv[0]}: not found\n")

    def reboot(self) -> None:
        """Power off and on: the database is loaded from what was saved, timers are gone."""
        for timer in self.timers.values():
            timer.stop()
        self.timers.clear()
        self.config = deepcopy(self.startup)
        self._start()

    def _start(self) -> None:
        self._boots += 1
        self._boot.write_text(f"boot-{self._boots}\n")

    # config

    def configure(self, argv: list[str]) -> Answer:
        verb, *rest = argv
        names = [each for each in rest if not each.startswith("-")]
        match verb:
            case "checkpoint":
                self.checkpoints[names[0]] = deepcopy(self.config)
                return 0, "Checkpoint created successfully.\n", ""
            case "delete-checkpoint":
                if self.checkpoints.pop(names[0], None) is None:
                    return _failed(["config", verb], f"Checkpoint '{names[0]}' does not exist")
                return 0, "Checkpoint deleted successfully.\n", ""
            case "replace":
                try:
                    target = json.loads(Path(names[0]).read_text())
                except (OSError, ValueError) as error:
                    return _failed(["config", verb], str(error))
                return self._replace(verb, target, "Config replaced successfully.\n")
            case "rollback":
                known = self.checkpoints.get(names[0])
                if known is None:
                    return _failed(["config", verb], f"Checkpoint '{names[0]}' does not exist")
                return self._replace(verb, known, "Config rolled back successfully.\n")
            case "save":
                self.startup = deepcopy(self.config)
                return 0, "Running command: /usr/local/bin/sonic-cfggen -d --print-data\n", ""
            case "reload":
                path = names[0] if names else ""
                known = self.checkpoints.get(
                    path.removeprefix(CHECKPOINTS).removesuffix(".cp.json")
                )
                self.config = deepcopy(known if known is not None else self.startup)
                return 0, "Stopping SONiC target ...\nRestarting SONiC target ...\n", ""
        return 2, "", f"Error: No such command '{verb}'.\n"

    def _replace(self, verb: str, target: Any, done: str) -> Answer:
        log = "Config Replacer: Config replacement starting.\n"
        if words := refusal(self.config, target):
            return _failed(["config", verb], words, log)
        for number, (table, key) in enumerate(_changes(self.config, target), 1):
            try:
                self.before_change(number)
            except ValueError as error:
                return _failed(["config", verb], str(error), log)
            with self._lock:
                self._set(table, key, target.get(table, {}).get(key))
        if self.config != target:
            return _failed(
                ["config", verb], "After replacing config, there is still some parts not updated"
            )
        return 0, log + done, ""

    def _set(self, table: str, key: str, entry: dict[str, Any] | None) -> None:
        self.changed += 1
        if entry is None:
            self.config[table].pop(key, None)
            if not self.config[table]:
                del self.config[table]
        else:
            self.config.setdefault(table, {})[key] = deepcopy(entry)

    # show, systemd, databases

    def show(self, argv: list[str]) -> Answer:
        if argv != ["runningconfiguration", "all"]:
            return 2, "", f'Error: No such command "{" ".join(argv)}".\n'
        with self._lock:
            config: dict[str, Any] = deepcopy(self.config)
        config["bgpraw"] = "router bgp 65001\n neighbor 10.9.0.0 password bgp-md5-s3cret\n"
        return 0, json.dumps(config, indent=4) + "\n", ""

    def systemd_run(self, argv: list[str]) -> Answer:
        options = {}
        while argv and argv[0].startswith("-"):
            name, _, value = argv.pop(0).partition("=")
            options[name] = value
        unit = options["--unit"]
        if f"{unit}.timer" in self.timers:
            return (
                1,
                "",
                f"Failed to start transient timer unit: Unit {unit}.timer already exists.\n",
            )

        def run() -> None:
            subprocess.run(argv, env=self._env, check=False, capture_output=True)

        again = options.get("--on-unit-inactive")
        self.timers[f"{unit}.timer"] = Timer(
            run,
            float(options["--on-active"]) * self._second,
            float(again) * self._second if again else None,
        )
        return 0, "", ""

    def systemctl(self, argv: list[str]) -> Answer:
        _, *units = argv
        known = [self.timers.pop(each, None) for each in units]
        for each in known:
            if each:
                each.stop()
        missing = [unit for unit, each in zip(units, known, strict=True) if each is None]
        words = "".join(f"Failed to stop {each}: Unit {each} not loaded.\n" for each in missing)
        return (5 if missing else 0), "", words

    def dump(self, argv: list[str]) -> Answer:
        """sonic-db-dump -n APPL_DB -k PATTERN -y"""
        prefix = argv[argv.index("-k") + 1].split("*")[0]
        rows: dict[str, dict[str, str]] = {}
        for port, entry in self.config.get("PORT", {}).items():
            up = entry.get("admin_status") == "up" and port not in self.down
            rows[f"PORT_TABLE:{port}"] = {"oper_status": "up" if up else "down"}
        rows["PORT_TABLE:PortConfigDone"] = {"count": str(len(self.config.get("PORT", {})))}
        for lag in self.config.get("PORTCHANNEL", {}):
            rows[f"LAG_TABLE:{lag}"] = {"oper_status": "up"}
        for key in self.config.get("PORTCHANNEL_MEMBER", {}):
            lag, port = key.split("|")
            status = "disabled" if port in self.down else "enabled"
            rows[f"LAG_MEMBER_TABLE:{lag}:{port}"] = {"status": status}
        found = {
            key: {"expireat": 0, "ttl": -0.001, "type": "hash", "value": value}
            for key, value in rows.items()
            if key.startswith(prefix)
        }
        return 0, json.dumps(found, indent=4), ""


def _changes(old: Config, target: Config) -> list[tuple[str, str]]:
    found = []
    for table in sorted({*old, *target}):
        before, after = old.get(table, {}), target.get(table, {})
        found += [
            (table, key) for key in sorted({*before, *after}) if before.get(key) != after.get(key)
        ]
    return found


def _failed(argv: Sequence[str], words: str, log: str = "") -> Answer:
    name = " ".join(argv[:2])
    doing = {"replace": "replace config", "rollback": "rollback config"}.get(argv[1], argv[1])
    usage = f"Usage: {name} [OPTIONS]\nTry '{name} -h' for help.\n\n"
    return 2, log, f"Failed to {doing}\n{usage}Error: {words}\n"


_COMMANDS: dict[str, Callable[[Machine, list[str]], Answer]] = {
    "config": Machine.configure,
    "show": Machine.show,
    "systemd-run": Machine.systemd_run,
    "systemctl": Machine.systemctl,
    "sonic-db-dump": Machine.dump,
}
