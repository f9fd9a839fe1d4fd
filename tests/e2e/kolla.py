"""kolla-ansible as an image of the kolla worker has it, and a site for it."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import Answer

#: One machine without a container engine; TLS, so that there are certificates to make.
CONFIGURATION = {
    "kolla_base_distro": "debian",
    "kolla_internal_vip_address": "127.0.0.1",
    "network_interface": "lo",
    "neutron_external_interface": "lo",
    "enable_haproxy": "no",
    "enable_loadbalancer": "no",
    "kolla_enable_tls_internal": "yes",
    "kolla_enable_tls_external": "yes",
}


@dataclass(frozen=True)
class Kolla:
    """An environment of Python's with kolla-ansible in it."""

    directory: Path

    @property
    def programs(self) -> Path:
        return self.directory / "bin"

    @property
    def playbooks(self) -> Path:
        return self.directory / "share" / "kolla-ansible" / "ansible"

    @property
    def runtime(self) -> dict[str, str]:
        """For the setting ``runtimes``."""
        return {"playbooks": str(self.playbooks), "ansible": str(self.programs)}

    @cached_property
    def inventory(self) -> str:
        """kolla's all-in-one; which Python is to be used is said, for the one on PATH may lack
        what modules need."""
        text = (self.playbooks / "inventory" / "all-in-one").read_text()
        more = f"ansible_connection=local ansible_python_interpreter={self.programs / 'python3'}"
        return text.replace("ansible_connection=local", more)

    def run(self, *command: str) -> Answer:
        """Run one of its programs."""
        done = subprocess.run(
            [str(self.programs / command[0]), *command[1:]],
            env=os.environ
            | {
                "PATH": f"{self.programs}:{os.environ['PATH']}",
                "ANSIBLE_LOCALHOST_WARNING": "0",
                "LC_ALL": "C.UTF-8",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def passwords(self, directory: Path) -> str:
        """A file of passwords as kolla-genpwd makes it."""
        file = directory / "passwords.yml"
        examples = self.playbooks.parent / "etc_examples" / "kolla" / "passwords.yml"
        file.write_text(examples.read_text())
        file.chmod(0o600)
        made = self.run("kolla-genpwd", "-p", str(file))
        assert made.code == 0, made
        return file.read_text()


def kolla() -> Kolla:
    """The one ``make kolla`` has prepared, or the one that OSISM_TEST_KOLLA names.

    Without one, skips at home and fails in CI.
    """
    named = os.environ.get("OSISM_TEST_KOLLA")
    found = Kolla(Path(named) if named else Path(__file__).parents[2] / ".venv-kolla")
    if not (found.playbooks / "site.yml").is_file():
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing(f"no kolla-ansible in {found.directory}: make kolla prepares one")
    return found


def secrets_of(passwords: str) -> set[str]:
    """Every text that must not be seen: values, and the lines of those that have several."""
    found: set[str] = set()

    def collect(value: Any) -> None:
        if isinstance(value, dict):
            for each in value.values():
                collect(each)
        elif isinstance(value, str):
            lines = [line for line in value.splitlines() if not line.startswith("-----")]
            found.update(line for line in lines if len(line) >= 16)

    collect(yaml.safe_load(passwords))
    return found
