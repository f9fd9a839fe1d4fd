"""The lexical side of RouterOS: continued lines, words, quoted strings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from osism.lab.syntaxes.draft import Line, numbered

_ESCAPES = {"n": 10, "r": 13, "t": 9, "a": 7, "b": 8, "f": 12, "v": 11, "_": 32}
_PAIR = re.compile(
    r'\s*(?P<key>[a-z][a-z0-9-]*)=(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s"=]*))'
)
_FIND = re.compile(r"\[ *find +default-name=(?P<name>[^\s\"\]]+|\"(?:[^\"\\]|\\.)*\") *\]")


def commands(text: str) -> Iterator[Line]:
    """The commands of *text*: a line that ends in a backslash goes on in the next one."""
    begin, joined = 0, ""
    for line in numbered(text):
        begin = begin or line.number
        joined += line.text.lstrip(" ") if joined else line.text
        if joined.endswith("\\") and not joined.startswith("#"):
            joined = joined[:-1]
            continue
        yield Line(begin, joined)
        begin, joined = 0, ""
    if joined:
        Line(begin, joined).reject("the configuration ends within a line")


def pairs(line: Line, text: str) -> dict[str, str]:
    """The ``key=value`` words of *text*."""
    found: dict[str, str] = {}
    at = 0
    while text[at:].strip():
        match = _PAIR.match(text, at)
        if not match or text[match.end() : match.end() + 1] not in ("", " "):
            line.reject(f"expected key=value at {text[at:].strip()[:20]!r}")
        quoted = match["quoted"]
        found[match["key"]] = match["bare"] if quoted is None else unquoted(line, quoted)
        at = match.end()
    return found


def found_name(line: Line, text: str) -> tuple[str, str]:
    """Split ``[ find default-name=ether1 ] comment=x`` into the name and what follows."""
    match = _FIND.match(text)
    if not match:
        line.reject("expected [ find default-name=... ]")
    name = match["name"]
    if name.startswith('"'):
        name = unquoted(line, name[1:-1])
    return name, text[match.end() :]


def unquoted(line: Line, text: str) -> str:
    """The value of a string in quotes; ``\\C3\\BC`` are two bytes of UTF-8."""
    data = bytearray()
    at = 0
    while at < len(text):
        char = text[at]
        if char != "\\":
            data += char.encode() if char != "$" else line.reject("a '$' must be escaped")
            at += 1
            continue
        escape = text[at + 1 : at + 3]
        if re.fullmatch(r"[0-9A-F]{2}", escape):
            data.append(int(escape, 16))
            at += 3
        elif escape[:1] in _ESCAPES:
            data.append(_ESCAPES[escape[0]])
            at += 2
        elif escape[:1] in ('"', "\\", "$", "?"):
            data += escape[:1].encode()
            at += 2
        else:
            line.reject(f"unknown escape \\{escape}")
    try:
        return data.decode()
    except UnicodeDecodeError:
        line.reject("the text is not UTF-8")
