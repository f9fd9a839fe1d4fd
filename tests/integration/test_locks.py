"""Locks against a real Redis: killed holders, outages, take-over, fairness."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from time import monotonic
from typing import Any

import pytest
import redis

from osism.adapters.connections import connect
from osism.adapters.locks import RedisLocks
from osism.adapters.locks.leases import HeldLease
from osism.domain.errors import Busy, LeaseLost, OutsideFailed, TakenOver
from osism.domain.ports import Owner
from osism.lab.redis import EmbeddedRedis

pytestmark = pytest.mark.usefixtures("everything_expires")

LEASE = 0.6
ALICE = Owner("job-1", "connect node-1", "worker-a")
BOB = Owner("job-2", "validate leaf-1", "worker-b")

HOLDER = f"""
    import sys
    from osism.adapters.connections import connect
    from osism.adapters.locks import RedisLocks
    from osism.domain.ports import Owner

    with RedisLocks(connect(sys.argv[1]), {LEASE}).hold(["x", "y"], Owner("1", "work"), 0) as lease:
        print("holding")
        for line in sys.stdin:
            try:
                lease.check()
                print("ours")
            except Exception as error:
                print(f"{{type(error).__name__}}: {{error}}")
"""


@pytest.fixture
def locks(redis_client: redis.Redis) -> RedisLocks:
    return RedisLocks(redis_client, LEASE)


def told(lease: Any, error: type[Exception]) -> Callable[[], str]:
    """A condition: the lease's check raises this; its value is the message."""

    def condition() -> str:
        try:
            lease.check()
        except error as said:
            return str(said)
        return ""

    return condition


def test_a_held_lock_names_its_holder(locks: RedisLocks) -> None:
    with locks.hold(["node-1"], ALICE, 0) as lease:
        lease.check()
        assert locks.holders(["node-1", "node-2"]) == {"node-1": ALICE}
        with (
            pytest.raises(Busy, match=r"'node-1' is held by connect node-1 \(job job-1 on worker"),
            locks.hold(["node-1"], BOB, 0),
        ):
            pass
    assert locks.holders(["node-1"]) == {}


def test_all_or_nothing(locks: RedisLocks) -> None:
    with (
        locks.hold(["b"], ALICE, 0),
        pytest.raises(Busy, match="'b' is held"),
        locks.hold(["c", "b", "a"], BOB, 0.1),
    ):
        pass
    assert locks.holders("abc") == {}


@pytest.mark.parametrize("names", [[], ["a", "a"], [f"device-{i}" for i in range(500)]])
def test_any_number_of_names(locks: RedisLocks, names: list[str]) -> None:
    with locks.hold(names, ALICE, 0) as lease:
        lease.check()
        assert set(locks.holders(names)) == set(names)
    assert locks.holders(names) == {}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_any_way_out_releases(locks: RedisLocks, error: type[BaseException]) -> None:
    with pytest.raises(error), locks.hold(["a"], ALICE, 0):
        raise error
    assert locks.holders("a") == {}


def test_renewed_while_held(locks: RedisLocks, redis_client: Any, until: Any) -> None:
    with locks.hold(["a"], ALICE, 0) as lease:
        began, seen = monotonic(), []

        def two_leases_over() -> bool:
            seen.append(redis_client.pttl("osism:lock:a"))
            return monotonic() - began > 2 * LEASE

        until(two_leases_over)
        assert min(seen) > 0
        assert sum(after > before for before, after in pairwise(seen)) >= 3
        lease.check()


def test_sigkill_frees_within_the_lease(
    locks: RedisLocks, redis_server: EmbeddedRedis, python: Any
) -> None:
    holder = python(HOLDER, redis_server.url)
    assert holder.stdout.readline() == "holding\n"
    holder.kill()
    killed = monotonic()
    with locks.hold(["x", "y"], BOB, 5) as lease:
        assert monotonic() - killed < LEASE + 0.3
        lease.check()


def test_a_holder_that_slept_too_long_knows_it(
    locks: RedisLocks, redis_server: EmbeddedRedis, python: Any
) -> None:
    holder = python(HOLDER, redis_server.url)
    assert holder.stdout.readline() == "holding\n"
    os.kill(holder.pid, signal.SIGSTOP)
    with locks.hold(["x"], BOB, 5):
        os.kill(holder.pid, signal.SIGCONT)
        holder.stdin.write("\n")
        holder.stdin.flush()
        assert holder.stdout.readline().startswith("LeaseLost: lock 'x'")
        holder.stdin.close()
        assert holder.wait(5) == 0
        assert locks.holders(["x"]) == {"x": BOB}  # released only its own


def test_a_lock_that_is_gone_is_noticed(locks: RedisLocks, redis_client: Any, until: Any) -> None:
    with locks.hold(["a", "b"], ALICE, 0) as lease:
        redis_client.delete("osism:lock:b")
        assert "'b' is no longer ours" in until(told(lease, LeaseLost), within=1)
        with locks.hold(["b"], BOB, 0):
            pass
        with pytest.raises(LeaseLost):  # it does not come back
            lease.check()


@pytest.mark.parametrize("persist", [True, False])
def test_an_outage_shorter_than_the_lease_is_survived(
    breakable: EmbeddedRedis, until: Any, persist: bool
) -> None:
    breakable.stop()
    breakable.persist = persist
    locks = RedisLocks(connect(breakable.start()), lease=3.0)
    with locks.hold(["a", "b"], ALICE, 0) as lease:
        assert breakable.pid
        os.kill(breakable.pid, signal.SIGKILL)
        until(lambda: not breakable.pid)
        lease.check()
        breakable.start()
        until(lambda: set(locks.holders("ab")) == {"a", "b"}, within=3)
        lease.check()
        with pytest.raises(Busy), locks.hold(["b"], BOB, 0):
            pass
    assert locks.holders("ab") == {}


def test_taken_by_another_after_a_restart_without_data(
    breakable: EmbeddedRedis, until: Any
) -> None:
    breakable.stop()
    breakable.persist = False
    client = connect(breakable.start())
    with RedisLocks(client, lease=3.0).hold(["a"], ALICE, 0) as lease:
        breakable.stop()
        breakable.start()
        client.set("osism:lock:a", "somebody else's", px=3000)
        until(told(lease, LeaseLost), within=3)


def test_an_outage_longer_than_the_lease_is_noticed_without_redis(
    breakable: EmbeddedRedis, until: Any
) -> None:
    with RedisLocks(connect(breakable.url), LEASE).hold(["a"], ALICE, 0) as lease:
        breakable.stop()
        assert "could not be renewed for 0.6 s" in until(told(lease, LeaseLost), within=3)
        breakable.start()
        with pytest.raises(LeaseLost):
            lease.check()


def test_leaving_without_redis_is_no_error(breakable: EmbeddedRedis) -> None:
    with RedisLocks(connect(breakable.url), LEASE).hold(["a"], ALICE, 0):
        breakable.stop()


def test_no_redis_no_lock(breakable: EmbeddedRedis) -> None:
    locks = RedisLocks(connect(breakable.url), LEASE)
    breakable.stop()
    with pytest.raises(OutsideFailed, match=r"Redis at /.* cannot be reached"):
        locks.hold(["a"], ALICE, 0.2).__enter__()
    with pytest.raises(OutsideFailed, match="Redis at"):
        locks.holders(["a"])


def test_a_holder_that_was_asked_stops_and_the_next_one_holds(
    locks: RedisLocks, until: Any
) -> None:
    with ThreadPoolExecutor(1) as pool:
        with locks.hold(["a", "b"], ALICE, 0) as lease:
            lease.check()
            taker = pool.submit(holding, locks, ["a"], BOB, 5)
            asked = monotonic()
            assert locks.ask("a", str(BOB)) == ALICE
            assert f"'a': asked to stop by {BOB}" in until(told(lease, TakenOver), within=1)
            assert monotonic() - asked < 1
            assert not taker.done()
        assert taker.result(5) == ["a"]  # and its own check raised nothing


def holding(locks: RedisLocks, names: list[str], owner: Owner, wait: float) -> list[str]:
    with locks.hold(names, owner, wait) as lease:
        lease.check()
        return sorted(locks.holders(names))


def test_ask_stops_a_holder_that_rarely_checks(locks: RedisLocks, until: Any) -> None:
    assert locks.ask("a", "alice") is None
    with locks.hold(["a"], ALICE, 0) as lease:
        assert locks.ask("a", "carol at the terminal") == ALICE
        until(lambda: lease._asked)  # the background thread has it, nobody called check()
        with pytest.raises(TakenOver, match="carol at the terminal"):
            lease.check()
    with locks.hold(["a"], BOB, 0) as lease:  # a request is for the holder of then
        until(told_fine_for(lease, LEASE))


def told_fine_for(lease: Any, seconds: float) -> Callable[[], bool]:
    began = monotonic()

    def condition() -> bool:
        lease.check()
        return monotonic() - began > seconds

    return condition


def test_twenty_waiters_all_get_their_turn_one_at_a_time(locks: RedisLocks) -> None:
    inside, turns, guard = [0], [], threading.Lock()

    def work(number: int) -> None:
        for _ in range(3):
            with locks.hold(["a"], Owner(str(number), "turn"), 20) as lease:
                with guard:
                    inside[0] += 1
                    assert inside == [1]
                lease.check()
                turns.append(number)
                with guard:
                    inside[0] -= 1

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(work, range(20)))
    assert sorted(turns) == sorted(list(range(20)) * 3)


def test_a_release_wakes_who_waits(locks: RedisLocks, redis_client: Any, until: Any) -> None:
    slow = RedisLocks(redis_client, 30.0)
    with ThreadPoolExecutor(1) as pool, ExitStack() as held:
        held.enter_context(slow.hold(["a"], ALICE, 0))
        waiter = pool.submit(holding, slow, ["a"], BOB, 10)
        until(lambda: redis_client.info("clients")["blocked_clients"] == 1)
        released = monotonic()
        held.close()
        waiter.result(5)
        assert monotonic() - released < 0.2


def test_what_is_held_stays_held_while_the_rest_is_waited_for(
    locks: RedisLocks, until: Any
) -> None:
    with ThreadPoolExecutor(1) as pool, ExitStack() as held:
        held.enter_context(locks.hold(["b"], ALICE, 0))
        waiter = pool.submit(holding, locks, ["a", "b"], BOB, 10)
        until(lambda: locks.holders("ab") == {"a": BOB, "b": ALICE})
        until(always(lambda: locks.holders("a") == {"a": BOB}, 2 * LEASE))
        held.close()
        assert waiter.result(5) == ["a", "b"]


def always(condition: Callable[[], bool], seconds: float) -> Callable[[], bool]:
    began = monotonic()

    def holds() -> bool:
        assert condition()
        return monotonic() - began > seconds

    return holds


def test_crossing_sets_do_not_block_each_other(locks: RedisLocks) -> None:
    def work(names: list[str]) -> None:
        for _ in range(20):
            with locks.hold(names, Owner(names[0], "cross"), 20):
                pass

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, [["a", "b", "c"], ["c", "b", "a"], ["b", "c"]]))
    assert locks.holders("abc") == {}


def test_waiting_survives_an_outage(breakable: EmbeddedRedis, until: Any) -> None:
    client = connect(breakable.url)
    locks = RedisLocks(client, LEASE)
    with ThreadPoolExecutor(1) as pool:
        with locks.hold(["a"], ALICE, 0):
            waiter = pool.submit(holding, locks, ["a"], BOB, 20)
            until(lambda: client.info("clients")["blocked_clients"] == 1)
            breakable.stop()
            breakable.start()
        assert waiter.result(10) == ["a"]


# --- patience and grace ---------------------------------------------------------------------------


@contextmanager
def away(server: EmbeddedRedis, how: str, until: Any) -> Iterator[None]:
    """Without Redis: killed with its data, without it, or silent."""
    assert server.pid
    if how == "silent":
        os.kill(server.pid, signal.SIGSTOP)
        yield
        os.kill(server.pid, signal.SIGCONT)
        return
    os.kill(server.pid, signal.SIGKILL)
    until(lambda: not server.pid)
    yield
    server.start()


def served(server: EmbeddedRedis, how: str) -> redis.Redis:
    if how == "forgetful":
        server.stop()
        server.persist = False
    return connect(server.start())


OUTAGES = pytest.mark.parametrize("how", ["remembering", "forgetful", "silent"])


@OUTAGES
def test_a_patient_holder_outlives_an_outage_and_nobody_gets_in_between(
    breakable: EmbeddedRedis, until: Any, how: str
) -> None:
    client, lease = served(breakable, how), 1.2
    locks = RedisLocks(client, 60.0)
    with (
        ThreadPoolExecutor(1) as pool,
        locks.hold(["a", "b"], ALICE, 0, lease=lease, patient=True) as held,
    ):
        waiter = pool.submit(busy, RedisLocks(connect(breakable.url), lease), 10 * lease)
        until(lambda: client.info("clients")["blocked_clients"] == 1)
        with away(breakable, how, until):
            until(told_fine_for(held, 2 * lease))
        until(lambda: locks.holders("ab") == {"a": ALICE, "b": ALICE}, within=lease)
        until(told_fine_for(held, lease))
        assert not waiter.done()
        held.release()
        assert waiter.result(2) == ""
        held.names = []


def busy(locks: RedisLocks, wait: float) -> str:
    """Hold ``a``; why that was not possible."""
    try:
        with locks.hold(["a"], BOB, wait):
            return ""
    except Busy as error:
        return str(error)


@OUTAGES
def test_an_impatient_holder_gives_up_and_the_lock_is_free(
    breakable: EmbeddedRedis, until: Any, how: str
) -> None:
    locks = RedisLocks(served(breakable, how), LEASE)
    with locks.hold(["a"], ALICE, 0) as held:
        with away(breakable, how, until):
            until(told(held, LeaseLost), within=3 * LEASE)
        with locks.hold(["a"], BOB, 5):
            with pytest.raises(LeaseLost):
                held.check()
            held.release()
            assert locks.holders("a") == {"a": BOB}


def test_a_patient_holder_is_lost_to_who_really_holds_it(
    locks: RedisLocks, redis_client: Any, until: Any
) -> None:
    with locks.hold(["a", "b"], ALICE, 0, patient=True) as held:
        redis_client.delete("osism:lock:b")
        until(lambda: "b" in locks.holders("b"), within=LEASE)  # nobody else had it
        held.check()
        redis_client.delete("osism:lock:b", "osism:held:b")
        with locks.hold(["b"], BOB, 0):
            assert f"'b' is no longer ours; it is held by {BOB}" in until(told(held, LeaseLost))


def test_a_lease_of_ones_own(locks: RedisLocks, redis_client: Any) -> None:
    with locks.hold(["a"], ALICE, 0, lease=6.0):
        assert 4500 < redis_client.pttl("osism:lock:a") <= 5000


def test_a_lock_that_was_released_leaves_nothing_behind(
    locks: RedisLocks, redis_client: Any
) -> None:
    with locks.hold(["a"], ALICE, 0):
        assert redis_client.exists("osism:held:a")
    assert set(redis_client.scan_iter("osism:*")) == {"osism:wake:a"}
    with locks.hold(["a"], BOB, 0):  # at once
        pass


def test_what_was_not_released_is_free_after_a_grace(
    locks: RedisLocks, redis_client: Any, until: Any
) -> None:
    left_behind(redis_client, "a")
    with pytest.raises(Busy, match=f"'a' is held by {re.escape(str(ALICE))}"):
        locks.hold(["a"], BOB, 0).__enter__()
    assert locks.holders("a") == {}  # who looks for lost workers sees it free
    began = monotonic()
    with locks.hold(["a"], BOB, 5):
        assert LEASE / 6 - 0.02 < monotonic() - began < LEASE / 6 + 0.3
        assert not redis_client.exists("osism:contest:a")
    left_behind(redis_client, "b")
    until(lambda: not busy_at(locks, "b"), within=1)  # also for somebody who only asks


def left_behind(client: Any, name: str) -> None:
    """As a holder leaves it that has died, or that was cut off for a lease."""
    value = HeldLease(lambda *_: None, LEASE, ALICE).value
    client.set(f"osism:held:{name}", value, px=60_000)


def busy_at(locks: RedisLocks, name: str) -> bool:
    try:
        with locks.hold([name], BOB, 0):
            return False
    except Busy:
        return True


def test_a_return_ends_the_contest(locks: RedisLocks, redis_client: Any, until: Any) -> None:
    with locks.hold(["a"], ALICE, 0, lease=3.0, patient=True) as held:
        redis_client.delete("osism:lock:a")
        with pytest.raises(Busy):
            locks.hold(["a"], BOB, 0).__enter__()
        assert redis_client.exists("osism:contest:a")
        held.check()
        until(lambda: locks.holders("a") == {"a": ALICE}, within=2)
        assert not redis_client.exists("osism:contest:a")


def test_a_contest_begins_again_when_redis_was_away(breakable: EmbeddedRedis, until: Any) -> None:
    client = connect(breakable.url)
    locks = RedisLocks(client, lease=6.0)
    left_behind(client, "a")
    assert busy_at(locks, "a")
    asked = monotonic()
    with away(breakable, "remembering", until):
        until(lambda: monotonic() - asked > 1.1)
    assert busy_at(locks, "a")  # a grace is over, but not one with Redis there


def test_a_waiter_that_met_a_silent_server_gives_the_grace(
    breakable: EmbeddedRedis, until: Any
) -> None:
    client = connect(breakable.url)
    locks = RedisLocks(client, lease=3.0)  # a grace of half a second
    left_behind(client, "a")
    with ThreadPoolExecutor(1) as pool:
        waiter = pool.submit(holding, locks, ["a"], BOB, 10)
        until(lambda: client.exists("osism:contest:a"))
        with away(breakable, "silent", until):
            began = monotonic()
            until(lambda: monotonic() - began > 1.2)
        back = monotonic()
        assert waiter.result(5) == ["a"]
        assert monotonic() - back > 0.4


def test_a_value_of_somebody_else_is_respected(locks: RedisLocks, redis_client: Any) -> None:
    redis_client.set("osism:lock:a", "not ours", px=5000)
    with pytest.raises(Busy, match="held by something else"), locks.hold(["a"], ALICE, 0):
        pass
    assert locks.ask("a", "x") == Owner("unknown", "something else")


def test_a_renewal_under_way_does_not_take_back_what_was_released(
    locks: RedisLocks, monkeypatch: pytest.MonkeyPatch, until: Any
) -> None:
    """After an outage both are sent in the same moment, on two connections."""
    run, began, released = locks._run, threading.Event(), threading.Event()
    calls: list[str] = []

    def late(script: str, *rest: Any) -> Any:
        if script == "renew":
            began.set()
            assert released.wait(5)
        answer = run(script, *rest)
        calls.append(script)
        return answer

    monkeypatch.setattr(locks, "_run", late)
    with locks.hold(["a"], ALICE, 0, patient=True):
        assert began.wait(5)
    released.set()
    until(lambda: "renew" in calls)
    until(lambda: not locks.holders(["a"]), within=LEASE / 3)
