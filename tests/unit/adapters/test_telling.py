"""ansible-runner's events in our words."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_runner.utils import OutputEventFilter
from hypothesis import given, settings
from hypothesis import strategies as st

from osism.adapters.ansible import telling as module
from osism.adapters.ansible.telling import Telling

same_every_time = settings(derandomize=True, database=None, deadline=None, max_examples=150)


class Told:
    """A telling, and what it told."""

    def __init__(self, directory: Path = Path("/nowhere"), secret: str = "geheim") -> None:
        self.events: list[dict[str, Any]] = []
        self.telling = Telling(self._tell, lambda text: text.replace(secret, "*****"), directory)

    def _tell(self, kind: str, **values: Any) -> None:
        json.dumps(values)  # it crosses a stream
        self.events.append({"kind": kind, **values})

    def event(self, name: str, text: str = "", /, **data: Any) -> list[dict[str, Any]]:
        """What is told of one event for which *text* was printed."""
        before = len(self.events)
        self.telling(
            {
                "event": name,
                "stdout": text.rstrip("\r\n"),
                "start_line": 5,
                "end_line": 5 + text.count("\n"),
                "event_data": data,
            }
        )
        return self.events[before:]

    @property
    def text(self) -> str:
        return "".join(f"{each['text']}\n" for each in self.events if "text" in each)


# --- kinds ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "kind", "status"),
    [
        ("runner_on_ok", {"res": {"changed": False}}, "result", "ok"),
        ("runner_on_ok", {"res": {"changed": True}}, "result", "changed"),
        ("runner_on_ok", {"res": None}, "result", "ok"),
        ("runner_on_ok", {"res": "too long"}, "result", "ok"),
        ("runner_on_ok", {}, "result", "ok"),
        ("runner_on_failed", {"res": {"changed": True}}, "result", "failed"),
        ("runner_on_failed", {"ignore_errors": True}, "result", "ignored"),
        ("runner_on_failed", {"ignore_errors": None}, "result", "failed"),
        ("runner_on_unreachable", {}, "result", "unreachable"),
        ("runner_on_skipped", {}, "result", "skipped"),
        ("runner_item_on_ok", {"res": {"changed": True}}, "item", "changed"),
        ("runner_item_on_failed", {}, "item", "failed"),
        ("runner_item_on_skipped", {}, "item", "skipped"),
    ],
)
def test_what_a_host_did(name: str, data: dict[str, Any], kind: str, status: str) -> None:
    assert Told().event(name, "x\n", host="h", task="t", **data) == [
        {"kind": kind, "text": "x", "host": "h", "task": "t", "status": status}
    ]


@pytest.mark.parametrize("name", ["verbose", "runner_retry", "playbook_on_notify", "unheard_of"])
def test_everything_else_that_is_printed(name: str) -> None:
    told = Told()
    assert told.event(name, "a\nb\n") == [{"kind": "output", "text": "a\nb"}]
    assert told.event(name, "\n") == [{"kind": "output", "text": ""}]
    assert told.event(name, "a\n\n\n") == [{"kind": "output", "text": "a\n\n"}]
    assert told.event(name, "no line feed") == [{"kind": "output", "text": "no line feed"}]
    assert told.event(name) == []
    assert told.telling.last_words == "no line feed"


def test_the_end_of_the_output_is_no_event() -> None:
    told = Told()
    assert told.telling({"event": "EOF"}) is False
    assert told.events == []


def test_plays_and_tasks_are_counted() -> None:
    told = Told()
    told.event("playbook_on_play_start", "PLAY\n", name="one")
    told.event("playbook_on_task_start", "TASK\n", name="a")
    told.event("playbook_on_task_start", "TASK\n", name="b")
    told.event("playbook_on_play_start", "PLAY\n", name="two")
    told.event("playbook_on_task_start", "TASK\n", name=None)
    assert [(each["kind"], each["name"], each["number"]) for each in told.events] == [
        ("play", "one", 1),
        ("task", "a", 1),
        ("task", "b", 2),
        ("play", "two", 2),
        ("task", "", 1),
    ]


def test_the_recap_is_kept() -> None:
    told = Told()
    (event,) = told.event("playbook_on_stats", "RECAP\n\n", ok={"a": 2}, dark={"b": 1})
    assert event["text"] == "RECAP\n"
    assert event["hosts"] == told.telling.hosts
    assert (event["hosts"]["a"]["ok"], event["hosts"]["b"]["unreachable"]) == (2, 1)


def test_an_event_without_output_has_no_text() -> None:
    """The result of a loop, whose rounds were printed; hosts that are ok, where that is hidden."""
    told = Told()
    (event,) = told.event("runner_on_ok", host="h", task="t")
    assert event == {"kind": "result", "host": "h", "task": "t", "status": "ok"}
    assert "text" not in told.event("playbook_on_task_start", name="t")[0]


def test_why_it_failed_is_told_beside_the_text() -> None:
    told = Told()
    res = {"msg": "no"}
    assert told.event("runner_on_failed", "x\n", res=res)[0]["message"] == "no"
    assert told.event("runner_on_unreachable", "x\n", res=res)[0]["message"] == "no"
    assert "message" not in told.event("runner_on_ok", "x\n", res=res)[0]
    assert "message" not in told.event("runner_on_failed", "x\n", res={"msg": ""})[0]
    (event,) = told.event("runner_on_failed", "x\n", res={"msg": ["a", {"b": 1}]})
    assert event["message"] == '["a", {"b": 1}]'
    (event,) = told.event("runner_on_failed", "x\n", res={"msg": "y" * 5000})
    assert event["message"] == "y" * 2000 + "…"


def test_the_message_of_a_command_has_what_it_complained_of() -> None:
    told = Told()
    said = {"msg": "non-zero return code", "stderr": "first\n\x1b[31mno docker here\x1b[0m\n\n"}
    (event,) = told.event("runner_on_failed", "x\n", res=said)
    assert event["message"] == "non-zero return code: no docker here"
    (event,) = told.event("runner_on_failed", "x\n", res={"msg": "no", "stderr": "\n"})
    assert event["message"] == "no"


def test_last_words_are_the_last_that_say_something() -> None:
    told = Told()
    told.event("verbose", "\x1b[31mERROR! no\x1b[0m\n")
    told.event("verbose", "\x1b[0m\n")
    told.event("runner_on_ok", "ok: h\n")
    assert told.telling.last_words == "ERROR! no"


@pytest.mark.parametrize(
    ("lines", "last"),
    [
        (["one", "two", ""], "two"),
        (["a warning", "[ERROR]: the role 'x' was not found", "Origin: a.yml:3:7", "  ^ column 7"],
         "[ERROR]: the role 'x' was not found"),
        (["\x1b[31mERROR! no such option\x1b[0m", "usage"], "ERROR! no such option"),
        (["usage: ansible-playbook", "ansible-playbook: error: no such argument: -x", "options:"],
         "ansible-playbook: error: no such argument: -x"),
        (["[ERROR]: first\n  ^ column 1", "[ERROR]: second", "below"], "[ERROR]: second"),
    ],
)  # fmt: skip
def test_the_last_words_are_the_error(lines: list[str], last: str) -> None:
    told = Told()
    for line in lines:
        told.event("verbose", f"{line}\n")
    assert told.telling.last_words == last


def test_what_could_not_be_included_has_a_reason() -> None:
    reason = "Could not find or access 'x.yml'"
    (event,) = Told().event("runner_on_failed", "fatal: …\n", res={"reason": reason})
    assert event["message"] == reason


@pytest.mark.parametrize("message", ["text", ["a", {"b": None}], {}, 7, True, [], "", 0, None])
def test_what_a_play_leaves_for_whoever_asked(message: Any) -> None:
    told = Told()
    told.event("runner_on_ok", task="Result", res={"msg": message})
    told.event("runner_on_ok", task="Something else", res={"msg": "else"})
    assert told.telling.result == message


# --- progress -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ('{"play": 1, "plays": 3, "tasks": 7}', {"play": 1, "plays": 3, "tasks": 7}),
        ('{"play": 1, "plays": 1, "tasks": 0}', {"play": 1, "plays": 1, "tasks": 1}),
        ('{"play": 2, "plays": 3, "tasks": 7}', {}),
        ('{"play": 1, "pla', {}),
        ("", {}),
        (None, {}),
    ],
)
def test_how_many_tasks_there_are(tmp_path: Path, file: str | None, counts: Any) -> None:
    if file is not None:
        (tmp_path / "progress").write_text(file)
    told = Told(tmp_path)
    told.event("playbook_on_play_start", "PLAY\n", name="p")
    (event,) = told.event("playbook_on_task_start", "TASK\n", name="t")
    assert event == {"kind": "task", "text": "TASK", "name": "t", "number": 1, **counts}


def test_tasks_that_were_included_count_when_they_come(tmp_path: Path) -> None:
    (tmp_path / "progress").write_text('{"play": 1, "plays": 1, "tasks": 1}')
    told = Told(tmp_path)
    told.event("playbook_on_play_start", "PLAY\n", name="p")
    events = [told.event("playbook_on_task_start", "TASK\n", name="t")[0] for _ in range(3)]
    assert [(each["number"], each["tasks"]) for each in events] == [(1, 1), (2, 2), (3, 3)]


# --- secrets --------------------------------------------------------------------------------------


def test_secrets_are_masked_in_everything_that_is_told() -> None:
    told = Told()
    said = {"msg": {"x": ["geheim", {"my geheim": 1}]}}
    told.event("verbose", "geheim\n")
    told.event("playbook_on_play_start", "PLAY geheim\n", name="play geheim")
    told.event("playbook_on_task_start", "TASK geheim\n", name="task geheim")
    told.event("runner_on_failed", "geheim\n", task="task geheim", host="h", res=said)
    told.event("runner_on_ok", "geheim\n", task="Result", host="h", res=said)
    told.event("playbook_on_stats", "geheim\n", ok={"h": 1})
    assert "geheim" not in json.dumps([told.events, told.telling.result, told.telling.last_words])
    assert told.telling.result == {"x": ["*****", {"my *****": 1}]}


def test_numbers_may_be_secrets() -> None:
    told = Told(secret="123456")
    told.event("runner_on_ok", task="Result", res={"msg": [123456, 12345, True, None]})
    assert told.telling.result == ["*****", 12345, True, None]


def test_a_message_is_masked_before_it_is_cut() -> None:
    told = Told()
    message = "x" * 1997 + "geheim"
    (event,) = told.event("runner_on_failed", "x\n", res={"msg": message})
    assert "geh" not in event["message"]


# --- the whole output -----------------------------------------------------------------------------


def test_a_long_text_is_several_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LONGEST", 5)
    told = Told()
    events = told.event("runner_on_ok", "ab\ncd\nef\n123456789\nx\n", host="h", task="t")
    assert [(each["kind"], each["text"]) for each in events] == [
        ("result", "ab\ncd"),
        ("output", "ef"),
        ("output", "123456789"),
        ("output", "x"),
    ]
    assert (events[0]["host"], "host" in events[1]) == ("h", False)


LINES = st.text("ab ü\t\x1b[0m{}\"'%", max_size=12).map(lambda text: f"{text}\n")
BLOCKS = st.lists(LINES, max_size=4).map("".join)
EVENTS = st.sampled_from(["playbook_on_task_start", "runner_on_ok", "runner_item_on_ok", "other"])
PARTS = st.lists(st.tuples(st.none() | EVENTS, BLOCKS), max_size=6)


def marked(data: dict[str, Any]) -> str:
    """Data of an event as ansible-runner's plugin puts it among the output."""
    said = base64.b64encode(json.dumps(data).encode()).decode()
    chunks = [said[at : at + 78] for at in range(0, len(said), 78)]
    return "\x1b[K" + "".join(f"{each}\x1b[{len(each)}D" for each in chunks) + "\x1b[K"


def stream(parts: list[tuple[str | None, str]]) -> Iterator[str]:
    for number, (event, text) in enumerate(parts):
        if event is None:
            yield text
        else:
            data = {"uuid": str(number), "event": event, "event_data": {"name": "x" * 99}}
            yield marked(data) + text + marked({})


@same_every_time
@given(PARTS, st.integers(2, 200), st.sampled_from([1, 4, 16, 1 << 16]))
def test_the_texts_are_the_output_however_it_comes(
    parts: list[tuple[str | None, str]], chunk: int, longest: int
) -> None:
    told = Told()
    output = "".join(stream(parts))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "_LONGEST", longest)
        events = OutputEventFilter(None, told.telling, True)
        for at in range(0, len(output), chunk):
            events.write(output[at : at + chunk])
        events.close()
    assert told.text == "".join(text for _, text in parts)
    named = [event for event, _ in parts if event not in (None, "other")]
    assert len([each for each in told.events if each["kind"] != "output"]) == len(named)


@same_every_time
@given(st.text("a\n", max_size=40), st.integers(1, 12))
def test_pieces_end_where_lines_end(text: str, longest: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "_LONGEST", longest)
        pieces = list(module._pieces(text))
    assert "\n".join(pieces) == text
    assert all(len(each) <= longest or "\n" not in each for each in pieces)
