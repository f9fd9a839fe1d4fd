"""Secrets in what a switch says: differences of configurations, and messages that quote one."""

from __future__ import annotations

import re

from osism.domain.secrets import MASK, SECRET_NAME, masked

#: Words of configurations behind which a secret stands, besides those of ``SECRET_NAME``.
_WORDS = frozenset("key key-string keystring community auth priv md5".split())
_WORD = re.compile(r"\S+")


def without_secrets(text: str) -> str:
    """*text* with the rest of each line masked behind a word that announces a secret.

    Better a word too many than a password: ``key chain blue`` loses its name too. What no word
    announces stays.
    """
    lines = str(masked(text)).splitlines(keepends=True)
    return "".join(_line(line) for line in lines)


def _line(line: str) -> str:
    for match in _WORD.finditer(line):
        word = match[0].strip("+-\"'<>[]{}():;,=")
        rest = line[match.end() :]
        if rest.strip(" ;\r\n") and (word.lower() in _WORDS or SECRET_NAME.search(word)):
            return f"{line[: match.end()]} {MASK}{line[len(line.rstrip()) :]}"
    return line
