"""Writing requests to the HTTP API: what is taken of JSON, and what the audit log keeps of it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from osism.domain.errors import Invalid
from osism.domain.secrets import MASK, masked, secret_arguments

#: How deep JSON may be nested; deeper is nobody's request.
DEPTH = 50
#: Characters of a body, as JSON, that the audit log keeps.
MOST = 8_000


@dataclass(frozen=True)
class Entry:
    """Who (description of the token) asked for what, and the answer.

    ``body``: the JSON of the request without secrets, None without one. ``status``: the HTTP
    status, None while it is worked on, and for ever when the process died then.
    """

    at: datetime
    who: str
    role: str
    address: str
    method: str
    path: str
    body: Any = None
    status: int | None = None
    result: str = ""
    number: int = 0


def parsed(content: bytes) -> Any:
    """The JSON of a body: UTF-8, not too deep, and nothing that JSON does not know (``NaN``).

    Anything else raises :class:`Invalid`.
    """
    try:
        found = json.loads(content.decode(), parse_float=_number, parse_constant=_number)
        deep = _is_deep(found)
    except UnicodeDecodeError as mistake:
        raise Invalid(f"the body is no UTF-8, from byte {mistake.start}") from None
    except RecursionError:
        deep = True
    except ValueError as mistake:
        raise Invalid(f"the body is no JSON: {mistake}") from None
    if deep:
        raise Invalid(f"the body is nested more than {DEPTH} deep")
    return found


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is no number")
    return value


def _is_deep(data: Any) -> bool:
    level = [data]
    for _ in range(DEPTH):
        level = [
            each
            for parent in level
            if isinstance(parent, dict | list)
            for each in (parent.values() if isinstance(parent, dict) else parent)
        ]
    return bool(level)


def recorded(data: Any) -> Any:
    """What the audit log keeps of a body: no secrets, and the beginning of what is long."""
    found = masked(_without_secret_arguments(data))
    text = json.dumps(found, ensure_ascii=False)
    return found if len(text) <= MOST else {"size": len(text), "beginning": text[:MOST]}


def _without_secret_arguments(data: Any) -> Any:
    """Lists of Ansible's arguments that carry secrets in clear are hidden as a whole."""
    if isinstance(data, Mapping):
        return {name: _without_secret_arguments(each) for name, each in data.items()}
    if not isinstance(data, list):
        return data
    if all(isinstance(each, str) for each in data):
        return [MASK] if secret_arguments(data) else data
    return [_without_secret_arguments(each) for each in data]
