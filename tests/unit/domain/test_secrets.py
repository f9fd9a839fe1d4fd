"""Which names are secret, which arguments carry secrets, and what masking leaves."""

from __future__ import annotations

import json
import pickle
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osism.domain.secrets import (
    MASK,
    SECRET_NAME,
    SHORTEST,
    Masker,
    masked,
    masked_configuration,
    secret_arguments,
)

KEY = """-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
QyNTUxOQAAACB0aGlzIGlzIG5vdCBhIGtleQ==
-----END OPENSSH PRIVATE KEY-----"""
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
VAULTED = "$ANSIBLE_VAULT;1.1;AES256\n6162636465666768\n696a6b6c"


@pytest.mark.parametrize(
    "name",
    "password PASSWORD database_password keystone-admin-password ansible_become_pass become_pass "
    "passwd root_passwd ssh_passphrase secret metadata_secret client-secret token netbox_token "
    "API_TOKEN api_key x_api_key apiKey private_key ssh_private_key aws_access_key s3_secret_key "
    "credentials registry_credentials adminPass ansible_ssh_pass OS_PASSWORD password2 token_1 "
    "tokens clientSecret barbican_crypto_key designate_rndc_key ansible_password".split(),
)
def test_secret_names(name: str) -> None:
    assert SECRET_NAME.search(name)


@pytest.mark.parametrize(
    "name",
    "password_provider enable_token_auth ssh_key_type password_length token_provider public_key "
    "ssh_host_key_rsa_public bypass compass passive key keys user secret_uuid private_key_file "
    "vault_password_file keyboard hosts passed tokenizer".split(),
)
def test_names_that_are_not_secret(name: str) -> None:
    assert not SECRET_NAME.search(name)


def test_masked_hides_by_name_and_by_look() -> None:
    data = {
        "user": "dragon",
        "database_password": "hunter2",
        "pin_token": 123456,
        "use_token": True,
        "smtp_password": None,
        "ldap_password": "",
        "credentials": {"user": "a", "key": ["b"]},
        "files": [{"content": f"# mine\n{KEY}\n# end", "mode": 384}, CERTIFICATE],
        "later": VAULTED,
        "single": {"__ansible_vault": VAULTED + "\n"},
        "url": "mysql+pymysql://nova:hunter2@db/nova",
        "site": "http://[::1]:80/a:b@c",
        3: (1, "two"),
    }
    before = json.dumps({str(name): value for name, value in data.items()})
    assert masked(data) == {
        "user": "dragon",
        "database_password": MASK,
        "pin_token": MASK,
        "use_token": True,
        "smtp_password": None,
        "ldap_password": "",
        "credentials": MASK,
        "files": [{"content": f"# mine\n{MASK}\n# end", "mode": 384}, CERTIFICATE],
        "later": MASK,
        "single": {"__ansible_vault": f"{MASK}\n"},
        "url": f"mysql+pymysql://nova:{MASK}@db/nova",
        "site": "http://[::1]:80/a:b@c",
        3: [1, "two"],
    }
    assert before == json.dumps({str(name): value for name, value in data.items()})


def test_a_key_that_is_cut_off_is_masked_to_the_end() -> None:
    assert masked(["x " + KEY[:80]]) == [f"x {MASK}"]


json_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda each: (
        st.lists(each, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b_password", "token", "port"]), each, max_size=4)
    ),
    max_leaves=15,
)


@given(json_data)
def test_masked_twice_is_masked_once(data: Any) -> None:
    assert masked(masked(data)) == masked(data)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["-e", "db_password=x"], ["db_password"]),
        (["-edb_password=x"], ["db_password"]),
        (["-e=db_password=x"], ["db_password"]),
        (["-vvCe", "db_password=x"], ["db_password"]),
        (["-bedb_password=x"], ["db_password"]),
        (["--extra-vars=db_password=x"], ["db_password"]),
        (["--extra-vars", "db_password=x"], ["db_password"]),
        (["--extra", "db_password=x"], ["db_password"]),
        (["--e=db_password=x"], ["db_password"]),
        (["-e", "a=1 token='x y' b=2 c_secret=\"z\""], ["token", "c_secret"]),
        (["-e", "'db_password=x y'"], ["db_password"]),
        (["-e", '{"a": {"b": [{"api_key": "x"}]}}'], ["api_key"]),
        (["-e", '{"pass\\u0077ord": "x"}'], ["password"]),
        (["-e", "{a: 1, db_password: x, 'c-token': y}"], ["db_password", "c-token"]),
        (["-e", "{credentials: {user: x}}"], ["credentials"]),
        (["-e", "{credentials: [x]}"], ["credentials"]),
        (["-e", '{"token":x}'], ["token"]),
        (["-e", "{token:x}"], []),  # one word in YAML, too
        (["-e", "config={\"password\":'x'}"], ["password"]),
        (["-e", f"key='{KEY}'"], ["key"]),
        (["-e", "url=amqp://a:b@c"], ["url"]),
        (["-e", "password=x", "-e", "password=y"], ["password"]),
        (["-e", "pin_token=123456"], ["pin_token"]),
        (["-e", "@secrets.yml"], []),
        (["-e@/opt/secrets.yml"], []),
        (["--extra-vars=@secrets.yml"], []),
        (["--vault-password-file", "/opt/password=x"], []),
        (["--become-password-file=/run/pass"], []),
        (["--vault-id", "prod@file"], []),
        (["-e", "db_password={{ vaulted_password }}"], []),
        (["-e", "db_password={{vault['a-b'].c}} x=1"], []),
        (["-e", "use_token=yes enable_secret=False db_password="], []),
        (["-e", '{"use_token": true, "password": null, "secret": ""}'], []),
        (["-e", "{use_token: true, password: '{{ other }}'}"], []),
        (["-e", "password_length=12 ssh_key_type=ed25519"], []),
        (["-l", "password=x", "--check", "-t", "token"], []),
        (["-e"], []),
        ([], []),
    ],
)
def test_secret_arguments(arguments: list[str], names: list[str]) -> None:
    assert secret_arguments(arguments) == names


@given(st.lists(st.text(max_size=60) | st.just("-e"), max_size=6))
def test_any_arguments_are_understood(arguments: list[str]) -> None:
    secret_arguments(arguments)


values = st.text(min_size=SHORTEST, max_size=30).filter(
    lambda each: len(each.strip()) >= SHORTEST and "*" not in each
)


@given(st.sets(values, max_size=8), st.lists(st.text(max_size=20), max_size=9), st.data())
def test_no_value_is_left(secrets: set[str], texts: list[str], data: st.DataObject) -> None:
    inserted = st.sampled_from(sorted(secrets)) if secrets else st.just("")
    text = "".join(part for each in texts for part in (each, data.draw(inserted)))
    masker = Masker(secrets)
    for given_text in (text, json.dumps(text), json.dumps(text, ensure_ascii=False), repr(text)):
        shown = masker.mask(given_text)
        assert not [each for each in secrets if each.strip() in shown]
        assert masker.mask(shown) == shown


@given(st.sets(values, max_size=5), values)
def test_inside_json_strings_it_is_masked_too(secrets: set[str], value: str) -> None:
    dumped = json.dumps({"out": json.dumps({"a": value})})
    shown = json.loads(Masker({*secrets, value.strip()}).mask(dumped))
    assert value.strip() not in json.loads(shown["out"])["a"]


@given(st.text(max_size=200))
def test_without_values_nothing_changes(text: str) -> None:
    assert Masker(["", "short", "      "]).mask(text) == text


def test_overlapping_values_leave_nothing_of_each_other() -> None:
    assert Masker(["abcdef", "defghi", "cdefgh"]).mask("1abcdefghi2") == f"1{MASK}2"
    assert Masker(["secret", "secret-longer"]).mask("secret-longer secret") == f"{MASK} {MASK}"
    assert Masker(["aaaaaa"]).mask("aaaaaaaab") == f"{MASK}b"


def test_a_value_of_several_lines_is_masked_line_by_line() -> None:
    masker = Masker([KEY + "\n"])
    for line in KEY.splitlines()[1:-1]:
        assert masker.mask(f"ok: {line}") == f"ok: {MASK}"
    assert masker.mask(f"a {KEY} b") == f"a {MASK} b"
    assert masker.mask(json.dumps({"msg": KEY})) == json.dumps({"msg": MASK})
    assert masker.mask("-----BEGIN OPENSSH PRIVATE KEY-----").startswith("-----")


def test_a_masker_tells_nothing_of_its_values() -> None:
    masker = Masker(["hunter2-hunter2"])
    assert repr(masker) == "<Masker of 1 values>"
    with pytest.raises(TypeError):
        pickle.dumps(masker)


def test_a_long_play_is_masked_in_passing() -> None:
    masker = Masker([f"value-{number:04}-{'x' * 20}" for number in range(300)])
    lines = [f"ok: [host-{number}] => changed=0 failed=0 {'.' * 60}" for number in range(5000)]
    before = perf_counter()
    assert [masker.mask(line) for line in lines] == lines
    assert perf_counter() - before < 2.0  # takes 0.03 s when nobody disturbs


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("username admin password 0 hunter2 role x", f"username admin password {MASK}"),
        ("enable secret sha512 $6$abc", f"enable secret {MASK}"),
        ("snmp-server community public ro", f"snmp-server community {MASK}"),
        (" neighbor 10.0.0.1 password 7 0123", f" neighbor 10.0.0.1 password {MASK}"),
        ('set [ find ] password="a b" comment=x', f"set [ find ] password={MASK} comment=x"),
        ('  "password": "a b",', f'  "password": {MASK},'),
        ("snmp-pass url ftp://u:hunter2@host/x", f"snmp-pass url ftp://u:{MASK}@host/x"),
        ("no service password-encryption", "no service password-encryption"),
        ("/snmp community", "/snmp community"),
        ("interface Ethernet5", "interface Ethernet5"),
    ],
)
def test_a_configuration_loses_what_is_behind_secret_words(line: str, shown: str) -> None:
    text = f"hostname leaf\n{line}\nvlan 100\n"
    assert masked_configuration(text) == f"hostname leaf\n{shown}\nvlan 100\n"


@pytest.mark.parametrize("begin", ["", "{", "x={"])
@pytest.mark.parametrize("repeated", ['"\\', "{{", "a: {{", "x", "ww ", "a: ''", '"a" :'])
def test_nobody_is_kept_waiting_by_odd_arguments(begin: str, repeated: str) -> None:
    before = perf_counter()
    assert not secret_arguments(["-e", begin + repeated * 20_000])
    assert perf_counter() - before < 1.0  # 0.1 s when nobody disturbs; once it was a minute


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ('a="x password=hunter2', ["password"]),  # what nobody closes hides nothing
        ("a={{ x password=hunter2", ["password"]),
        ('a="b c" password=hunter2', ["password"]),
        ('a="b password=c"', []),
        ("a={{ b }} password={{ c }}", []),
        ('{"a"password: hunter2', ["password"]),
        ('{x"password": hunter2', ["password"]),
        ("{a: {{ b }}, password: {{ c }}}", []),
    ],
)
def test_words_and_pairs_end_where_ansible_ends_them(given: str, names: list[str]) -> None:
    assert secret_arguments(["-e", given]) == names
