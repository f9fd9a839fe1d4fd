"""The API against its own description: whatever is sent, what comes back is what it says.

Schemathesis makes the requests: the examples of the description, every boundary of every
parameter, random ones, and sequences of them; right ones and wrong ones, with a token and without.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.api import TOKENS, api_site, client
from tests.e2e.conftest import Site

HERE = Path(__file__).parent
HOW = HERE / "schemathesis.toml"
DOCUMENT = HERE.parents[1] / "clients" / "openapi.json"
#: In the place of Ansible: no play that is asked for at random is played on this machine.
INVENTORY = """#!/bin/sh
case "$*" in
*--host*) echo '{"ansible_host": "192.0.2.1"}' ;;
*) echo '{"_meta": {"hostvars": {}}, "compute": {"hosts": ["node-1"]}}' ;;
esac
"""


@dataclass(frozen=True)
class Known:
    """The API, and ids of what there is."""

    url: str
    ids: dict[str, str]

    def how(self, folder: Path, text: str) -> Path:
        """A configuration with the ids in it."""
        for name, id in self.ids.items():
            text = text.replace(f'"{name}"', f'"{id}"')
        path = folder / HOW.name
        path.write_text(text)
        return path


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    """A site of its own, with devices: whatever is asked for there, is worked on."""
    folder = tmp_path_factory.mktemp("site")
    programs = folder / "programs"
    programs.mkdir()
    (programs / "ansible-inventory").write_text(INVENTORY)
    (programs / "ansible-inventory").chmod(0o755)
    settings = {"api_rate": 0.0, "webhook_secret": "of a test", "ansible": str(programs)}
    with api_site(folder / "lab", **settings) as (lab, url):
        site = Site(lab)
        for words in ("netbox init", "netbox import", "netbox connect fabric --state a"):
            assert site.osism(*words.split()).code == 0
        assert site.connect("node-1", "b").code == 0
        with client(url) as asked:
            run = asked.post("/runs", json={"role": "ping"}).json()["meta"]["name"]
            (row, *_) = asked.get("/transitions").json()["items"]
        yield Known(
            url, {"JOB": row["status"]["job"], "RUN": run, "TRANSITION": row["meta"]["name"]}
        )


def schemathesis(how: Path, *words: str, within: float = 280.0) -> None:
    """Try everything, as the file *how* says; fails with what went wrong."""
    program = Path(sys.executable).with_name("schemathesis")
    done = subprocess.run(
        [program, "--config-file", how, "run", "--no-color", *words],
        capture_output=True,
        text=True,
        timeout=within,
        cwd=HERE,
    )
    if done.returncode:
        pytest.fail(done.stdout + done.stderr, pytrace=False)


TOKEN = ("-H", f"X-Api-Key: {TOKENS['admin']}")


def test_every_answer_is_described(known: Known, tmp_path: Path) -> None:
    how = known.how(tmp_path, HOW.read_text())
    schemathesis(how, f"{known.url}/openapi.json", *TOKEN)


def test_a_stranger_learns_nothing(known: Known) -> None:
    schemathesis(HERE / "schemathesis-stranger.toml", str(DOCUMENT), "--url", known.url)


@pytest.mark.chaos
@pytest.mark.timeout(1800)
def test_every_answer_is_described_whatever_is_sent(known: Known, tmp_path: Path) -> None:
    everything = HOW.read_text().partition("# --- only for what is run often")[0]
    how, more = known.how(tmp_path, everything), ("--max-examples", "150")
    schemathesis(how, f"{known.url}/openapi.json", *TOKEN, *more, within=1700)
