"""Collections of roles: which belong together, and which has to wait for which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from osism.domain.errors import Invalid, NotFound
from osism.domain.jobs import ApplyCollection, RunPlaybook
from osism.domain.names import checked, nearest
from osism.domain.roles import Catalogue, located
from osism.domain.runs import check

#: States of a role in a collection that has not begun, and of one that never will.
WAITING, SKIPPED = "waiting", "skipped"
ENDS = ("succeeded", "failed", "revoked", SKIPPED)
_OF_ROLES = ("environment", "sub", "action")
_KEYS = {"role", "collection", "after", "name", *_OF_ROLES}


@dataclass(frozen=True)
class Member:
    """A role of a collection, or (*role* empty) another collection in it."""

    name: str
    role: str = ""
    collection: str = ""
    environment: str = ""
    sub: str = ""
    action: str = ""
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Collection:
    """Roles that are applied together; what *after* does not say runs side by side."""

    name: str
    description: str
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Step:
    """One role of a plan and the names of those that have to succeed before it."""

    name: str
    job: RunPlaybook
    after: frozenset[str]


# --- from files -----------------------------------------------------------------------------------


def parsed(document: Any, source: str) -> dict[str, Collection]:
    """The collections of a file; a mistake raises :class:`Invalid` that names *source*."""
    if document is None:
        return {}
    if not isinstance(document, Mapping):
        raise Invalid(f"{source}: a mapping of collections is wanted")
    return {str(name): _collection(str(name), each, source) for name, each in document.items()}


def _collection(name: str, document: Any, source: str) -> Collection:
    where = f"{source}: collection {name!r}"
    checked("collection", name)
    if not isinstance(document, Mapping) or not isinstance(document.get("roles"), list):
        raise Invalid(f"{where}: a mapping with the list 'roles' is wanted")
    if unknown := set(document) - {"roles", "description"}:
        raise Invalid(f"{where}: unknown key {min(map(str, unknown))!r}")
    members = tuple(_member(each, where) for each in document["roles"])
    names = [each.name for each in members]
    if twice := {each for each in names if names.count(each) > 1}:
        raise Invalid(f"{where}: {min(twice)!r} is there twice; give one a 'name'")
    for member in members:
        for other in member.after:
            if other not in names:
                raise Invalid(
                    f"{where}: {member.name!r} is after {other!r}, which is not in it"
                    f"{nearest(other, names)}"
                )
    return Collection(name, str(document.get("description") or ""), members)


def _member(document: Any, where: str) -> Member:
    if isinstance(document, str):
        document = {"role": document}
    if not isinstance(document, Mapping):
        raise Invalid(f"{where}: a role is a name or a mapping, not {document!r}")
    if unknown := set(document) - _KEYS:
        raise Invalid(f"{where}: unknown key {min(map(str, unknown))!r}")
    after = document.get("after") or []
    after = [after] if isinstance(after, str) else after
    if not isinstance(after, list):
        raise Invalid(f"{where}: 'after' is a name or a list of names, not {after!r}")
    texts = {key: str(document.get(key) or "") for key in _KEYS - {"after"}}
    if bool(texts["role"]) == bool(texts["collection"]):
        raise Invalid(f"{where}: one of 'role' and 'collection' is wanted in {dict(document)!r}")
    if texts["collection"] and (odd := [key for key in _OF_ROLES if texts[key]]):
        inner = texts["collection"]
        raise Invalid(f"{where}: {odd[0]!r} is for roles, not for collection {inner!r}")
    environment, slash, role = texts["role"].rpartition("/")
    if slash:
        texts |= {"environment": environment, "role": role}
    for key in ("role", "collection", "environment", "sub", "name"):
        if texts[key]:
            checked(key, texts[key])
    texts["name"] = texts["name"] or texts["role"] or texts["collection"]
    return Member(**texts, after=tuple(str(each) for each in after))


# --- a plan ---------------------------------------------------------------------------------------


def plan(
    job: ApplyCollection,
    collections: Mapping[str, Collection],
    catalogue: Catalogue,
    id: str = "",
) -> list[Step]:
    """The roles of a collection, those of collections in it included, in an order that works.

    Everything is looked up before anything runs: an unknown role, an ambiguous one, an action that
    there is not, a circle raise :class:`Invalid` that names it. *id*: the job of the collection,
    for its roles to refer to.
    """
    found: dict[str, Step] = {}
    _unfold(job, job.name, frozenset(), collections, catalogue, found, (), id)
    try:
        order = TopologicalSorter({name: sorted(each.after) for name, each in found.items()})
        return [found[name] for name in order.static_order()]
    except CycleError as circle:
        raise Invalid(
            f"collection {job.name!r}: its roles wait for one another in a circle: "
            f"{' -> '.join(circle.args[1])}"
        ) from None


def _unfold(
    job: ApplyCollection,
    name: str,
    after: frozenset[str],
    collections: Mapping[str, Collection],
    catalogue: Catalogue,
    found: dict[str, Step],
    above: tuple[str, ...],
    id: str,
) -> frozenset[str]:
    """Add the steps of the collection *name*, all of them after *after*; their names."""
    if name not in collections:
        raise NotFound(f"no collection {name!r}{nearest(name, collections)}")
    if name in above:
        raise Invalid(f"collection {name!r} contains itself: {' -> '.join((*above, name))}")
    mine: dict[str, frozenset[str]] = {}
    for member in _in_order(collections[name]):
        before = after.union(*(mine[each] for each in member.after))
        if member.collection:
            mine[member.name] = _unfold(
                job, member.collection, before, collections, catalogue, found, (*above, name), id
            )
            continue
        step = _step(job, member, before, catalogue, id)
        known = found.get(step.name)
        if known and replace(known.job, collection="") != replace(step.job, collection=""):
            raise Invalid(f"collection {job.name!r}: {step.name!r} is there twice and not the same")
        found[step.name] = replace(step, after=step.after | known.after) if known else step
        mine[member.name] = frozenset((step.name,))
    # What waits for a collection without roles waits for what that one waits for.
    return frozenset().union(*mine.values()) or after


def _in_order(collection: Collection) -> list[Member]:
    members = {each.name: each for each in collection.members}
    try:
        order = TopologicalSorter({name: each.after for name, each in members.items()})
        return [members[name] for name in order.static_order()]
    except CycleError as circle:
        raise Invalid(
            f"collection {collection.name!r}: its roles wait for one another in a circle: "
            f"{' -> '.join(circle.args[1])}"
        ) from None


def _step(
    job: ApplyCollection, member: Member, after: frozenset[str], catalogue: Catalogue, id: str
) -> Step:
    environment, role = located(member.role, member.environment, catalogue)
    run = RunPlaybook(
        environment=environment,
        role=role,
        sub=member.sub,
        action=member.action,
        limit=job.limit,
        arguments=job.arguments,
        check=job.check,
        diff=job.diff,
        retries=job.retries,
        timeout=job.timeout,
        collection=id,
    )
    try:
        check(run)
    except Invalid as mistake:
        raise Invalid(f"collection {job.name!r}, role {member.name!r}: {mistake}") from None
    return Step(member.name, run, after)


# --- while it runs --------------------------------------------------------------------------------


def states(steps: Iterable[Step], known: Mapping[str, str]) -> dict[str, str]:
    """The state of each role from what is *known* of their jobs (in the order of the plan).

    A role that waits for one that did not succeed is skipped; nothing else is.
    """
    found: dict[str, str] = {}
    for step in steps:
        state = known.get(step.name, "")
        if not state:
            bad = any(found[each] in ENDS and found[each] != "succeeded" for each in step.after)
            state = SKIPPED if bad else WAITING
        found[step.name] = state
    return found


def ready(steps: Iterable[Step], found: Mapping[str, str]) -> list[Step]:
    """The roles that can begin: everything before them has succeeded."""
    return [
        step
        for step in steps
        if found[step.name] == WAITING and all(found[each] == "succeeded" for each in step.after)
    ]


def missing(step: Step, found: Mapping[str, str]) -> Sequence[str]:
    """What a role that is skipped has waited for in vain."""
    return sorted(each for each in step.after if found[each] in ENDS and found[each] != "succeeded")
