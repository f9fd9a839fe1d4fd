"""What is wrong with a request is said in words that help."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.guarded import ACCESS, Guarded, guarded


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guarded]:
    with guarded(tmp_path, monkeypatch, api_tokens=ACCESS, api_rate=0) as found:
        yield found


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/runs", {"role": "ping", "x": 1}, ["body.x: is not known here"]),
        ("/runs", {}, ["body.role: is missing"]),
        ("/runs", [], ["body: is to be an object"]),
        ("/jobs", {"job": "ConnectDevices"}, ["body.names: is missing"]),
        (
            "/jobs",
            {"job": "ConnectDevices", "names": ["a"], "generation": 3},
            ["body.generation: is not known here"],
        ),
        (
            "/jobs",
            {"job": "FollowChanges", "devices": []},
            ["body: job FollowChanges: NetBox's webhook asks for it; nobody else can"],
        ),
        (
            "/jobs",
            {"job": "CheckDrfit"},
            ["body: job 'CheckDrfit' is unknown; did you mean 'CheckDrift'?"],
        ),
    ],
)
def test_a_body_that_is_wrong(api: Guarded, path: str, body: Any, said: list[str]) -> None:
    answer = api.ask("POST", f"/api/v1{path}", "admin", json=body)
    assert (answer.status_code, answer.json()["message"]) == (400, said)


def test_what_there_is_is_said(api: Guarded) -> None:
    for body in ({}, {"job": "?"}):
        said = api.ask("POST", "/api/v1/jobs", "admin", json=body).json()["message"]
        assert len(said) == 1 and "ConnectDevices, GenerateConfiguration" in said[0]
