"""Texts for people: what programs print, and numbers that stand for many."""

from __future__ import annotations

import re
from collections.abc import Iterable

_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


def plain(text: str) -> str:
    """*text* without colours and other escape sequences of terminals (ECMA-48, CSI)."""
    return _ESCAPES.sub("", text) if "\x1b" in text else text


def ranges(numbers: Iterable[int]) -> str:
    """Numbers as switches write them: ``1-3,5``."""
    found: list[list[int]] = []
    for each in sorted(set(numbers)):
        if found and found[-1][1] == each - 1:
            found[-1][1] = each
        else:
            found.append([each, each])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in found)
