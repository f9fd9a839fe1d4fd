"""RouterOS's configuration language, as ``/export`` writes it: lines, commands, quoted texts.

Sources: MikroTik's manual, "Scripting" (escape sequences, line joining) and "Configuration
Management" (export, import).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_BARE = re.compile(r"[A-Za-z0-9._:/,@+-]+")
# What stands for itself between quotes. '?' asks for help on a terminal of version 6.
_PLAIN = frozenset(map(chr, range(32, 127))) - frozenset('"\\$?')
_ESCAPES = {"n": 10, "r": 13, "t": 9, "a": 7, "b": 8, "f": 12, "v": 11, "_": 32}
_WORD = re.compile(r'\s*([^\s="\[\]]+)(?:(=)(?:"((?:[^"\\]|\\.)*)"|([^\s"=\[\];{}$()]*)))?')
_FIND = re.compile(r"\s*\[\s*find\s([^\[\]]*)\]")
_VERBS = ("add", "set", "remove")


class Wrong(Exception):
    """A line that cannot be read: its number (from 1) and the reason."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")


@dataclass(frozen=True)
class Command:
    """``/path verb [ find where... ] values...``"""

    line: int
    path: str
    verb: str
    values: Mapping[str, str]
    where: Mapping[str, str] = field(default_factory=dict)


def quote(value: str) -> str:
    """*value* as one word of a command: bare where it can be, else in quotes; always ASCII, and
    nothing in it means anything to the console."""
    if _BARE.fullmatch(value):
        return value
    return quoted(value)


def quoted(value: str) -> str:
    """*value* in quotes."""
    return '"' + "".join(map(_quoted, value)) + '"'


def _quoted(char: str) -> str:
    if char in _PLAIN:
        return char
    return "".join(f"\\{byte:02X}" for byte in char.encode("utf-8", "surrogateescape"))


def readable(value: str) -> str:
    """*value* for people: as :func:`quote`, with the letters that they know."""
    if _BARE.fullmatch(value):
        return value
    escaped = re.sub(r'(["\\$])', r"\\\1", value)
    return '"' + "".join(each if each.isprintable() else _quoted(each) for each in escaped) + '"'


def words(values: Mapping[str, str]) -> str:
    """``name=value`` words, sorted as an export has them. A comment is never bare: it could look
    like a list or a number."""
    return " ".join(
        f"{name}={quoted(values[name]) if name == 'comment' else quote(values[name])}"
        for name in sorted(values)
    )


def commands(text: str, paths: frozenset[str] | None = None) -> Iterator[Command]:
    """The commands of *text*; raises :class:`Wrong`.

    With *paths*, commands of other menus are passed over unread: what a switch exports holds more
    than we look at.
    """
    menu = ""
    for number, line in _joined(text):
        path, rest = _split(line, menu)
        if line.startswith("/"):
            menu = path
        if not rest or (paths is not None and path not in paths):
            continue
        verb, _, rest = rest.partition(" ")
        if verb not in _VERBS or not path:
            raise Wrong(number, f"unknown command: {line[:60]}")
        where, rest = _found(number, rest)
        yield Command(number, path, verb, _pairs(number, rest), where)


def _split(line: str, menu: str) -> tuple[str, str]:
    """The menu a line is about, and its command, empty when it only names the menu."""
    if not line.startswith("/"):
        return menu, line
    parts = line.split(" ")
    for at, part in enumerate(parts):
        if part in _VERBS and at:
            return " ".join(parts[:at]), " ".join(parts[at:])
    return line.rstrip(), ""


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """Lines that are no comments. One that ends in a backslash goes on in the next, whose
    indentation does not count."""
    begin, joined = 0, ""
    for number, line in enumerate(text.split("\n"), 1):
        line = line.rstrip("\r")
        begin = begin or number
        joined += line.lstrip(" ")
        if joined.endswith("\\") and not joined.startswith("#"):
            joined = joined[:-1]
            continue
        if joined.strip() and not joined.startswith("#"):
            yield begin, joined.strip(" ")
        begin, joined = 0, ""
    if joined:
        raise Wrong(begin, "the configuration ends within a line")


def _found(number: int, text: str) -> tuple[dict[str, str], str]:
    match = _FIND.match(text)
    if not match:
        return {}, text
    return _pairs(number, match[1]), text[match.end() :]


def _pairs(number: int, text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 0
    while text[at:].strip():
        match = _WORD.match(text, at)
        rest = text[match.end() : match.end() + 1] if match else "x"
        if not match or rest not in ("", " "):
            raise Wrong(number, f"expected name=value at {text[at:].strip()[:40]!r}")
        name, equals, quoted, bare = match.groups()
        if name in found:
            raise Wrong(number, f"{name} is there twice")
        if equals:
            found[name] = bare if quoted is None else unquoted(number, quoted)
        elif name.startswith("!"):
            found[name[1:]] = ""
        else:
            raise Wrong(number, f"expected name=value at {name[:40]!r}")
        at = match.end()
    return found


def unquoted(number: int, text: str) -> str:
    """The value of a text in quotes; ``\\C3\\BC`` are two bytes of UTF-8."""
    data = bytearray()
    at = 0
    while at < len(text):
        char, escape = text[at], text[at + 1 : at + 3]
        if char == "$":
            raise Wrong(number, "a '$' must be escaped")
        if char != "\\":
            data += char.encode("utf-8", "surrogateescape")
            at += 1
        elif re.fullmatch(r"[0-9A-F]{2}", escape):
            data.append(int(escape, 16))
            at += 3
        elif escape[:1] in _ESCAPES or not escape[:1].isalnum():
            data.append(_ESCAPES.get(escape[0], ord(escape[0]) & 0x7F))
            at += 2
        else:
            raise Wrong(number, f"unknown escape \\{escape[:1]}")
    return data.decode("utf-8", "surrogateescape")
