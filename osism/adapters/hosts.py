"""Ansible's inventory, as ``ansible-inventory`` reads it."""

from __future__ import annotations

import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import yaml

from osism.adapters.vault import decrypt, is_vaulted, password_descriptor
from osism.domain.errors import Invalid, Misconfigured, NotFound, OsismError, OutsideFailed
from osism.domain.names import nearest

#: Variables of our own that hold tokens and passwords, and are nothing to a program we start.
_OURS = ("OSISM_", "NETBOX_", "CELERY_")
# What a pattern of hosts is made of (Ansible's user guide, "Patterns"): names, wildcards, ranges,
# ``:`` and ``,`` between them, ``!`` and ``&`` before them, ``~`` before an expression.
_PATTERN = re.compile(r"[A-Za-z0-9_*~!&\[(][A-Za-z0-9_.*?~!&:,\[\]()|+^$-]{0,254}")


class _Names(yaml.SafeLoader):
    """Reads names, whatever tags the values have."""


_Names.add_multi_constructor("!", lambda loader, suffix, node: None)


def checked_hosts(pattern: str) -> str:
    """Return *pattern* when it can be a host or a pattern of hosts, else raise :class:`Invalid`."""
    if not _PATTERN.fullmatch(pattern):
        raise Invalid(f"host {pattern[:80]!r}: not a host's name or a pattern of hosts")
    return pattern


def program(name: str, directory: Path | None = None) -> str:
    """The path of the program *name*: in *directory*, else beside this Python, else on PATH."""
    if directory:
        path = directory / name
        if os.access(path, os.X_OK):
            return str(path)
        raise Misconfigured(f"{directory} (setting ansible) has no program {name}")
    beside = Path(sys.executable).parent / name
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which(name)
    if not found:
        raise Misconfigured(f"the program {name} is not on this machine; install it")
    return found


class AnsibleInventory:
    """The hosts, groups and variables of the inventory *path*.

    *configuration* is the repository it belongs to, *ansible* the directory of the programs,
    *password* gives the vault password or None. One answer is waited for *timeout* seconds.
    """

    def __init__(
        self,
        path: Path,
        configuration: Path,
        ansible: Path | None = None,
        password: Callable[[], str | None] = lambda: None,
        timeout: float = 120.0,
    ) -> None:
        self._path = path
        self._configuration = configuration
        self._ansible = ansible
        self._password = password
        self._timeout = timeout

    def groups(self, limit: str | None = None) -> dict[str, list[str]]:
        """Every host and its groups, both by name; *limit* is a pattern of hosts."""
        data = self._limited(checked_hosts(limit)) if limit else self._asked("--list")
        parents: dict[str, set[str]] = {}
        for group, said in data.items():
            for child in said.get("children", ()) if group != "_meta" else ():
                parents.setdefault(child, set()).add(group)
        found: dict[str, set[str]] = {}
        for group, said in data.items():
            for host in said.get("hosts", ()) if group != "_meta" else ():
                found.setdefault(host, set()).update(_upwards(group, parents))
        unsaid = {"all", "ungrouped"}
        return {host: sorted(found[host] - unsaid) for host in sorted(found)}

    def _limited(self, pattern: str) -> dict[str, Any]:
        try:
            return self._asked("--list", "--limit", pattern)
        except OutsideFailed:
            self._asked("--list")  # fails too where it is not the pattern
            raise Invalid(f"host {pattern!r}: Ansible cannot read this pattern of hosts") from None

    def variables(self, host: str) -> dict[str, Any]:
        """The variables of *host*; :class:`NotFound` with the nearest names when it has none."""
        checked_hosts(host)
        try:
            return self._asked("--host", host)
        except OutsideFailed as failure:
            known = self.groups()
            if host in known:
                raise failure
            raise NotFound(f"host {host!r}: not in {self._path}{nearest(host, known)}") from None

    def vaulted(self, host: str) -> set[str]:
        """Names of variables, *host*'s among them, in files that are vaulted as a whole:
        :meth:`variables` has what is in them in clear."""
        place = self._path.resolve()
        around = place if place.is_dir() else place.parent
        files = [
            *(around / "group_vars").rglob("*"),
            *(around / "host_vars" / host).rglob("*"),
            *(around / "host_vars").glob(f"{glob.escape(host)}.*"),
            around / "host_vars" / host,
        ]
        return {name for file in files if file.is_file() for name in self._names(file)}

    def _names(self, file: Path) -> Iterator[str]:
        content = file.read_bytes()
        if not is_vaulted(content):
            return
        try:
            found = yaml.load(decrypt(content, self._password() or ""), Loader=_Names)  # noqa: S506
        except yaml.YAMLError:  # the reason would quote what is in the file
            raise OutsideFailed(f"{file}: what is vaulted in it is no YAML") from None
        yield from map(str, found if isinstance(found, dict) else ())

    def environment(self) -> dict[str, str]:
        """The environment of Ansible's programs."""
        kept = {n: v for n, v in os.environ.items() if not n.startswith(_OURS)}
        config = self._configuration / "environments" / "ansible.cfg"
        if config.is_file():
            kept["ANSIBLE_CONFIG"] = str(config)
        # Ansible wants an encoding that can say everything.
        return {**kept, "LC_ALL": "C.UTF-8", "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0"}

    def _asked(self, *words: str) -> dict[str, Any]:
        if not self._path.exists():
            raise Misconfigured(f"inventory {self._path}: there is no such file or folder")
        command = [
            program("ansible-inventory", self._ansible),
            "-i",
            str(self._path.resolve()),
            *words,
        ]
        with ExitStack() as open_files:
            descriptors, missing = [], ""
            try:
                if password := self._password():
                    descriptors = [open_files.enter_context(password_descriptor(password))]
                    command += ["--vault-password-file", f"/proc/self/fd/{descriptors[0]}"]
            except OsismError as failure:  # an inventory without secrets can do without
                missing = f" (no vault password: {failure})"
            code, out, said = answer(command, self.environment(), descriptors, self._timeout)
        try:
            if code == 0:
                data = json.loads(out)
                if isinstance(data, dict):
                    return data
        except ValueError:
            pass
        raise OutsideFailed(
            f"inventory {self._path}: ansible-inventory ended with {code}: {said}{missing}"
        )


def _upwards(group: str, parents: Mapping[str, set[str]]) -> Iterator[str]:
    waiting, seen = [group], set()
    while waiting:
        each = waiting.pop()
        if each not in seen:
            seen.add(each)
            yield each
            waiting += parents.get(each, ())


def answer(
    command: Sequence[str], environment: Mapping[str, str], descriptors: list[int], timeout: float
) -> tuple[int, str, str]:
    """Exit code, output and what was said on standard error; all ends when the time is over."""
    with _started(command, environment, descriptors) as process:
        try:
            out, said = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            raise OutsideFailed(f"{command[0]} did not answer within {timeout:g} s") from None
    return process.returncode, out, said.strip()[-4000:]


@contextmanager
def _started(
    command: Sequence[str], environment: Mapping[str, str], descriptors: list[int]
) -> Iterator[subprocess.Popen[str]]:
    try:
        process = subprocess.Popen(  # noqa: S603  a list, and what is from outside is checked
            command,
            env=environment,
            pass_fds=descriptors,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise OutsideFailed(f"{command[0]}: cannot be started: {error.strerror}") from None
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:  # with what an inventory script has started
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
