"""What cannot be used of an entry for SSH is told as the entry's mistake."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from osism.adapters.switches.ssh import connected
from osism.domain.errors import Misconfigured, OutsideFailed
from osism.domain.ports import Target


def failure(target: Target) -> Misconfigured | OutsideFailed:
    with pytest.raises((Misconfigured, OutsideFailed)) as caught, connected(target):
        pass
    assert isinstance(caught.value, (Misconfigured, OutsideFailed))
    return caught.value


@pytest.mark.parametrize("address", ["leaf..example", "l" * 64])
def test_an_address_that_is_none(address: str) -> None:
    found = failure(Target("leaf-1", address))
    assert isinstance(found, Misconfigured)
    assert "switch 'leaf-1': ssh_config, known_hosts or the address cannot be read" in str(found)


def test_a_configuration_of_ssh_with_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "ssh_config"
    path.write_text("ProxyJump one two three\n")
    found = failure(Target("leaf-1", "127.0.0.1", options={"ssh_config": str(path)}))
    assert isinstance(found, Misconfigured)
    assert f"{path} line 1" in str(found)


def test_why_nobody_answers_is_in_words() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        words = str(failure(Target("leaf-1", "127.0.0.1", port)))
    assert words.endswith(f"cannot connect to 127.0.0.1 port {port}: Connection refused")
