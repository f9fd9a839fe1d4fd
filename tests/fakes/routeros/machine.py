"""A RouterOS switch as a machine: its tables, its clock, its power."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable
from typing import Any

from tests.fakes.routeros.menus import MENUS, Menu, Row, numbers, read
from tests.fakes.routeros.script import Parser, Refused, Runner, Statement, text

_VERBS = ("add", "set", "remove", "find", "get", "print", "export", "run", "monitor-slaves")
_MAKES = {
    ("interface", "ethernet"): "ether",
    ("interface", "bonding"): "bond",
    ("interface", "bridge"): "bridge",
    ("interface", "vlan"): "vlan",
}
_PORT, _VLAN = ("interface", "bridge", "port"), ("interface", "bridge", "vlan")


class Cut(Exception):
    """The connection to the console ends here."""


class Machine:
    """A switch. *ports* are its Ethernet ports, the first of them has the management address
    127.0.0.1/8; a second of the scheduler's takes 1/*speed* seconds.

    ``faults`` is called with each command of a menu before it is done: what it raises happens.
    ``reached``: whether a console can be reached over the network; looked at after each line.
    ``log``: what scripts wrote. ``up``: the ports that have a link. ``partners``: the members of
    LAGs whose partner speaks LACP. ``lines``: what was typed, line by line.
    """

    def __init__(self, ports: Iterable[str], speed: float = 1.0, version: str = "") -> None:
        self.lock = threading.RLock()
        self.speed = speed
        self.tables: dict[tuple[str, ...], list[Row]] = {path: [] for path in MENUS}
        self.globals: dict[str, Any] = {}
        self.faults: Callable[[str, Statement], None] = lambda name, statement: None
        self.reached: Callable[[], bool] = lambda: True
        self.sessions: Callable[[], None] = lambda: None  # ends them; set by the server
        self.log: list[str] = []
        self.lines: list[str] = []
        self.up: set[str] = set()
        self.partners: set[str] = set()
        self.missing: set[tuple[str, ...]] = set()  # menus that this hardware does not have
        self._next = 1
        self._timers: dict[str, threading.Timer] = {}
        for name in ports:
            row = self._row(("interface", "ethernet"), {"default-name": name, "name": name})
            self.up.add(row.values["name"])
        first = self.tables["interface", "ethernet"][0].values["name"]
        self._row(("ip", "address"), {"address": "127.0.0.1/8", "interface": first})
        for path, menu in MENUS.items():
            if menu.single:
                self._row(path, {})
        if version:
            self.tables["system", "resource"][0].values["version"] = version

    # --- scripts ------------------------------------------------------------------------------

    def type(self, line: str) -> str:
        """What the console prints when *line* is entered."""
        out: list[str] = []
        with self.lock:
            try:
                statements = Parser(line, self.knows).statements()
                Runner(self._do, out.append).run(statements)
            except Refused as refusal:
                out.append(f"{refusal}\n")
        return "".join(out)

    def do(self, script: str) -> str:
        """Run a script as its owner, for a test: raises what the console would print."""
        out: list[str] = []
        with self.lock:
            Runner(self._do, out.append).run(Parser(script, self.knows).statements())
        return "".join(out)

    def knows(self, path: tuple[str, ...], verb: str = "", named: Any = None) -> bool:
        """Whether there is such a menu, command, or parameters."""
        if path in self.missing:
            return False
        if not verb:
            return any(each[: len(path)] == path for each in MENUS)
        if path not in MENUS and verb != "export":
            return False
        if named is None:
            return verb in _VERBS
        if verb in ("add", "set"):
            return set(named) <= {*MENUS[path].kinds, "numbers"}
        return True

    # --- power and time -----------------------------------------------------------------------

    def power_cycle(self) -> None:
        """Off and on again: sessions end, and what starts at the start does; the configuration
        was on the disk all the time. Manual, "Scheduler": 3 seconds after the start."""
        with self.lock:
            for timer in self._timers.values():
                timer.cancel()
            self._timers.clear()
            self.sessions()
            for row in self.tables["system", "scheduler"]:
                interval = row.values["interval"]
                if row.values["start-time"] == "startup" and not interval:
                    self._after(row, 3)
                elif interval:
                    self._after(row, interval)

    def elapse(self) -> None:
        """Time goes by until each scheduler with an interval has run once."""
        for row in list(self.tables["system", "scheduler"]):
            if row.values["interval"]:
                self._fire(row)

    def off(self) -> None:
        with self.lock:
            for timer in self._timers.values():
                timer.cancel()

    def _after(self, row: Row, seconds: float) -> None:
        timer = threading.Timer(seconds / self.speed, self._fire, [row])
        timer.daemon = True
        self._timers[row.id] = timer
        timer.start()

    def _fire(self, row: Row) -> None:
        with self.lock:
            if row not in self.tables["system", "scheduler"]:
                return
            if row.values["interval"]:
                self._timers[row.id].cancel()
                self._after(row, row.values["interval"])
            self.log.append(f"scheduler: {row.values['name']}")
            try:
                printed = self.type(row.values["on-event"])
            except Cut:  # the power went
                return
            if printed:
                self.log.append(printed)

    # --- commands of menus --------------------------------------------------------------------

    def _do(self, statement: Statement, runner: Runner) -> Any:
        if statement.verb == ":log":
            self.log.append(text(runner.value(statement.words[-1])))
            return None
        name = "/" + " ".join((*statement.path, statement.verb))
        self.faults(name, statement)
        if statement.verb == "export":
            runner.out(
                self.export(statement.path, any(w == ("text", "terse") for w in statement.words))
            )
            return None
        menu = MENUS[statement.path]
        if statement.verb == "find":
            return [row.id for row in self._find(menu, statement, runner)]
        if statement.verb == "print":
            runner.out(self._print(menu))
            return None
        if statement.verb == "monitor-slaves":
            runner.out(self._slaves(text(runner.value(statement.words[0]))))
            return None
        values = {key: text(runner.value(node)) for key, node in statement.named.items()}
        if statement.verb == "add":
            return self._add(menu, values)
        rows = self._named(menu, statement, runner)
        if statement.verb == "get":
            if len(rows) != 1:
                raise Refused("no such item")
            shown = self._shown(menu, rows[0])
            words = statement.words[0 if menu.single else 1 :]
            return shown.get(text(runner.value(words[0]))) if words else shown
        if statement.verb == "run":
            for row in rows or [None]:
                if row is None:
                    raise Refused("no such item")
                self._run(row.values["source"])
            return None
        for row in rows:
            if statement.verb == "remove":
                self._remove(menu, row)
            else:
                self._set(menu, row, values)
        return None

    def _run(self, source: str) -> None:
        Runner(self._do, self.log.append).run(Parser(source, self.knows).statements())

    def _rows(self, menu: Menu) -> list[Row]:
        rows = list(self.tables[menu.path])
        if menu.path == _VLAN:
            rows += self._added_by_pvid()
        if menu.path == ("interface",):
            rows = [
                Row(row.id, {**row.values, "type": kind})
                for path, kind in _MAKES.items()
                for row in self.tables[path]
            ]
        return rows

    def _find(self, menu: Menu, statement: Statement, runner: Runner) -> list[Row]:
        rows = self._rows(menu)
        if statement.where is None:
            return rows
        found = []
        for row in rows:
            shown = self._shown(menu, row)
            runner.row = lambda name, shown=shown: _cell(shown, name)  # type: ignore[misc]
            try:
                if runner.value(statement.where) is True:
                    found.append(row)
            finally:
                runner.row = None
        return found

    def _named(self, menu: Menu, statement: Statement, runner: Runner) -> list[Row]:
        if menu.single:
            return self.tables[menu.path]
        if not statement.words:
            raise Refused("no such item")
        wanted = runner.value(statement.words[0])
        wanted = wanted if isinstance(wanted, list) else [wanted]
        rows = {row.id: row for row in self._rows(menu)}
        named = {row.values.get("name"): row for row in self._rows(menu)}
        found = [rows.get(each) or named.get(each) for each in wanted]
        if None in found:
            raise Refused("no such item")
        return [each for each in found if each]

    def _shown(self, menu: Menu, row: Row) -> dict[str, Any]:
        values: dict[str, Any] = {".id": row.id, **menu.defaults, **row.values}
        if "dynamic" in menu.shown:
            values["dynamic"] = row.dynamic
        if "running" in menu.shown:
            values["running"] = self.running(row.values.get("name", ""))
        return values

    def running(self, name: str) -> bool:
        """Whether an interface has a link."""
        lag = self._by_name(("interface", "bonding"), name)
        if lag:
            return any(each in self.up for each in lag.values.get("slaves", []))
        return name in self.up

    # --- changes ------------------------------------------------------------------------------

    def interfaces(self) -> dict[str, str]:
        return {
            row.values["name"]: kind for path, kind in _MAKES.items() for row in self.tables[path]
        }

    def _row(self, path: tuple[str, ...], values: dict[str, Any]) -> Row:
        row = Row(f"*{self._next:X}", {**MENUS[path].defaults, **values})
        self._next += 1
        self.tables[path].append(row)
        return row

    def _add(self, menu: Menu, values: dict[str, str]) -> str:
        if menu.fixed or menu.single:
            raise Refused("bad command name add (line 1 column 1)")
        missing = [name for name in menu.required if not values.get(name)]
        if missing:
            raise Refused(f"missing value(s) of argument(s) {' '.join(missing)}")
        read_values = self._read(menu, values)
        self._check(menu, {**menu.defaults, **read_values}, None)
        row = self._row(menu.path, read_values)
        if menu.path == ("system", "scheduler") and row.values["interval"]:
            self._after(row, row.values["interval"])
        return row.id

    def _set(self, menu: Menu, row: Row, values: dict[str, str]) -> None:
        if row.dynamic:
            raise Refused("failure: can not change dynamic entry")  # *
        changed = {**row.values, **self._read(menu, values)}
        self._check(menu, changed, row)
        row.values.update(changed)

    def _remove(self, menu: Menu, row: Row) -> None:
        if menu.fixed or menu.single or row.dynamic:
            raise Refused("failure: can not remove this entry")  # *
        self.tables[menu.path].remove(row)
        if timer := self._timers.pop(row.id, None):
            timer.cancel()
        if menu.path in _MAKES:  # whatever names it now points nowhere
            self._forget(row.values["name"], row.id)

    def _forget(self, name: str, id: str) -> None:
        for rows in self.tables.values():
            for row in rows:
                for key in ("interface", "bridge", "peer-port"):
                    if row.values.get(key) == name:
                        row.values[key] = id
                for key in ("tagged", "untagged", "slaves"):
                    if name in row.values.get(key, []):
                        row.values[key] = [id if e == name else e for e in row.values[key]]

    def _read(self, menu: Menu, values: dict[str, str]) -> dict[str, Any]:
        known = self.interfaces()
        return {name: read(menu, name, value, known) for name, value in values.items()}

    def _check(self, menu: Menu, values: dict[str, Any], row: Row | None) -> None:
        others = [each for each in self.tables[menu.path] if each is not row]
        if menu.path in _MAKES:
            mine = row.values["name"] if row else None
            if values["name"] != mine and values["name"] in self.interfaces():
                raise Refused("failure: already have interface with such name")
        elif "name" in menu.required and any(e.values["name"] == values["name"] for e in others):
            raise Refused("failure: item with such name already exists")
        if menu.path == _PORT:
            if any(each.values["interface"] == values["interface"] for each in others):
                raise Refused("failure: device already added as bridge port")
            if values["interface"] in self._slaves_of(None):
                raise Refused("failure: interface is a bond slave")  # *
        if menu.path == ("interface", "bonding"):
            ports = {each.values["interface"] for each in self.tables[_PORT]}
            if set(values["slaves"]) & (ports | self._slaves_of(row)):
                raise Refused("failure: slave interface is used already")  # *
        if menu.path == _VLAN:
            self._check_vlan(values, others)
        if menu.path[-1] == "address" and any(
            each.values["address"] == values["address"]
            and each.values["interface"] == values["interface"]
            for each in others
        ):
            raise Refused("failure: already have such address")
        peer = values.get("peer-port", "none")
        if peer != "none" and peer not in self.interfaces():
            raise Refused("input does not match any value of peer-port")

    def _check_vlan(self, values: dict[str, Any], others: list[Row]) -> None:
        if set(values["tagged"]) & set(values["untagged"]):
            raise Refused("failure: interface cannot be in tagged and untagged at the same time")
        for each in others:
            same = each.values["bridge"] == values["bridge"]
            if same and numbers(each.values["vlan-ids"]) & numbers(values["vlan-ids"]):
                raise Refused("failure: vlan already added")

    def _slaves_of(self, but: Row | None) -> set[str]:
        rows = self.tables["interface", "bonding"]
        return {slave for row in rows if row is not but for slave in row.values["slaves"]}

    def _by_name(self, path: tuple[str, ...], name: str) -> Row | None:
        return next((row for row in self.tables[path] if row.values["name"] == name), None)

    def _added_by_pvid(self) -> list[Row]:
        """Rows that the bridge makes itself. Manual: "an untagged VLAN is added dynamically"."""
        found: dict[tuple[str, int], list[str]] = {}
        static = {
            (name, vid)
            for row in self.tables[_VLAN]
            for name in row.values["untagged"]
            for vid in numbers(row.values["vlan-ids"])
        }
        filtering = {
            row.values["name"]
            for row in self.tables["interface", "bridge"]
            if row.values["vlan-filtering"]
        }
        for port in self.tables[_PORT]:
            bridge, pvid, name = (port.values[each] for each in ("bridge", "pvid", "interface"))
            if bridge in filtering and (name, pvid) not in static:
                found.setdefault((bridge, pvid), []).append(name)
        return [
            Row(
                f"*F000{at:04X}",
                {
                    "bridge": bridge, "vlan-ids": [str(pvid)], "tagged": [], "untagged": names,
                    "comment": "added by pvid", "disabled": False,
                },
                True,
            )
            for at, ((bridge, pvid), names) in enumerate(sorted(found.items()), 1)
        ]  # fmt: skip

    # --- showing ------------------------------------------------------------------------------

    def export(self, path: tuple[str, ...], terse: bool) -> str:
        """What was changed from its default, as commands. Manual, "Configuration Management"."""
        lines = [
            "# 2024-11-05 10:11:12 by RouterOS 7.16.2",
            "# software id = ABCD-EFGH",
            "#",
            "# model = CRS326-24G-2S+",
        ]
        for menu in MENUS.values():
            if menu.path[: len(path)] != path or menu.path == ("interface",):
                continue
            commands = [_command(menu, row) for row in self.tables[menu.path]]
            commands = [each for each in commands if each]
            if commands and terse:
                lines += [f"{menu.name} {each}" for each in commands]
            elif commands:
                lines += [menu.name, *(wrapped(each) for each in commands)]
        return "\n".join(lines) + "\n"

    def _print(self, menu: Menu) -> str:
        lines = ["Flags: X - disabled, D - dynamic"]
        for at, row in enumerate(self._rows(menu)):
            flag = "D" if row.dynamic else "X" if row.values.get("disabled") else " "
            cells = [f"{name}={_exported(value)}" for name, value in row.values.items()]
            lines.append(f"{at:2} {flag}  {' '.join(cells)}")
        return "\n".join(lines) + "\n"

    def _slaves(self, name: str) -> str:
        lag = self._by_name(("interface", "bonding"), name)
        if lag is None:
            raise Refused("no such item")
        lines = ["Flags: A - active, P - partner"]
        for slave in lag.values["slaves"]:
            agreed = slave in self.partners and slave in self.up
            flags, partner = ("A-GSCD--", "D4:CA:6D:12:06:65") if agreed else ("A-G-----", "")
            lines.append(
                f' {"AP" if agreed else "A "} port={slave} key=17 flags="{flags}" '
                f"partner-sys-id={partner or '00:00:00:00:00:00'} partner-sys-priority=65535 "
                f'partner-key=9 partner-flags="{flags}"'
            )
            lines.append("")
        return "\n".join(lines) + "\n"


def _cell(shown: dict[str, Any], name: str) -> Any:
    """A property of a row in a condition; any other word stands for itself."""
    value = shown.get(name, name)
    return ",".join(value) if isinstance(value, list) else value


def _command(menu: Menu, row: Row) -> str:
    if menu.path == ("system", "resource"):
        return ""
    values = {
        name: value
        for name, value in row.values.items()
        if name in menu.kinds and value != menu.defaults.get(name)
    }
    if menu.fixed:
        if values.get("name") == row.values["default-name"]:
            del values["name"]
        where = f"[ find default-name={_exported(row.values['default-name'])} ] "
    else:
        where = ""
    if not values:
        return ""
    words = " ".join(f"{name}={_exported(values[name])}" for name in sorted(values))
    return f"{'set' if menu.fixed or menu.single else 'add'} {where}{words}"


def _exported(value: Any) -> str:
    """A value as an export writes it: hexadecimal for what is not ASCII."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    found = ",".join(value) if isinstance(value, list) else str(value)
    if re.fullmatch(r"[A-Za-z0-9._:/,*+-]+", found):
        return found
    return '"' + "".join(map(_escaped, found)) + '"'


def _escaped(char: str) -> str:
    named = {
        '"': '\\"',
        "\\": "\\\\",
        "$": "\\$",
        "?": "\\?",
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
    }
    if char in named:
        return named[char]
    if " " <= char <= "~":
        return char
    return "".join(f"\\{byte:02X}" for byte in char.encode("utf-8", "surrogateescape"))


def wrapped(command: str, width: int = 80) -> str:
    """A long command in lines that end in a backslash, also within quotes."""
    lines, left = [], command
    while len(left) > width:
        at = left.rfind(" ", 20, width - 1)
        at = at + 1 if at > 0 else width - 1
        while left[at - 1] == "\\" or re.search(r"\\[0-9A-F]?$", left[:at]):
            at -= 1
        lines.append(left[:at] + "\\")
        left = left[at:]
        if left.startswith(" "):
            left = "\\_" + left[1:]
    return "\n    ".join([*lines, left])
