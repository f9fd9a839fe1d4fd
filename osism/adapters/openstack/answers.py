"""What OpenStack's services say when something is wrong, in one line without secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from osism.domain.secrets import masked

if TYPE_CHECKING:
    from requests import Response

_LONGEST = 500


def words(answer: Response) -> str:
    """What an answer with an error says, else what its status means."""
    try:
        said = _message(answer.json())
    except ValueError:
        said = ""
    return line(said or answer.reason or f"status {answer.status_code}")


def line(text: str) -> str:
    """A text of theirs in one line, without what is secret in it."""
    shown = " ".join(str(masked(text)).split())
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def _message(body: Any) -> str:
    """Ironic: ``error_message.faultstring``, once more as JSON in old releases; Keystone and
    Neutron: ``<anything>.message``."""
    if isinstance(body, str):
        try:
            return _message(json.loads(body))
        except ValueError:
            return body
    if not isinstance(body, Mapping):
        return ""
    for name in ("faultstring", "message"):
        if isinstance(body.get(name), str):
            return str(body[name])
    return next((text for each in body.values() if (text := _message(each))), "")
