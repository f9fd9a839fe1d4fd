"""What the API answers with, as the product's own errors."""

from __future__ import annotations

import json
from collections.abc import Mapping

from osism.domain import errors

_TOKEN = "; --token-file (or OSISM_TOKEN_FILE) names the file with the token"  # noqa: S105
#: HTTP status -> (error, what to do about it). Others become :class:`OutsideFailed`.
STATUSES: Mapping[int, tuple[type[errors.OsismError], str]] = {
    400: (errors.Invalid, ""),
    401: (errors.Refused, _TOKEN),
    403: (errors.Refused, "; ask an administrator for a token with this role"),
    404: (errors.NotFound, ""),
    405: (errors.Misconfigured, "; is it the API of another release?"),
    409: (errors.Refused, ""),
    412: (errors.Changed, ""),
    413: (errors.Invalid, ""),
    423: (errors.Busy, ""),
    501: (errors.Absent, ""),
}


def raised(status: int, content: bytes, url: str) -> errors.OsismError:
    """The error that an answer with this *status* is."""
    said = _said(content)
    if said is None and status in (502, 503, 504):  # of what stands before the API
        return errors.OutsideFailed(f"the API at {url} cannot be reached: it answers with {status}")
    if said is None:
        return errors.Misconfigured(
            f"{url} answers with {status} and not as the API does; is the URL right?"
        )
    kind, advice = STATUSES.get(status, (errors.OutsideFailed, ""))
    return kind(f"{said}{advice}")


def _said(content: bytes) -> str | None:
    """The message of the one body of failures; None for any other body."""
    try:
        body = json.loads(content)
        return "; ".join(body["message"]) if body["kind"] == "Status" else None
    except (ValueError, KeyError, TypeError):
        return None
