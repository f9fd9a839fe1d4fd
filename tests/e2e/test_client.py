"""Every example of the Python client's page, as it stands there, against a site."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.api import TOKENS, api_site
from tests.e2e.conftest import Site
from tests.integration.conftest import absent

CLIENT = Path(__file__).parents[2] / "clients" / "python"
PAGE = (CLIENT / "README.md").read_text(encoding="utf-8")
#: The examples in their order: title of the section, language, text.
EXAMPLES = [
    (title, language, text)
    for title, below in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
    for language, text in re.findall(r"^```(python|bash)\n(.*?)^```", below, re.M | re.S)
]
#: What they print among other things, each when it did what it is for.
SAID = (
    "node-1 is in state a",  # waited for
    "update interface leaf-1:Ethernet1 mode",  # the plan
    "a -> b succeeded",  # the history
    "clean []",  # no drift
    "PLAY RECAP",  # followed output
    "ended: succeeded",
    "leaf-2: clean",  # a job's output
    "event: device",  # replayed
    "the power is being worked on",
    "PUT /api/v1/lock 200",  # the audit log
)
#: What needs no example: who presents no token there, or is no client.
WITHOUT = {"webhook"}


def test_every_resource_has_an_example() -> None:
    resources = {each.name for each in (CLIENT / "osism_client" / "api").iterdir() if each.is_dir()}
    shown = set(re.findall(r"^from osism_client\.api\.(\w+) import", PAGE, re.MULTILINE))
    assert resources - {"__pycache__"} - WITHOUT == shown


def test_every_example_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for program in ("curl", "openssl"):
        if not shutil.which(program):
            absent(f"the page's examples for a shell want {program}")
    token, secret = tmp_path / "token", "a secret of this test"
    token.write_text(TOKENS["admin"] + "\n")
    with api_site(tmp_path / "site", webhook_secret=secret) as (lab, url):
        site = Site(lab)
        for words in ("init", "import", "connect fabric --state a"):
            assert site.osism("netbox", *words.split()).code == 0
        monkeypatch.setenv("OSISM_API", url)
        monkeypatch.setenv("OSISM_TOKEN_FILE", str(token))
        monkeypatch.setenv("WEBHOOK_SECRET", secret)
        monkeypatch.syspath_prepend(str(CLIENT))
        names: dict[str, Any] = {}  # what one example defines, the next ones use
        for title, language, text in EXAMPLES:
            if language == "python":
                exec(compile(text, f"README.md ({title})", "exec"), names)
            else:
                shell(text, tmp_path)
    printed = capsys.readouterr().out
    assert [words for words in SAID if words not in printed] == []


def shell(text: str, folder: Path) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        env={**os.environ, "PATH": path},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
