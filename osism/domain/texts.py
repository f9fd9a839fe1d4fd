"""Texts that programs print for people."""

from __future__ import annotations

import re

_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


def plain(text: str) -> str:
    """*text* without colours and other escape sequences of terminals (ECMA-48, CSI)."""
    return _ESCAPES.sub("", text) if "\x1b" in text else text
