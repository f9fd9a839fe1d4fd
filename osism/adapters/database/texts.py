"""Texts and values as both databases take them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

#: Longest texts, in characters. A detail may be the difference of a whole switch configuration.
NAME, DETAIL = 255, 100_000


def cut(text: str, length: int) -> str:
    """*text* as every database takes it, at most *length* characters."""
    # PostgreSQL takes any character but this one, and switches do send it; it takes no halves of
    # a character either.
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
    return text if len(text) <= length else f"{text[: length - 1]}…"


def plain(value: Any) -> Any:
    """*value* as JSON knows it, long texts cut."""
    if isinstance(value, str):
        return cut(value, DETAIL)
    if isinstance(value, Mapping):
        return {cut(str(key), NAME): plain(each) for key, each in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted((plain(each) for each in value), key=str)
    if isinstance(value, Sequence):
        return [plain(each) for each in value]
    if (
        value is None
        or isinstance(value, int)
        or (isinstance(value, float) and math.isfinite(value))
    ):
        return value
    return cut(str(value), DETAIL)
