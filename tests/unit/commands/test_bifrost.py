"""``osism bifrost``: the command's words arrive as they were typed, and its answer comes back."""

from __future__ import annotations

import json

import pytest

from osism.commands import bifrost
from osism.commands.bifrost import Bifrost
from osism.domain.errors import Invalid
from osism.domain.jobs import RunPlaybook
from osism.domain.runs import check


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[RunPlaybook]:
    jobs: list[RunPlaybook] = []
    monkeypatch.setattr(bifrost, "send", lambda job: jobs.append(job) or "j")
    monkeypatch.setattr(bifrost, "wait", lambda *_: 0)
    monkeypatch.setattr(bifrost, "result_of", lambda _: {"result": []})
    return jobs


def run(*words: str) -> int:
    command = Bifrost(None, None)
    return command.take_action(command.get_parser("osism bifrost").parse_args(list(words)))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (["baremetal", "node", "list"], ["baremetal", "node", "list"]),
        (["--", "--help"], ["--help"]),
        (["node", "set", "-i", "x", "--", "-y"], ["node", "set", "-i", "x", "--", "-y"]),
        (["--", "a", "--", "b c", "$(id)"], ["a", "--", "b c", "$(id)"]),
    ],
)
def test_the_words_of_the_command(
    jobs: list[RunPlaybook],
    typed: list[str],
    words: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(*typed) == 0
    (job,) = jobs
    check(job)
    option, given = job.arguments
    assert (option, json.loads(given)) == ("-e", {"bifrost_arguments": words})
    assert capsys.readouterr().out == "[]\n"


@pytest.mark.parametrize("typed", [[], ["--"]])
def test_a_command_is_needed(jobs: list[RunPlaybook], typed: list[str]) -> None:
    with pytest.raises(Invalid, match="give a command"):
        run(*typed)
    assert jobs == []
