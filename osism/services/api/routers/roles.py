"""Roles and collections of roles that can be applied."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter

from osism import wiring
from osism.domain import collections
from osism.services.api.auth import Reader
from osism.services.api.envelopes import Shape

router = APIRouter(tags=["runs"])


class Member(Shape):
    """A role of a collection or another collection in it; ``after``: what has to succeed before."""

    name: str
    role: str = ""
    collection: str = ""
    environment: str = ""
    sub: str = ""
    action: str = ""
    after: list[str]


class Collection(Shape):
    """Roles that are applied together; what ``after`` does not say runs side by side."""

    name: str
    description: str
    members: list[Member]


class RoleList(Shape):
    """``environments``: environment to its roles, sorted."""

    kind: Literal["RoleList"] = "RoleList"
    api_version: Literal["v1"] = "v1"
    environments: dict[str, list[str]]
    collections: list[Collection]


@router.get("/roles")
def list_roles(caller: Reader) -> RoleList:
    """List what can be applied: the roles of each environment, and collections of roles.

    Roles are what workers have said they can play.
    """
    found = wiring.collections().values()
    return RoleList(
        environments={environment: list(each) for environment, each in wiring.roles().items()},
        collections=[_collection(each) for each in found],
    )


def _collection(known: collections.Collection) -> Collection:
    members = [
        Member(
            name=each.name,
            role=each.role,
            collection=each.collection,
            environment=each.environment,
            sub=each.sub,
            action=each.action,
            after=list(each.after),
        )
        for each in known.members
    ]
    return Collection(name=known.name, description=known.description, members=members)
