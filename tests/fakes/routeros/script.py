"""The language of the console: parsed whole before anything is done, then run line by line.

MikroTik's manual, "Scripting": line structure, command lines, data types, escape sequences,
operators, global commands. What is not needed here is refused, so that a test notices.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_ESCAPES = {
    "n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "_": " ",
    '"': '"', "\\": "\\", "$": "$", "?": "?",
}  # fmt: skip
_BLOCKS = ("do", "else", "on-error")
_OPERATORS = ("->", "!=", "<=", ">=", "&&", "||", "=", "<", ">", "~", ".", "+", "-")
_BINDS = {
    "||": 1, "or": 1, "&&": 2, "and": 2, "=": 4, "!=": 4, "<": 4, ">": 4, "<=": 4, ">=": 4, "~": 4,
    ".": 5, "+": 6, "-": 6, "->": 9,
}  # fmt: skip


class Refused(Exception):
    """What the console says instead of doing something."""


class Incomplete(Exception):
    """The text ends within brackets or quotes: the console asks for more."""


@dataclass
class Statement:
    """One command: its words, and where it begins."""

    path: tuple[str, ...]
    verb: str
    words: list[Any]
    named: dict[str, Any]
    where: Any = None
    column: int = 0


@dataclass
class Scope:
    """Local variables; an inner scope sees those of the outer ones."""

    values: dict[str, Any] = field(default_factory=dict)
    outer: Scope | None = None

    def holder(self, name: str) -> Scope | None:
        scope: Scope | None = self
        while scope and name not in scope.values:
            scope = scope.outer
        return scope


class Parser:
    """*menus* answers whether a path is a menu, and which verbs and names it knows."""

    def __init__(self, text: str, knows: Callable[..., bool]) -> None:
        self.text, self.at, self.knows = text, 0, knows
        self.menu: tuple[str, ...] = ()

    def statements(self, end: str = "") -> list[Statement]:
        found = []
        while True:
            self._skip(" \t\r\n;")
            if self.at >= len(self.text):
                if end:
                    raise Incomplete
                return found
            if self.text[self.at] == end:
                self.at += 1
                return found
            if self.text[self.at] == "#" and self._line_begins():
                while self.at < len(self.text) and self.text[self.at] != "\n":
                    self.at += 1
                continue
            found.append(self._statement(end))

    def _statement(self, end: str) -> Statement:
        column, menu = self.at, self.menu
        if self.text[self.at] == "{":
            self.at += 1
            return Statement((), "block", [self.statements("}")], {}, column=column)
        if self.text[self.at] == ":":
            self.at += 1
            statement = Statement((), f":{self._name()}", [], {}, column=column)
        else:
            statement = Statement(*self._path(menu), [], {}, column=column)
        self.menu = statement.path or menu
        try:
            self._arguments(statement, end)
        finally:
            self.menu = menu
        if statement.path and not self.knows(statement.path, statement.verb, statement.named):
            raise self.wrong("expected end of command")
        return statement

    def _path(self, menu: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
        parts: tuple[str, ...] = ()
        if self.text[self.at] == "/":
            self.at += 1
        else:
            parts = menu
        while True:
            begin = self.at
            name = self._name()
            if not name:
                raise self.wrong("expected command name", begin)
            if self.knows(parts, name):
                return parts, name
            parts = (*parts, name)
            if not self.knows(parts):
                raise self.wrong(f"bad command name {name}", begin)
            self._skip(" /")

    def _arguments(self, statement: Statement, end: str) -> None:
        while True:
            self._skip(" \t\r")
            if self.at >= len(self.text) or self.text[self.at] in f";\n{end}":
                return
            if self.text.startswith("where ", self.at):
                self.at += 6
                statement.where = self.expression(0)
                continue
            if statement.verb == ":do" and self.text[self.at] == "{":
                self.at += 1
                statement.named["do"] = self.statements("}")
                continue
            match = re.compile(r"([a-z][a-z0-9-]*)=").match(self.text, self.at)
            if not match:
                statement.words.append(self._value())
                continue
            self.at = match.end()
            if match[1] in _BLOCKS and self.text[self.at : self.at + 1] == "{":
                self.at += 1
                statement.named[match[1]] = self.statements("}")
            elif self.at >= len(self.text) or self.text[self.at] in " ;":
                if self.text[self.at :].strip():  # a bare "name=" before another word
                    raise self.wrong("expected end of command")
                statement.named[match[1]] = ("text", "")
            else:
                statement.named[match[1]] = self._value()

    def _value(self) -> Any:
        char = self.text[self.at]
        if char == '"':
            return self._string()
        if char == "[":
            self.at += 1
            return "command", self.statements("]")
        if char == "(":
            self.at += 1
            inner = self.expression(0)
            self._expect(")")
            return inner
        if char == "{":
            self.at += 1
            return "array", self._items()
        if char == "$":
            self.at += 1
            return "variable", self._variable()
        match = re.compile(r'[^\s;\[\](){}$"=]+').match(self.text, self.at)
        if not match:
            raise self.wrong("syntax error")
        self.at = match.end()
        return "text", match[0]

    def _items(self) -> list[Any]:
        items = []
        while True:
            self._skip(" ;")
            if self.at >= len(self.text):
                raise Incomplete
            if self.text[self.at] == "}":
                self.at += 1
                return items
            items.append(self._value())

    def expression(self, binds: int) -> Any:
        left = self._operand()
        while True:
            self._skip(" ")
            operator = self._operator()
            if not operator or _BINDS[operator] <= binds:
                return left
            self.at += len(operator)
            left = (operator, left, self.expression(_BINDS[operator]))

    def _operand(self) -> Any:
        self._skip(" ")
        if self.at >= len(self.text):
            raise Incomplete
        if self.text[self.at] == "!":
            self.at += 1
            return "not", self._operand()
        match = re.compile(r"[A-Za-z][A-Za-z0-9-]*|[0-9]+(?![0-9.:/])").match(self.text, self.at)
        if match:
            self.at = match.end()
            return ("number", int(match[0])) if match[0].isdigit() else ("word", match[0])
        return self._value()

    def _operator(self) -> str:
        for each in _OPERATORS:
            if self.text.startswith(each, self.at):
                return each
        match = re.compile(r"(and|or)\b").match(self.text, self.at)
        return match[0] if match else ""

    def _string(self) -> Any:
        self.at += 1
        parts: list[Any] = []
        data = bytearray()
        while True:
            if self.at >= len(self.text):
                raise Incomplete
            char = self.text[self.at]
            self.at += 1
            if char == '"':
                return "string", [*parts, data.decode("utf-8", "surrogateescape")]
            if char == "$":
                parts += [data.decode("utf-8", "surrogateescape"), ("variable", self._variable())]
                data.clear()
            elif char != "\\":
                data += char.encode("utf-8", "surrogateescape")
            else:
                data += self._escape()

    def _escape(self) -> bytes:
        match = re.compile(r"[0-9A-F]{2}").match(self.text, self.at)
        if match:
            self.at += 2
            return bytes([int(match[0], 16)])
        char = self.text[self.at : self.at + 1]
        if not char:
            raise Incomplete
        if char not in _ESCAPES:
            raise self.wrong("syntax error")
        self.at += 1
        return _ESCAPES[char].encode()

    def _name(self) -> str:
        match = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*").match(self.text, self.at)
        if not match:
            return ""
        self.at = match.end()
        return match[0]

    def _variable(self) -> str:
        match = re.compile(r"[A-Za-z0-9]*").match(self.text, self.at)
        assert match
        self.at = match.end()
        return match[0]

    def _skip(self, chars: str) -> None:
        while self.at < len(self.text) and self.text[self.at] in chars:
            self.at += 1

    def _line_begins(self) -> bool:
        return self.text[: self.at].rstrip(" ").endswith("\n") or not self.text[: self.at].strip()

    def _expect(self, char: str) -> None:
        self._skip(" ")
        if self.at >= len(self.text):
            raise Incomplete
        if self.text[self.at] != char:
            raise self.wrong("syntax error")
        self.at += 1

    def wrong(self, words: str, at: int | None = None) -> Refused:
        before = self.text[: self.at if at is None else at]
        line = before.count("\n") + 1
        column = len(before) - before.rfind("\n")
        return Refused(f"{words} (line {line} column {column})")


class Runner:
    """Runs statements; *do* does the commands of menus, *out* takes what is printed."""

    def __init__(self, do: Callable[[Statement, Runner], Any], out: Callable[[str], None]) -> None:
        self._do, self.out = do, out
        self.scope = Scope()
        self.row: Callable[[str], Any] | None = None  # in a condition: the properties of a row

    def run(self, statements: list[Statement]) -> Any:
        value = None
        for each in statements:
            value = self._statement(each)
        return value

    def _inner(self, statements: list[Statement], **values: Any) -> Any:
        self.scope = Scope(dict(values), self.scope)
        try:
            return self.run(statements)
        finally:
            assert self.scope.outer is not None
            self.scope = self.scope.outer

    def _statement(self, each: Statement) -> Any:
        match each.verb:
            case "block":
                return self._inner(each.words[0])
            case ":put":
                self.out(text(self.value(each.words[0])) + "\n")
            case ":local":
                self.scope.values[each.words[0][1]] = self.value(each.words[1])
            case ":set":
                holder = self.scope.holder(each.words[0][1])
                if holder is None:
                    raise Refused("variable is not declared")
                holder.values[each.words[0][1]] = self.value(each.words[1])
            case ":len":
                value = self.value(each.words[0])
                if isinstance(value, (list, dict)):
                    return len(value)
                return len(text(value).encode("utf-8", "surrogateescape"))
            case ":tostr":
                return text(self.value(each.words[0]))
            case ":error":
                raise Refused(text(self.value(each.words[0])))
            case ":log":
                self._do(each, self)
            case ":if":
                block = "do" if self.value(each.words[0]) is True else "else"
                return self._inner(each.named.get(block, []))
            case ":do":
                try:
                    return self._inner(each.named["do"])
                except Refused:
                    if "on-error" not in each.named:
                        raise
                    return self._inner(each.named["on-error"])
            case ":foreach":
                self._foreach(each)
            case _:
                if each.verb.startswith(":"):
                    raise Refused(f"bad command name {each.verb[1:]} (line 1 column 2)")
                return self._do(each, self)
        return None

    def _foreach(self, each: Statement) -> None:
        name = each.words[0][1]
        for value in list(self.value(each.named["in"])):
            self._inner(each.named["do"], **{name: value})

    def value(self, node: Any) -> Any:
        kind = node[0]
        if kind == "word":
            return self.row(node[1]) if self.row else node[1]
        if kind in ("text", "number"):
            return node[1]
        if kind == "string":
            if len(node[1]) == 1:
                return node[1][0]
            return "".join(e if isinstance(e, str) else text(self.value(e)) for e in node[1])
        if kind == "variable":
            holder = self.scope.holder(node[1])
            return holder.values[node[1]] if holder else None
        if kind == "command":
            return self.run(node[1])
        if kind == "array":
            return [self.value(each) for each in node[1]]
        if kind == "not":
            return self.value(node[1]) is not True
        if kind == "->":
            table, key = self.value(node[1]), self.value(node[2])
            return table.get(text(key)) if isinstance(table, dict) else None
        return self._operate(kind, node[1], node[2])

    def _operate(self, operator: str, left: Any, right: Any) -> Any:
        if operator in ("and", "&&"):
            return self.value(left) is True and self.value(right) is True
        if operator in ("or", "||"):
            return self.value(left) is True or self.value(right) is True
        one, two = self.value(left), self.value(right)
        if operator == ".":
            return text(one) + text(two)
        if operator in ("=", "!="):
            same = _alike(one, two) == _alike(two, one)
            return same is (operator == "=")
        if operator == "~":
            return re.search(text(two), text(one)) is not None
        if operator in ("+", "-"):
            return int(one) + int(two) * (1 if operator == "+" else -1)
        return {"<": one < two, ">": one > two, "<=": one <= two, ">=": one >= two}[operator]


def text(value: Any) -> str:
    """A value as it is printed."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ";".join(map(text, value))
    if isinstance(value, dict):
        return ";".join(f"{name}={text(each)}" for name, each in value.items())
    return str(value)


def _alike(value: Any, other: Any) -> str:
    """*value* for comparing it with *other*: yes and no are words for true and false."""
    if isinstance(other, bool) and value in ("yes", "no"):
        return "true" if value == "yes" else "false"
    return text(value)
