"""Texts of terminals."""

from __future__ import annotations

import pytest

from osism.domain.texts import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("a [1m b", "a [1m b"),
        ("\x1b[0;32mok\x1b[0m: x\n", "ok: x\n"),
        ("\x1b[38;5;196mred\x1b[m", "red"),
        ("a\x1b[2K\x1b[1Gb\x1b[?25l", "ab"),
        ("\x1b[0 q|\x1b[>4;2m", "|"),
        ("\x1b[1m\x1b[31mü 漢\x1b[0m\x1b[0m", "ü 漢"),
        ("cut \x1b[3", "cut \x1b[3"),
    ],
)
def test_texts_without_escape_sequences(text: str, shown: str) -> None:
    assert plain(text) == shown
