"""How NAPALM's drivers log in, and how it is made sure that the right switch answers.

NAPALM checks neither host keys nor certificates unless it is told to, each of its drivers in
another way. Here is what each has to be told; nothing in an entry can take it back.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from osism.adapters.switches.napalm.platforms import Login, Platform
from osism.adapters.switches.options import file, flag, seconds, text, wrong
from osism.domain.names import nearest
from osism.domain.ports import Target
from osism.domain.secrets import SECRET_NAME

#: Options of an entry that are read here.
OPTIONS = (
    "username", "password", "enable_password", "private_key", "private_key_file", "passphrase",
    "host_key", "known_hosts", "ssh_config", "ca_file", "insecure", "optional_args", "timeout",
    "connect_timeout",
)  # fmt: skip

_HOST_KEY = re.compile(r"(?:ssh-|ecdsa-sha2-|sk-)[\w@.-]+ [A-Za-z0-9+/]+=*(?: [^\r\n]*)?")


@dataclass(frozen=True)
class Credentials:
    """What a driver of NAPALM is made with, ``prepare`` is called with it before it is opened."""

    username: str
    password: str
    timeout: int
    arguments: dict[str, Any]
    prepare: Callable[[Any], None] = lambda driver: None

    def __repr__(self) -> str:
        return f"<Credentials of {self.username}>"


def credentials(target: Target, platform: Platform, private: Path) -> Credentials:
    """How to log in to *target*. *private* is a directory that nobody else can read; what is
    written there is needed as long as the connection is.

    Raises :class:`osism.domain.errors.Misconfigured` for options that are missing or wrong.
    """
    if not target.address or re.search(r"[\s,]", target.address):
        raise wrong(target, "it has no address: neither in switches nor a primary one in NetBox")
    if not text(target, "username"):
        raise wrong(target, "the napalm driver wants a username")
    if not any(text(target, each) for each in ("password", "private_key", "private_key_file")):
        raise wrong(target, "the napalm driver wants a password or a private_key_file")
    insecure = flag(target, "insecure", False)
    if not platform.login.checked and not insecure:
        raise wrong(
            target,
            "with NAPALM's driver for this platform it cannot be checked who answers; with "
            "insecure: true it is used without",
        )
    if platform.login.checked and insecure:
        raise wrong(target, "insecure is for platforms that cannot be checked; remove it")
    arguments = _given(target, platform)
    if target.port:
        arguments["port"] = target.port
    made = Credentials(
        text(target, "username"),
        text(target, "password"),
        max(1, round(seconds(target, "timeout", 60.0))),
        arguments,
    )
    return _LOGINS[platform.login](target, made, private)


def _given(target: Target, platform: Platform) -> dict[str, Any]:
    given = target.options.get("optional_args", {})
    if not isinstance(given, Mapping):
        raise wrong(target, "optional_args must be a table")
    for name in given:
        # Those of a platform that is not known can be anything, but what is secret is masked
        # only where the product knows it.
        if not isinstance(name, str) or SECRET_NAME.search(name):
            raise wrong(target, f"optional_args: {name!s:.60} belongs into an option of its own")
        if platform.login is not Login.UNKNOWN and name not in platform.arguments:
            known = sorted(platform.arguments)
            raise wrong(
                target,
                f"optional_args: {name!r} cannot be set{nearest(name, known)} ({', '.join(known)})",
            )
    return dict(given)


def _eapi(target: Target, made: Credentials, private: Path) -> Credentials:
    try:
        context = ssl.create_default_context(cafile=_path(file(target, "ca_file")))
    except OSError as error:  # those of ssl are among them
        raise wrong(target, f"ca_file cannot be read: {error}") from error
    made.arguments.update(
        transport="https", context=context, enable_password=text(target, "enable_password")
    )
    return made


def _nxapi(target: Target, made: Credentials, private: Path) -> Credentials:
    # Files go over SSH, on port 22 whatever the port of HTTPS is.
    files = _netmiko(Target(target.name, target.address, None, target.options), made, private)
    ca = _path(file(target, "ca_file"))
    files.arguments.update(transport="https", ssl_verify=ca or True)
    return files


def _netmiko(target: Target, made: Credentials, private: Path) -> Credentials:
    made.arguments.update(
        ssh_strict=True,
        system_host_keys=False,
        alt_host_keys=True,
        alt_key_file=str(_known_hosts(target, private)),
        allow_agent=False,
        conn_timeout=seconds(target, "connect_timeout", 10.0),
        secret=text(target, "enable_password"),
    )
    if key := _private_key(target, private):
        made.arguments.update(
            use_keys=True, key_file=str(key), passphrase=text(target, "passphrase") or None
        )
    if config := file(target, "ssh_config"):
        made.arguments["ssh_config_file"] = str(config)
    return made


def _ncclient(target: Target, made: Credentials, private: Path) -> Credentials:
    key = _private_key(target, private)
    made.arguments.update(allow_agent=False, look_for_keys=False, key_file=_path(key))
    if config := file(target, "ssh_config"):
        made.arguments["ssh_config_file"] = str(config)
    return Credentials(made.username, _unlocking(target, key), made.timeout, made.arguments)


def _pyez(target: Target, made: Credentials, private: Path) -> Credentials:
    key, config = _private_key(target, private), _ssh_config(target, private)
    made.arguments.update(key_file=_path(key), ssh_config_file=str(config))
    password = _unlocking(target, key)

    def prepare(driver: Any) -> None:
        """Make its device anew: NAPALM has no argument for PyEZ's check of the host key."""
        driver.device = type(driver.device)(
            target.address,
            user=made.username,
            password=password,
            port=made.arguments.get("port", 22),
            ssh_private_key_file=_path(key),
            ssh_config=str(config),
            huge_tree=bool(made.arguments.get("huge_tree", False)),
            hostkey_verify=True,
            allow_agent=False,
            look_for_keys=False,
            conn_open_timeout=seconds(target, "connect_timeout", 10.0),
        )
        # Before 2.7.2 it takes any argument and checks nothing.
        if getattr(driver.device, "_hostkey_verify", None) is not True:
            raise wrong(target, "this version of junos-eznc checks no host keys: 2.7.2 does")

    return Credentials(made.username, password, made.timeout, made.arguments, prepare)


def _unknown(target: Target, made: Credentials, private: Path) -> Credentials:
    return made


_LOGINS: Mapping[Login, Callable[[Target, Credentials, Path], Credentials]] = {
    Login.EAPI: _eapi,
    Login.NXAPI: _nxapi,
    Login.NETMIKO: _netmiko,
    Login.PYEZ: _pyez,
    Login.NCCLIENT: _ncclient,
    Login.UNKNOWN: _unknown,
}


def _path(path: Path | None) -> str | None:
    return str(path) if path else None


def _private_key(target: Target, private: Path) -> Path | None:
    if key := text(target, "private_key"):
        path = private / "key"
        path.touch(0o600)
        path.write_text(key if key.endswith("\n") else f"{key}\n")
        return path
    return file(target, "private_key_file")


def _unlocking(target: Target, key: Path | None) -> str:
    """The password; ncclient unlocks a key with what it calls the password."""
    return text(target, "passphrase" if key else "password")


def _known_hosts(target: Target, private: Path) -> Path:
    """A file of the keys that are right: ``host_key``, ``known_hosts``, else the user's own and
    the machine's."""
    path = private / "known_hosts"
    if key := text(target, "host_key"):
        if not _HOST_KEY.fullmatch(key.strip()):
            raise wrong(target, "host_key is no public key (ssh-ed25519 AAAA…)")
        names = target.address + (f",[{target.address}]:{target.port}" if target.port else "")
        path.write_text(f"{names} {key.strip()}\n")
        return path
    own = (Path("~/.ssh/known_hosts").expanduser(), Path("/etc/ssh/ssh_known_hosts"))
    given = file(target, "known_hosts")
    found = [given] if given else [each for each in own if each.is_file()]
    path.write_text("".join(f"{each.read_text(errors='replace')}\n" for each in found))
    return path


def _ssh_config(target: Target, private: Path) -> Path:
    """The user's ``ssh_config``, with the right keys in front: the first value of a word counts,
    and ncclient takes its known hosts from there only."""
    path, given = private / "ssh_config", file(target, "ssh_config")
    rest = given.read_text() if given else ""
    path.write_text(f"Host *\n  UserKnownHostsFile {_known_hosts(target, private)}\n{rest}")
    return path
