"""The options of a switch's entry, read with a clear word when they are of the wrong kind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from osism.domain.errors import Misconfigured
from osism.domain.names import nearest
from osism.domain.ports import Target


def seconds(target: Target, option: str, default: float) -> float:
    """A length of time: more than 0, an hour at most."""
    value = target.options.get(option, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 3600:
        raise wrong(target, f"{option} {value!r} is not 0 to 3600 seconds")
    return float(value)


def text(target: Target, option: str, default: str = "") -> str:
    """A text. What it holds is in no message: it may be a secret."""
    value = target.options.get(option, default)
    if not isinstance(value, str):
        raise wrong(target, f"{option} must be a text")
    return value


def choice(target: Target, option: str, known: Sequence[str], default: str) -> str:
    """One of the words in *known*."""
    value = text(target, option, default)
    if value not in known:
        raise wrong(target, f"{option} {value!r} is none of {', '.join(known)}")
    return value


def flag(target: Target, option: str, default: bool) -> bool:
    """Yes or no."""
    value = target.options.get(option, default)
    if not isinstance(value, bool):
        raise wrong(target, f"{option} must be true or false")
    return value


def file(target: Target, option: str) -> Path | None:
    """A file that exists; None when the option is not set."""
    value = text(target, option)
    if not value:
        return None
    path = Path(value).expanduser()
    if not path.is_file():
        raise wrong(target, f"{option}: there is no file {value!r}")
    return path


def only(target: Target, known: Sequence[str]) -> None:
    """Raise when there is an option that is none of *known*: a misspelt one is never used."""
    for option in target.options:
        if option not in known:
            hint = nearest(option, known)
            raise wrong(target, f"there is no option {option!r}{hint} ({', '.join(sorted(known))})")


def wrong(target: Target, words: str) -> Misconfigured:
    """A mistake in the entry of *target*, to be raised."""
    return Misconfigured(f"switch {target.name!r}: {words}")
