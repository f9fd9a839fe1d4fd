"""Query parameters that a path does not know are refused, not passed over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from osism.services.api.devices import wanting
from tests.fakes.guarded import ACCESS, Guarded, guarded


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guarded]:
    def work(*_: object) -> None:
        raise AssertionError("something was wanted")

    monkeypatch.setattr(wanting, "looked_at", work)
    with guarded(tmp_path, monkeypatch, api_tokens=ACCESS, api_rate=0) as found:
        yield found


@pytest.mark.parametrize("name", ["dry_run", "dryrun", "dry-Run", "Dry-Run"])
def test_a_misspelt_dry_run_does_nothing(api: Guarded, name: str) -> None:
    wanted = {"spec": {"state": "b"}}
    answer = api.ask("PUT", f"/api/v1/devices/x?{name}=true", "operator", json=wanted)
    assert answer.status_code == 400
    assert answer.json()["message"] == [f"query.{name}: not known here; did you mean 'dry-run'?"]


def test_a_parameter_that_is_given_twice_is_refused(api: Guarded) -> None:
    wanted = {"spec": {"state": "b"}}
    path = "/api/v1/devices/x?dry-run=true&dry-run=false"
    answer = api.ask("PUT", path, "operator", json=wanted)
    assert answer.status_code == 400
    assert answer.json()["message"] == ["query.dry-run: is given 2 times; once is right"]


def test_what_is_known_is_said(api: Guarded) -> None:
    answer = api.ask("GET", "/api/v1/audit?zzz=1", "admin")
    said = "query.zzz: not known here; known are continue, limit, since, who"
    assert answer.json()["message"] == [said]
    answer = api.ask("GET", "/api/v1/lock?zzz=1", "reader")
    assert answer.json()["message"] == ["query.zzz: no parameters are known here"]


def test_lists_may_be_given_several_times(api: Guarded) -> None:
    path = "/api/v1/devices?label=a&label=b&limit=0"  # the limit alone is wrong
    assert api.ask("GET", path, "reader").json()["message"][0].startswith("query.limit: ")


def test_every_path_but_the_webhook_looks(api: Guarded) -> None:
    for path, operations in api.app.openapi()["paths"].items():
        if not path.startswith("/api/v1/") or path.endswith(("/webhook/netbox", "/things")):
            continue
        for method in operations:
            here = path.replace("{name}", "x").replace("{id}", "x")
            answer = api.ask(method.upper(), f"{here}?dry_rnu=1", "admin")
            assert (answer.status_code, answer.json()["message"][0][:14]) == (400, "query.dry_rnu:")
