"""Runs ansible-playbook through ansible-runner: its events, its environment; the process is ours.

ansible-runner reads its program through pexpect, two thousand characters at a time, looks every
five seconds whether it shall stop, and then kills at once. Here the output comes through a pipe as
fast as it is written, and :mod:`osism.adapters.ansible.guard` ends the program with its children.
"""

from __future__ import annotations

import codecs
import configparser
import fcntl
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from ansible_runner.config.runner import RunnerConfig
from ansible_runner.runner import Runner
from ansible_runner.utils import OutputEventFilter, get_callback_dir

from osism.adapters.ansible.readiness import Program, Ready
from osism.adapters.ansible.telling import Tell, Telling
from osism.domain.errors import Misconfigured
from osism.domain.runs import TIMED_OUT, Command, Outcome

_HERE = Path(__file__).parent
_GUARD = _HERE / "guard.py"
_READY = _HERE / "ready.py"
_PLUGINS = _HERE / "plugins"
_READ = 1 << 16  # bytes at once
_PIPE = 1 << 20  # bytes that the program may be ahead of us
_LOOK = 0.25  # seconds between two looks whether the run shall go on

#: Environment of the worker that is none of a play's business: it holds passwords and tokens, and
#: ``ansible_env`` of a host that is the worker's own machine would tell them.
_PRIVATE = (
    "OSISM_", "NETBOX_", "CELERY", "ANSIBLE_", "AWX_", "RUNNER_", "ORIGINAL_STDOUT", "AD_HOC_",
)  # fmt: skip


@dataclass(frozen=True)
class Surroundings:
    """What every run of a worker has in common.

    *programs*: the directory of ansible-playbook (None: beside this Python, else on PATH);
    *grace*: seconds that a run has to end when it is told to; *ready*: for how many seconds after
    a run the next one's Ansible is kept loaded; *cache*: the address of the Redis that keeps facts,
    empty for none, and *cache_life*: for how many seconds.
    """

    programs: Path | None = None
    grace: float = 10.0
    ready: float = 0.0
    cache: str = ""
    cache_life: float = 86400.0

    def program(self, name: str) -> Path:
        """The path of one of Ansible's programs."""
        beside = Path(sys.executable).parent
        directory = self.programs or beside
        if (directory / name).is_file():
            return directory / name
        found = None if self.programs else shutil.which(name)
        if not found:
            where = self.programs or f"{beside} or on PATH"
            raise Misconfigured(f"no {name} in {where}; OSISM_ANSIBLE names its directory")
        return Path(found)

    def python(self) -> str:
        """The Python that Ansible is installed in: what its program begins with."""
        program = self.program("ansible-playbook")
        with program.open("rb") as file:
            words = file.readline().decode(errors="replace").strip().removeprefix("#!").split()
        if words and Path(words[0]).name == "env":
            words = [shutil.which(words[-1], path=str(program.parent)) or words[-1]]
        if not words or "python" not in Path(words[0]).name:
            raise Misconfigured(f"{program}: not a Python program; it begins with {words}")
        return words[0]


class AnsibleRunner:
    """Keeps :class:`osism.domain.ports.PlayRunner`.

    *password* gives Ansible's vault password or None; *masks* makes, from paths of secrets files
    and that password, the function that masks a text.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        password: Callable[[], str | None],
        masks: Callable[[Sequence[str], str | None], Callable[[str], str]],
    ) -> None:
        self._around = surroundings
        self._password = password
        self._masks = masks
        self._cache = _memory(surroundings.cache) if surroundings.cache else None
        self._ready = Ready(surroundings.ready)

    def run(self, command: Command, tell: Tell, check: Callable[[], None]) -> Outcome:
        """Run ansible-playbook to its end; see :class:`osism.domain.ports.PlayRunner`."""
        program = self._program(command)
        process = self._ready.take(program)
        try:
            password = self._password()
            mask = self._masks(command.secrets, password)
            # The password's file is open until the run has ended.
            with _private_directory() as directory, _in_memory(password) as vault:
                config = RunnerConfig(
                    private_data_dir=str(directory), ident="run", fact_cache_type="", quiet=True
                )
                telling = Telling(tell, mask, Path(config.artifact_dir))
                arguments = [f"--inventory={command.inventory}"] if command.inventory else []
                arguments += [f"--vault-password-file={vault}"] if vault else []
                wanted = {
                    "environment": {"AWX_ISOLATED_DATA_DIR": config.artifact_dir},
                    "folder": command.folder,
                    "arguments": [*arguments, *command.arguments],
                }
                play = _Play(config, telling)
                code = play.play(process, wanted, check, command.timeout)
        except BaseException:
            process.terminate()
            process.wait()
            raise
        self._ready.prepare(program)
        return Outcome(code, telling.hosts, mask(telling.last_words), telling.result)

    def _program(self, command: Command) -> Program:
        """How Ansible is started for a command, as far as others can share it."""
        guard = [sys.executable, "-I", "-S", str(_GUARD), str(os.getpid()), str(self._around.grace)]
        config = Path(command.config) if command.config else None
        return Program(
            (*guard, self._around.python(), str(_READY)),
            tuple(sorted(self._environment(command).items())),
            config.stat().st_mtime_ns if config else 0,
        )

    def _environment(self, command: Command) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(_PRIVATE) and name != "BROKER_URI"
        }
        programs = str(self._around.program("ansible-playbook").parent)
        callbacks = [str(_PLUGINS / "callback"), get_callback_dir()]
        environment = {
            **kept,
            "PATH": os.pathsep.join([programs, kept.get("PATH", "")]),
            # What ansible-runner needs to see events.
            "ANSIBLE_STDOUT_CALLBACK": "awx_display",
            "ANSIBLE_CALLBACK_PLUGINS": os.pathsep.join(
                callbacks + _paths(command.config, "callback_plugins")
            ),
            # A result that is larger is not told twice, once as text and once as data.
            "MAX_EVENT_RES": "65536",
            "ANSIBLE_RETRY_FILES_ENABLED": "False",
            # Ansible's own log, which ansible.cfg may ask for, would hold secrets as they are.
            "ANSIBLE_LOG_PATH": os.devnull,
            "ANSIBLE_FORCE_COLOR": "1",
            "LC_ALL": kept.get("LC_ALL") or kept.get("LANG") or "C.UTF-8",
        }
        if command.config:
            environment["ANSIBLE_CONFIG"] = command.config
        if self._cache is not None:
            plugins = [str(_PLUGINS / "cache"), *_paths(command.config, "cache_plugins")]
            environment |= {
                "ANSIBLE_CACHE_PLUGINS": os.pathsep.join(plugins),
                "ANSIBLE_CACHE_PLUGIN": "osism_redis",
                "ANSIBLE_CACHE_PLUGIN_CONNECTION": _path(self._cache),
                "ANSIBLE_CACHE_PLUGIN_TIMEOUT": str(int(self._around.cache_life)),
            }
        return environment


class _Play(Runner):  # type: ignore[misc]
    """ansible-runner's handling of events around a process of our own."""

    def __init__(self, config: RunnerConfig, telling: Telling) -> None:
        super().__init__(config, event_handler=telling)
        self._stopped: Exception | None = None
        self._late = False

    def play(
        self,
        process: subprocess.Popen[bytes],
        wanted: Mapping[str, Any],
        check: Callable[[], None],
        timeout: float,
    ) -> int:
        """Let *process* play what is *wanted*; its exit code. What *check* raises ends it and is
        raised."""
        assert process.stdin  # noqa: S101 - for the type checker
        assert process.stdout  # noqa: S101
        Path(self.config.artifact_dir, "job_events").mkdir(mode=0o700, exist_ok=True)
        over = threading.Event()
        watch = threading.Thread(
            target=self._watch, args=(process, check, timeout, over), daemon=True
        )
        watch.start()
        try:
            # One that has ended reads nothing; its words say why.
            with suppress(BrokenPipeError), process.stdin:
                process.stdin.write(json.dumps(wanted).encode() + b"\n")
            with process.stdout:
                self._read(process.stdout.fileno(), process.pid)
            code = process.wait()
        finally:
            over.set()
            watch.join()
        if self._stopped:
            raise self._stopped
        if self._late:
            return TIMED_OUT
        return code if code >= 0 else 128 - code

    def _watch(
        self,
        process: subprocess.Popen[bytes],
        check: Callable[[], None],
        timeout: float,
        over: threading.Event,
    ) -> None:
        """Look again and again whether the run shall go on; end it when not."""
        until = monotonic() + timeout if timeout else float("inf")
        while not over.wait(_LOOK):
            try:
                check()
            except Exception as stopped:
                self._stopped = stopped
            self._late = monotonic() > until and not self._stopped
            if self._stopped or self._late:
                with suppress(ProcessLookupError):
                    process.send_signal(signal.SIGTERM)
                return

    def _read(self, output: int, pid: int) -> None:
        """Pass on what is printed until the process has ended and everything has been read.

        A process that was left in the background may keep the pipe open for longer.
        """
        with suppress(OSError):
            fcntl.fcntl(output, fcntl.F_SETPIPE_SZ, _PIPE)
        os.set_blocking(output, False)
        events = OutputEventFilter(None, self.event_callback, True)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        ended = os.pidfd_open(pid)
        try:
            with selectors.DefaultSelector() as waiting:
                waiting.register(output, selectors.EVENT_READ)
                waiting.register(ended, selectors.EVENT_READ)
                over = False
                while True:
                    over = over or any(key.fd == ended for key, _ in waiting.select())
                    try:
                        data = os.read(output, _READ)
                    except BlockingIOError:
                        if over:
                            break
                        continue
                    events.write(decoder.decode(data, final=not data))
                    if not data:
                        break
        finally:
            os.close(ended)
        events.close()


@contextmanager
def _private_directory() -> Iterator[Path]:
    """A directory in memory where there is one: results are written there, secrets among them."""
    memory = Path("/dev/shm")  # noqa: S108 - the directory in it is private
    parent = str(memory) if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(
        prefix=f"osism-run-{os.getpid()}-", dir=parent, ignore_cleanup_errors=True
    ) as directory:
        yield Path(directory)


@contextmanager
def _in_memory(text: str | None) -> Iterator[str]:
    """The path of a file that holds *text* and is on no disk; empty without one.

    Our children find it while we live; nobody else may read it.
    """
    if text is None:
        yield ""
        return
    descriptor = _memory(text)
    try:
        yield _path(descriptor)
    finally:
        os.close(descriptor)


def _memory(text: str) -> int:
    descriptor = os.memfd_create("osism", os.MFD_CLOEXEC)
    os.fchmod(descriptor, 0o400)  # one that may be executed, Ansible would execute
    os.write(descriptor, text.encode())
    return descriptor


def _path(descriptor: int) -> str:
    return f"/proc/{os.getpid()}/fd/{descriptor}"


def _paths(config: str, option: str) -> list[str]:
    """Directories that a site's ansible.cfg names: the environment would hide them."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read(config)
    except configparser.Error:
        return []  # Ansible says what is wrong with it
    said = parser.get("defaults", option, fallback="")
    base = Path(config).parent
    return [str(base / Path(each).expanduser()) for each in said.split(":") if each]


def leftovers() -> Iterator[Path]:
    """Directories of runs whose process is gone."""
    for each in Path("/dev/shm").glob("osism-run-*"):  # noqa: S108
        pid = each.name.split("-")[2]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            yield each


def clean_up() -> None:
    """Remove what killed processes have left; to be called when a worker starts."""
    for each in leftovers():
        shutil.rmtree(each, ignore_errors=True)


__all__ = ["AnsibleRunner", "Surroundings", "clean_up"]
