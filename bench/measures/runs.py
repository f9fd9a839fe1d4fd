"""`osism apply` of one role, as an operator types it, in turns with plain `ansible-playbook` of the
same play and inventory on one host, which is this machine: the whole command, start included, from
its start to its end. The first apply after a pause loads Ansible, those that follow within
`run_ready` seconds find it loaded; both are told. For a long output, one play prints 50,000 lines
(100 results of 500 lines), read by the command. For the latency a callback of the bench's own
prints the time at which Ansible writes a line, and the time at which the line comes out of
`osism apply --format script` is compared with it. The stream by itself: one process writes events
of 80 characters, another follows them. For runs beside each other, eight different roles sleep on
one worker with eight places; memory is the proportional share (PSS) of a play's processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter, sleep, time
from typing import Any

import psutil
import yaml

from bench.figures import Figure, percentiles
from bench.sizes import Sizes
from bench.stations import ROOT, Desk, Station, station, until

_PLAYBOOK = Path(sys.executable).parent / "ansible-playbook"
_ROLES = [f"role-{number}" for number in range(8)]

_STAMPS = """
import time
from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION, CALLBACK_TYPE, CALLBACK_NAME = 2.0, "notification", "stamps"

    def v2_runner_item_on_ok(self, result):
        self._display.display(f"written {time.time():.6f}")
"""

_WRITER = """
import sys
from osism import wiring
from time import time
records, text, lines = wiring.records(), "x" * 80, int(sys.argv[2])
with records.writer(sys.argv[1]) as writer:
    for number in range(lines):
        writer.emit("output", text=text)
    writer.flush(60)
records.end(sys.argv[1], "succeeded")
"""


def measure(sizes: Sizes) -> Iterator[Figure]:
    with station(schedule_facts=0.0) as place:
        configuration = place.directory
        _write(configuration, place, sizes)
        place.start("worker", "ansible", "--concurrency", "8")
        desk = Desk.at(place.redis.url)
        until(desk.records.workers, "the worker")
        yield from _ping(place, configuration, sizes)
        yield from _many_lines(place, configuration, sizes)
        yield from _latency(place, sizes)
        yield from _stream(place, desk, sizes)
        yield from _beside(place)


def _write(configuration: Path, place: Station, sizes: Sizes) -> None:
    custom = configuration / "environments" / "custom"
    custom.mkdir(parents=True)
    (configuration / "inventory").mkdir()
    (configuration / "inventory" / "hosts").write_text(
        f"[generic]\nhost-1 ansible_connection=local ansible_python_interpreter={sys.executable}\n"
    )
    debug = "ansible.builtin.debug"
    lines = {debug: {"msg": "{{ range(item, item + 500) | list }}"}}
    stamped = {debug: {"msg": "{{ item }}"}, "loop_control": {"pause": 0.02}}
    plays: dict[str, list[dict[str, Any]]] = {
        "lines": [lines | {"loop": f"{{{{ range(0, {sizes.lines}, 500) | list }}}}"}],
        "stamps": [stamped | {"loop": f"{{{{ range({sizes.samples}) | list }}}}"}],
    }
    plays |= {role: [{"ansible.builtin.command": {"argv": ["sleep", "12"]}}] for role in _ROLES}
    for role, tasks in plays.items():
        play = {"hosts": "host-1", "gather_facts": False, "tasks": tasks}
        (custom / f"playbook-{role}.yml").write_text(yaml.safe_dump([play]))
    callbacks = configuration / "callbacks"
    callbacks.mkdir()
    (callbacks / "stamps.py").write_text(_STAMPS)


def _apply(place: Station, *words: str) -> float:
    """Seconds that the command took; it has to end well."""
    command = [sys.executable, "-m", "osism.main", "apply", *words]
    began = perf_counter()
    subprocess.run(command, env=place.environment, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - began


def _plain(configuration: Path, playbook: Path) -> float:
    command = [str(_PLAYBOOK), "-i", str(configuration / "inventory"), str(playbook)]
    began = perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - began


def _ping(place: Station, configuration: Path, sizes: Sizes) -> Iterator[Figure]:
    ping = ROOT / "playbooks" / "generic-ping.yml"
    _plain(configuration, ping)
    first = _apply(place, "ping")
    ours, theirs = [], []
    for _ in range(sizes.repeats):
        sleep(1)  # as somebody who types; the next Ansible is loaded meanwhile
        ours.append(_apply(place, "ping"))
        theirs.append(_plain(configuration, ping))
    plain = median(theirs)
    against = "plain ansible-playbook"
    yield Figure("osism apply ping, the first", first, "s", plain, against)
    yield Figure("osism apply ping", median(ours), "s", plain, against)
    more = median(mine - other for mine, other in zip(ours, theirs, strict=True))
    yield Figure("osism apply ping: more than plain ansible-playbook", more, "s", most=0.25)


def _many_lines(place: Station, configuration: Path, sizes: Sizes) -> Iterator[Figure]:
    playbook = configuration / "environments" / "custom" / "playbook-lines.yml"
    ours, theirs = [], []
    for _ in range(max(sizes.repeats // 3, 2)):
        sleep(1)
        ours.append(_apply(place, "lines"))
        theirs.append(_plain(configuration, playbook))
    told = (f"a play of {sizes.lines:,} lines", median(ours), "s", median(theirs))
    yield Figure(*told, "plain ansible-playbook", most_ratio=1.3)


def _latency(place: Station, sizes: Sizes) -> Iterator[Figure]:
    config = place.directory / "environments" / "ansible.cfg"
    config.write_text(f"[defaults]\ncallback_plugins = {config.parent.parent / 'callbacks'}\n")
    command = [sys.executable, "-m", "osism.main", "apply", "stamps", "--format", "script"]
    taken = []
    with subprocess.Popen(command, env=place.environment, stdout=subprocess.PIPE) as process:
        assert process.stdout
        for line in process.stdout:
            now = time()
            if line.startswith(b"written "):
                taken.append((now - float(line.split()[1])) * 1000)
    config.unlink()
    if len(taken) != sizes.samples:
        raise RuntimeError(f"{len(taken)} lines of {sizes.samples} came")
    for name, value, most in zip(("p50", "p99"), percentiles(taken), (20, 100), strict=True):
        yield Figure(
            f"a line, from Ansible's writing to the screen, {name}", value, "ms", most=most
        )


def _stream(place: Station, desk: Desk, sizes: Sizes) -> Iterator[Figure]:
    lines, job = sizes.lines * 4, "bench-stream"
    said = {"name": "Bench", "queue": "netbox", "summary": "", "by": "bench", "request": {}}
    rates = []
    for number in range(3):
        name = f"{job}-{number}"
        desk.records.queued(name, **said)  # type: ignore[arg-type]
        desk.records.started(name, "bench")
        with place.run([sys.executable, "-c", _WRITER, name, str(lines)]) as writer:
            began, read = 0.0, 0
            for event in desk.records.follow(name):
                if event.kind == "output":
                    began = began or perf_counter()
                    read += 1
            rates.append(read / (perf_counter() - began))
            writer.wait()
        place.children.remove(writer)
        if read != lines:
            raise RuntimeError(f"{read} lines of {lines} came")
    told = "lines of 80 characters from a writer through the stream to a reader"
    yield Figure(told, max(rates), "lines/s", least=50_000)


def _beside(place: Station) -> Iterator[Figure]:
    one = _apply(place, _ROLES[0])
    began = perf_counter()
    commands = [
        subprocess.Popen(
            [sys.executable, "-m", "osism.main", "apply", role],
            env=place.environment, stdout=subprocess.DEVNULL,
        )
        for role in _ROLES
    ]  # fmt: skip
    most = 0.0
    together = 0
    while any(each.poll() is None for each in commands):
        sleeping, memory = _plays(place.children)
        if sleeping >= together:
            together, most = sleeping, max(most, memory) if sleeping == together else memory
        sleep(0.1)
    took = perf_counter() - began
    if any(each.returncode for each in commands):
        raise RuntimeError("a role failed")
    yield Figure("roles that sleep at the same time on one worker", together, "", least=8)
    yield Figure("8 roles at once", took, "s", one, "one of them alone")
    yield Figure("memory of a running play (PSS)", most / max(together, 1), "MiB")


def _plays(workers: Sequence[subprocess.Popen[bytes]]) -> tuple[int, float]:
    """How many plays sleep now, and the memory of all plays' processes in MiB."""
    sleeping, memory = 0, 0.0
    for worker in workers:
        for process in psutil.Process(worker.pid).children(recursive=True):
            try:
                line = process.cmdline()
                if line and "celery" not in " ".join(line):
                    sleeping += line == ["sleep", "12"]
                    memory += process.memory_full_info().pss / 1024**2
            except psutil.Error:
                continue
    return sleeping, memory
