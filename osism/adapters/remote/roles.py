"""Roles and collections of roles."""

from __future__ import annotations

from osism.adapters.remote.session import Session
from osism.domain.collections import Collection, Member


def roles(session: Session) -> dict[str, list[str]]:
    """Environment -> roles that workers of the site can play."""
    return dict(session.get("/roles")["environments"])


def collections(session: Session) -> dict[str, Collection]:
    """Collections of roles by name."""
    return {
        each["name"]: Collection(
            each["name"],
            each["description"],
            tuple(Member(**one | {"after": tuple(one["after"])}) for one in each["members"]),
        )
        for each in session.get("/roles")["collections"]
    }
