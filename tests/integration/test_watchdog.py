"""The watchdog as a process, with real files, real events and a real Redis."""

from __future__ import annotations

import base64
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest
import yaml
from watchdog.observers import inotify_c

from osism import settings, wiring
from osism.adapters.connections import connect
from osism.adapters.folders import Folders
from osism.domain.watches import FOLDERS
from osism.lab.redis import EmbeddedRedis
from osism.services.watchdog import Watchdog
from tests.integration.conftest import Until

QUIET = 0.3
LEASE = 2.0
#: Longer than a change that was missed until the end of the quiet needs to become a job.
SILENCE = 3 * QUIET + 0.5


class Site:
    """A configuration repository, and the watchdogs that watch it."""

    def __init__(self, directory: Path, url: str, until: Until) -> None:
        self.directory, self.url, self.until = directory, url, until
        directory.mkdir(exist_ok=True)
        self.repository = directory / "configuration"
        self.inventory = self.repository / "inventory"
        self.log = directory / "log"
        self.log.touch()
        self.client: Any = connect(url)
        self.settings: dict[str, Any] = {}

    def start(self) -> subprocess.Popen[bytes]:
        config = self.directory / "osism.yml"
        chosen = {
            "redis_url": self.url,
            "configuration": str(self.repository),
            "watch_quiet": QUIET,
            "lease": LEASE,
            "log_level": "DEBUG",
        }
        config.write_text(yaml.safe_dump({**chosen, **self.settings}))
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "osism.main", "service", "watchdog"],
                env=os.environ | {"OSISM_CONFIG": str(config)},
                stdin=subprocess.DEVNULL,
                stderr=log,
            )

    @contextmanager
    def watched(self, **settings: Any) -> Iterator[subprocess.Popen[bytes]]:
        """With a watchdog that has asked for its first run and will not by itself ask for more."""
        self.settings = settings
        process = self.start()
        try:
            self.asks(1)
            yield process
        finally:
            process.kill()
            process.wait()

    # files

    def write(self, path: str, text: str = "") -> Path:
        file = self.repository / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def git(self, *words: str) -> None:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
        command = ["git", "-C", str(self.repository), *identity, *words]
        subprocess.run(command, check=True, capture_output=True)

    # what came of it

    def jobs(self) -> list[Any]:
        """The jobs in the queue, the oldest first."""
        found = [json.loads(each) for each in self.client.lrange("reconciler", 0, -1)]
        return [json.loads(base64.b64decode(each["body"]))[1] for each in reversed(found)]

    def asks(self, least: int, most: int | None = None, within: float = 15.0) -> None:
        """It asks for so many runs and no more; they are forgotten afterwards."""
        if least:
            self.until(lambda: len(self.jobs()) >= least, within)
        sleep(SILENCE)
        jobs = self.jobs()
        assert least <= len(jobs) <= (most or least), self.said()
        wanted = {"request": {"job": "ReconcileInventory", "dry_run": False}, "by": "watchdog"}
        assert all(each == wanted for each in jobs)
        self.client.delete("reconciler")

    def said(self) -> str:
        return self.log.read_text()

    def runs(self, count: int) -> None:
        """So many watchdogs have said that they watch."""
        self.until(lambda: self.said().count("watches") >= count)


@pytest.fixture
def site(tmp_path: Path, redis_server: EmbeddedRedis, redis_client: Any, until: Until) -> Site:
    site = Site(tmp_path, redis_server.url, until)
    site.write("inventory/10-custom", "[generic]\nnode-1\n")
    site.write("environments/configuration.yml", "a: 1\n")
    return site


# --- what is worth a run --------------------------------------------------------------------------


def test_changes_are_asked_for_and_told_without_their_contents(
    site: Site, everything_expires: None
) -> None:
    with site.watched():
        site.write("inventory/host_vars/node-1.yml", "password: geheim\n")
        site.asks(1)
        site.write("environments/kolla/deep/er/configuration.yml", "b: 1\n")
        site.asks(1)
        site.write("environments/kolla/deep/er/configuration.yml", "b: 2\n")
        site.asks(1)
        site.write("inventory/10-custom", "[generic]\nnode-2\n")
        shutil.rmtree(site.repository / "environments" / "kolla")
        site.asks(1)
        site.write("netbox/other.yml")
        site.asks(0)
    said = site.said()
    assert "new: inventory/host_vars/node-1.yml" in said
    assert "changed: inventory/10-custom; gone: environments/kolla/deep/er/conf" in said
    assert "geheim" not in said


def test_what_changes_no_content_asks_for_nothing(site: Site) -> None:
    with site.watched():
        os.utime(site.inventory / "10-custom")
        site.inventory.touch()
        (site.inventory / "10-custom").read_text()
        for name in (".10-custom.swp", "10-custom~", "4913", ".#10-custom", "#a#", "a.tmp"):
            site.write(f"inventory/{name}", "x")
        site.write("inventory/.git/index", "x")
        (site.inventory / "empty").mkdir()
        site.asks(0)
        file = site.write("inventory/10-custom", "half")
        site.write("inventory/10-custom", "[generic]\nnode-1\n")
        site.asks(0)
        (site.inventory / "10-custom").write_text("[generic]\nnode-2\n")  # the same size
        site.asks(1)
        file.chmod(0o755)  # a program that prints an inventory
        site.asks(1)
    assert "their contents are those of the last run" in site.said()


def _in_place(file: Path, text: str) -> None:
    file.write_text(text)


def _renamed_over(file: Path, text: str) -> None:
    beside = file.with_name(f".{file.name}.swp")
    beside.write_text(text)
    beside.replace(file)


def _as_vim_does(file: Path, text: str) -> None:
    swap, backup = file.with_name(f".{file.name}.swp"), file.with_name(f"{file.name}~")
    swap.write_text(text)
    (probe := file.with_name("4913")).write_text("")
    probe.unlink()
    file.rename(backup)
    file.write_text(text)
    backup.unlink()
    swap.unlink()


@pytest.mark.parametrize("save", [_in_place, _renamed_over, _as_vim_does])
def test_an_editors_save_is_one_run(site: Site, save: Callable[[Path, str], None]) -> None:
    with site.watched():
        save(site.inventory / "10-custom", "[generic]\nnode-3\n")
        site.asks(1)


def test_three_hundred_changes_within_a_second_are_one_run(site: Site) -> None:
    with site.watched():
        began = monotonic()
        for number in range(300):
            site.write(f"inventory/host_vars/node-{number % 50}.yml", f"number: {number}\n")
            sleep(0.002)
        assert monotonic() - began < 5
        site.asks(1, 2)
        assert (site.inventory / "host_vars" / "node-49.yml").read_text() == "number: 299\n"
    assert "and 45 more" in site.said()


def test_a_checkout_of_another_branch_is_one_run(site: Site) -> None:
    site.git("init", "-q", "-b", "main")
    site.git("add", ".")
    site.git("commit", "-qm", "one")
    site.git("checkout", "-qb", "other")
    shutil.rmtree(site.repository / "environments")
    for number in range(200):
        site.write(f"inventory/group_vars/group-{number}/main.yml", f"a: {number}\n")
    site.git("add", ".")
    site.git("commit", "-qm", "two")
    with site.watched():
        site.git("checkout", "-q", "main")  # takes folders away, and makes one again
        site.asks(1)
        site.git("checkout", "-q", "other")
        site.asks(1)
        site.git("commit", "-q", "--allow-empty", "-m", "nothing")
        site.git("gc", "-q")
        site.asks(0)


def test_a_tree_of_five_thousand_files(site: Site) -> None:
    for number in range(5000):
        site.write(f"inventory/host_vars/node-{number % 250}/{number}.yml", f"a: {number}\n")
    with site.watched() as process:
        site.write("inventory/host_vars/node-3/3.yml", "a: changed\n")
        began = monotonic()
        site.until(site.jobs)
        assert monotonic() - began < QUIET + 3
        site.asks(1)
        status = Path(f"/proc/{process.pid}/status").read_text()
        resident = next(each for each in status.splitlines() if each.startswith("VmRSS"))
        assert int(resident.split()[1]) < 100 * 1024


# --- folders that come, go, and are others --------------------------------------------------------


def test_folders_that_do_not_exist_yet(site: Site) -> None:
    shutil.rmtree(site.repository)
    with site.watched():
        site.write("environments/configuration.yml", "a: 1\n")
        site.asks(1)
        site.write("inventory/hosts", "a\n")
        site.asks(1)
        site.write("inventory/hosts", "b\n")
        site.asks(1)


def test_folders_that_are_replaced_are_still_watched(site: Site) -> None:
    with site.watched():
        site.inventory.rename(site.repository / "away")
        site.asks(1)
        (site.repository / "away").rename(site.inventory)
        site.asks(1)
        shutil.rmtree(site.inventory)
        site.write("inventory/10-custom", "[generic]\nnode-1\n")  # as before
        site.asks(0)
        site.write("inventory/10-custom", "[generic]\nnode-9\n")
        site.asks(1)
        other = site.directory / "other"
        shutil.copytree(site.repository, other)
        shutil.rmtree(site.repository)
        other.rename(site.repository)
        site.asks(0, 1)
        site.write("inventory/10-custom", "[generic]\nnode-10\n")
        site.asks(1)


def test_a_repository_behind_a_link_that_is_changed(site: Site) -> None:
    first, second = site.directory / "release-1", site.directory / "release-2"
    site.repository.rename(first)
    shutil.copytree(first, second)
    (second / "inventory" / "10-custom").write_text("[generic]\nnode-2\n")
    site.repository.symlink_to(first)
    with site.watched():
        (site.directory / "next").symlink_to(second)
        (site.directory / "next").replace(site.repository)
        site.asks(1)
        (second / "inventory" / "10-custom").write_text("[generic]\nnode-3\n")
        site.asks(1)
        (first / "inventory" / "10-custom").write_text("[generic]\nnobody\n")
        site.asks(0)


# --- where nobody tells of changes ----------------------------------------------------------------


def test_looking_again_and_again(site: Site) -> None:
    with site.watched(watch_poll=0.5):
        site.write("inventory/host_vars/node-1.yml", "a: 1\n")
        site.asks(1)
        shutil.rmtree(site.repository / "environments")
        site.asks(1)
        os.utime(site.inventory / "10-custom")
        site.asks(0)
    assert "looking for changes every 0.5 s" in site.said()


def forget() -> None:
    """Read the settings of this process anew, and make its adapters anew."""
    settings.settings.cache_clear()
    wiring.forget()


def test_a_system_without_inotify_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(*_: object) -> int:
        raise OSError(errno.EMFILE, "inotify instance limit reached")

    (tmp_path / "inventory").mkdir()
    monkeypatch.setenv("OSISM_CONFIGURATION", str(tmp_path))
    monkeypatch.setattr(inotify_c.InotifyFD, "_create_inotify_fd", none_left)

    forget()
    try:
        watchdog = Watchdog()
        watchdog._choose()
        assert not watchdog.polls
        assert watchdog._folders_changed()
        assert watchdog.polls
        assert not watchdog._folders_changed()
        (tmp_path / "environments").mkdir()
        assert watchdog._folders_changed()
    finally:
        forget()


def test_a_change_that_no_event_told_of_is_asked_for_and_looked_for_from_then_on(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    redis_server: EmbeddedRedis,
    redis_client: Any,
    until: Until,
) -> None:
    monkeypatch.setenv("OSISM_CONFIGURATION", str(tmp_path))
    monkeypatch.setenv("OSISM_REDIS_URL", redis_server.url)
    monkeypatch.setattr("osism.services.watchdog.CERTAIN", 0.5)
    (tmp_path / "inventory").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "inventory" / "group_vars").symlink_to(tmp_path / "elsewhere")
    forget()
    watchdog = Watchdog()
    watchdog.quiet = QUIET

    def asked(count: int) -> bool:
        return bool(redis_client.llen("reconciler") == count)

    thread = Thread(target=watchdog.run)
    thread.start()
    try:
        for count in (1, 2, 3):  # the first is that of the start
            until(partial(asked, count))
            assert watchdog.polls is (count > 1)
            (tmp_path / "elsewhere" / "all.yml").write_text(f"a: {count}")
            sleep(1.5)
    finally:
        watchdog.end()
        thread.join()
        forget()


def test_links_to_elsewhere_are_followed_but_in_no_circle(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "a.yml").write_text("a")
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "group_vars").symlink_to(tmp_path / "shared")
    (tmp_path / "inventory" / "again").symlink_to(tmp_path / "inventory")
    (tmp_path / "inventory" / "nowhere").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "inventory" / "pipe")
    folders = Folders(tmp_path, FOLDERS)
    first = folders.read()
    assert set(first.files) == {"inventory/group_vars/a.yml", "inventory/nowhere"}
    (tmp_path / "shared" / "a.yml").write_text("b")
    assert folders.read().digest != first.digest


def test_a_file_changed_twice_in_one_moment_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "inventory" / "hosts"
    file.parent.mkdir()
    folders = Folders(tmp_path, FOLDERS)
    found = set()
    for number in range(200):
        file.write_text(f"{number:03}")
        found.add(folders.read().digest)
    assert len(found) == 200


# --- more than one, and what goes wrong -----------------------------------------------------------


def test_a_change_while_none_runs_is_asked_for_at_the_next_start(site: Site) -> None:
    with site.watched() as process:
        process.kill()
        process.wait()
        site.write("inventory/10-custom", "[generic]\nnode-4\n")
        second = site.start()
        site.asks(1)
        second.kill()
        second.wait()
        site.runs(2)
        third = site.start()  # nothing has changed
        site.runs(3)
        site.asks(0)
        third.kill()
        third.wait()


def test_of_two_one_asks_and_the_other_takes_over(site: Site) -> None:
    with site.watched() as first:
        second = site.start()
        try:
            site.write("inventory/10-custom", "[generic]\nnode-5\n")
            site.until(lambda: "standing by" in site.said())
            site.asks(1)
            assert site.said().count("watches") == 1
            first.kill()
            first.wait()
            began = monotonic()
            site.write("inventory/10-custom", "[generic]\nnode-6\n")
            site.runs(2)
            assert monotonic() - began < LEASE + 2  # the standby looks once a second
            site.asks(1)
        finally:
            second.kill()
            second.wait()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once_and_frees_its_place(site: Site, how: signal.Signals) -> None:
    with site.watched() as process:
        began = monotonic()
        process.send_signal(how)
        assert process.wait(10) == 0
        assert monotonic() - began < 2
        assert not site.client.exists("osism:lock:watchdog")
        assert "has ended" in site.said()


def test_a_signal_ends_one_that_stands_by(site: Site) -> None:
    with site.watched():
        second = site.start()
        site.until(lambda: "standing by" in site.said())
        began = monotonic()
        second.terminate()
        assert second.wait(10) == 0
        assert monotonic() - began < 2


def test_redis_away_loses_no_change(tmp_path: Path, breakable: EmbeddedRedis, until: Until) -> None:
    site = Site(tmp_path / "site", breakable.url, until)
    site.write("inventory/10-custom", "[generic]\nnode-1\n")
    with site.watched() as process:
        breakable.stop()
        site.write("inventory/10-custom", "[generic]\nnode-2\n")
        until(lambda: "changes are not forgotten" in site.said())
        site.write("inventory/10-custom", "[generic]\nnode-3\n")
        breakable.start()
        site.asks(1, within=30)
        site.write("inventory/10-custom", "[generic]\nnode-4\n")
        site.asks(1)
        pid = breakable.pid
        assert pid
        os.kill(pid, signal.SIGSTOP)
        try:
            site.write("inventory/10-custom", "[generic]\nnode-5\n")
            sleep(QUIET + 0.5)  # it is asking now, and nobody answers
            began = monotonic()
            process.terminate()
            assert process.wait(10) == 0
            assert monotonic() - began < 2
        finally:
            os.kill(pid, signal.SIGCONT)
