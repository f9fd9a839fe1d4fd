"""Clients of Redis and NetBox in a process whose users wait for each answer."""

from __future__ import annotations

from copy import deepcopy
from threading import Event, Thread
from typing import Any

import pytest
import requests
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, TimeoutError
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from osism.adapters.connections import impatience
from osism.adapters.connections.impatience import Impatience
from osism.adapters.netbox.impatience import ImpatientAdapter, Suspicion


class Redis:
    """What a command does, and how often it was sent."""

    def __init__(self, *ends: Exception | str) -> None:
        self.ends, self.asked = list(ends), 0

    def __call__(self) -> str:
        self.asked += 1
        end = self.ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return end


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(impatience, "monotonic", lambda: now[0])
    return now


def call(retry: Impatience, command: Redis) -> Any:
    return retry.call_with_retry(command, lambda error: None)


def test_a_broken_connection_is_made_anew(clock: list[float]) -> None:
    command = Redis(ConnectionError(), "PONG")
    assert call(Impatience(NoBackoff()), command) == "PONG"
    assert command.asked == 2


def test_silence_is_not_asked_again_by_any_connection_for_a_moment(clock: list[float]) -> None:
    retry = Impatience(NoBackoff())
    silent, after = Redis(TimeoutError()), Redis("PONG")
    with pytest.raises(TimeoutError):
        call(retry, silent)
    assert silent.asked == 1
    of_another_connection = deepcopy(retry)
    with pytest.raises(TimeoutError, match="a moment ago"):
        call(of_another_connection, after)
    assert after.asked == 0
    clock[0] += 1.01
    assert call(of_another_connection, after) == "PONG"


class Netbox:
    """Answers, or keeps silent until told otherwise."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.silent, self.asked, self.hangs = False, 0, Event()
        self.hangs.set()
        monkeypatch.setattr(HTTPAdapter, "send", lambda *_, **named: self._send(**named))
        self.adapter = ImpatientAdapter(3.0, Retry(total=4), Suspicion())

    def _send(self, timeout: float) -> requests.Response:
        assert timeout == 3.0
        self.asked += 1
        self.hangs.wait(5)
        if self.silent:
            raise requests.ReadTimeout("nothing came")
        return requests.Response()


def test_while_netbox_is_silent_one_request_tries_it_and_others_fail_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    netbox = Netbox(monkeypatch)
    assert netbox.adapter.max_retries.read == 0
    netbox.adapter.send()
    netbox.silent = True
    with pytest.raises(requests.ReadTimeout, match="nothing came"):
        netbox.adapter.send()
    netbox.hangs.clear()
    netbox.silent = False
    trying = Thread(target=netbox.adapter.send)
    trying.start()
    while netbox.asked < 3:
        pass
    with pytest.raises(requests.ReadTimeout, match="does not answer"):
        netbox.adapter.send()
    netbox.hangs.set()
    trying.join()
    netbox.adapter.send()
    assert netbox.asked == 4
