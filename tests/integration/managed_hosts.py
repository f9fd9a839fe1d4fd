"""Hosts that Ansible manages: real OpenSSH servers on ports of the loopback interface.

A host that is a machine of its own (``machines=True``, needs root) has private namespaces and a
private layer over the whole disk: plays may change its name, files, packages and the kernel
parameters of its namespaces, and reboot it, and nothing of that is seen outside.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from time import monotonic, sleep
from typing import Any, NoReturn

import pytest
import yaml

from osism.adapters.ansible import guard

_SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
_PYTHON = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable
_PATIENCE = 30.0  # seconds for a server to listen on a busy machine

# How a machine of its own boots, again whenever its first process ends; its disk lasts as long as
# the outer namespace. Arguments: its own directory, the directory of all hosts, sshd, its config.
_MACHINE = """
set -e
mount -t tmpfs -o mode=755 tmpfs "$1"
mkdir "$1/disk" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/disk,workdir=$1/work" "$1/root"
mount --rbind /dev "$1/root/dev"
mount --rbind /sys "$1/root/sys"
mount -t tmpfs -o mode=755 tmpfs "$1/root/run"
mkdir -p "$1/root$2" "$1/root/run/sshd"
mount --bind "$2" "$1/root$2"
printf '#!/bin/sh\\nkill -TERM 1\\n' > "$1/shutdown"
chmod 755 "$1/shutdown"
for each in /sbin/shutdown /usr/sbin/shutdown; do
    rm -f "$1/root$each"; cp "$1/shutdown" "$1/root$each"
done
# Files that come from below the layer have attributes that the layer cannot set.
cp /etc/hosts "$1/hosts"; rm -f "$1/root/etc/hosts"; cp "$1/hosts" "$1/root/etc/hosts"
boot='
mount -t proc proc "$1/root/proc"
cat /proc/sys/kernel/random/uuid > "$1/boot_id"
mount --bind "$1/boot_id" "$1/root/proc/sys/kernel/random/boot_id"
[ ! -e "$1/root/etc/hostname" ] || hostname "$(cat "$1/root/etc/hostname")"
exec chroot "$1/root" "$3" -D -e -f "$4"
'
while :; do
    unshare --mount --uts --ipc --pid --fork --kill-child sh -ec "$boot" sh "$@" || :
    sleep 0.3
done
"""


def absent(reason: str) -> NoReturn:
    """Skip at home, fail in CI."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@cache
def why_no_machines() -> str:
    """Why hosts cannot be machines of their own here, empty when they can."""
    if os.getuid() != 0:
        return "hosts that plays may change need root (for namespaces)"
    with tempfile.TemporaryDirectory() as folder:
        script = (
            'mount -t tmpfs tmpfs "$1" && mkdir "$1/a" "$1/b" "$1/c" && '
            'mount -t overlay overlay -o "lowerdir=/,upperdir=$1/a,workdir=$1/b" "$1/c"'
        )
        words = ["unshare", "--mount", "--uts", "--ipc", "--pid", "--fork"]
        try:
            tried = subprocess.run(
                [*words, "sh", "-c", script, "sh", folder], capture_output=True, text=True
            )
        except FileNotFoundError:
            return "hosts that plays may change need unshare (util-linux)"
    return "" if tried.returncode == 0 else f"no namespaces and overlays here: {tried.stderr}"


class ManagedHosts:
    """``host-1`` to ``host-n``. Use it as a context manager: leaving ends what it started."""

    def __init__(self, folder: Path, count: int = 2, *, machines: bool = False) -> None:
        if not _SSHD or not shutil.which("ssh-keygen"):
            absent("no OpenSSH server is installed (Debian: openssh-server)")
        if machines and why_no_machines():
            pytest.skip(why_no_machines())
        self.folder, self.machines = folder, machines
        self.user = pwd.getpwuid(os.getuid()).pw_name
        self.key, self.known_hosts = folder / "key", folder / "known_hosts"
        # Sockets of ssh: their paths may not be long.
        self._sockets = Path(tempfile.mkdtemp(prefix="osism-ssh-"))
        self._servers: dict[str, subprocess.Popen[bytes]] = {}
        self.ports = {f"host-{number}": _free_port() for number in range(1, count + 1)}
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        _keygen(self.key)
        for name, port in self.ports.items():
            self._prepare(name, port)

    def __enter__(self) -> ManagedHosts:
        try:
            for name in self.names:
                self.start(name, wait=False)
            for name in self.names:
                self._wait(name)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def names(self) -> list[str]:
        """The names, in order."""
        return list(self.ports)

    def _prepare(self, name: str, port: int) -> None:
        own = self.folder / name
        (own / "machine").mkdir(parents=True)
        (own / "home").mkdir()
        _keygen(own / "host_key")
        shutil.copy(f"{self.key}.pub", own / "authorized_keys")
        kind, key, *_ = (own / "host_key.pub").read_text().split()
        with self.known_hosts.open("a") as file:
            file.write(f"[127.0.0.1]:{port} {kind} {key}\n")
        sftp = next((each for each in _SFTP if Path(each).exists()), "internal-sftp")
        lines = [
            f"Port {port}",
            "ListenAddress 127.0.0.1",
            f"HostKey {own}/host_key",
            f"AuthorizedKeysFile {own}/authorized_keys",
            f"PidFile {own}/pid",
            f"Subsystem sftp {sftp}",
            # What the user's own shell does at a login is none of a test's business.
            f"SetEnv HOME={own}/home",
            "UsePAM no",
            "StrictModes no",
            "PasswordAuthentication no",
            "PermitRootLogin yes",
            "MaxStartups 100",
        ]
        (own / "sshd_config").write_text("\n".join(lines) + "\n")

    def start(self, name: str, *, wait: bool = True) -> None:
        """Start a host that does not run."""
        assert name not in self._servers
        own = self.folder / name
        sshd = [str(_SSHD), "-D", "-e", "-f", str(own / "sshd_config")]
        if self.machines:
            arguments = [str(own / "machine"), str(self.folder), str(_SSHD), sshd[-1]]
            command = ["unshare", "--mount", "sh", "-c", _MACHINE, "sh", *arguments]
        else:
            if os.getuid() == 0:
                Path("/run/sshd").mkdir(exist_ok=True)  # where sshd locks itself in
            command = sshd
        with (own / "log").open("ab") as log:
            # The guard ends the host with us, however we end.
            keeper = [sys.executable, "-I", "-S", guard.__file__, str(os.getpid()), "0"]
            self._servers[name] = subprocess.Popen(
                [*keeper, *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if wait:
            self._wait(name)

    def stop(self, name: str) -> None:
        """Make a host unreachable: its server and all connections to it end."""
        server = self._servers.pop(name)
        # A connection has a process group of its own, so children are looked up one by one.
        ours = [server.pid, *_descendants(server.pid)]
        for pid in ours:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        server.wait()

    def close(self) -> None:
        """End everything."""
        for name in list(self._servers):
            self.stop(name)
        shutil.rmtree(self._sockets, ignore_errors=True)

    def _wait(self, name: str) -> None:
        deadline = monotonic() + _PATIENCE
        while True:
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self.ports[name]), timeout=1) as connection,
            ):
                if connection.recv(4) == b"SSH-":
                    return
            log = (self.folder / name / "log").read_text(errors="replace")
            assert self._servers[name].poll() is None, f"{name} ended: {log}"
            assert monotonic() < deadline, f"{name} does not listen: {log}"
            sleep(0.01)

    def variables(self, name: str) -> dict[str, Any]:
        """What an inventory has to say about a host so that Ansible reaches it."""
        options = f"-o UserKnownHostsFile={self.known_hosts} -o StrictHostKeyChecking=yes"
        return {
            "ansible_host": "127.0.0.1",
            "ansible_port": self.ports[name],
            "ansible_user": self.user,
            "ansible_ssh_private_key_file": str(self.key),
            "ansible_ssh_common_args": f"-F none -o IdentitiesOnly=yes {options}",
            "ansible_control_path_dir": str(self._sockets),
            "ansible_host_key_checking": True,
            "ansible_python_interpreter": _PYTHON,
        }

    def write_inventory(
        self,
        path: Path,
        groups: Mapping[str, Sequence[str]] | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> Path:
        """Write a YAML inventory: all hosts in group generic, and more groups."""
        members = {"generic": self.names} | dict(groups or {})
        written: dict[str, Any] = {
            group: {"hosts": dict.fromkeys(names)} for group, names in members.items()
        }
        hosts = {name: self.variables(name) for name in self.names}
        everything = {"hosts": hosts, "vars": dict(variables or {}), "children": written}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump({"all": everything}, sort_keys=False))
        return path

    def run(self, name: str, command: str) -> str:
        """What a shell command on a host prints; AssertionError when it fails."""
        ended = subprocess.run(
            [
                *("ssh", "-F", "none", "-i", str(self.key), "-p", str(self.ports[name])),
                *("-o", f"UserKnownHostsFile={self.known_hosts}", "-o", "BatchMode=yes"),
                *("-o", "StrictHostKeyChecking=yes", f"{self.user}@127.0.0.1", command),
            ],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout


_SFTP = ["/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server"]


def _keygen(path: Path) -> None:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            found += [int(child), *_descendants(int(child))]
    return found


@pytest.fixture(scope="module")
def managed_hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ManagedHosts]:
    """Two hosts for the tests of a module; they share the disk of this machine."""
    with ManagedHosts(tmp_path_factory.mktemp("hosts")) as hosts:
        yield hosts


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ManagedHosts]:
    """Two machines for the tests of a module, which plays may change."""
    with ManagedHosts(tmp_path_factory.mktemp("machines"), machines=True) as hosts:
        yield hosts
