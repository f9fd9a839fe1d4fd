"""What a setting is, and how its value is read from text, YAML and JSON.

Every command reads the settings, so this is the standard library alone: see
``docs/decisions/0011-settings-from-the-standard-library.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

_SIGNS = {"ge": "at least", "gt": "more than", "le": "at most"}
_TRUTHS = {
    **dict.fromkeys(("true", "yes", "on", "t", "y", "1"), True),
    **dict.fromkeys(("false", "no", "off", "f", "n", "0"), False),
}


class Secret:
    """A text that shows in no message and no log."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def get_secret_value(self) -> str:
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret('********')" if self._value else "Secret('')"

    __str__ = __repr__


class Wrong(ValueError):
    """A value that a setting cannot have; ``path`` leads to it inside the setting."""

    def __init__(self, rule: str, value: Any, path: tuple[Any, ...] = ()) -> None:
        super().__init__(rule)
        self.rule, self.value, self.path = rule, value, path


class Setting:
    """One setting: its default, its reason, its limits, and what it is called elsewhere.

    It is declared in a class, whose annotation is its type. *also* is a name that sites have used
    for long; *among* are all its values; *check* has the last word on a value, and may change it.
    """

    def __init__(
        self,
        default: Any,
        why: str,
        limits: Mapping[str, float],
        also: str = "",
        among: tuple[str, ...] = (),
        check: Callable[[Any], Any] | None = None,
    ) -> None:
        self.default, self.why, self.limits = default, why, limits
        self.also, self.among, self.check = also, among, check

    def __set_name__(self, owner: type, name: str) -> None:
        self.name, self.kind = name, str(owner.__annotations__[name])

    @property
    def secret(self) -> bool:
        return self.kind == "Secret"

    @property
    def mapping(self) -> bool:
        return self.kind.startswith("dict")

    @property
    def keys(self) -> tuple[str, ...]:
        """Its keys in a file, the strongest first."""
        return (self.name, f"osism_{self.name}", self.also) if self.also else (self.name,)

    @property
    def variables(self) -> tuple[str, ...]:
        """Its names in the environment and in /run/secrets, the strongest first, in capitals."""
        names = self.keys if self.also else (f"osism_{self.name}",)
        return tuple(each.upper() for each in names)

    def read(self, value: Any) -> Any:
        """The value as the rest of the program wants it; raises :class:`Wrong`."""
        found: Any = _among(value, self.among) if self.among else _READERS[self.kind](value)
        for name, limit in self.limits.items():
            if not {"ge": found >= limit, "gt": found > limit, "le": found <= limit}[name]:
                raise Wrong(f"must be {_SIGNS[name]} {limit:g}", value)
        return self.check(found) if self.check else found


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong("must be text; in quotes, where it looks like something else", value)
    return value


def _among(value: Any, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise Wrong(f"must be {', '.join(choices[:-1])} or {choices[-1]}", value)
    return str(value)


def _truth(value: Any) -> bool:
    known = _TRUTHS.get(str(value).lower())
    if known is None:
        raise Wrong("must be true or false", value)
    return known


def _number(value: Any) -> float:
    try:
        found = float("nan" if isinstance(value, bool) else value)
    except (TypeError, ValueError, OverflowError):
        found = float("nan")
    if not isfinite(found):
        raise Wrong("must be a number", value)
    return found


def _whole(value: Any) -> int:
    try:
        found = _number(value)
    except Wrong:
        found = 0.5
    if not found.is_integer():
        raise Wrong("must be a whole number", value)
    return int(found)


def _path(value: Any) -> Path:
    return value if isinstance(value, Path) else Path(_text(value))


def _path_if_any(value: Any) -> Path | None:
    return None if value in (None, "") else _path(value)


def _mapping(value: Any, inner: Callable[[Any], Any]) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise Wrong("must be a mapping", value)
    found = {}
    for key, each in value.items():
        if not isinstance(key, str):
            raise Wrong("must be text, for it is a key; put it in quotes", key)
        try:
            found[key] = inner(each)
        except Wrong as wrong:
            raise Wrong(wrong.rule, wrong.value, (key, *wrong.path)) from None
    return found


#: Type, as an annotation says it -> what makes a value of it.
_READERS: Mapping[str, Callable[[Any], Any]] = {
    "str": _text,
    "Secret": lambda value: Secret(_text(value)),
    "bool": _truth,
    "float": _number,
    "int": _whole,
    "Path": _path,
    "Path | None": _path_if_any,
    "dict[str, dict[str, Any]]": lambda value: _mapping(
        value, lambda each: _mapping(each, lambda inner: inner)
    ),
    "dict[str, dict[str, Path]]": lambda value: _mapping(value, lambda each: _mapping(each, _path)),
}
