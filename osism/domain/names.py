"""Names from outside, checked before they become a path, a URL part or a file name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

from osism.domain.errors import Invalid

# NetBox allows any text of 64 characters as a device name; the ones that can be a folder, a file
# and a git tag at once are these. No leading dot or dash: ``..``, ``-e`` and ``.git`` stay out.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,62}[A-Za-z0-9_+-]|[A-Za-z0-9_]")


def checked(kind: str, name: object) -> str:
    """Return *name* when it can safely be part of a path, raise :class:`Invalid` otherwise."""
    if not isinstance(name, str) or not _NAME.fullmatch(name) or ".." in name:
        shown = repr(name)
        raise Invalid(
            f"{kind} {shown if len(shown) < 100 else f'{shown[:97]}...'}: not a valid name; "
            "letters, digits, '.', '_', '+' and '-' are, 64 characters at most, beginning with a "
            "letter, a digit or '_', not ending in '.'"
        )
    if name.endswith(".lock"):  # git refuses such a reference name
        raise Invalid(f"{kind} {name!r}: a name cannot end in '.lock'")
    return name


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean 'x' or 'y'?`` for a misspelt *name*, or an empty string."""
    close = get_close_matches(name, list(dict.fromkeys(known)), n=3)
    return f"; did you mean {' or '.join(repr(each) for each in close)}?" if close else ""
