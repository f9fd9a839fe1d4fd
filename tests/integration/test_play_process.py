"""The process of a run: everything it prints is read, and it ends when it shall."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from ansible_runner.config.runner import RunnerConfig

from osism.adapters.ansible.readiness import Program
from osism.adapters.ansible.runner import _Play
from osism.adapters.ansible.telling import Telling
from osism.domain.errors import Revoked
from osism.domain.runs import TIMED_OUT

ENVIRONMENT = (("LC_ALL", "C.UTF-8"), ("PATH", os.environ["PATH"]))


class Site:
    def __init__(self, directory: Path) -> None:
        self.texts: list[str] = []
        self.directory = directory

    def play(
        self, script: str, check: Callable[[], None] = lambda: None, timeout: float = 0.0
    ) -> int:
        config = RunnerConfig(str(self.directory), ident="run", fact_cache_type="", quiet=True)
        telling = Telling(self._tell, lambda text: text, self.directory)
        process = Program(("sh", "-c", script), ENVIRONMENT).start()
        try:
            return _Play(config, telling).play(process, {"wanted": "ü"}, check, timeout)
        finally:
            process.kill()
            process.wait()

    def _tell(self, kind: str, **values: Any) -> None:
        self.texts += [values["text"]] if "text" in values else []


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def revoked() -> None:
    raise Revoked("by somebody")


@pytest.mark.parametrize("code", [0, 2, 250])
def test_the_exit_code_is_the_programs(site: Site, code: int) -> None:
    assert site.play(f"read line; exit {code}") == code


def test_a_process_that_was_killed_ends_as_others_say_it(site: Site) -> None:
    """128 and the signal's number, whichever process of the chain it was."""
    assert site.play("kill -9 $$") == 128 + signal.SIGKILL


def test_what_is_wanted_is_read_and_what_is_printed_is_told(site: Site) -> None:
    assert site.play("read -r line; echo $line; echo; echo err >&2; printf last") == 0
    assert site.texts == ['{"wanted": "\\u00fc"}', "", "err", "last"]


def test_a_program_that_reads_nothing_is_heard_all_the_same(site: Site) -> None:
    assert site.play("exec <&-; echo ERROR; exit 4") == 4
    assert site.texts == ["ERROR"]


def test_everything_that_is_printed_at_the_end_is_read(site: Site) -> None:
    assert site.play("seq 20000") == 0
    assert site.texts == [str(number) for number in range(1, 20_001)]


def test_a_character_may_come_in_parts(site: Site) -> None:
    site.play(r"printf 'a\303'; sleep 0.1; printf '\274b\n\377\n\303'")
    assert site.texts == ["aüb", "\N{REPLACEMENT CHARACTER}", "\N{REPLACEMENT CHARACTER}"]


def test_a_process_in_the_background_does_not_keep_the_run(site: Site) -> None:
    began = monotonic()
    assert site.play("sleep 20 & echo $!; exit 3") == 3
    assert monotonic() - began < 5
    os.kill(int(site.texts[0]), signal.SIGKILL)


def test_whoever_asks_for_its_end_gets_it(site: Site) -> None:
    began = monotonic()
    with pytest.raises(Revoked, match="by somebody"):
        site.play("echo begun; exec sleep 20", revoked)
    assert monotonic() - began < 5
    assert site.texts == ["begun"]


def test_what_it_prints_while_it_ends_is_told(site: Site) -> None:
    with pytest.raises(Revoked):
        site.play("trap 'echo ended; exit 0' TERM; sleep 20 & wait", revoked)
    assert site.texts == ["ended"]


def test_a_run_that_takes_too_long(site: Site) -> None:
    assert site.play("exec sleep 20", timeout=0.1) == TIMED_OUT
    assert site.play("exit 5", timeout=20) == 5
