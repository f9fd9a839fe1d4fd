"""From what somebody asks to be applied to the job that does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from osism.domain.collections import Collection
from osism.domain.errors import Invalid, Misconfigured
from osism.domain.jobs import ApplyCollection, RunPlaybook
from osism.domain.names import checked
from osism.domain.roles import Catalogue, located
from osism.domain.runs import check, check_arguments

#: How often a run that failed may be begun again, and the longest time-out, in seconds.
RETRIES, TIMEOUT = 100, 366 * 86400


@dataclass(frozen=True)
class Wanted:
    """A role, or a collection of roles, and how it is to be applied; see :class:`RunPlaybook`.

    *limit* None: all hosts of the role; an empty one is a mistake.
    """

    role: str
    environment: str = ""
    sub: str = ""
    action: str = ""
    limit: str | None = None
    arguments: tuple[str, ...] = ()
    check: bool = False
    diff: bool = False
    retries: int = 0
    timeout: int = 0


def job(
    wanted: Wanted, catalogue: Catalogue, collections: Callable[[], Mapping[str, Collection]]
) -> RunPlaybook | ApplyCollection:
    """The job for a role, or for a collection unless a role has its name.

    *collections* are looked at where no role of *catalogue* has the name. Raises :class:`NotFound`
    with what is near, and :class:`Invalid`.
    """
    _checked(wanted)
    require_roles(catalogue)
    named = wanted.environment or any(wanted.role in roles for roles in catalogue.values())
    if named or wanted.role not in collections():
        return _run(wanted, catalogue)
    return _collection(wanted)


def require_roles(catalogue: Catalogue) -> None:
    """Raise :class:`Misconfigured` where nobody has told any role."""
    if not catalogue:
        raise Misconfigured(
            "no roles are known: no worker has started yet, and there is no configuration "
            "repository here; start a worker: osism worker ansible"
        )


def _checked(wanted: Wanted) -> None:
    checked("role", wanted.role)
    if wanted.limit == "":  # of a variable that is not set, say: not all hosts
        raise Invalid("the limit is empty; without a limit a role is played on all its hosts")
    if not 0 <= wanted.retries <= RETRIES or not 0 <= wanted.timeout <= TIMEOUT:
        raise Invalid(f"retries are 0 to {RETRIES}, the timeout is 0 (never) to {TIMEOUT} seconds")
    if wanted.sub:
        checked("part of an environment", wanted.sub)


def _run(wanted: Wanted, catalogue: Catalogue) -> RunPlaybook:
    environment, role = located(wanted.role, wanted.environment, catalogue)
    found = RunPlaybook(
        environment=environment,
        role=role,
        sub=wanted.sub,
        action=wanted.action,
        limit=wanted.limit or "",
        arguments=wanted.arguments,
        check=wanted.check,
        diff=wanted.diff,
        retries=wanted.retries,
        timeout=wanted.timeout,
    )
    check(found)
    return found


def _collection(wanted: Wanted) -> ApplyCollection:
    if wanted.action or wanted.sub:
        raise Invalid(
            "an action and a part of an environment are for single roles; a collection has its own"
        )
    check_arguments(wanted.arguments, wanted.limit or "")
    return ApplyCollection(
        name=wanted.role,
        limit=wanted.limit or "",
        arguments=wanted.arguments,
        check=wanted.check,
        diff=wanted.diff,
        retries=wanted.retries,
        timeout=wanted.timeout,
    )
