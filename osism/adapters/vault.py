"""Ansible's vaulted texts, and the password they are read with.

The format is Ansible's own, "Ansible Vault format 1.1 - 1.2" in its user guide
(https://docs.ansible.com/ansible/latest/vault_guide/vault_using_encrypted_content.html): a line
``$ANSIBLE_VAULT;1.1;AES256`` (1.2: and the vault id), then hexadecimal digits that spell three
lines of hexadecimal digits: salt, HMAC, encrypted text. PBKDF2 with HMAC-SHA256 makes 80 bytes in
10,000 rounds: the key, the HMAC's key, the counter AES begins with; the text is padded (PKCS#7).
Read here and not by Ansible, which takes a second to load.
"""

from __future__ import annotations

import os
import stat
import tempfile
from binascii import Error as NoHexadecimals
from binascii import unhexlify
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hmac import compare_digest
from hmac import digest as hmac_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from osism.adapters.connections import reaching
from osism.domain.errors import Invalid, Misconfigured, Refused

if TYPE_CHECKING:
    import redis

MARK = "$ANSIBLE_VAULT;"
#: Where Redis keeps the vault password, encrypted.
REDIS_KEY = "osism:vault"
_ROUNDS = 10_000
_BLOCK = 16  # bytes
_SET = "set it with: osism vault password set"


class WrongPassword(Refused):
    """The vault password does not fit the text."""


class Damaged(Invalid):
    """A text begins as a vaulted one and does not go on as one."""


def is_vaulted(text: str | bytes) -> bool:
    """Whether the whole of *text* is vaulted."""
    if isinstance(text, bytes):
        return text.startswith(MARK.encode())
    return text.startswith(MARK)


def decrypt(text: str | bytes, password: str) -> bytes:
    """Return what is in the vaulted *text*.

    Raises :class:`WrongPassword`, :class:`Damaged` or, for another version or cipher,
    :class:`Invalid`; none of them quotes the text.
    """
    salt, signature, encrypted = _envelope(text)
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    key, hmac_key, counter = _keys(password, salt)
    if not compare_digest(hmac_digest(hmac_key, encrypted, "sha256"), signature):
        raise WrongPassword("the vault password does not fit, or the text was changed")
    decryptor = Cipher(algorithms.AES(key), modes.CTR(counter)).decryptor()
    return _unpadded(decryptor.update(encrypted) + decryptor.finalize())


def _envelope(text: str | bytes) -> tuple[bytes, bytes, bytes]:
    raw = text.encode(errors="replace") if isinstance(text, str) else text
    head, *body = [line.strip() for line in raw.strip().splitlines()] or [b""]
    mark, version, cipher = (*head.split(b";"), b"", b"", b"")[:3]
    if mark != b"$ANSIBLE_VAULT":
        raise Invalid("not vaulted: it does not begin with $ANSIBLE_VAULT")
    if version not in (b"1.1", b"1.2"):
        raise Invalid(f"vault format {_shown(version)!r}: unknown; 1.1 and 1.2 are known")
    if cipher != b"AES256":
        raise Invalid(f"vault cipher {_shown(cipher)!r}: unknown; AES256 is known")
    try:
        salt, signature, encrypted = map(unhexlify, unhexlify(b"".join(body)).split(b"\n"))
    except (NoHexadecimals, ValueError):
        raise Damaged("damaged: not the three parts of a vaulted text, or cut off") from None
    return salt, signature, encrypted


def _shown(word: bytes) -> str:
    return word[:20].decode(errors="replace")


def _keys(password: str, salt: bytes) -> tuple[bytes, bytes, bytes]:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

    made = PBKDF2HMAC(SHA256(), 80, salt, _ROUNDS).derive(password.encode())
    return made[:32], made[32:64], made[64:]


def _unpadded(text: bytes) -> bytes:
    padding = text[-1] if text else 0
    if not 0 < padding <= _BLOCK or text[-padding:] != bytes([padding]) * padding:
        raise Damaged("damaged: its end is not that of a vaulted text")
    return text[:-padding]


# --- files


def read(content: bytes, password: str) -> bytes:
    """Return the *content* of a file with everything that is vaulted in it decrypted.

    Either all of it is vaulted, or single values of a YAML file are (``!vault``); of the latter,
    all but these values stays as it is, comments included. :class:`Invalid` when nothing is.
    """
    if is_vaulted(content):
        return decrypt(content, password)
    try:
        text = content.decode()
        values = [each for each in yaml.parse(text) if _is_value(each)] if "!vault" in text else []
    except UnicodeDecodeError:
        values = []
    except yaml.YAMLError as mistake:
        raise Invalid(f"not vaulted as a whole, and no valid YAML: {_place(mistake)}") from None
    if not values:
        raise Invalid("nothing in it is vaulted")
    return _with_values(text, values, password).encode()


def _is_value(event: yaml.Event) -> bool:
    return isinstance(event, yaml.ScalarEvent) and event.tag in ("!vault", "!vault-encrypted")


def _place(mistake: yaml.YAMLError) -> str:
    mark = getattr(mistake, "problem_mark", None)
    problem = getattr(mistake, "problem", None) or "cannot be read"
    return f"line {mark.line + 1}: {problem}" if mark else str(problem)


def _with_values(text: str, values: list[Any], password: str) -> str:
    pieces, done = [], 0
    for event in values:
        start, end = event.start_mark.index, event.end_mark.index
        line = event.start_mark.line + 1
        try:
            plain = decrypt(event.value, password).decode()
        except (WrongPassword, Invalid) as failure:
            raise type(failure)(f"line {line}: {failure}") from None
        except UnicodeDecodeError:
            raise Invalid(f"line {line}: the value is no text") from None
        before = text[start:end]
        anchor = f"&{event.anchor} " if event.anchor else ""
        after = before[len(before.rstrip()) :]
        pieces += [text[done:start], anchor, _yaml_of(plain, before), after]
        done = end
    return "".join([*pieces, text[done:]])


def _yaml_of(plain: str, before: str) -> str:
    """A string in YAML: a block where one was *before* and it has several lines, else quoted."""
    lines = plain.split("\n")
    fits = len(lines) > 1 and all(line.isprintable() and line == line.strip() for line in lines)
    written = before.splitlines()
    if fits and lines[0] and len(written) > 1 and written[0].rstrip().endswith(("|", "|-", "|+")):
        indent = written[1][: len(written[1]) - len(written[1].lstrip())]
        bare = plain.rstrip("\n")
        ends = len(plain) - len(bare)
        if ends < 2:
            block = "\n".join(indent + line if line else "" for line in bare.split("\n"))
            return f"{'|' if ends else '|-'}\n{block}"
    quoted = yaml.safe_dump(plain, default_style='"', allow_unicode=True, width=2**31)
    return quoted.removesuffix("\n")


def read_file(path: Path, password: str) -> bytes:
    """The content of the file *path*, decrypted."""
    with _naming(path):
        return read(path.read_bytes(), password)


def decrypt_file(path: Path, password: str) -> None:
    """Decrypt the file *path* in place; it has either the old or the new content, whole.

    Its mode and owner stay. A symbolic link is refused (it would be replaced by a file), and so
    is a file with further names (they would keep the vaulted one).
    """
    with _naming(path):
        if path.is_symlink():
            raise Refused(f"a symbolic link to {path.readlink()}; name the file itself")
        with path.open("rb") as file:
            was = os.fstat(file.fileno())
            if not stat.S_ISREG(was.st_mode):
                raise Refused("not a regular file")
            if was.st_nlink > 1:
                raise Refused(f"the file has {was.st_nlink} names (hard links)")
            plain = read(file.read(), password)
        _replace(path, plain, was)


def _replace(path: Path, content: bytes, was: os.stat_result) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            if (was.st_uid, was.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(file.fileno(), was.st_uid, was.st_gid)
            os.fchmod(file.fileno(), stat.S_IMODE(was.st_mode))
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    try:
        yield
    except (WrongPassword, Invalid, Refused) as failure:
        raise type(failure)(f"{path}: {failure}") from None
    except OSError as error:
        raise Invalid(f"{path}: {error.strerror or error}") from None


# --- the password


class VaultPassword:
    """The vault password: in the first line of *file*, or encrypted in Redis with the key *key*."""

    def __init__(self, client: redis.Redis, key: Path, file: Path | None = None) -> None:
        self._client = client
        self._key = key
        self._file = file

    def get(self) -> str | None:
        """The password, or ``None`` when none is set."""
        if self._file:
            lines = _private(self._file).decode(errors="replace").splitlines()
            if password := lines[0].strip() if lines else "":
                return password
            raise Misconfigured(f"vault password file {self._file}: its first line is empty")
        token = self._token()
        return self._fernet_decrypted(token) if token else None

    def set(self, password: str) -> None:
        """Keep *password* in Redis; the key is made when there is none."""
        self._refuse_file()
        _check(password)
        if not self._key.exists():
            if self._token():
                raise Misconfigured(
                    f"Redis has a vault password and {self._key} is missing: copy that file from "
                    "the machine the password was set on, or begin anew with "
                    "'osism vault password unset'"
                )
            self._make_key()
        from cryptography.fernet import Fernet

        token = Fernet(self._read_key()).encrypt(password.encode()).decode()
        with reaching("Redis", self._client):
            self._client.set(REDIS_KEY, token)

    def unset(self) -> bool:
        """Forget the password (the key stays); whether there was one."""
        self._refuse_file()
        with reaching("Redis", self._client):
            return bool(self._client.delete(REDIS_KEY))

    def _refuse_file(self) -> None:
        if self._file:
            raise Refused(
                f"the setting vault_password_file names {self._file}: the vault password is there"
            )

    def _token(self) -> str | None:
        with reaching("Redis", self._client):
            token = self._client.get(REDIS_KEY)
        return str(token) if token else None

    def _fernet_decrypted(self, token: str) -> str:
        from cryptography.fernet import Fernet, InvalidToken

        if not self._key.exists():
            raise Misconfigured(
                f"Redis has a vault password and {self._key} is missing: copy that file from the "
                "machine the password was set on"
            )
        try:
            return Fernet(self._read_key()).decrypt(token).decode()
        except InvalidToken:
            raise Misconfigured(
                f"the vault password in Redis does not fit the key {self._key}: it was set with "
                f"another one (copy that file here), or is damaged ({_SET})"
            ) from None

    def _read_key(self) -> bytes:
        from cryptography.fernet import Fernet

        key = _private(self._key).strip()
        try:
            Fernet(key)
        except ValueError:
            raise Misconfigured(
                f"vault key {self._key}: damaged; remove it, then 'osism vault password unset' "
                "and 'osism vault password set'"
            ) from None
        return key

    def _make_key(self) -> None:
        from cryptography.fernet import Fernet

        name = ""
        try:
            _directories(self._key.parent)
            descriptor, name = tempfile.mkstemp(dir=self._key.parent, prefix=".vault-key.")  # 0600
            with os.fdopen(descriptor, "wb") as file:
                file.write(Fernet.generate_key() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            # Whole or not at all, and never in the place of one that somebody else has just made.
            with suppress(FileExistsError):
                os.link(name, self._key)
        except OSError as error:
            raise Misconfigured(f"vault key {self._key}: cannot be made: {error}") from None
        finally:
            if name:
                Path(name).unlink(missing_ok=True)


def _check(password: str) -> None:
    if not password.strip():
        raise Invalid("the vault password is empty")
    if password != password.strip():
        raise Invalid("the vault password begins or ends with a space, which Ansible would drop")
    if not password.isprintable():
        raise Invalid("the vault password has characters that cannot be typed")


def _directories(path: Path) -> None:
    """Make *path* and what is above it, each for its owner only."""
    if not path.is_dir():
        _directories(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)


def _private(path: Path) -> bytes:
    """The content of a file that nobody but its owner can read."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise Misconfigured(f"{path}: others can read or write it; chmod 600 {path}")
            return file.read(65536)
    except OSError as error:
        raise Misconfigured(f"{path}: cannot be read: {error.strerror}") from None


@contextmanager
def password_descriptor(password: str) -> Iterator[int]:
    """A file descriptor with *password* in memory, for a child's ``/proc/self/fd/<number>``.

    To be passed on with ``pass_fds``: so the password is on no disk, no command line and in no
    environment. Ansible would run a file that is executable; this one is not.
    """
    descriptor = os.memfd_create("password")
    try:
        os.write(descriptor, password.encode())
        os.fchmod(descriptor, 0o400)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)
