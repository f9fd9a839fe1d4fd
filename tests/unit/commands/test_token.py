"""Making a token for the HTTP API: what is shown is all that is needed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from osism import settings, wiring
from osism.domain.access import Role, caller, checked_tokens, digest
from osism.domain.requests import Entry
from osism.main import main
from tests.fakes.audit import MemoryAudit

NOON = datetime(2025, 3, 30, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    file = tmp_path / "osism.yml"
    file.write_text("api_tokens:\n  known: {sha256: '" + "AB" * 32 + "', role: operator}\n")
    monkeypatch.setenv("OSISM_CONFIG", str(file))
    settings.settings.cache_clear()
    yield file
    settings.settings.cache_clear()


@pytest.mark.parametrize("name", ["ci", "the CI: of 'x' & \"y\" #1 ü {}", "yes", "007"])
def test_the_lines_are_what_the_file_wants(
    capsys: pytest.CaptureFixture[str], config: Path, name: str
) -> None:
    before = config.read_text()
    assert main(["token", "create", name, "--role", "operator"]) == 0
    token, lines = capsys.readouterr().out.split("\n", 1)
    (found,) = checked_tokens(yaml.safe_load(lines)["api_tokens"])
    assert (found.caller.name, found.caller.role) == (name, Role.OPERATOR)
    assert caller([found], token) == found.caller
    assert token not in lines
    assert config.read_text() == before
    config.write_text(lines)
    settings.settings.cache_clear()
    assert list(settings.settings().api_tokens) == [name]


def test_for_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "create", "ci", "-f", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["description"], found["role"]) == ("ci", "reader")
    assert found["sha256"] == digest(found["token"])
    assert yaml.safe_load(found["settings"]) == {
        "api_tokens": {"ci": {"sha256": found["sha256"], "role": "reader"}}
    }


@pytest.mark.parametrize(
    ("name", "code"), [("known", 3), ("", 2), (" ", 2), ("two\nlines", 2), ("x" * 256, 2)]
)
def test_what_is_no_description(capsys: pytest.CaptureFixture[str], name: str, code: int) -> None:
    assert main(["token", "create", name]) == code
    assert capsys.readouterr().out == ""


def test_the_list_has_no_token(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "list", "-f", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"Description": "known", "Role": "operator", "SHA-256": "abababab"}
    ]


def test_two_of_one_token_are_a_mistake(capsys: pytest.CaptureFixture[str], config: Path) -> None:
    same = {"sha256": "ab" * 32, "role": "reader"}
    config.write_text(yaml.safe_dump({"api_tokens": {"a": same, "b": same}}))
    assert main(["token", "list"]) == 1
    assert "'b' has the token of 'a'" in capsys.readouterr().err


def test_the_audit_log(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    audit = MemoryAudit()
    monkeypatch.setattr(wiring, "audit", lambda: audit)
    audit.begin(Entry(NOON, "ci", "operator", "192.0.2.1", "PUT", "/x", {"a": "ü"}))
    audit.finish(1, 200, "4711")
    audit.begin(Entry(NOON, "ops", "admin", "", "DELETE", "/y"))
    assert main(["audit", "list", "-f", "json", "--who", "ci", "--since", "2025-03-01"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["Who"], row["Request"], row["Body"]) == ("ci", "PUT /x", '{"a": "ü"}')
    assert (row["Status"], row["Result"]) == (200, "4711")
    assert main(["audit", "list", "-f", "json", "--since", "2025-03-30T14:00:00+01:00"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert main(["audit", "list", "-f", "json", "--limit", "1"]) == 0
    assert [each["Number"] for each in json.loads(capsys.readouterr().out)] == [2]
    for wrong in (("--since", "yesterday"), ("--limit", "0")):
        assert main(["audit", "list", *wrong]) == 2
    assert "yesterday: a time is" in capsys.readouterr().err
