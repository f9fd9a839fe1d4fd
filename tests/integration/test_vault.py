"""Vaulted texts as the real ``ansible-vault`` writes them, and the password in a real Redis."""

from __future__ import annotations

import io
import logging
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
import yaml

from osism import wiring
from osism.adapters.connections import connect
from osism.adapters.secrets import secret_values
from osism.adapters.vault import (
    REDIS_KEY,
    Damaged,
    VaultPassword,
    WrongPassword,
    decrypt,
    decrypt_file,
    is_vaulted,
    password_descriptor,
    read,
)
from osism.domain.errors import Invalid, Misconfigured, OutsideFailed, Refused
from osism.lab.redis import EmbeddedRedis
from osism.main import main
from osism.settings import settings

PROGRAM = Path(sys.executable).parent / "ansible-vault"
PASSWORD = "correct horse bättery"
BLOCK = "first line of it\nsecond: line\n"

Vaulted = Callable[..., str]


@pytest.fixture(scope="session")
def vaulted(tmp_path_factory: pytest.TempPathFactory) -> Vaulted:
    """Texts encrypted by Ansible; it takes a second, so each one is made once."""
    made: dict[tuple[str, str], str] = {}
    home = tmp_path_factory.mktemp("ansible")

    def make(text: str, vault_id: str = "") -> str:
        if (text, vault_id) not in made:
            with password_descriptor(PASSWORD) as descriptor:
                file = f"/proc/self/fd/{descriptor}"
                which = (
                    ["--vault-id", f"{vault_id}@{file}"]
                    if vault_id
                    else ["--vault-password-file", file]
                )
                made[text, vault_id] = subprocess.run(
                    [str(PROGRAM), "encrypt", *which, "-"],
                    input=text,
                    capture_output=True,
                    check=True,
                    text=True,
                    timeout=60,
                    pass_fds=[descriptor],
                    env={**os.environ, "HOME": str(home), "LC_ALL": "C.UTF-8"},
                ).stdout
        return made[text, vault_id]

    return make


def value(text: str, indent: int) -> str:
    """A vaulted text as the value of a key."""
    lines = (f"{' ' * indent}{line}\n" for line in text.splitlines())
    return "!vault |\n" + "".join(lines)


def names(directory: Path) -> list[str]:
    return sorted(each.name for each in directory.iterdir())


# --- texts


@pytest.mark.parametrize(
    ("text", "vault_id"),
    [("hunter2", ""), ("", ""), (BLOCK, ""), ("ü" * 16, ""), (BLOCK, "prod")],
)
def test_what_ansible_encrypts_we_decrypt(vaulted: Vaulted, text: str, vault_id: str) -> None:
    made = vaulted(text, vault_id)
    assert made.startswith("$ANSIBLE_VAULT;1.2;AES256;prod" if vault_id else "$ANSIBLE_VAULT;1.1")
    assert is_vaulted(made)
    assert is_vaulted(made.encode())
    assert decrypt(made, PASSWORD).decode() == text
    with pytest.raises(WrongPassword):
        decrypt(made, "another")


def test_every_kind_of_damage_has_words(vaulted: Vaulted) -> None:
    made = vaulted(BLOCK)
    for position in range(len("$ANSIBLE_VAULT;1.1;AES256\n"), len(made), 37):
        flipped = "0" if made[position] != "0" else "1"
        with pytest.raises((Damaged, WrongPassword)):
            decrypt(made[:position] + flipped + made[position + 1 :], PASSWORD)
        with pytest.raises((Damaged, WrongPassword)):
            decrypt(made[:position], PASSWORD)
    with pytest.raises(Damaged, match="damaged"):
        decrypt(made.replace("3", "x"), PASSWORD)
    with pytest.raises(Invalid, match=r"'AES'.*unknown"):
        decrypt(made.replace("AES256", "AES"), PASSWORD)
    with pytest.raises(Invalid, match=r"'1\.0'.*unknown"):
        decrypt(made.replace("1.1", "1.0", 1), PASSWORD)
    for text in ("", "a: b", "$ANSIBLE_VAULT", "$ANSIBLE_VAULT;1.1;AES256"):
        with pytest.raises(Invalid):
            decrypt(text, PASSWORD)


def test_single_values_are_decrypted_and_the_rest_stays(vaulted: Vaulted) -> None:
    inline = vaulted("hunter2").replace("\n", "\\n")
    text = (
        "# a comment\n---\nplain:   'as it was'   # and this\n"
        f"one: {value(vaulted('hunter2'), 10)}"
        f"list:\n  - deep: {value(vaulted(BLOCK), 6)}"
        f"    after: &x {value(vaulted('yes: # no'), 8)}\n\n"
        f'again: *x\nflow: {{a: !vault "{inline}", b: !unsafe 2}}\n'
        f"last: {value(vaulted('ü' * 16), 2)}"
    )
    plain = read(text.encode(), PASSWORD).decode()
    kept = "# a comment\n---\nplain:   'as it was'   # and this\n"
    assert plain.startswith(f'{kept}one: "hunter2"\nlist:\n  - deep: |\n      first line of it\n')
    assert yaml.safe_load(plain.replace("!unsafe ", "")) == {
        "plain": "as it was",
        "one": "hunter2",
        "list": [{"deep": BLOCK, "after": "yes: # no"}],
        "again": "yes: # no",
        "flow": {"a": "hunter2", "b": 2},
        "last": "ü" * 16,
    }
    with pytest.raises(WrongPassword, match="line 4: "):
        read(text.encode(), "another")
    for nothing in (b"a: b", b"", b"\xff\xfe", b"text: the word !vault"):
        with pytest.raises(Invalid, match="nothing in it is vaulted"):
            read(nothing, PASSWORD)
    with pytest.raises(Invalid, match="line 1"):
        read(b"{a: !vault 'x'", PASSWORD)


# --- files


def test_a_file_is_decrypted_in_place(vaulted: Vaulted, tmp_path: Path) -> None:
    file = tmp_path / "secrets.yml"
    file.write_text(vaulted(BLOCK))
    file.chmod(0o640)
    decrypt_file(file, PASSWORD)
    assert file.read_text() == BLOCK
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert names(tmp_path) == ["secrets.yml"]
    with pytest.raises(Invalid, match=r"secrets\.yml: nothing in it is vaulted"):
        decrypt_file(file, PASSWORD)


def test_a_file_that_is_not_decrypted_stays(vaulted: Vaulted, tmp_path: Path) -> None:
    file, link, hard = (tmp_path / name for name in ("file", "link", "hard"))
    file.write_text(vaulted(BLOCK))
    link.symlink_to(file)
    with pytest.raises(Refused, match="symbolic link"):
        decrypt_file(link, PASSWORD)
    with pytest.raises(WrongPassword):
        decrypt_file(file, "another")
    hard.hardlink_to(file)
    with pytest.raises(Refused, match="2 names"):
        decrypt_file(file, PASSWORD)
    with pytest.raises(Invalid, match="No such file"):
        decrypt_file(tmp_path / "none", PASSWORD)
    with pytest.raises(Invalid, match="directory"):
        decrypt_file(tmp_path, PASSWORD)
    assert file.read_text() == vaulted(BLOCK)
    assert names(tmp_path) == ["file", "hard", "link"]


def test_secret_values_of_files(
    vaulted: Vaulted, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    plain, whole, single, broken = (tmp_path / f"{n}.yml" for n in ("p", "w", "s", "b"))
    plain.write_text(
        "---\na_password: plain-one\nshort: abc\npin: 1234567\nok: true\nday: 2024-01-01\n"
        "x: &l [listed-one, {deep: 1_000_000}]\nagain: *l\n"
    )
    whole.write_text(vaulted(f"a: {'w' * 8}\nb: 42\n"))
    single.write_text(f"one: {value(vaulted('hunter2'), 2)}two: plain-two\n")
    broken.write_text("secret: [hunter3hunter3\n")
    files = [plain, whole, single, broken, tmp_path / "none.yml"]
    wanted = {"plain-one", "1234567", "listed-one", "1_000_000", "1000000"}
    with caplog.at_level(logging.WARNING):
        assert secret_values(files, None) == wanted | {"plain-two"}
        assert secret_values(files, PASSWORD) == wanted | {"plain-two", "wwwwwwww", "hunter2"}
    assert "b.yml" in caplog.text
    assert "hunter" not in caplog.text
    plain.write_text("a_password: another-one\n")
    assert secret_values([plain], None) == {"another-one"}


# --- the password


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return tmp_path / "lib" / "osism" / "vault.key"


def test_the_password_is_kept_encrypted(redis_client: redis.Redis, key: Path) -> None:
    kept = VaultPassword(redis_client, key)
    assert kept.get() is None
    kept.set(PASSWORD)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    assert names(key.parent) == ["vault.key"]
    assert PASSWORD not in str(redis_client.get(REDIS_KEY))
    first = key.read_bytes()
    assert VaultPassword(redis_client, key).get() == PASSWORD
    kept.set("another")
    assert (kept.get(), key.read_bytes()) == ("another", first)
    assert kept.unset()
    assert not kept.unset()
    assert kept.get() is None


def test_what_can_be_wrong_with_the_key(redis_client: redis.Redis, key: Path) -> None:
    kept = VaultPassword(redis_client, key)
    kept.set(PASSWORD)
    key.chmod(0o640)
    for call in (kept.get, lambda: kept.set("x")):
        with pytest.raises(Misconfigured, match=f"chmod 600 {key}"):
            call()
    key.unlink()
    for call in (kept.get, lambda: kept.set("x")):
        with pytest.raises(Misconfigured, match="copy that file"):
            call()
    other = VaultPassword(redis_client, key.with_name("other"))
    redis_client.rename(REDIS_KEY, "aside")
    other.set("x")
    redis_client.rename("aside", REDIS_KEY)
    with pytest.raises(Misconfigured, match="does not fit the key"):
        other.get()
    redis_client.set(REDIS_KEY, "damaged")
    with pytest.raises(Misconfigured, match="damaged"):
        other.get()
    key.write_text("")
    key.chmod(0o600)
    with pytest.raises(Misconfigured, match="damaged"):
        kept.get()


@pytest.mark.parametrize("password", ["", "  ", "a\nb", " a", "a\0"])
def test_passwords_that_are_none(redis_client: redis.Redis, key: Path, password: str) -> None:
    with pytest.raises(Invalid):
        VaultPassword(redis_client, key).set(password)
    assert not key.exists()


def test_redis_away(tmp_path: Path, key: Path) -> None:
    kept = VaultPassword(connect(f"unix://{tmp_path}/none.sock"), key)
    for call in (kept.get, lambda: kept.set("x"), kept.unset):
        with pytest.raises(OutsideFailed, match="Redis"):
            call()
    assert not key.exists()


def test_the_password_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    kept = VaultPassword(connect("unix:///none"), tmp_path / "key", file)
    with pytest.raises(Misconfigured, match="cannot be read"):
        kept.get()
    file.write_text(f"{PASSWORD}\nsecond line\n")
    file.chmod(0o644)
    with pytest.raises(Misconfigured, match="chmod 600"):
        kept.get()
    file.chmod(0o600)
    assert kept.get() == PASSWORD
    for call in (lambda: kept.set("x"), kept.unset):
        with pytest.raises(Refused, match="vault_password_file"):
            call()
    file.write_text("\n")
    with pytest.raises(Misconfigured, match="empty"):
        kept.get()


# --- the commands


@pytest.fixture
def site(
    redis_client: redis.Redis,
    redis_server: EmbeddedRedis,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Path]:
    """A directory with settings that name the Redis and a key."""
    file = tmp_path / "osism.yml"
    file.write_text(f"redis_url: {redis_server.url}\nvault_key: {tmp_path}/vault.key\n")
    monkeypatch.setenv("OSISM_CONFIG", str(file))
    settings.cache_clear()
    wiring.forget()
    yield tmp_path
    settings.cache_clear()
    wiring.forget()


def test_commands(
    site: Path,
    vaulted: Vaulted,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = site / "secrets.yml"
    file.write_text(vaulted(BLOCK))
    assert main(["vault", "view", str(file)]) == 1
    assert "osism vault password set" in capfd.readouterr().err
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    assert main(["vault", "password", "set"]) == 2
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n"))
    assert main(["vault", "password", "set"]) == 0
    told = capfd.readouterr()
    assert PASSWORD not in told.out + told.err
    assert main(["vault", "view", str(file)]) == 0
    assert capfd.readouterr().out == BLOCK
    assert main(["vault", "decrypt", str(file)]) == 0
    assert file.read_text() == BLOCK
    assert main(["vault", "decrypt", str(file)]) == 2
    assert main(["vault", "password", "unset"]) == 0
    assert main(["vault", "view", str(file)]) == 1


def test_a_terminal_is_asked_twice(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal())
    answers = iter(["one", "two", "one", "one", ""])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(answers))
    assert main(["vault", "password", "set"]) == 2
    assert main(["vault", "password", "set"]) == 0
    assert wiring.vault_password().get() == "one"
    assert main(["vault", "password", "set"]) == 2
