"""Asking for work on somebody's behalf."""

from __future__ import annotations

from typing import Annotated
from uuid import uuid4

from fastapi import Header

from osism import wiring
from osism.domain.access import Caller
from osism.domain.errors import Busy, Refused
from osism.domain.jobs import Job, decode
from osism.domain.ports import Owner

#: Seconds that a request waits for the same one, whose client did not wait for the answer.
_PATIENCE = 20.0

#: What a user is called: printable, without brackets, which :func:`behalf` puts around it.
USER = r"^[!-'*-~][ -'*-~]*$|^$"

OnBehalf = Annotated[
    str,
    Header(
        alias="X-Osism-User",
        max_length=64,
        pattern=USER,
        description="Who asks, where several people use one token; noted beside the token's name",
    ),
]


def behalf(caller: Caller, user: str = "") -> str:
    """Who asks, for records: ``ci (alice)``."""
    return f"{caller.name} ({user})" if user else caller.name


def ask(job: Job, caller: Caller, user: str = "", id: str | None = None) -> str:
    """Queue a job; its id. Raises :class:`Busy`, with who and why, while the site is locked.

    *id*: the one that it is to have; a job that is there already under it is not queued again, and
    :class:`Refused` is raised when that one is another.
    """
    if id is None:
        require_open()
        return wiring.queue().send(job, by=behalf(caller, user))
    owner = Owner(str(uuid4()), "ask for a job")
    with wiring.locks().hold([f"ask:{id}"], owner, _PATIENCE):
        if known := wiring.records().get(id):
            if decode(known.request) != job:
                raise Refused(f"job {id} is there already, and another one")
            return id
        require_open()
        return wiring.queue().send(job, by=behalf(caller, user), id=id)


def require_open() -> None:
    """Raise :class:`Busy` while the site is locked for maintenance."""
    if lock := wiring.records().site_lock():
        raise Busy(f"{lock}; nothing was queued")
