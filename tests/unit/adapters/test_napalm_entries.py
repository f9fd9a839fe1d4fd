"""Entries of the driver napalm, its table, its records, and what it hides."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from osism.adapters.switches.napalm.driver import NapalmDriver
from osism.adapters.switches.napalm.failures import told
from osism.adapters.switches.napalm.hidden import without_secrets
from osism.adapters.switches.napalm.logins import credentials
from osism.adapters.switches.napalm.platforms import GETTERS, PLATFORMS, UNKNOWN, Timer
from osism.adapters.switches.napalm.records import Record, Records, State
from osism.domain.drift import FIELDS
from osism.domain.errors import Invalid, Misconfigured, OutsideFailed
from osism.domain.ports import Target

LOGIN = {"username": "osism", "password": "correct horse"}


def made(tmp_path: Path, platform: str = "ios", **options: Any) -> Any:
    row = PLATFORMS.get(platform, UNKNOWN)
    return credentials(Target("leaf-1", "192.0.2.1", options={**LOGIN, **options}), row, tmp_path)


# --- the table


def test_the_table_knows_no_field_that_is_none() -> None:
    assert frozenset().union(*GETTERS.values()) <= FIELDS
    for name, platform in PLATFORMS.items():
        assert platform.observes <= frozenset().union(*GETTERS.values()), name
        assert not {"port.mode", "port.untagged", "port.tagged", "port.lag"} & platform.observes


@pytest.mark.parametrize(
    ("timer", "seconds", "rounded"),
    [
        (Timer(60, 7200), 0.5, 60),
        (Timer(60, 7200), 60, 60),
        (Timer(60, 7200), 60.1, 120),
        (Timer(60, 7200), 7200, 7200),
        (Timer(60, 7200), 7200.1, 0),
        (Timer(1, 86_399), 1.2, 2),
    ],
)
def test_a_timer_is_never_shorter_than_wanted(timer: Timer, seconds: float, rounded: int) -> None:
    assert timer.rounded(seconds) == rounded


# --- entries


@pytest.mark.parametrize("platform", [None, "", 7, "../eos", "napalm.eos", "EOS", "a b"])
def test_a_platform_is_needed(platform: Any) -> None:
    with pytest.raises(Misconfigured, match="wants a platform"):
        NapalmDriver({"platform": platform})


@pytest.mark.parametrize(
    ("platform", "options", "words"),
    [
        ("ios", {"username": ""}, "wants a username"),
        ("ios", {"password": ""}, "wants a password or a private_key_file"),
        ("ios", {"insecure": True}, "insecure is for platforms that cannot be checked"),
        ("homemade", {}, "insecure: true"),
        ("iosxr_netconf", {}, "insecure: true"),
        ("ios", {"optional_args": ["x"]}, "optional_args must be a table"),
        ("ios", {"optional_args": {"ssh_strict": False}}, "'ssh_strict' cannot be set"),
        ("ios", {"optional_args": {"transport": "telnet"}}, "'transport' cannot be set"),
        ("ios", {"optional_args": {"session_log": "/tmp/x"}}, "'session_log' cannot be set"),
        ("ios", {"optional_args": {"fast_clii": True}}, "did you mean 'fast_cli'"),
        ("ios", {"optional_args": {"secret": "x"}}, "secret belongs into an option of its own"),
        ("nxos", {"optional_args": {"ssl_verify": False}}, "'ssl_verify' cannot be set"),
        ("eos", {"optional_args": {"transport": "http"}}, "'transport' cannot be set"),
        ("eos", {"optional_args": {"context": None}}, "'context' cannot be set"),
        ("iosxr_netconf", {"insecure": True, "optional_args": {"sock": 1}}, "cannot be set"),
        ("junos", {"optional_args": {"config_private": True}}, "'config_private' cannot be set"),
        ("homemade", {"insecure": True, "optional_args": {"api_key": "x"}}, "of its own"),
        ("ios", {"host_key": "AAAA"}, "no public key"),
        ("ios", {"host_key": "ssh-rsa AAAA\n* ssh-rsa BBBB"}, "no public key"),
        ("ios", {"known_hosts": "/nowhere"}, "there is no file '/nowhere'"),
        ("eos", {"ca_file": __file__}, "ca_file cannot be read"),
        ("ios", {"timeout": 0}, "timeout 0 is not"),
    ],
)
def test_a_mistake_in_an_entry(
    tmp_path: Path, platform: str, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(Misconfigured, match=rf"switch 'leaf-1': .*{words}"):
        made(tmp_path, platform, **options)


@pytest.mark.parametrize("address", ["", "a b", "a,b", "a\nb"])
def test_an_address_is_needed(tmp_path: Path, address: str) -> None:
    with pytest.raises(Misconfigured, match="no address"):
        credentials(Target("leaf-1", address, options=LOGIN), PLATFORMS["ios"], tmp_path)


def test_options_that_are_needed_and_those_that_are_not_there(tmp_path: Path) -> None:
    driver = NapalmDriver({"platform": "eos"})
    for options, words in (
        (LOGIN, "wants a directory"),
        ({**LOGIN, "directori": "x"}, "did you mean 'directory'"),
        ({**LOGIN, "directory": "x", "load": "add"}, "none of replace, merge"),
    ):
        with (
            pytest.raises(Misconfigured, match=words),
            driver.connect(Target("leaf-1", "192.0.2.1", options=options)),
        ):
            pass
    with (
        pytest.raises(Invalid),
        driver.connect(Target("../x", "192.0.2.1", options={**LOGIN, "directory": "x"})),
    ):
        pass


def test_a_key_is_kept_where_nobody_else_reads_it(tmp_path: Path) -> None:
    arguments = made(tmp_path, private_key="PEM", passphrase="open sesame").arguments
    assert arguments["use_keys"] is True
    assert arguments["passphrase"] == "open sesame"
    key = Path(arguments["key_file"])
    assert key.read_text() == "PEM\n"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_no_password_is_in_the_repr(tmp_path: Path) -> None:
    assert "correct horse" not in repr(made(tmp_path))


def test_the_known_hosts_stand_before_the_rest_of_ssh_config(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("Host *\n  UserKnownHostsFile /dev/null\n  ProxyCommand nc %h %p\n")
    arguments = made(tmp_path, "junos", ssh_config=str(mine)).arguments
    lines = Path(arguments["ssh_config_file"]).read_text().splitlines()
    assert lines[1] == f"  UserKnownHostsFile {tmp_path / 'known_hosts'}"
    assert lines[-1] == "  ProxyCommand nc %h %p"


# --- records


def test_a_record_is_kept_whole(tmp_path: Path) -> None:
    records = Records(tmp_path / "new", "leaf-1")
    assert records.read() == Record()
    record = Record(State.COMMITTED, "napalm_1", 17.5, "abc")
    records.write(record)
    assert Records(tmp_path / "new", "leaf-1").read() == record
    assert [each.name for each in (tmp_path / "new").iterdir()] == ["leaf-1.json"]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"state": "gone"}', "\x00"])
def test_a_record_that_cannot_be_read_is_no_empty_record(tmp_path: Path, content: str) -> None:
    (tmp_path / "leaf-1.json").write_text(content)
    with pytest.raises(OutsideFailed, match=r"switch 'leaf-1': the record .*leaf-1.json"):
        Records(tmp_path, "leaf-1").read()


def test_a_record_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutsideFailed, match="switch 'leaf-1': what is done"):
        Records(tmp_path / "file", "leaf-1").write(Record())


# --- what is hidden


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("+enable secret 5 $1$abc$def", "+enable secret"),
        ("-username admin privilege 15 password 7 0822", "-username admin privilege 15 password"),
        ("+snmp-server community public ro", "+snmp-server community"),
        ("+tacacs-server host 10.0.0.1 key 7 0822", "+tacacs-server host 10.0.0.1 key"),
        ('+   encrypted-password "$6$x"; ## SECRET-DATA', "+   encrypted-password"),
        ("+ snmp-server user x auth sha abc priv aes 128 def", "+ snmp-server user x auth"),
        ("+ ip ospf message-digest-key 1 md5 hush", "+ ip ospf message-digest-key 1 md5"),
    ],
)
def test_a_line_ends_where_its_secret_begins(line: str, kept: str) -> None:
    text = f"+ vlan 1\n{line}\n+ vlan 2\n"
    assert without_secrets(text) == f"+ vlan 1\n{kept} ********\n+ vlan 2\n"


@pytest.mark.parametrize(
    "line", ["+ vlan 7", "+ no enable password", "service password-encryption", ""]
)
def test_what_is_no_secret_stays(line: str) -> None:
    assert without_secrets(line) == line


def test_what_is_raised_below_is_told_with_the_name_and_without_secrets() -> None:
    for error, expected, words in (
        (KeyError("x"), OutsideFailed, "switch 'leaf-1': looking failed: 'x'"),
        (RuntimeError(), OutsideFailed, "looking failed: RuntimeError"),
        (NotImplementedError(), Misconfigured, "does not implement this: looking"),
        (ValueError("a\npassword hush\nb"), OutsideFailed, r"a password \*+ b$"),
        (Misconfigured("as it is"), Misconfigured, "^as it is$"),
    ):
        with pytest.raises(expected, match=words) as raised, told("switch 'leaf-1'", "looking"):
            raise error
        assert raised.value.__cause__ is None
