"""Reading a switch: its export for comparing, and the rows of its menus as they run.

Rows are read by a line of script that prints each property with its length, because a console
prints texts without quotes. MikroTik's manual, "Scripting": ``find``, ``get``, ``:foreach``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from osism.adapters.switches.routeros.console import Console, said
from osism.adapters.switches.routeros.facts import Facts, Held
from osism.adapters.switches.routeros.rows import Rows, running
from osism.adapters.switches.routeros.sections import EXPORTS
from osism.adapters.switches.routeros.words import Wrong
from osism.domain.errors import OutsideFailed

_FIELD = re.compile(r"=([a-z0-9-]+) ([0-9]{1,7}) (.*)", re.DOTALL)
#: What a console says of a menu that this hardware does not have.
_NO_MENU = re.compile(r"bad command name|syntax error|expected |no such command", re.IGNORECASE)


def exported(console: Console) -> Rows:
    """The rows of all our menus, from the switch's own export."""
    texts = []
    for path in EXPORTS:
        text = console.run(f"{path} export terse", f"export of {path}")
        if "#error" in text:
            raise console.failed(f"export of {path}: {said(text[text.index('#error') :])}")
        texts.append(text)
    try:
        return running(texts)
    except Wrong as error:
        raise console.failed(f"garbage in its export: {error}") from error


def rows(console: Console, path: str, names: Sequence[str]) -> list[dict[str, str]]:
    """These properties of every row of a menu; texts, empty for what a row does not have."""
    command = (
        f':foreach i in=[{path} find] do={{:local r [{path} get $i];:put "+";{_fields(names)}}}'
    )
    return _parsed(console, console.ask(command, f"reading {path}"), path)


def settings(console: Console, path: str, names: Sequence[str]) -> dict[str, str] | None:
    """These properties of a menu of one row; None when the switch does not have the menu."""
    output = console.ask(f'{{:local r [{path} get];:put "+";{_fields(names)}}}', f"reading {path}")
    if not output.startswith("+") and _NO_MENU.search(output):
        return None
    found = _parsed(console, output, path)
    return found[0] if found else None


def value(console: Console, expression: str, what: str) -> str:
    """What an expression comes to, one line."""
    output = console.run(f':put ("=".{expression})', what)
    if not output.startswith("="):
        raise console.failed(f"{what}: {said(output) or 'no answer'}")
    return output[1:]


def count(console: Console, queries: Sequence[str]) -> list[int]:
    """How many rows each of these ``find`` queries comes to."""
    found: list[int] = []
    for batch in batches(queries):
        command = ";".join(f':put ("=".[:len [{each}]])' for each in batch)
        output = console.run(command, "looking rows up")
        numbers = re.findall(r"^=([0-9]+)$", output, re.MULTILINE)
        if len(numbers) != len(batch):
            raise console.failed(f"looking rows up: {said(output) or 'no answer'}")
        found += map(int, numbers)
    return found


def batches(commands: Sequence[str], longest: int = 1500) -> list[list[str]]:
    """*commands* in groups that make lines of about *longest* characters."""
    found: list[list[str]] = []
    size = longest
    for each in commands:
        if size + len(each) > longest:
            found.append([])
            size = 0
        found[-1].append(each)
        size += len(each)
    return found


def facts(console: Console, management: frozenset[str]) -> Facts:
    """What there is beside the configuration."""
    interfaces = rows(console, "/interface", ("name", "type", "comment"))
    ports = rows(console, "/interface ethernet", ("default-name", "name"))
    names = ("address", "interface", "comment")
    held = [*rows(console, "/ip address", names), *rows(console, "/ipv6 address", names)]
    return Facts(
        {each["name"]: each["type"] for each in interfaces},
        {each["name"]: each["comment"] for each in interfaces},
        {each["default-name"]: each["name"] for each in ports},
        tuple(Held(each["interface"], each["address"], each["comment"]) for each in held),
        console.peer,
        management,
    )


def _fields(names: Sequence[str]) -> str:
    of = ";".join(f'"{name}"' for name in names)
    return (
        f":foreach k in={{{of}}} do={{:local v [:tostr ($r->$k)];"
        ':put ("=" . $k . " " . [:len $v] . " " . $v)}'
    )


def _parsed(console: Console, output: str, path: str) -> list[dict[str, str]]:
    try:
        return parsed(output)
    except ValueError as error:
        words = said(str(error))
        raise OutsideFailed(f"{console.who}: garbage in reading {path}: {words}") from error


def parsed(output: str) -> list[dict[str, str]]:
    """The rows of what the script above prints; raises :class:`ValueError` for anything else.

    A comment can have lines; a console ends each of them with two characters.
    """
    found: list[dict[str, str]] = []
    name, missing = "", 0
    for line in output.split("\n") if output else ():
        if missing > 0 and name:
            found[-1][name] += "\n" + line
            missing -= len(line.encode("utf-8", "surrogateescape")) + 2
        elif line == "+":
            found.append({})
            name = ""
        elif found and (match := _FIELD.fullmatch(line)):
            name = match[1]
            found[-1][name] = match[3]
            missing = int(match[2]) - len(match[3].encode("utf-8", "surrogateescape"))
        elif name and not line:
            found[-1][name] += "\n"
        else:
            raise ValueError(line[:200] or "an empty line")
    wanted: Mapping[str, str] = found[0] if found else {}
    if any(each.keys() != wanted.keys() for each in found):
        raise ValueError("rows of different properties")
    return found
