"""A fabric of real Open vSwitch switches and hosts on this machine, for tests. Needs root.

Every switch is a machine of its own: a private layer over the whole disk, private namespaces, an
OpenSSH server, ovsdb-server and ovs-vswitchd with the userspace datapath (the kernel's module is
not needed). Every host is a network namespace. Cables are veth pairs.

Everything lives in one process namespace, whose first process a guard ends with the process that
made the fabric, however that ends; the kernel then ends the rest. All links and namespaces are
held by those processes alone: nothing has a name outside, except one veth interface of the
management network (``osism-fab<number>``, 172.30.<number>.1), and that goes with its other end.

Facts that cost time to find:

* Packets between veths have no checksums yet, and a userspace switch completes them only with
  ``userspace-tso-enable`` (read when ovs-vswitchd starts). Without it pings pass, TCP does not.
* ovs-vswitchd does not notice that an interface was replaced by another one of the same name.
* A host that has lost its LACP partner asks again every 30 s only; switches that are to bring it
  back at once have to be active, not passive.
* The MAC address of a bridge is the lowest of its ports: it changes when ports come and go, and
  whoever manages the switch through the bridge loses it until ARP times out. So it is fixed here.
* The kernel sees the packets of the switch's ports as well, and would answer ARP requests for the
  management address on all of them.
* The end of a veth has no carrier while the other end is down, so that is a pulled cable.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from osism.adapters.ansible import guard

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ENVIRONMENT = {"PATH": _PATH, "HOME": "/root", "LANG": "C.UTF-8"}
_PROGRAMS = {
    "ovs-vswitchd": "openvswitch-switch",
    "ovs-vsctl": "openvswitch-switch",
    "ovsdb-server": "openvswitch-switch",
    "sshd": "openssh-server",
    "ip": "iproute2",
    "ping": "iputils-ping",
    "nsenter": "util-linux",
    "unshare": "util-linux",
}
_PATIENCE = 60.0  # seconds for a machine to boot when this one is busy
_TLS_PORT = 6640

T = TypeVar("T")

# Process 1 of a fabric. It holds the management network, the names of the network namespaces and
# the disks (below its own /run), tells its id as it is outside, and reaps.
_KEEPER = """
set -e
read -r pid _ </proc/self/stat
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/netns /run/fabric
ip link set lo up
ip link add management type bridge
ip link set management up
echo "$pid"
exec >/dev/null
while :; do sleep 86400 & wait "$!"; done
"""

# Makes a disk: its directory below the fabric's /run, where it logs.
_DISK = """
set -e
mkdir -p "$1/disk" "$1/work" "$1/root" "$1/home"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/disk,workdir=$1/work" "$1/root"
cd "$1/root"
rm -rf etc/openvswitch var/log/openvswitch
mkdir -p etc/openvswitch var/log/openvswitch etc/fabric
mount --bind "$1/home" root
mount --bind "$2" var/log/openvswitch
"""

# Process 1 of a machine, first outside, then inside of its disk.
_BOOT = """
set -e
read -r pid _ </proc/self/stat
echo "$pid"
hostname "$2"
mount -t proc proc "$1/root/proc"
mount -t sysfs sysfs "$1/root/sys"
mount --rbind /dev "$1/root/dev"
mount -t tmpfs -o mode=755 tmpfs "$1/root/run"
exec chroot "$1/root" sh -e /etc/fabric/init
"""

_INIT = """
cd /
mkdir -p /run/openvswitch /run/sshd
ip -force -batch /etc/fabric/links || :
first=
if [ ! -e /etc/openvswitch/conf.db ]; then
    first=yes
    ovsdb-tool create /etc/openvswitch/conf.db /usr/share/openvswitch/vswitch.ovsschema
fi
set -- --log-file -vconsole:off -vsyslog:off --pidfile --detach --no-chdir
if [ -e /etc/fabric/key.pem ]; then
    tls='--private-key=/etc/fabric/key.pem --certificate=/etc/fabric/certificate.pem
        --ca-cert=/etc/fabric/ca.pem --remote=pssl:6640'
else
    tls='--private-key=db:Open_vSwitch,SSL,private_key
        --certificate=db:Open_vSwitch,SSL,certificate --ca-cert=db:Open_vSwitch,SSL,ca_cert'
fi
ovsdb-server /etc/openvswitch/conf.db --remote=punix:/run/openvswitch/db.sock \\
    --remote=db:Open_vSwitch,Open_vSwitch,manager_options $tls "$@"
name=$(hostname)
ovs-vsctl --no-wait -- init -- set Open_vSwitch . external_ids:system-id="$name" \\
    external_ids:hostname="$name" other_config:userspace-tso-enable=true
ovs-vswitchd "$@"
[ -z "$first" ] || [ ! -e /etc/fabric/first ] || . /etc/fabric/first
[ ! -e /etc/fabric/last ] || . /etc/fabric/last
echo ready
exec >/dev/null
while :; do sleep 86400 & wait "$!"; done
"""

# The management interface of a switch, and its OpenSSH server. /proc/net/tcp: port 22 listens.
_MANAGEMENT = """
[ ! -d /proc/sys/net/ipv6 ] || echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore
echo 2 >/proc/sys/net/ipv4/conf/all/arp_announce
ip address replace {address} dev {interface} && ip link set {interface} up || :
{sshd} -D -e -f /etc/fabric/sshd_config </dev/null >/dev/null 2>>/var/log/openvswitch/sshd.log &
until grep -q ' 00000000:0016 [0-9A-F:]* 0A ' /proc/net/tcp; do sleep 0.02; done
"""

# The kernel sees what an Open vSwitch of a host sees: a leg of a bond must not answer for the bond.
_ONE_ANSWERS = """
echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore
echo 2 >/proc/sys/net/ipv4/conf/all/arp_announce
"""

_SSHD = """\
Port 22
ListenAddress 0.0.0.0
HostKey /etc/fabric/host_key
AuthorizedKeysFile /etc/fabric/authorized_keys
AuthenticationMethods publickey
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
UseDNS no
PidFile none
PrintMotd no
MaxStartups 100
Subsystem sftp internal-sftp
"""


def require_fabric() -> None:
    """Skip at home, fail in CI, where there can be no fabric."""
    root = os.getuid() == 0
    reason = _why_no_fabric() if root else "a fabric of switches needs root (for namespaces)"
    if reason:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


@cache
def _why_no_fabric() -> str:
    for program, package in _PROGRAMS.items():
        if not shutil.which(program, path=_PATH):
            return f"a fabric of switches needs {program} (Debian: {package})"
    with tempfile.TemporaryDirectory() as folder:
        script = (
            'mount -t tmpfs tmpfs "$1" && mkdir "$1/a" "$1/b" "$1/c" && '
            'mount -t overlay overlay -o "lowerdir=/,upperdir=$1/a,workdir=$1/b" "$1/c" && '
            "ip link add name veth0 type veth peer name veth1 && "
            "ip tuntap add tap0 mode tap && ip link add name bridge0 type bridge"
        )
        tried = subprocess.run(
            ["unshare", "--mount", "--net", "--pid", "--fork", "sh", "-c", script, "sh", folder],
            capture_output=True, text=True, env=_ENVIRONMENT,
        )  # fmt: skip
    return "" if tried.returncode == 0 else f"no fabric of switches here: {tried.stderr.strip()}"


def until(condition: Callable[[], T], within: float = 20.0) -> T:
    """Wait for a condition and return its value."""
    deadline = monotonic() + within
    while not (value := condition()):
        assert monotonic() < deadline, f"not within {within} s"
        sleep(0.02)
    return value


@dataclass(frozen=True)
class Credentials:
    """What a client of OVSDB over TLS needs, as files."""

    ca: Path
    certificate: Path
    private_key: Path


@dataclass(eq=False)
class Device:
    """A network namespace; with an Open vSwitch in it, a machine of its own."""

    fabric: Fabric = field(repr=False)
    name: str
    interfaces: list[str]
    #: Interfaces that are down because the cable at their other end is pulled.
    unplugged: set[str] = field(default_factory=set, repr=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _pid: int = field(default=0, repr=False)
    _ready: bool = field(default=False, repr=False)

    @property
    def _own(self) -> str:
        return f"/run/fabric/{self.name}"

    @property
    def logs(self) -> Path:
        """The logs of its daemons."""
        return self.fabric.directory / self.name

    @property
    def disk(self) -> Path:
        """Its disk, seen from outside, while the fabric is up."""
        return Path(f"/proc/{self.fabric.pid}/root{self._own}/root")

    def enter(self) -> list[str]:
        """The words before a command that is to run in it."""
        return self._machine()

    def _machine(self) -> list[str]:
        self.wait()
        kinds = ["--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd"]
        return ["nsenter", "-t", str(self._pid), *kinds]

    def run(
        self, *arguments: str, timeout: float = 60, input: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """A command in it; it may fail.

        Of processes it sees its own: ``switch.run("pkill", "-STOP", "ovs-vswitchd")`` is meant.
        """
        return _run(*self.enter(), *arguments, timeout=timeout, input=input)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A command in it that goes on, at the longest as long as the fabric."""
        return subprocess.Popen(
            [*self.enter(), *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, env=self.fabric.environment, start_new_session=True,
        )  # fmt: skip

    def vsctl(self, *arguments: str) -> str:
        """What ovs-vsctl prints; AssertionError when it fails."""
        return self._said("ovs-vsctl", "--timeout=20", *arguments)

    def appctl(self, *arguments: str) -> str:
        """What ovs-appctl (of ovs-vswitchd) prints; AssertionError when it fails."""
        return self._said("ovs-appctl", "--timeout=20", *arguments)

    def _said(self, *arguments: str) -> str:
        ended = _run(*self._machine(), *arguments)
        assert ended.returncode == 0, f"{self.name}: {' '.join(arguments)}: {ended.stderr}"
        return ended.stdout.strip()

    def negotiated(self, bond: str) -> bool:
        """Whether LACP has negotiated a bond with the other side."""
        return "lacp_status: negotiated" in self.appctl("bond/show", bond)

    def counters(self, interface: str) -> dict[str, int]:
        """rx_packets, tx_packets, rx_bytes, tx_bytes, … of an interface, as the kernel counts."""
        stats = self._link(interface)["stats64"]
        return {f"{way}_{what}": n for way in stats for what, n in stats[way].items()}

    def carrier(self, interface: str) -> bool:
        """Whether an interface is up and has a link."""
        return "LOWER_UP" in self._link(interface)["flags"]

    def _link(self, interface: str) -> dict[str, Any]:
        words = ["-n", self.name, "-s", "-j", "link", "show", "dev", interface]
        found: dict[str, Any] = json.loads(self.fabric.inside("ip", *words))[0]
        return found

    # its life

    @property
    def off(self) -> bool:
        """Whether somebody has switched it off."""
        return self._process is None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def wait(self) -> None:
        """Until it has booted. Whatever needs it to be up calls this."""
        process = self._process
        assert process is not None, f"{self.name} is off"
        if self._ready:
            return
        deadline = monotonic() + _PATIENCE
        if not self._pid:
            self._pid = int(_line(process, deadline, self._log))
        assert _line(process, deadline, self._log) == "ready"
        self._ready = True

    @property
    def settled(self) -> bool:
        """Whether it runs and somebody has seen that it has booted."""
        return self._ready

    def _log(self) -> str:
        return f"{self.name}: {(self.logs / 'boot.log').read_text(errors='replace')}"

    def make_disk(self, files: Mapping[str, str]) -> None:
        """A disk of its own, with files in /etc/fabric (``init`` and ``links`` are given)."""
        self.logs.mkdir(parents=True, exist_ok=True)
        self.fabric.inside("sh", "-c", _DISK, "sh", self._own, str(self.logs))
        for name, content in {"init": _INIT, **files}.items():
            file = self.disk / "etc" / "fabric" / name
            file.touch(mode=0o600)
            file.write_text(content)

    def power_on(self, *, wait: bool = True) -> None:
        """Boot; a switch finds its database as it was."""
        assert self._process is None, f"{self.name} is on"
        links = "\n".join(["link set lo up", *self._links_up(), ""])
        (self.disk / "etc" / "fabric" / "links").write_text(links)
        keeper = f"/proc/{self.fabric.pid}/root"
        with (self.logs / "boot.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *("nsenter", "-t", str(self.fabric.pid), "--mount", "--pid"),
                    *(f"--net={keeper}/run/netns/{self.name}", "unshare", "--mount", "--uts"),
                    *("--ipc", "--pid", "--fork", "--kill-child"),
                    *("sh", "-c", _BOOT, "sh", self._own, self.name),
                ],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                env=self.fabric.environment, start_new_session=True,
            )  # fmt: skip
        self._pid, self._ready = 0, False
        if wait:
            self.wait()

    def _links_up(self) -> list[str]:
        return [f"link set {each} up" for each in self.interfaces if each not in self.unplugged]

    def power_off(self) -> None:
        """Pull the plug: all its processes end at once, its links go down."""
        if self._process is not None and self._process.poll() is None:
            if not self._pid:
                self._pid = int(_line(self._process, monotonic() + _PATIENCE, self._log))
            # The first process of its process namespace: the kernel ends the others with it.
            os.kill(self._pid, signal.SIGKILL)
        self.reap()
        self.fabric.ip([f"link set {each} down" for each in self.interfaces], self.name)

    def reap(self) -> None:
        """Collect a machine that ends."""
        if self._process is not None:
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
        self._process, self._pid, self._ready = None, 0, False


@dataclass(eq=False)
class Switch(Device):
    """A switch with one bridge ``br0`` (standalone, netdev), at first without data ports."""

    address: str = ""
    tls: bool = False
    #: The port that leads to the management network, of a switch that is managed in-band.
    uplink: str = ""
    #: Network namespace and name of the interface at the other end of its management cable.
    management: tuple[str, str] = ("", "")

    ssh_port = 22
    tls_port = _TLS_PORT
    user = "root"

    @property
    def key(self) -> Path:
        """The private key that may log in."""
        return self.fabric.key

    @property
    def known_hosts(self) -> Path:
        """The host keys of all switches of the fabric."""
        return self.fabric.known_hosts

    @property
    def tls_ca(self) -> Path:
        """The certificate of the lab's CA."""
        return self.fabric.tls.ca

    @property
    def tls_certificate(self) -> Path:
        """A client's certificate that the switch accepts."""
        return self.fabric.tls.certificate

    @property
    def tls_private_key(self) -> Path:
        """The key of the client's certificate."""
        return self.fabric.tls.private_key

    def entry(self, transport: str = "") -> dict[str, Any]:
        """What the setting ``switches`` has to say about it; of the transport ssh or tls."""
        self.wait()
        if (transport or ("tls" if self.tls else "ssh")) == "tls":
            return {
                "driver": "openvswitch",
                "transport": "tls",
                "address": self.address,
                "port": self.tls_port,
                "ca_file": str(self.tls_ca),
                "certificate_file": str(self.tls_certificate),
                "private_key_file": str(self.tls_private_key),
            }
        return {
            "driver": "openvswitch",
            "address": self.address,
            "port": self.ssh_port,
            "username": self.user,
            "private_key_file": str(self.key),
            "known_hosts": str(self.known_hosts),
        }

    def ssh(self, *arguments: str, timeout: float = 30) -> subprocess.CompletedProcess[str]:
        """A command over the management network, with the system's OpenSSH client."""
        self.wait()
        return _run(
            *("ssh", "-F", "none", "-i", str(self.key), "-o", "BatchMode=yes"),
            *("-o", f"UserKnownHostsFile={self.known_hosts}", "-o", "StrictHostKeyChecking=yes"),
            *("-o", "IdentitiesOnly=yes", "-o", "ConnectTimeout=5", "-p", str(self.ssh_port)),
            *(f"{self.user}@{self.address}", *arguments),
            timeout=timeout,
        )

    def cut(self) -> None:
        """Pull its management cable: in silence, as a broken network does."""
        namespace, interface = self.management
        self.fabric.ip([f"link set {interface} down"], namespace)

    def mend(self) -> None:
        """Plug its management cable in."""
        namespace, interface = self.management
        self.fabric.ip([f"link set {interface} up"], namespace)


@dataclass(eq=False)
class Host(Device):
    """A host. For bonds and VLANs it has an Open vSwitch of its own.

    Kernels without ``bonding`` and ``8021q`` exist (the one this was written on has neither);
    Open vSwitch speaks the same LACP and 802.1Q everywhere. The names are those of Linux:
    ``bond0`` carries what is untagged, ``bond0.10`` and ``eth0.10`` VLAN 10.
    """

    _on: bool = field(default=True, repr=False)
    #: What ip has to be told whenever the host boots.
    _network: list[str] = field(default_factory=list, repr=False)

    @property
    def off(self) -> bool:
        """Whether somebody has switched it off."""
        return not self._on

    @property
    def alive(self) -> bool:
        """Whether it is on."""
        return self._on

    def wait(self) -> None:
        """Until its Open vSwitch, if it has one, is up."""
        if self._process is not None:
            super().wait()

    def power_off(self) -> None:
        """Its links go down; what else a test runs in it is left alone."""
        super().power_off()
        self._on = False

    def power_on(self, *, wait: bool = True) -> None:
        """Its links, bonds and addresses come back; it does not return before."""
        if self.logs.exists():
            super().power_on()
        self._on = True
        self.fabric.ip([*self._links_up(), *self._network], self.name)

    def enter(self) -> list[str]:
        """The words before a command in its network namespace, on this machine's disk."""
        outside = ["nsenter", "-t", str(self.fabric.pid), "--mount", "--pid", "--wd=/"]
        return [*outside, "ip", "netns", "exec", self.name]

    def ping(self, address: str, count: int = 1, timeout: float = 2.0) -> bool:
        """Whether *count* answers come within *timeout* seconds."""
        # The limit to all of it (-w) takes whole seconds and asks again until then.
        limit = ["-W", str(timeout)] if timeout < 1 else ["-w", str(round(timeout))]
        words = ["-n", "-q", "-i", "0.2", "-c", str(count), *limit]
        return self.run("ping", *words, address, timeout=timeout + 30).returncode == 0

    def address(self, interface: str, address: str, vlan: int | None = None) -> str:
        """Give an address (with prefix length) to an interface, or to a VLAN on it.

        Returns the interface's name.
        """
        name = interface
        if vlan is not None:
            name = f"{interface}.{vlan}"
            self._boots()
            bridge = interface in self.vsctl("list-br").split()
            own = interface if bridge else f"{interface}-br"
            words = ["--may-exist", "add-br", own, "--", "set", "bridge", own]
            words += ["datapath_type=netdev", "--"]
            if not bridge:
                words += ["--may-exist", "add-port", own, interface, "--"]
            words += ["--may-exist", "add-port", own, name, f"tag={vlan}"]
            self.vsctl(*words, "--", "set", "interface", name, "type=internal")
        self._now_and_later(f"address replace {address} dev {name}", f"link set {name} up")
        return name

    def bond(self, name: str, interfaces: Iterable[str]) -> None:
        """A bond of interfaces, 802.3ad: LACP, one packet each second, 3 s until a leg is dead.

        Open vSwitch makes it, see the class; a leg without carrier is left within 0.1 s.
        """
        interfaces = list(interfaces)
        self._boots()
        self.fabric.ip([f"address flush dev {each}" for each in interfaces], self.name)
        self.vsctl(
            *("add-br", name, "--", "set", "bridge", name, "datapath_type=netdev", "--"),
            *("add-bond", name, f"{name}-lag", *interfaces, "bond_mode=balance-tcp"),
            *("lacp=active", "other_config:lacp-time=fast"),
            *("other_config:bond-detect-mode=miimon", "other_config:bond-miimon-interval=100"),
        )
        self._now_and_later(f"link set {name} up")

    def negotiated(self, bond: str) -> bool:
        """Whether LACP has negotiated a bond with the switch."""
        return super().negotiated(f"{bond}-lag")

    def _boots(self) -> None:
        if self._process is None:
            self.make_disk({})
            super().power_on()

    def _now_and_later(self, *lines: str) -> None:
        self.fabric.ip(list(lines), self.name)
        self._network += lines


End = tuple[Device, str]


class Fabric:
    """Switches, hosts, cables. Use it as a context manager, in a thread that outlives it.

    ``switch`` returns at once, switches boot side by side; what needs one waits for it.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        #: Tells whose process it is, in /proc/<id>/environ.
        self.environment = {**_ENVIRONMENT, "OSISM_FABRIC": str(directory)}
        self.devices: dict[str, Device] = {}
        self.pid = 0
        self.number = -1
        self._index = 0
        self._guard: subprocess.Popen[bytes] | None = None
        self._stubs: dict[End, str] = {}
        self._cables: dict[End, End] = {}
        self._upstream: Device | None = None
        self._count = 0

    def __enter__(self) -> Fabric:
        self.directory.mkdir(parents=True, exist_ok=True)
        _write_key(self.key)
        self.known_hosts.touch()
        command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child"]
        with (self.directory / "keeper.log").open("ab") as log:
            self._guard = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-S", guard.__file__, str(os.getpid()), "0"),
                    *(*command, "sh", "-c", _KEEPER),
                ],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                env=self.environment, start_new_session=True,
            )  # fmt: skip
        try:
            log_file = self.directory / "keeper.log"
            self.pid = int(_line(self._guard, monotonic() + _PATIENCE, log_file.read_text))
            self._management()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End everything and wait until it is gone."""
        index = Path(f"/sys/class/net/{self.interface}/ifindex")
        # Not if the name is somebody else's meanwhile, because ours was removed.
        if self._index and index.exists() and int(index.read_text()) == self._index:
            _run("ip", "link", "delete", self.interface)
        if self._guard is not None:
            self._guard.terminate()
            self._guard.wait()
            assert self._guard.stdout is not None
            self._guard.stdout.close()
            self._guard = None
        for device in self.devices.values():
            device.reap()

    # the management network

    @property
    def interface(self) -> str:
        """The interface of the management network in this process' network namespace."""
        return f"osism-fab{self.number}"

    def _management(self) -> None:
        """Take a number that nobody has: the interface's name is the lock."""
        taken = _networks()
        numbers = [
            number
            for number in range(256)
            if not any(_network(number).overlaps(network) for network in taken)
        ]
        random.shuffle(numbers)
        for number in numbers:
            words = ["link", "add", f"osism-fab{number}", "type", "veth", "peer", "name", "root"]
            added = _run("ip", *words, "netns", str(self.pid))
            if added.returncode == 0:
                break
            assert "exists" in added.stderr, added.stderr
        else:
            raise AssertionError("no management network is free")
        self.number = number
        self._index = int(Path(f"/sys/class/net/{self.interface}/ifindex").read_text())
        self.ip(["link set root master management up"])
        own = _run("ip", "address", "add", f"172.30.{number}.1/24", "dev", self.interface)
        up = _run("ip", "link", "set", self.interface, "up")
        assert own.returncode == up.returncode == 0, own.stderr + up.stderr

    # what is in it

    @property
    def switches(self) -> dict[str, Switch]:
        """The switches by name."""
        return {name: each for name, each in self.devices.items() if isinstance(each, Switch)}

    @property
    def hosts(self) -> dict[str, Host]:
        """The hosts by name."""
        return {name: each for name, each in self.devices.items() if isinstance(each, Host)}

    def switch(
        self,
        name: str,
        ports: Iterable[str] = (),
        *,
        inband: bool = False,
        uplink: str = "",
        management_vlan: int | None = None,
        tls: bool = False,
    ) -> Switch:
        """A switch that boots. Its ports are there and have no link until they are cabled.

        In-band: its management address is on ``br0``, and *uplink* (the last of its ports unless
        named) is wired to the management network and in ``br0``. With a management VLAN the
        address is on the internal port ``management`` in that VLAN, and the uplink is a trunk of
        that VLAN: the management network is tagged there.
        """
        ports = list(ports)
        assert name not in self.devices
        number = 10 + len(self.switches)
        assert number < 255, "the management network is full"
        switch = Switch(self, name, ports, address=f"172.30.{self.number}.{number}", tls=tls)
        lines = [f"netns add {name}"]
        for port in ports:
            stub = self._stubs[switch, port] = self._name("stub")
            lines.append(f"link add name {port} netns {name} type veth peer name {stub}")
        if inband:
            switch.uplink = uplink or ports[-1]
            interface, first = self._inband(switch, management_vlan, lines)
        else:
            other = self._name("to")
            interface, first = "management", ""
            switch.interfaces.append(interface)
            switch.management = ("", other)
            lines += [
                f"link add name {interface} netns {name} type veth peer name {other}",
                f"link set {other} master management up",
            ]
        self.ip(lines)
        self.devices[name] = switch
        mac = f"0e:fa:{self.number:02x}:{number:02x}:00:01"
        bridge = (
            "ovs-vsctl add-br br0 -- set bridge br0 datapath_type=netdev fail_mode=standalone"
            f" other_config:hwaddr={mac} {first}\n"
        )
        host_key, public = _key_pair()
        address, sshd = f"{switch.address}/24", shutil.which("sshd", path=_PATH)
        files = {
            "first": bridge,
            "last": _MANAGEMENT.format(address=address, interface=interface, sshd=sshd),
            "sshd_config": _SSHD,
            "host_key": host_key,
            "authorized_keys": self.key.with_suffix(".pub").read_text(),
        }
        if tls:
            key, certificate = self._authority.issue(name, switch.address)
            ca = self.tls.ca.read_text()
            files |= {"key.pem": key, "certificate.pem": certificate, "ca.pem": ca}
        with self.known_hosts.open("a") as file:
            file.write(f"{switch.address} {public}\n")
        switch.make_disk(files)
        switch.power_on(wait=False)
        return switch

    def _inband(self, switch: Switch, vlan: int | None, lines: list[str]) -> tuple[str, str]:
        """The interface of the management address, and what ovs-vsctl has to do for it."""
        stub = self._stubs.pop((switch, switch.uplink))
        port = f"-- add-port br0 {switch.uplink}"
        if vlan is None:
            switch.management = ("", stub)
            lines.append(f"link set {stub} master management up")
            return "br0", port
        # The kernel may not know VLANs; an Open vSwitch tags. Each switch has a bridge of its own
        # in it, or two of them would make a loop with the management network.
        if self._upstream is None:
            self.ip(["netns add upstream"])
            self._upstream = self.devices["upstream"] = Device(self, "upstream", [])
            self._upstream.make_disk({})
            self._upstream.power_on(wait=False)
        bridge, access, other = self._name("bridge"), self._name("access"), self._name("to")
        switch.management = ("upstream", stub)
        self._upstream.interfaces += [access, stub]
        self.ip(
            [
                *lines,
                f"link set {stub} netns upstream",
                f"link add name {access} netns upstream type veth peer name {other}",
                f"link set {other} master management up",
            ]
        )
        lines.clear()
        self.ip([f"link set {access} up", f"link set {stub} up"], "upstream")
        self._upstream.vsctl(
            *("add-br", bridge, "--", "set", "bridge", bridge, "datapath_type=netdev"),
            *("--", "add-port", bridge, access, f"tag={vlan}"),
            *("--", "add-port", bridge, stub, "vlan_mode=trunk", f"trunks={vlan}"),
        )
        return "management", (
            f"{port} vlan_mode=trunk trunks={vlan} -- add-port br0 management tag={vlan}"
            " -- set interface management type=internal"
        )

    def host(self, name: str, cables: Mapping[str, tuple[Switch, str]]) -> Host:
        """A host whose interfaces are cabled to ports."""
        assert name not in self.devices
        host = Host(self, name, list(cables))
        lines = [f"netns add {name}"]
        for interface, (switch, port) in cables.items():
            lines.append(f"link set {self._take(switch, port)} netns {name} name {interface}")
            self._join((host, interface), (switch, port))
        self.ip(lines)
        self.ip(["link set lo up", *(f"link set {each} up" for each in cables)], name)
        host.run("sh", "-c", _ONE_ANSWERS)
        self.devices[name] = host
        return host

    def link(self, a: Switch, port_a: str, b: Switch, port_b: str) -> None:
        """Cable two switches; one of the ports may be in a bridge already."""
        # One port is made anew, and ovs-vswitchd would go on listening to the old one.
        if _serves(b, port_b):
            assert not _serves(a, port_a), f"{port_a} and {port_b} are in bridges: cable them first"
            a, port_a, b, port_b = b, port_b, a, port_a
        stub = self._take(a, port_a)
        self._take(b, port_b)
        self.ip([f"link delete {port_b}"], b.name)
        self.ip([f"link set {stub} netns {b.name} name {port_b}"])
        self._join((a, port_a), (b, port_b))
        if b.alive:
            self.ip([f"link set {port_b} up"], b.name)

    def cable(self, device: Device, port: str, up: bool) -> None:
        """Pull or plug the cable at a port: the port is up without a carrier, its peer down."""
        other, interface = self._cables[device, port]
        if up:
            other.unplugged.discard(interface)
        else:
            other.unplugged.add(interface)
        # A switch without power gives no link.
        if not up or other.alive:
            self.ip([f"link set {interface} {'up' if up else 'down'}"], other.name)

    def wait(self) -> None:
        """Until all that have power have booted."""
        for device in self.devices.values():
            if not device.off:
                device.wait()

    def entries(self) -> dict[str, dict[str, Any]]:
        """The setting ``switches``: the entries of all switches."""
        return {name: switch.entry() for name, switch in self.switches.items()}

    def _name(self, kind: str) -> str:
        self._count += 1
        return f"{kind}{self._count}"

    def _take(self, switch: Switch, port: str) -> str:
        assert (switch, port) in self._stubs, f"{switch.name} has no free port {port}"
        return self._stubs.pop((switch, port))

    def _join(self, a: End, b: End) -> None:
        self._cables[a], self._cables[b] = b, a

    # how it is done

    def inside(self, *arguments: str, input: str | None = None) -> str:
        """What a command says in the fabric's own mount and network namespaces."""
        enter = ["nsenter", "-t", str(self.pid), "--mount", "--net"]
        ended = _run(*enter, *arguments, input=input)
        assert ended.returncode == 0, f"{arguments}: {input}: {ended.stderr}"
        return ended.stdout

    def ip(self, lines: list[str], namespace: str = "") -> None:
        """Commands of ip, in the fabric's own network namespace or in a device's."""
        where = ["-n", namespace] if namespace else []
        self.inside("ip", *where, "-batch", "-", input="\n".join([*lines, ""]))

    # keys

    @property
    def key(self) -> Path:
        """The private key that may log in to the switches; ``key.pub`` is the public one."""
        return self.directory / "key"

    @property
    def known_hosts(self) -> Path:
        """The host keys of the switches."""
        return self.directory / "known_hosts"

    @cached_property
    def _authority(self) -> _Authority:
        return _Authority("osism fabric")

    @cached_property
    def tls(self) -> Credentials:
        """What the switches accept."""
        return self._authority.client(self.directory / "tls")

    @cached_property
    def outsider(self) -> Credentials:
        """What another CA has issued: switches refuse it, and its CA knows no switch."""
        return _Authority("outsider").client(self.directory / "outsider")


class _Authority:
    """A CA that lives as long as the tests."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._own = self._sign(self._name, self._key.public_key(), None, [])

    def _sign(
        self,
        subject: x509.Name,
        public: ec.EllipticCurvePublicKey,
        usage: x509.ObjectIdentifier | None,
        names: list[x509.GeneralName],
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        issuer = self._key.public_key()
        ca = usage is None
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(_usage(ca), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), False)
        )
        if usage is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def issue(self, name: str, address: str = "") -> tuple[str, str]:
        """A key and its certificate: a server's when it has an address, else a client's."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names: list[x509.GeneralName] = []
        usage = ExtendedKeyUsageOID.CLIENT_AUTH
        if address:
            usage = ExtendedKeyUsageOID.SERVER_AUTH
            names = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address(address))]
        certificate = self._sign(subject, key.public_key(), usage, names)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return private.decode(), certificate.public_bytes(Encoding.PEM).decode()

    def client(self, folder: Path) -> Credentials:
        folder.mkdir(parents=True, exist_ok=True)
        key, certificate = self.issue("client")
        made = Credentials(folder / "ca.pem", folder / "certificate.pem", folder / "key.pem")
        made.ca.write_bytes(self._own.public_bytes(Encoding.PEM))
        made.certificate.write_text(certificate)
        made.private_key.touch(mode=0o600)
        made.private_key.write_text(key)
        return made


def _usage(ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, key_cert_sign=ca, crl_sign=ca, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _key_pair() -> tuple[str, str]:
    """A key for OpenSSH and its public part."""
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return private.decode(), public.decode()


def _write_key(path: Path) -> None:
    private, public = _key_pair()
    path.touch(mode=0o600)
    path.write_text(private)
    path.with_suffix(".pub").write_text(f"{public}\n")


def _serves(switch: Switch, port: str) -> bool:
    """Whether a port is in a bridge. One that nobody has waited for cannot have any."""
    if not switch.settled:
        return False
    return switch.run("ovs-vsctl", "--timeout=20", "iface-to-br", port).returncode == 0


def _network(number: int) -> ipaddress.IPv4Network:
    return ipaddress.IPv4Network(f"172.30.{number}.0/24")


def _networks() -> list[ipaddress.IPv4Network]:
    """Where this machine has routes to, by default routes not counted."""
    found = []
    for line in _run("ip", "-4", "route", "show", "table", "all").stdout.splitlines():
        for word in line.split()[:2]:
            with contextlib.suppress(ValueError):
                found.append(ipaddress.IPv4Network(word, strict=False))
    return [each for each in found if each.prefixlen]


def _run(
    *arguments: str, timeout: float = 60, input: str | None = None
) -> subprocess.CompletedProcess[str]:
    stdin = {"stdin": subprocess.DEVNULL} if input is None else {"input": input}
    return subprocess.run(
        arguments, capture_output=True, text=True, timeout=timeout, env=_ENVIRONMENT, **stdin
    )


def _line(process: subprocess.Popen[bytes], deadline: float, log: Callable[[], str]) -> str:
    """The next line that a process says."""
    assert process.stdout is not None
    file, line = process.stdout.fileno(), b""
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([file], [], [], max(0.0, deadline - monotonic()))
        assert ready, f"too late: {log()}"
        byte = os.read(file, 1)
        assert byte, f"ended: {log()}"
        line += byte
    return line.decode().strip()
