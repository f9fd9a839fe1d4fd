"""The API against its own description: whatever is sent, what comes back is what it says.

Schemathesis makes the requests: the examples of the description, every boundary of every
parameter, random ones, and sequences of them; right ones and wrong ones, with a token and without.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.api import TOKENS, api_site

HOW = Path(__file__).with_name("schemathesis.toml")
PATIENCE = 280.0


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site of its own: jobs that are asked for at random are really worked on."""
    with api_site(tmp_path_factory.mktemp("lab"), api_rate=0.0) as (_, url):
        yield url


def schemathesis(url: str, *more: str, role: str = "admin") -> None:
    """Try everything; fails with what went wrong."""
    token = ("-H", f"X-Api-Key: {TOKENS[role]}")
    words = ("--config-file", str(HOW), "run", f"{url}/openapi.json", "--no-color", *token, *more)
    program = str(Path(sys.executable).with_name("schemathesis"))
    done = subprocess.run(
        [program, *words], capture_output=True, text=True, timeout=PATIENCE, cwd=HOW.parent
    )
    if done.returncode:
        pytest.fail(done.stdout + done.stderr, pytrace=False)


def test_every_answer_is_described(url: str) -> None:
    schemathesis(url)
