"""Who may use the HTTP API: tokens, of which only a digest is kept, and what their roles allow."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from osism.domain.errors import Invalid

_DIGEST = re.compile(r"[0-9a-f]{64}")
_PREFIX = "osism_"  # lets scanners for leaked secrets know one


class Role(IntEnum):
    """What a token allows; each role may do what those before it may.

    ``reader`` looks, ``operator`` asks for work, ``admin`` changes the site itself (locks, NetBox's
    custom fields, removal of nodes) and reads the audit log.
    """

    READER = 1
    OPERATOR = 2
    ADMIN = 3

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Caller:
    """Who makes a request: the description of the token, and what it allows."""

    name: str
    role: Role


@dataclass(frozen=True)
class Token:
    """A token of the settings; ``digest`` is the SHA-256 of what the client presents, in hex."""

    caller: Caller
    digest: str


def checked_token(name: str, values: Mapping[str, Any]) -> Token:
    """The token that an entry of the setting ``api_tokens`` describes; :class:`Invalid`."""
    if unknown := sorted(set(values) - {"sha256", "role"}):
        raise Invalid(f"has no key {unknown[0]!r}; sha256 and role are its keys")
    digest, role = values.get("sha256"), values.get("role")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest.lower()):
        raise Invalid("sha256 must be the SHA-256 of a token, 64 hexadecimal digits")
    names = [str(each) for each in Role]
    if role not in names:
        raise Invalid(f"role must be {', '.join(names[:-1])} or {names[-1]}")
    return Token(Caller(name, Role[str(role).upper()]), digest.lower())


def checked_tokens(values: Mapping[str, Mapping[str, Any]]) -> list[Token]:
    """The tokens of the setting ``api_tokens``; :class:`Invalid` names the one that is wrong."""
    found: dict[str, Token] = {}
    for name, each in values.items():
        try:
            token = checked_token(name, each)
        except Invalid as mistake:
            raise Invalid(f"{name!r}: {mistake}") from None
        if other := found.get(token.digest):
            raise Invalid(f"{name!r} has the token of {other.caller.name!r}: give each its own")
        found[token.digest] = token
    return list(found.values())


def new_token() -> str:
    """A token that nobody guesses: 256 random bits."""
    return _PREFIX + secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is kept of a token. It is random, so that a plain digest gives nothing away."""
    return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()


def caller(tokens: Iterable[Token], presented: str) -> Caller | None:
    """Whose token was presented; None for nobody's.

    All of them are looked at, each in constant time: how long it takes tells nothing.
    """
    asked, found = digest(presented), None
    for each in tokens:
        if hmac.compare_digest(each.digest, asked):
            found = each.caller
    return found
