"""What remains of a run that failed before its recap, or outside of a module."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from osism.adapters.ansible.telling import Telling


@pytest.fixture
def told() -> list[tuple[str, dict[str, Any]]]:
    return []


@pytest.fixture
def telling(told: list[tuple[str, dict[str, Any]]], tmp_path: Path) -> Telling:
    def tell(kind: str, **values: Any) -> None:
        told.append((kind, values))

    return Telling(tell, lambda text: text, tmp_path)


def printed(telling: Telling, *lines: str) -> None:
    for number, line in enumerate(lines):
        telling({"event": "verbose", "stdout": line, "start_line": number, "end_line": number + 1})


@pytest.mark.parametrize(
    ("lines", "last"),
    [
        (["one", "two", ""], "two"),
        (["a warning", "[ERROR]: the role 'x' was not found", "Origin: a.yml:3:7", "  ^ column 7"],
         "[ERROR]: the role 'x' was not found"),
        (["\x1b[31mERROR! no such option\x1b[0m", "usage"], "ERROR! no such option"),
        (["[ERROR]: first\n  ^ column 1", "[ERROR]: second", "below"], "[ERROR]: second"),
    ],
)  # fmt: skip
def test_the_last_words_are_the_error(telling: Telling, lines: list[str], last: str) -> None:
    printed(telling, *lines)
    assert telling.last_words == last


def test_what_could_not_be_included_has_a_reason(
    telling: Telling, told: list[tuple[str, dict[str, Any]]]
) -> None:
    data = {"host": "a", "task": "include", "res": {"reason": "Could not find or access 'x.yml'"}}
    telling({"event": "runner_on_failed", "stdout": "fatal: …", "event_data": data})
    assert told[0][1]["message"] == "Could not find or access 'x.yml'"
