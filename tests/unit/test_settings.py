"""Settings: where they come from, what they may be, and what is said of a wrong one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from osism import settings as module
from osism.domain.errors import Misconfigured
from osism.settings import FIELDS, Settings, origins
from osism.values import Secret


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a settings' file and with secrets, and nothing in the environment."""
    for name in list(os.environ):
        if name.upper() in {each for field in FIELDS.values() for each in field.variables}:
            monkeypatch.delenv(name)
    (tmp_path / "secrets").mkdir()
    file = tmp_path / "osism.yml"
    file.write_text("")
    monkeypatch.setenv("OSISM_CONFIG", str(file))
    monkeypatch.setattr(module, "SECRETS", str(tmp_path / "secrets"))
    return tmp_path


def read() -> Settings:
    module.settings.cache_clear()
    try:
        return module.settings()
    finally:
        module.settings.cache_clear()


def test_defaults_are_values_of_their_type() -> None:
    values = vars(read())
    assert list(values) == list(FIELDS)
    for name, field in FIELDS.items():
        default = field.default
        plain = default.get_secret_value() if isinstance(default, Secret) else default
        assert field.read(plain) == values[name] == default
    assert set(origins().values()) == {"default"}


def test_the_environment_counts_before_the_file_and_the_file_before_secrets(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("osism_lease", "OSISM_LOCK_WAIT", "osism_retention", "else"):
        (site / "secrets" / name).write_text(" 1\n")
    (site / "osism.yml").write_text("lease: 2\nlock_wait: 2\n")
    monkeypatch.setenv("Osism_Lease", "3")
    found = read()
    assert (found.lease, found.lock_wait, found.retention) == (3.0, 2.0, 1.0)
    told = origins()
    assert told["lease"] == "environment"
    assert told["lock_wait"] == str(site / "osism.yml")
    assert told["retention"] == str(site / "secrets")


@pytest.mark.parametrize("name", ["NETBOX_API", "OSISM_NETBOX_URL", "netbox_url"])
def test_names_that_sites_have_used_for_long(
    site: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (site / "osism.yml").write_text("NETBOX_TOKEN: sesame\n")
    (site / "secrets" / "ignore_ssl_errors").write_text("Yes")
    monkeypatch.setenv(name, "https://netbox/api/")
    found = read()
    assert found.netbox_url == "https://netbox"
    assert found.netbox_token.get_secret_value() == "sesame"
    assert found.ignore_ssl_errors is True
    assert {name for name, source in origins().items() if source != "default"} == {
        "netbox_url",
        "netbox_token",
        "ignore_ssl_errors",
    }


def test_the_products_own_name_counts_before_the_old_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETBOX_API", "https://old")
    monkeypatch.setenv("OSISM_NETBOX_URL", "https://new")
    assert read().netbox_url == "https://new"


def test_a_mapping_is_put_together_from_all_its_sources(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site / "osism.yml").write_text("switches: {leaf-1: {driver: file, port: 22}, x: {port: 1}}\n")
    monkeypatch.setenv("OSISM_SWITCHES", '{"leaf-1": {"port": 23}, "y": {"port": 2}}')
    monkeypatch.setenv("OSISM_SWITCHES__leaf-1__address", "10.0.0.1")
    monkeypatch.setenv("OSISM_SWITCHES__LEAF-1__OPTIONS__slow", "true")
    monkeypatch.setenv("OSISM_SWITCHES__z", '{"port": 3}')
    assert read().switches == {
        "leaf-1": {
            "driver": "file",
            "port": 23,
            "address": "10.0.0.1",
            "options": {"slow": True},
        },
        "x": {"port": 1},
        "y": {"port": 2},
        "z": {"port": 3},
    }


def test_a_mapping_of_paths(site: Path) -> None:
    (site / "osism.yml").write_text("runtimes: {kolla: {playbooks: /kolla}}\n")
    assert read().runtimes == {"kolla": {"playbooks": Path("/kolla")}}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("lease", "0.5", 0.5),
        ("lease", "3600", 3600.0),
        ("concurrency", "2.0", 2),
        ("concurrency", "'3'", 3),
        ("ignore_ssl_errors", "on", True),
        ("ignore_ssl_errors", "0", False),
        ("ignore_ssl_errors", "'F'", False),
        ("netbox_ca", "", None),
        ("netbox_ca", "''", None),
        ("netbox_ca", "/ca.pem", Path("/ca.pem")),
        ("configuration", "/opt", Path("/opt")),
        ("log_level", "DEBUG", "DEBUG"),
        ("redis_url", "''", ""),
        ("netbox_url", "https://n/api", "https://n"),
    ],
)
def test_values(site: Path, name: str, text: str, value: Any) -> None:
    (site / "osism.yml").write_text(f"{name}: {text}\n")
    found = getattr(read(), name)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lese: 3", "setting lese: unknown; did you mean 'lease'?"),
        ("1: 3", "setting 1: unknown"),
        ("lease: x", "setting lease: 'x' is wrong: must be a number"),
        ("lease: true", "setting lease: True is wrong: must be a number"),
        ("lease: .nan", "setting lease: nan is wrong: must be a number"),
        ("lease: .inf", "setting lease: inf is wrong: must be a number"),
        ("lease: [1]", "setting lease: [1] is wrong: must be a number"),
        ("lease:", "setting lease: None is wrong: must be a number"),
        ("lease: 0.4", "setting lease: 0.4 is wrong: must be at least 0.5"),
        ("lease: 3601", "setting lease: 3601 is wrong: must be at most 3600"),
        ("retention: 0", "setting retention: 0 is wrong: must be more than 0"),
        ("concurrency: '2.5'", "setting concurrency: '2.5' is wrong: must be a whole number"),
        ("concurrency: x", "setting concurrency: 'x' is wrong: must be a whole number"),
        ("ignore_ssl_errors: maybe", "setting ignore_ssl_errors: 'maybe' is wrong: must be true"),
        ("redis_url: 3", "setting redis_url: 3 is wrong: must be text"),
        ("configuration: 3", "setting configuration: 3 is wrong: must be text"),
        ("configuration:", "setting configuration: None is wrong: must be text"),
        ("log_level: debug", "'debug' is wrong: must be DEBUG, INFO, WARNING or ERROR"),
        ("netbox_url: ftp://x", "setting netbox_url: 'ftp://x' is wrong: must begin with https://"),
        ("switches: 5", "setting switches: 5 is wrong: must be a mapping"),
        ("switches: {a: 5}", "setting switches.a: 5 is wrong: must be a mapping"),
        ("switches: {1: {}}", "setting switches: 1 is wrong: must be text, for it is a key"),
        ("runtimes: {a: {b: 5}}", "setting runtimes.a.b: 5 is wrong: must be text"),
        ("lease: x\nlese: 3\nretention: 0", "lese: unknown"),
        ("lease: x\nlese: 3\nretention: 0", "; setting lease: 'x'"),
        ("lease: x\nlese: 3\nretention: 0", "; setting retention: 0"),
        ("[1]", "is no mapping of settings to values"),
        ("a: [", "settings: while parsing"),
        ("a: !!python/object:os.system {}", "settings: could not determine a constructor"),
    ],
)
def test_what_is_said_of_a_wrong_one(site: Path, text: str, said: str) -> None:
    (site / "osism.yml").write_text(text)
    with pytest.raises(Misconfigured) as told:
        read()
    assert said in str(told.value)


def test_a_file_that_is_named_and_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSISM_CONFIG", "/nowhere/osism.yml")
    with pytest.raises(Misconfigured, match=r"OSISM_CONFIG names /nowhere/osism.yml"):
        read()


def test_the_environment_can_be_wrong_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSISM_LEASE", "")
    with pytest.raises(Misconfigured, match="setting lease: '' is wrong: must be a number"):
        read()


def test_secrets_are_neither_shown_nor_told(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (site / "secrets" / "OSISM_NETBOX_TOKEN").write_text("sesame\n")
    found = read()
    assert found.netbox_token.get_secret_value() == "sesame"
    assert "sesame" not in f"{found} {found!r} {found.netbox_token} {found.netbox_token!r}"
    (site / "osism.yml").write_text("database_url: [sesame]")
    with pytest.raises(Misconfigured) as told:
        read()
    assert str(told.value).startswith("setting database_url: is wrong: must be text")
    (site / "osism.yml").write_text("")
    monkeypatch.setenv("OSISM_SWITCHES", '{"password": "sesame}')
    with pytest.raises(Misconfigured) as told:
        read()
    assert str(told.value).startswith("setting switches: must be a JSON object")
    assert "sesame" not in str(told.value)


def test_a_secret_is_equal_to_the_same_secret() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert hash(Secret("a")) == hash(Secret("a"))
    assert Secret("a") != "a"
