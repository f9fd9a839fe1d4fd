"""One job at a time works on events, and nobody waits for it in vain."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from osism.domain.errors import Busy
from osism.domain.ports import Lease, Locks, Work

#: The lock of whoever works on events.
LOCK = "events"
#: Seconds that the lock of a worker that died is waited for; the lease is shorter.
_PATIENCE = 60.0


def in_turn(
    work: Work, locks: Locks, more: Callable[[], bool], work_on: Callable[[Lease], None]
) -> str:
    """Work under the lock; the id of the job that does it instead, empty when it was this one.

    Whoever finds the lock held may leave: its holder looks for *more* after it has let go, and so
    sees whatever was there before. The lock of a dead holder is waited for.
    """
    while True:
        with ExitStack() as stack:
            try:
                held = locks.hold([LOCK], work.owner, _wait(work, locks), patient=True)
                lease = stack.enter_context(held)
            except Busy:
                owner = locks.holders([LOCK]).get(LOCK)
                if owner is None or owner.job == work.id:
                    continue
                return owner.job
            work_on(lease)
        if not more():
            return ""


def _wait(work: Work, locks: Locks) -> float:
    """Seconds to wait for the lock: none for somebody who lives."""
    owner = locks.holders([LOCK]).get(LOCK)
    if owner is None:
        return 0.0
    dead = owner.job == work.id or not locks.holders([f"job:{owner.job}"])
    return _PATIENCE if dead else 0.0
