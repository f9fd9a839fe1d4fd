"""Writing requests to the HTTP API, as the audit log keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


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
