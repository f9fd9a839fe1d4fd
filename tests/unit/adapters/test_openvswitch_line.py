"""A conversation with an OVSDB server ends in time, whatever the other side says."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import pytest

from osism.adapters.switches.openvswitch.database import Database
from osism.adapters.switches.openvswitch.line import LIMIT, Line
from osism.domain.errors import OutsideFailed

Answer = Callable[[dict[str, Any]], list[bytes]]


def message(**values: Any) -> bytes:
    return json.dumps(values, ensure_ascii=False).encode()


@contextmanager
def server(answer: Answer, timeout: float = 2.0) -> Iterator[Line]:
    """A line to a server that sends these pieces for each request, and hangs up without any."""
    here, there = socket.socketpair()

    def serve() -> None:
        decoder, text = json.JSONDecoder(), ""
        with (
            suppress(OSError),  # the line may be closed first
            there,
            there.makefile("r", encoding="utf-8", newline="") as file,
        ):
            while letter := file.read(1):
                text += letter
                try:
                    request, _ = decoder.raw_decode(text)
                except ValueError:
                    continue
                text = ""
                pieces = answer(request)
                for piece in pieces:
                    there.sendall(piece)
                    time.sleep(0.002)  # so that they come one by one
                if not pieces:
                    return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with closing(Line("switch 'leaf-1'", here, timeout)) as line:
        yield line
    thread.join(5)


def answering(result: Any) -> Answer:
    return lambda request: [message(id=request["id"], result=result, error=None)]


def test_an_answer_comes_in_pieces() -> None:
    """Also when a piece ends in the middle of a character."""
    result = {"text": "ü\u2028\U0001f600}{", "more": [1, "}"]}

    def answer(request: dict[str, Any]) -> list[bytes]:
        whole = message(id=request["id"], result=result, error=None)
        return [whole[at : at + 1] for at in range(len(whole))]

    with server(answer) as line:
        assert line.ask("echo") == result
        assert line.ask("echo") == result


def test_what_comes_in_between_is_heard_and_answered() -> None:
    asked: list[Any] = []

    def answer(request: dict[str, Any]) -> list[bytes]:
        asked.append(request)
        if request.get("method") != "monitor":
            return [b" "]
        update = message(id=None, method="update", params=["x", {"Port": {}}])
        alive = message(id="echo", method="echo", params=["are you there"])
        locked = message(id=None, method="locked", params=["x"])
        whole = message(id=request["id"], result={}, error=None)
        return [alive + update + locked + whole + update]

    with server(answer) as line:
        heard: list[Any] = []
        line.heard = heard.append
        assert line.ask("monitor", "Open_vSwitch") == {}
        assert line.wait(lambda: len(heard) == 2, time.monotonic() + 2)
    assert heard == [{"Port": {}}, {"Port": {}}]
    assert {"id": "echo", "result": ["are you there"], "error": None} in asked


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda _: [], "the connection to its database is lost: it was closed"),
        (lambda _: [b"SSH-2.0-OpenSSH\r\n"], "is lost: Protocol error"),
        (lambda _: [b"\xff\xff"], "is lost: Invalid or incomplete multibyte"),
        (lambda _: [b'{"id": 7}}'], "is lost: Protocol error"),
        (lambda _: [b'{"a":' * 100_000 + b"}"], "is lost: Protocol error"),
        (lambda _: [b'{"id": ['], "no answer to echo in 0.3 s"),
        (lambda request: [message(id="another", result=1, error=None)], "no answer to echo in"),
        (
            lambda request: [
                message(id=request["id"], result=None, error={"error": "no", "details": "a\nb"})
            ],
            "echo refused: no: a b",
        ),
        (
            lambda request: [message(id=request["id"], result=None, error="unknown method")],
            "echo refused: unknown method",
        ),
    ],
)
def test_what_goes_wrong_is_told(answer: Answer, words: str) -> None:
    with server(answer, 0.3) as line, pytest.raises(OutsideFailed) as caught:
        line.ask("echo")
    assert str(caught.value).startswith("switch 'leaf-1': ")
    assert words in str(caught.value)


def test_an_answer_without_end_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    assert LIMIT > 10_000_000
    monkeypatch.setattr("osism.adapters.switches.openvswitch.line.LIMIT", 100_000)
    endless = [b'{"id": "' + b"x" * 60_000, b"x" * 60_000]
    with server(lambda _: endless) as line, pytest.raises(OutsideFailed, match="too long"):
        line.ask("echo")


def test_after_a_failure_it_stays_closed() -> None:
    with server(lambda _: []) as line:
        for _ in range(2):
            with pytest.raises(OutsideFailed, match="is lost: it was closed"):
                line.ask("echo")


@pytest.mark.parametrize(
    "rows",
    [7, [], {"Port": 7}, {"Port": {"uuid": 7}}, {"Port": {"uuid": {"new": 7}}}, {}, {"Port": {}}],
)
def test_garbage_in_the_database_is_told(rows: object) -> None:
    with server(answering(rows)) as line:
        database = Database(line)
        with pytest.raises(OutsideFailed, match="switch 'leaf-1': its database: "):
            database.look()
            database.reading(lambda: database.replica.named("Port", "swp1"))
            database.reading(lambda: database.replica.marks)


@pytest.mark.parametrize(
    ("results", "words"),
    [
        ([{}, {"error": "constraint violation", "details": "x"}], "refused: constraint violation"),
        ([{}, None, {"error": "referential integrity violation"}], "referential integrity"),
        (7, "its database: "),
    ],
)
def test_a_refused_transaction_is_told(results: object, words: str) -> None:
    with server(answering(results)) as line, pytest.raises(OutsideFailed, match=words):
        Database(line).transact([{"op": "comment", "comment": "x"}])


def test_a_guard_that_does_not_hold_is_no_failure() -> None:
    with server(answering([{"error": "timed out", "details": "x"}, None])) as line:
        assert Database(line).transact([{"op": "wait"}]) is None
