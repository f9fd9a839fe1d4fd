"""The Jinja2 environment for switch configurations: sandboxed, strict, repeatable, and bounded."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

from jinja2 import BaseLoader, StrictUndefined, Undefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError, TemplateRuntimeError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment, safe_range

from osism.domain.texts import ranges

LONGEST = 1024 * 1024  #: characters or items that one expression may build
_BITS = 4096  # of an integer
_WIDTH = 1000  # characters to pad to

# Left out: another text in each run, or filling up to any number of items.
_FILTERS_NOT_OFFERED = ("random", "pprint", "batch", "slice")
_PADDING = frozenset({"center", "expandtabs", "ljust", "rjust", "zfill"})


class _Code(CodeGenerator):
    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        """``a ~ b`` goes through :meth:`Sandbox.concatenated`; Jinja2 has no hook for it."""
        self.write("environment.concatenated((")
        for each in node.nodes:
            self.visit(each, frame)
            self.write(", ")
        self.write("))")


class Sandbox(ImmutableSandboxedEnvironment):
    """What a template can do."""

    intercepted_binops = frozenset({"*", "**", "%", "+"})
    code_generator_class = _Code

    def __init__(self, loader: BaseLoader) -> None:
        super().__init__(
            loader=loader,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=False,  # the text is no HTML
            finalize=_printable,
        )
        self.globals = {"range": safe_range, "dict": dict, "namespace": self.globals["namespace"]}
        for name in _FILTERS_NOT_OFFERED:
            del self.filters[name]
        self.filters |= {
            "center": _center,
            "format": lambda text, *values: _percent(str(text), values),
            "indent": _indent,
            "ranges": ranges,
            "routeros": routeros,
            "tojson": tojson,
        }
        self.tests["contains"] = lambda value, item: item in value

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "%" and isinstance(left, str):
            return _percent(left, right)
        _BOUNDS[operator](left, right)
        return super().call_binop(context, operator, left, right)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        text = isinstance(getattr(__obj, "__self__", None), str)
        if text and getattr(__obj, "__name__", "") in _PADDING:
            _require_width(args[0] if args else kwargs.get("tabsize", 8))
        return super().call(__context, __obj, *args, **kwargs)

    def wrap_str_format(self, value: Any) -> None:
        """``str.format`` pads to any width, also one that is hidden in a value."""
        if super().wrap_str_format(value) is not None:
            raise SecurityError("str.format is not offered; use '~' or '%'")

    def concatenated(self, parts: Sequence[Any]) -> str:
        """The text of *parts*, one after the other."""
        texts = [str(each) for each in parts]
        _require_length(sum(map(len, texts)))
        return "".join(texts)


def tojson(value: Any, indent: int | None = None) -> str:
    """*value* as JSON; a part of the intent becomes an object of its fields."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if indent is not None:
        _require_width(indent)
    return json.dumps(value, indent=indent, ensure_ascii=False, default=_as_json)


def routeros(value: object) -> str:
    """A value as RouterOS writes it: bare where it can be, else in quotes, always ASCII."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    if re.fullmatch(r"[A-Za-z0-9._:/,@+-]+", text):
        return text
    return '"' + "".join(_quoted(each) for each in text) + '"'


def _quoted(char: str) -> str:
    if char in '"\\$?':
        return "\\" + char
    if " " <= char <= "~":
        return char
    return "".join(f"\\{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))


def _as_json(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Undefined):
        str(value)  # says what is undefined
    raise TypeError(f"a {type(value).__name__} has no JSON form")


def _printable(value: Any) -> Any:
    """Only text and numbers are printed: nobody means ``mtu None`` in a configuration."""
    if isinstance(value, (str, int, float, Undefined)):  # an undefined one says so when printed
        return value
    raise TemplateRuntimeError(f"a {type(value).__name__} cannot be printed, only text and numbers")


def _percent(text: str, values: Any) -> str:
    if re.search(r"%[^a-zA-Z%]*(\*|[0-9]{4})", text):
        raise SecurityError(f"a width above {_WIDTH} is not offered")
    return str(text % values)


def _center(value: Any, width: int = 80) -> str:
    return str(value).center(_require_width(width))


def _indent(text: Any, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    """Each line moved to the right by *width* blanks (or that text); the first one if asked."""
    by = width if isinstance(width, str) else " " * _require_width(width)
    lines = str(text).split("\n")
    _require_length(len(by) * len(lines))
    moved = [by + line if line or blank else line for line in lines]
    return "\n".join(moved if first else [lines[0], *moved[1:]])


def _require_width(width: Any) -> int:
    if not isinstance(width, int) or width > _WIDTH:
        raise SecurityError(f"a width above {_WIDTH} is not offered")
    return width


def _require_length(length: int) -> None:
    if length > LONGEST:
        raise SecurityError(f"more than {LONGEST} characters or items in one expression")


def _bound_product(left: Any, right: Any) -> None:
    for sequence, times in ((left, right), (right, left)):
        if isinstance(sequence, (str, bytes, list, tuple)) and isinstance(times, int):
            _require_length(len(sequence) * max(times, 0))
    if isinstance(left, int) and isinstance(right, int):
        _require_bits(left.bit_length() + right.bit_length())


def _bound_power(left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int):
        _require_bits(left.bit_length() * abs(right))


def _bound_sum(left: Any, right: Any) -> None:
    if isinstance(left, (str, bytes, list, tuple)) and hasattr(right, "__len__"):
        _require_length(len(left) + len(right))


def _require_bits(bits: int) -> None:
    if bits > _BITS:
        raise SecurityError(f"a number of more than {_BITS} bits")


_BOUNDS: dict[str, Callable[[Any, Any], None]] = {
    "*": _bound_product,
    "**": _bound_power,
    "+": _bound_sum,
    "%": lambda left, right: None,
}
