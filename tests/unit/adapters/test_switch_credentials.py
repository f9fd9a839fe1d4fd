"""How to log in to switches: from a file, plain or vaulted, and never said again."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from osism.adapters.switches import SwitchRegistry
from osism.adapters.switches.credentials import CredentialsFile
from osism.domain.errors import Misconfigured, OutsideFailed
from osism.domain.intents import SwitchIntent
from osism.domain.inventory import Device
from osism.domain.ports import Capabilities, Target

PASSWORD = "correct horse battery"
SECRET = "vErY-s3cret"
LEAF = Device(1, "leaf-1", manufacturer="edgecore", platform="sonic", site="fra1")


def vaulted(text: str) -> str:
    return VaultLib([("default", VaultSecret(PASSWORD.encode()))]).encrypt(text).decode()


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., CredentialsFile]:
    def make(text: str, password: str | None = PASSWORD) -> CredentialsFile:
        path = tmp_path / "secrets.yml"
        path.write_text(text)
        return CredentialsFile(path, lambda: password)

    return make


class Talker:
    """A driver whose switch says its password wherever it can."""

    capabilities = Capabilities()

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.name = ""

    @contextmanager
    def connect(self, target: Target) -> Iterator[Talker]:
        self.secret = str(target.options.get("password", ""))
        if target.options.get("refuses"):
            raise OutsideFailed(f"login with {self.secret} refused")
        yield self

    def stage(self, configuration: str) -> str:
        return f"-user admin {self.secret}\n"

    def commit(self, revert_in: float) -> None:
        raise OutsideFailed(f"no such command: {self.secret}")

    def confirm(self) -> None: ...

    def revert(self) -> None: ...

    def observe(self) -> SwitchIntent:
        return SwitchIntent("leaf-1")


def registry(credentials: CredentialsFile, **entry: Any) -> SwitchRegistry:
    entries = {"leaf-1": entry} if entry else {}
    return SwitchRegistry(entries, "talker", {"talker": Talker}, credentials)


def test_there_need_not_be_a_file(tmp_path: Path) -> None:
    assert CredentialsFile(tmp_path / "none.yml", lambda: None)() == {}


@pytest.mark.parametrize("whole", [True, False])
def test_a_file_can_be_vaulted_as_a_whole_or_by_its_values(
    file: Callable[..., CredentialsFile], whole: bool
) -> None:
    if whole:
        text = vaulted(f"leaf-1: {{username: admin, password: {SECRET}}}\n")
    else:
        lines = vaulted(SECRET).splitlines()
        text = "leaf-1:\n  username: admin\n  password: !vault |\n    " + "\n    ".join(lines)
    assert file(text)() == {"leaf-1": {"username": "admin", "password": SECRET}}


def test_the_entry_that_is_more_particular_wins(file: Callable[..., CredentialsFile]) -> None:
    credentials = file(
        """
default: {username: root, password: a-default}
manufacturer:edgecore: {password: of-the-maker}
platform:sonic: {username: admin, password: of-the-platform}
site:fra1: {password: of-the-site}
site:fra2: {password: of-another-site}
"""
    )
    assert registry(credentials).target(LEAF).options == {
        "username": "admin",
        "password": "of-the-site",
    }


def test_a_file_that_changed_is_read_again(
    file: Callable[..., CredentialsFile], tmp_path: Path
) -> None:
    credentials = file("default: {password: before}")
    assert credentials()["default"] == {"password": "before"}
    (tmp_path / "secrets.yml").write_text("default: {password: afterwards}")
    os.utime(tmp_path / "secrets.yml", (1, 1))
    assert credentials()["default"] == {"password": "afterwards"}


@pytest.mark.parametrize(
    ("text", "password", "says"),
    [
        (vaulted("a: {}"), None, "osism vault password set"),
        (vaulted("a: {}"), "wrong one", "secrets.yml"),
        (f"leaf-1: {{password: {SECRET}", PASSWORD, "no valid YAML, line 1"),
        (f"leaf-1: {SECRET}", PASSWORD, "leaf-1: must be a table"),
        (f"- {SECRET}", PASSWORD, "must be a table"),
        (f"leaf-1: !python/object {SECRET}", PASSWORD, "no valid YAML"),
        ("leaf-1: {driver: sonic}", PASSWORD, "driver belongs into the setting"),
    ],
)
def test_a_mistake_is_said_without_what_the_file_holds(
    file: Callable[..., CredentialsFile], text: str, password: str | None, says: str
) -> None:
    with pytest.raises(Misconfigured) as raised:
        file(text, password)()
    assert says in str(raised.value)
    assert "secrets.yml" in str(raised.value)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("place", ["file", "setting"])
def test_what_a_switch_says_is_without_secrets(
    file: Callable[..., CredentialsFile], place: str
) -> None:
    entry = {"password": SECRET}
    credentials = file(f"leaf-1: {{password: {SECRET}}}" if place == "file" else "")
    switches = registry(credentials, **(entry if place == "setting" else {}))
    with switches.connect(LEAF) as session:
        assert session.stage("x") == "-user admin ********\n"
    with pytest.raises(OutsideFailed) as raised, switches.connect(LEAF) as session:
        session.commit(1)
    assert str(raised.value) == "no such command: ********"
    assert SECRET not in "".join(traceback.format_exception(raised.value))
    assert SECRET not in repr(switches.target(LEAF))


def test_a_login_that_is_refused_says_no_password(file: Callable[..., CredentialsFile]) -> None:
    switches = registry(file(f"leaf-1: {{password: {SECRET}, refuses: true}}"))
    with pytest.raises(OutsideFailed, match=r"login with \*+ refused"), switches.connect(LEAF):
        pass
