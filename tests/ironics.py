"""A real Ironic, RabbitMQ and Keystone, for tests.

Each is a process of its own with all its files in one directory, on free ports of the loopback
interface; any number of them run side by side. What is started ends with the process that started
it, however that ends: a guard is told by the kernel.

Ironic and Keystone come from an environment of Python's that ``make ironic`` prepares, RabbitMQ
from Debian's package. Facts that cost time to find:

* Ironic loses notifications (the end of manage and inspect) when its fake interfaces take no time:
  a request's thread and its worker share one field. Hence our own interfaces, and their delay.
* Ironic's calls hang while the broker is away, unless notifications have ``retry``. With 1 they
  take 5 to 7 seconds, succeed, and the notification is lost.
* The exchange ``ironic`` is not durable: after a restart of the broker it is gone until Ironic
  publishes again, and queues that outlived it are no longer bound.
* Keystone reads gunicorn's command line as its own; so gunicorn gets a file, and no arguments.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any, NoReturn, TypeVar

import amqp
import bcrypt
import psutil
import pytest
import requests
import yaml
from kombu import Connection, Consumer, Exchange, Queue

from osism.adapters.ansible import guard

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_TOPIC = "ironic_versioned_notifications"
_USER, _PASSWORD = "admin", "labpass"
_REGION = "RegionOne"

T = TypeVar("T")


def absent(reason: str) -> NoReturn:
    """Skip at home, fail in CI."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def programs() -> Path:
    """The programs that ``make ironic`` has prepared, or those of OSISM_TEST_IRONIC."""
    named = os.environ.get("OSISM_TEST_IRONIC")
    environment = Path(named) if named else Path(__file__).parents[1] / ".venv-ironic"
    if not (environment / "bin" / "ironic").is_file() or not (environment / "made").is_file():
        absent(f"no Ironic in {environment}: make ironic prepares one")
    return environment / "bin"


def wait_until(condition: Callable[[], T], within: float = 30.0) -> T:
    """Wait for a condition and return its value."""
    deadline = monotonic() + within
    while not (value := condition()):
        assert monotonic() < deadline, f"not within {within} s"
        sleep(0.02)
    return value


class Port:
    """A free port that nobody else who uses this class gets until it is given back.

    Below those that the kernel takes for connections, so that none of these has it either when
    the server at last listens, seconds later.
    """

    def __init__(self) -> None:
        for number in random.sample(range(20000, 30000), 1000):
            # A name that the kernel forgets when we end.
            claim = socket.socket(socket.AF_UNIX)
            try:
                claim.bind(f"\0osism-test-port-{number}")
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", number))
            except OSError:
                claim.close()
                continue
            self.number, self._claim = number, claim
            return
        raise AssertionError("no port is free")

    def close(self) -> None:
        """Give it back."""
        self._claim.close()


class Server:
    """A server process; use it as a context manager. The data stays when it ends."""

    grace = 15.0  # seconds to end in order
    patience = 90.0  # seconds to start, when the machine is busy

    def __init__(self, directory: Path | str) -> None:
        self.directory = Path(directory).absolute()
        self.directory.mkdir(parents=True, exist_ok=True)
        for name in ("log", "tmp"):
            (self.directory / name).mkdir(exist_ok=True)
        self._process: subprocess.Popen[bytes] | None = None
        self._ports: list[Port] = []
        self._connection: Any = None

    # what a kind of server has to say

    command: Sequence[str]

    def prepare(self) -> None:
        """Before the first start."""

    def ready(self) -> bool:
        """Whether it does its work."""
        raise NotImplementedError

    @property
    def clouds(self) -> dict[str, Any]:
        """What a clouds.yaml says about it."""
        raise NotImplementedError

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": _PATH,
            "HOME": str(self.directory),
            "TMPDIR": str(self.directory / "tmp"),
            "LANG": "C.UTF-8",
            "PYTHONWARNINGS": "ignore",
        }

    # what all of them do

    def __enter__(self) -> Any:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start it, with the data of before, and wait until it does its work."""
        assert not self._process, f"{self.directory} has a server already"
        if not (self.directory / "prepared").exists():
            self.prepare()
            (self.directory / "prepared").touch()
        self._process = self._guarded(self.command)
        deadline = monotonic() + self.patience
        while not self.ready():
            name = type(self).__name__
            if self._process.poll() is not None:
                raise AssertionError(f"{name} ended: {self.last_words()}")
            if monotonic() > deadline:
                raise AssertionError(f"{name} does not answer: {self.last_words()}")
            sleep(0.05)

    def stop(self) -> None:
        """End it in order; harmless when it does not run."""
        process, self._process = self._process, None
        if process:
            process.terminate()
            process.wait(self.grace + 15)

    def kill(self) -> None:
        """End it at once (SIGKILL), with all it started."""
        process, self._process = self._process, None
        assert process, f"{self.directory} has no server"
        # The guard sees that a signal ended what it guards, and ends what came in the meantime.
        for each in _below(process.pid):
            with contextlib.suppress(psutil.NoSuchProcess):
                each.send_signal(signal.SIGKILL)
        process.wait(15)

    def close(self) -> None:
        """End it for good, and at once: nobody will ask for its data."""
        if self._connection:
            self._connection.close()
            self._connection = None
        if self._process:
            self.kill()
        while self._ports:
            self._ports.pop().close()

    @property
    def processes(self) -> list[psutil.Process]:
        """What runs of it, without the guard."""
        return _below(self._process.pid) if self._process else []

    def client(self, cloud: str = "admin") -> Any:
        """An ``openstack.connection.Connection`` of one of its clouds; close it."""
        from openstack.config import OpenStackConfig
        from openstack.connection import Connection as OpenStack

        file = self.directory / "clouds.yaml"
        file.write_text(yaml.safe_dump(self.clouds))
        file.chmod(0o600)
        config = OpenStackConfig(
            config_files=[str(file)], secure_files=[], vendor_files=[], load_envvars=False
        )
        return OpenStack(config=config.get_one(cloud=cloud))

    @property
    def _session(self) -> Any:
        self._connection = self._connection or self.client()
        return self._connection

    def last_words(self, lines: int = 30) -> str:
        """The end of each of its logs."""
        said = []
        for log in sorted((self.directory / "log").iterdir()):
            end = log.read_text(errors="replace").splitlines()[-lines:]
            said.append("\n".join([f"--- {log}", *end]))
        return "\n".join(said)

    def _port(self) -> int:
        self._ports.append(Port())
        return self._ports[-1].number

    def _guarded(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        started: Future[subprocess.Popen[bytes]] = Future()

        def keep() -> None:
            try:
                with (self.directory / "log" / "output").open("ab") as log:
                    process = subprocess.Popen(
                        [
                            *(sys.executable, "-I", "-S", guard.__file__, str(os.getpid())),
                            *(str(self.grace), *command),
                        ],
                        cwd=self.directory,
                        env=self.environment,
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                    )
            except BaseException as error:
                started.set_exception(error)
            else:
                started.set_result(process)
                process.wait()

        # The kernel takes the thread that starts the guard for its parent: one that lives as long.
        Thread(target=keep, name=type(self).__name__, daemon=True).start()
        return started.result()

    def _run(self, *command: str) -> None:
        """Run a program to its end."""
        process = self._guarded(command)
        try:
            code = process.wait(self.patience)
        finally:
            process.terminate()
            process.wait()
        assert code == 0, f"{command[0]} ended with {code}: {self.last_words()}"


@contextlib.contextmanager
def running(*servers: Server) -> Iterator[None]:
    """Start servers that do not need each other for that, all at once, and close them."""
    with contextlib.ExitStack() as stack:
        for server in servers:
            stack.callback(server.close)
        with ThreadPoolExecutor(len(servers)) as pool:
            for started in [pool.submit(server.start) for server in servers]:
                started.result()
        yield


class RabbitMq(Server):
    """A broker with one user (guest), who may do everything."""

    _RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")

    def __init__(self, directory: Path | str) -> None:
        if not self._RABBITMQ.exists():
            absent("no RabbitMQ is installed (Debian: rabbitmq-server)")
        super().__init__(directory)
        self.port, self._epmd, self._distribution = self._port(), self._port(), self._port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}//"
        self.command = [str(self._RABBITMQ)]

    @property
    def environment(self) -> dict[str, str]:
        where = str(self.directory)
        return super().environment | {
            # The home has Erlang's cookie. Its register of names (epmd) is a daemon that all nodes
            # of a machine share unless it has another port.
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._epmd),
            "RABBITMQ_DIST_PORT": str(self._distribution),
            "RABBITMQ_NODENAME": f"rabbit-{self.port}@localhost",
            "RABBITMQ_CONFIG_FILE": f"{where}/rabbitmq",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_MNESIA_BASE": f"{where}/mnesia",
            "RABBITMQ_LOG_BASE": f"{where}/log",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{where}/enabled_plugins",
            "RABBITMQ_PID_FILE": f"{where}/pid",
            # Erlang's threads wake each other up thousands of times to load it all. On a virtual
            # machine that is slow unless they look for work a little longer before they sleep.
            "RABBITMQ_SCHEDULER_BUSY_WAIT_THRESHOLD": "short",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "-kernel inet_dist_use_interface {127,0,0,1} +S 2:2"
            ),
        }

    def prepare(self) -> None:
        lines = [
            f"listeners.tcp.1 = 127.0.0.1:{self.port}",
            "vm_memory_high_watermark.absolute = 512MB",
            "disk_free_limit.absolute = 50MB",
        ]
        (self.directory / "rabbitmq.conf").write_text("\n".join(lines) + "\n")

    def ready(self) -> bool:
        # Not kombu's, which waits two seconds between its tries.
        connection = amqp.Connection(f"127.0.0.1:{self.port}", connect_timeout=2, read_timeout=10)
        with contextlib.suppress(OSError, amqp.AMQPError):
            connection.connect()
            connection.close()
            return True
        return False


class Keystone(Server):
    """An identity service. Its clouds:

    ``admin`` may do everything (scope: system), ``project`` is the same user in the project admin;
    ``member`` (alice) and ``reader`` (bob) have those roles in the project lab. The user ironic
    checks tokens. All have the same password.
    """

    password = _PASSWORD

    def __init__(self, directory: Path | str) -> None:
        self._programs = programs()
        super().__init__(directory)
        self.port = self._port()
        self.url = f"http://127.0.0.1:{self.port}/v3"
        self.command = [str(self._programs / "gunicorn")]

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"OS_KEYSTONE_CONFIG_DIR": str(self.directory)}

    def prepare(self) -> None:
        where = self.directory
        configuration = {
            "DEFAULT": {"use_stderr": "true"},
            "database": {"connection": f"sqlite:///{where}/keystone.db"},
            "fernet_tokens": {"key_repository": f"{where}/fernet"},
            "credential": {"key_repository": f"{where}/credential"},
            "identity": {"password_hash_rounds": "4"},
            "catalog": {"caching": "false"},  # else new endpoints are not seen for ten minutes
        }
        _write_ini(where / "keystone.conf", configuration)
        (where / "gunicorn.conf.py").write_text(
            f'wsgi_app = "keystone.wsgi.api:application"\nbind = "127.0.0.1:{self.port}"\n'
            "workers = 1\nthreads = 8\ncontrol_socket_disable = True\n"
            # The default of 2 seconds is what clients wait between two questions.
            "keepalive = 65\ngraceful_timeout = 5\n"
        )
        for name in ("fernet", "credential"):
            (where / name).mkdir(mode=0o700, exist_ok=True)
        python = str(self._programs / "python")
        words = [str(where / "keystone.conf"), _PASSWORD, self.url, _REGION]
        self._run(python, "-c", _KEYSTONE_SETUP, *words)

    def start(self) -> None:
        new = not (self.directory / "prepared").exists()
        super().start()
        if new:
            self._seed()

    def ready(self) -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(self.url, timeout=5).status_code == 200
        return False

    @cached_property
    def clouds(self) -> dict[str, Any]:
        """What a clouds.yaml says about it."""

        def cloud(user: str, **scope: str) -> dict[str, Any]:
            domains = {"user_domain_name": "Default"}
            if "project_name" in scope:
                domains["project_domain_name"] = "Default"
            auth = {"auth_url": self.url, "username": user, "password": _PASSWORD}
            return {
                "auth_type": "password",
                "auth": auth | domains | scope,
                "region_name": _REGION,
                "identity_api_version": "3",
            }

        return {
            "clouds": {
                "admin": cloud(_USER, system_scope="all"),
                "project": cloud(_USER, project_name="admin"),
                "member": cloud("alice", project_name="lab"),
                "reader": cloud("bob", project_name="lab"),
            }
        }

    def register(self, kind: str, url: str) -> None:
        """Put a service into the catalogue, in the place of one of the same kind."""
        identity = self._session.identity
        services = list(identity.services(type=kind))
        service = services[0] if services else identity.create_service(name=kind, type=kind)
        for old in identity.endpoints(service_id=service.id):
            identity.delete_endpoint(old)
        for interface in ("public", "internal", "admin"):
            identity.create_endpoint(
                service_id=service.id, interface=interface, url=url, region_id=_REGION
            )

    def _seed(self) -> None:
        identity = self._session.identity
        roles = {role.name: role for role in identity.roles()}
        projects = {
            name: identity.create_project(name=name, domain_id="default")
            for name in ("service", "lab")
        }
        for name, project, role in (
            ("ironic", "service", "service"),
            ("alice", "lab", "member"),
            ("bob", "lab", "reader"),
        ):
            user = identity.create_user(name=name, password=_PASSWORD, domain_id="default")
            identity.assign_project_role_to_user(projects[project], user, roles[role])


class Ironic(Server):
    """Bare metal whose nodes are fake hardware (tests/data/ironic-labfakes).

    *broker_url* is where notifications go, none without. *delay* is how long each piece of work
    on a node takes, unless the node says otherwise. *auth*: ``noauth``, ``http_basic`` (user
    admin) or ``keystone``, and then which one.
    """

    def __init__(
        self,
        directory: Path | str,
        broker_url: str = "",
        delay: float = 0.2,
        auth: str = "noauth",
        keystone: Keystone | None = None,
        settings: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        assert (auth == "keystone") == bool(keystone), "a Keystone is for auth=keystone"
        self._programs = programs()
        super().__init__(directory)
        self.broker_url, self.delay, self.auth, self.keystone = broker_url, delay, auth, keystone
        self.port = self._port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._file = str(self.directory / "ironic.conf")
        self._settings = settings or {}
        self.command = [str(self._programs / "ironic"), "--config-file", self._file]

    def prepare(self) -> None:
        where = self.directory
        for name in ("images", "http", "tftp", "master", "locks"):
            (where / name).mkdir(exist_ok=True)
        lines = self._configuration()
        for section, more in self._settings.items():
            lines[section] = lines.get(section, {}) | dict(more)
        _write_ini(Path(self._file), lines)
        hashed = bcrypt.hashpw(_PASSWORD.encode(), bcrypt.gensalt(4)).decode()
        (where / "htpasswd").write_text(f"{_USER}:{hashed}\n")
        dbsync = str(self._programs / "ironic-dbsync")
        self._run(dbsync, "--config-file", self._file, "create_schema")
        if self.keystone:
            self.keystone.register("baremetal", self.url)

    def _configuration(self) -> dict[str, dict[str, str]]:
        where = self.directory
        default = {
            "host": f"ironic-{self.port}",
            "my_ip": "127.0.0.1",
            "auth_strategy": self.auth,
            "http_basic_auth_user_file": f"{where}/htpasswd",
            "rpc_transport": "none",
            "use_stderr": "false",
            "log_file": f"{where}/log/ironic.log",
            "state_path": str(where),
            "tempdir": f"{where}/tmp",
            "notification_level": "info",
            "versioned_notifications_topics": _TOPIC,
            "enabled_hardware_types": "fake-hardware",
        }
        for interface in ("deploy", "inspect", "management", "power", "rescue"):
            default[f"enabled_{interface}_interfaces"] = "lab,fake"
            default[f"default_{interface}_interface"] = "lab"
        for interface in ("bios", "boot", "console", "firmware", "raid", "vendor"):
            default[f"enabled_{interface}_interfaces"] = "fake"
        for interface in ("network", "storage"):
            default[f"enabled_{interface}_interfaces"] = "noop"
        configuration = {
            "DEFAULT": default,
            "api": {"host_ip": "127.0.0.1", "port": str(self.port), "public_endpoint": self.url},
            "conductor": {"heartbeat_interval": "5", "sync_power_state_interval": "60"},
            "database": {"connection": f"sqlite:///{where}/ironic.db"},
            "deploy": {"http_url": f"{self.url}/http", "http_root": f"{where}/http"},
            "dhcp": {"dhcp_provider": "none"},
            "inventory": {"data_backend": "database"},
            "lab": {"delay": str(self.delay)},
            "nova": {"send_power_notifications": "false"},
            "oslo_concurrency": {"lock_path": f"{where}/locks"},
            "oslo_messaging_notifications": {"driver": "noop"},
            "pxe": {
                "images_path": f"{where}/images",
                "instance_master_path": f"{where}/master",
                "tftp_root": f"{where}/tftp",
            },
        }
        if self.broker_url:
            configuration["oslo_messaging_notifications"] = {
                "driver": "messagingv2",
                "retry": "1",
                "transport_url": "rabbit://" + self.broker_url.partition("://")[2],
            }
        if self.keystone:
            configuration["keystone_authtoken"] = {
                "auth_type": "password",
                "auth_url": self.keystone.url,
                "www_authenticate_uri": self.keystone.url,
                "username": "ironic",
                "password": _PASSWORD,
                "user_domain_name": "Default",
                "project_name": "service",
                "project_domain_name": "Default",
                "service_token_roles_required": "true",
            }
        return configuration

    def ready(self) -> bool:
        """Whether its conductor has announced its drivers."""
        with contextlib.suppress(requests.RequestException):
            if requests.get(self.url, timeout=5).status_code == 200:
                return any(each.hosts for each in self._session.baremetal.drivers())
        return False

    @cached_property
    def clouds(self) -> dict[str, Any]:
        """What a clouds.yaml says about it: cloud ``admin``, and with a Keystone those it has."""
        if self.keystone:
            return self.keystone.clouds
        auth = {"endpoint": self.url}
        if self.auth == "http_basic":
            auth |= {"username": _USER, "password": _PASSWORD}
        kind = "none" if self.auth == "noauth" else self.auth
        cloud = {"auth_type": kind, "auth": auth, "baremetal_endpoint_override": self.url}
        return {"clouds": {"admin": cloud}}

    # nodes

    def create(self, name: str, **fields: Any) -> Any:
        """A new node, as the SDK has it."""
        return self._session.baremetal.create_node(name=name, driver="fake-hardware", **fields)

    def node(self, name: str) -> Any:
        """A node as it is now."""
        return self._session.baremetal.get_node(name)

    def wait(self, name: str, state: str, within: float = 30.0) -> Any:
        """Wait until a node is in a provision state and nothing is under way; the node.

        One that has failed meanwhile, and was not to, is an AssertionError at once.
        """
        deadline = monotonic() + within
        while True:
            node = self.node(name)
            failed = node.provision_state == "error" or node.provision_state.endswith(" failed")
            # Ironic remembers where a failed node was to go.
            if not node.reservation and (failed or not node.target_provision_state):
                if node.provision_state == state:
                    return node
            else:
                failed = False
            told = f"{name} is {node.provision_state} and not {state}: {node.last_error}"
            assert not failed, told
            assert monotonic() < deadline, f"{told} ({within} s)"
            sleep(0.05)

    def wait_power(self, name: str, state: str, within: float = 30.0) -> Any:
        """Wait until a node has a power state (``power on``, ``power off``) for good; the node."""
        deadline = monotonic() + within
        while True:
            node = self.node(name)
            if node.power_state == state and not node.target_power_state and not node.reservation:
                return node
            told = f"{name} is {node.power_state} and not {state}: {node.last_error}"
            assert monotonic() < deadline, f"{told} ({within} s)"
            sleep(0.05)

    def provision(
        self, name: str, target: str, state: str, within: float = 30.0, **options: Any
    ) -> Any:
        """Ask for a provision state and wait for where that leads; the node."""
        self._session.baremetal.set_node_provision_state(name, target, wait=False, **options)
        return self.wait(name, state, within)

    def fail(self, name: str, **why: str) -> None:
        """Which pieces of work on a node fail from now on: ``deploy="the disk is on fire"``."""
        self._patch(name, "lab_fail", why)

    def slow(self, name: str, **seconds: float) -> None:
        """How long pieces of work on a node take from now on."""
        self._patch(name, "lab_delay", seconds)

    def mend(self, name: str) -> None:
        """Let everything succeed again, as fast as usual."""
        for key in ("lab_fail", "lab_delay"):
            self._patch(name, key, {})

    def _patch(self, name: str, key: str, value: Any) -> None:
        patch = [{"op": "add", "path": f"/driver_info/{key}", "value": value}]
        self._session.baremetal.patch_node(name, patch)


@dataclass(frozen=True)
class Notification:
    """One message of Ironic's."""

    routing_key: str
    message: dict[str, Any] = field(repr=False)

    @property
    def event(self) -> str:
        """Without ``baremetal.``: ``node.provision_set.start``."""
        return str(self.message["event_type"]).removeprefix("baremetal.")

    @property
    def payload(self) -> dict[str, Any]:
        return dict(self.message["payload"]["ironic_object.data"])

    @property
    def node(self) -> str:
        """The node's name; empty when it is about something else."""
        return str(self.payload.get("name") or "")

    def __str__(self) -> str:
        """``node.provision_set.end done``: with the event of the state machine."""
        return " ".join(filter(None, [self.event, self.payload.get("event")]))


class Notifications:
    """What Ironic publishes from now on, in order. Use it as a context manager.

    Its queue is its own and ends with it or with the broker.
    """

    def __init__(self, broker_url: str, key: str = f"{_TOPIC}.*") -> None:
        self.received: list[Notification] = []
        self._connection = Connection(broker_url)
        self._queue = Queue(
            exchange=Exchange("ironic", "topic", durable=False),
            routing_key=key,
            exclusive=True,
            durable=False,
            auto_delete=True,
        )

    def __enter__(self) -> Notifications:
        channel = self._connection.channel()
        consumer = Consumer(channel, [self._queue], no_ack=True, accept=["json"])
        consumer.register_callback(self._note)
        consumer.consume()
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def _note(self, body: dict[str, Any], message: Any) -> None:
        inner = json.loads(body["oslo.message"])
        self.received.append(Notification(message.delivery_info["routing_key"], inner))

    def of(self, node: str = "") -> list[str]:
        """What was received so far about a node, or everything, each as text."""
        return [str(each) for each in self.received if not node or each.node == node]

    def wait(
        self, condition: Callable[[Notifications], T], within: float = 20.0, what: str = ""
    ) -> T:
        """Receive until a condition holds; its value."""
        deadline = monotonic() + within
        while not (value := condition(self)):
            left = deadline - monotonic()
            assert left > 0, f"not within {within} s {what}: {self.of()}"
            with contextlib.suppress(TimeoutError):
                self._connection.drain_events(timeout=min(left, 1.0))
        return value

    def wait_for(self, event: str, node: str = "", within: float = 20.0) -> Notification:
        """Receive until there is a certain one: ``node.provision_set.end done``."""

        def found(_: Notifications) -> Notification | None:
            about = [each for each in self.received if not node or each.node == node]
            return next((each for each in about if event in (str(each), each.event)), None)

        answer = self.wait(found, within, f"{event} {node}")
        assert answer
        return answer

    def clear(self) -> None:
        """Forget what was received."""
        self.received.clear()


# keystone-manage in one process: what it imports takes two seconds each time.
_KEYSTONE_SETUP = """
import getpass, sys
from keystone.cmd import cli
file, password, url, region = sys.argv[1:]
owner = ["--keystone-user", getpass.getuser(), "--keystone-group", getpass.getuser()]
cli.main(argv=["keystone-manage", "--config-file", file, "db_sync"])
for words in (
    ["fernet_setup", *owner],
    ["credential_setup", *owner],
    ["bootstrap", "--bootstrap-password", password, "--bootstrap-region-id", region,
     "--bootstrap-public-url", url, "--bootstrap-internal-url", url, "--bootstrap-admin-url", url],
):
    cli.CONF(args=["--config-file", file, *words], project="keystone")
    cli.CONF.command.cmd_class.main()
"""


def _below(pid: int) -> list[psutil.Process]:
    """The descendants of a process, parents first."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children(recursive=True)
    return []


def left_of(directory: Path | str) -> list[str]:
    """The command lines of processes that have to do with a directory."""
    name, found = os.fsencode(directory), []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            said = (process / "cmdline").read_bytes()
            if int(process.name) != os.getpid() and (
                name in said or name in (process / "environ").read_bytes()
            ):
                found.append(said.replace(b"\0", b" ").decode(errors="replace"))
    return found


def _write_ini(path: Path, sections: Mapping[str, Mapping[str, str]]) -> None:
    lines = []
    for section, values in sections.items():
        lines += [f"[{section}]", *(f"{name} = {value}" for name, value in values.items()), ""]
    path.write_text("\n".join(lines))
    path.chmod(0o600)
