"""What every keeper of the port Store promises, and what the git one adds."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from osism.adapters.store import GitStore
from osism.domain.errors import Busy, Invalid, Misconfigured, NotFound, OutsideFailed
from osism.domain.ports import Store
from tests.fakes.store import MemoryStore

OLD, NEW = "hostname leaf\nmtu 1500\n", "hostname leaf\nmtu 9100\n"


@pytest.fixture(params=["git", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return GitStore(tmp_path / "some" / "state") if request.param == "git" else MemoryStore()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def git(path: Path) -> GitStore:
    return GitStore(path)


def run(path: Path, *arguments: str) -> str:
    """What the real git says about the repository."""
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", "--git-dir", os.fspath(path), *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout + done.stderr


class TestStore:
    def test_nothing_is_known_at_first(self, store: Store) -> None:
        assert store.generated("leaf-1") is None
        assert store.deployed("leaf-1") is None

    def test_commit_keeps_texts_and_names_the_new_ones(self, store: Store) -> None:
        assert store.commit({"leaf-2": OLD, "leaf-1": OLD}, "first") == ["leaf-1", "leaf-2"]
        assert store.commit({"leaf-1": NEW, "leaf-2": OLD}, "second") == ["leaf-1"]
        assert (store.generated("leaf-1"), store.generated("leaf-2")) == (NEW, OLD)

    def test_same_texts_are_no_news(self, store: Store) -> None:
        store.commit({"leaf-1": OLD}, "first")
        assert list(store.commit({"leaf-1": OLD}, "again")) == []
        assert list(store.commit({}, "nothing")) == []

    @pytest.mark.parametrize("text", ["", "no line feed", "a\r\nb\n", "ü€\N{GRINNING FACE}\n"])
    def test_text_comes_back_as_it_is(self, store: Store, text: str) -> None:
        store.commit({"leaf-1": text}, "text")
        assert store.generated("leaf-1") == text

    def test_deployed_stays_while_generated_goes_on(self, store: Store) -> None:
        store.commit({"leaf-1": OLD, "leaf-2": OLD}, "first")
        store.mark_deployed(["leaf-1"])
        store.commit({"leaf-1": NEW, "leaf-2": NEW}, "second")
        assert (store.deployed("leaf-1"), store.generated("leaf-1")) == (OLD, NEW)
        assert store.deployed("leaf-2") is None
        store.mark_deployed(iter(["leaf-1", "leaf-2"]))
        assert (store.deployed("leaf-1"), store.deployed("leaf-2")) == (NEW, NEW)

    def test_marking_twice_or_nothing_is_harmless(self, store: Store) -> None:
        store.mark_deployed([])
        store.commit({"leaf-1": OLD}, "first")
        store.mark_deployed(["leaf-1"])
        store.mark_deployed(["leaf-1"])
        assert store.deployed("leaf-1") == OLD

    def test_what_was_never_generated_cannot_be_deployed(self, store: Store) -> None:
        with pytest.raises(NotFound, match="leaf-1"):
            store.mark_deployed(["leaf-1"])
        store.commit({"leaf-1": OLD}, "first")
        with pytest.raises(NotFound, match="leaf-9"):
            store.mark_deployed(["leaf-1", "leaf-9"])
        assert store.deployed("leaf-1") is None

    @pytest.mark.parametrize("name", ["", "..", "../leaf", "a/b", ".git", "-e", "a.lock", "a\nb"])
    def test_a_name_that_cannot_be_a_path_is_refused(self, store: Store, name: str) -> None:
        with pytest.raises(Invalid):
            store.commit({"leaf-1": OLD, name: OLD}, "first")
        with pytest.raises(Invalid):
            store.generated(name)
        with pytest.raises(Invalid):
            store.deployed(name)
        with pytest.raises(Invalid):
            store.mark_deployed([name])
        assert store.generated("leaf-1") is None


class TestGitStore:
    def test_git_itself_reads_it(self, git: GitStore, path: Path) -> None:
        git.commit({"leaf-1": OLD, "HEAD": OLD}, "job 4711: generate")
        git.mark_deployed(["leaf-1", "HEAD"])
        git.commit({"leaf-1": NEW}, "job 4712: generate")
        assert run(path, "fsck", "--full", "--strict") == ""
        assert run(path, "show", "main:leaf-1.cfg") == NEW
        assert run(path, "show", "deployed/leaf-1:leaf-1.cfg") == OLD
        assert run(path, "log", "--format=%s", "main").split("\n")[:2] == [
            "job 4712: generate",
            "job 4711: generate",
        ]
        assert run(path, "ls-tree", "--name-only", "main").split() == ["HEAD.cfg", "leaf-1.cfg"]

    def test_same_texts_make_no_commit(self, git: GitStore, path: Path) -> None:
        for _ in range(3):
            git.commit({"leaf-1": OLD}, "once")
        assert run(path, "rev-list", "--count", "main").strip() == "1"

    def test_reading_makes_no_repository(self, git: GitStore, path: Path) -> None:
        assert git.generated("leaf-1") is None
        assert (git.diff("leaf-1"), git.history("leaf-1")) == ("", [])
        assert not path.exists()

    def test_repository_is_private(self, git: GitStore, path: Path) -> None:
        git.commit({"leaf-1": OLD}, "first")
        assert path.stat().st_mode & 0o077 == 0

    def test_author_is_configurable(self, path: Path) -> None:
        GitStore(path, author="site", email="ops@example.org").commit({"leaf-1": OLD}, "first")
        assert run(path, "log", "-1", "--format=%an <%ae> %cn").strip() == (
            "site <ops@example.org> site"
        )

    def test_the_users_git_does_not_matter(
        self, git: GitStore, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (path.parent / ".gitconfig").write_text("[core\nnonsense")
        script = (
            "import sys; from pathlib import Path; from osism.adapters.store import GitStore\n"
            "GitStore(Path(sys.argv[1])).commit({'leaf-1': 'text'}, 'first')"
        )
        monkeypatch.setenv("HOME", os.fspath(path.parent))
        subprocess.run([sys.executable, "-c", script, os.fspath(path)], check=True)
        assert git.generated("leaf-1") == "text"

    def test_diff_goes_from_deployed_to_generated(self, git: GitStore) -> None:
        git.commit({"leaf-1": OLD}, "first")
        assert git.diff("leaf-1").startswith("--- /dev/null\n+++ b/generated/leaf-1\n")
        git.mark_deployed(["leaf-1"])
        assert git.diff("leaf-1") == ""
        git.commit({"leaf-1": NEW}, "second")
        assert git.diff("leaf-1") == (
            "--- a/deployed/leaf-1\n+++ b/generated/leaf-1\n@@ -1,2 +1,2 @@\n"
            " hostname leaf\n-mtu 1500\n+mtu 9100\n"
        )

    def test_history_knows_which_text_is_deployed(self, git: GitStore) -> None:
        git.commit({"leaf-1": "1\n", "leaf-2": "1\n"}, "one")
        git.commit({"leaf-1": "2\n"}, "two")
        git.commit({"leaf-2": "2\n"}, "of another switch")
        git.mark_deployed(["leaf-1"])
        git.commit({"leaf-1": "3\n"}, "three")
        versions = git.history("leaf-1")
        assert [(v.message, v.deployed) for v in versions] == [
            ("three", False),
            ("two", True),
            ("one", False),
        ]
        assert versions[0].author == "osism"
        assert versions[0].at.utcoffset() is not None
        assert [v.message for v in git.history("leaf-1", limit=1)] == ["three"]
        assert git.history("leaf-9") == []

    def test_goes_on_after_git_has_packed_everything(self, git: GitStore, path: Path) -> None:
        git.commit({"leaf-1": OLD}, "first")
        git.mark_deployed(["leaf-1"])
        run(path, "gc", "--quiet", "--prune=now")
        git.commit({"leaf-1": NEW}, "second")
        assert (git.deployed("leaf-1"), git.generated("leaf-1")) == (OLD, NEW)
        git.mark_deployed(["leaf-1"])
        assert git.deployed("leaf-1") == NEW

    def test_threads_take_turns(self, git: GitStore, path: Path) -> None:
        def work(number: int) -> None:
            for turn in range(5):
                git.commit({f"leaf-{number}": f"{turn}\n"}, f"{number}.{turn}")
                git.mark_deployed([f"leaf-{number}"])

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert run(path, "rev-list", "--count", "main").strip() == "20"
        assert [git.deployed(f"leaf-{number}") for number in range(4)] == ["4\n"] * 4


class TestWhatFails:
    @pytest.fixture
    def held(self, git: GitStore, path: Path) -> Iterator[None]:
        """Another process holds the lock of the writers."""
        git.commit({"leaf-1": OLD}, "first")
        script = "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, 2); print(flush=1)"
        with subprocess.Popen(
            [sys.executable, "-c", f"{script}; input()", os.fspath(path / "writer.lock")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as holder:
            assert holder.stdout is not None
            holder.stdout.readline()
            yield
            holder.kill()

    def test_a_writer_that_does_not_end_is_told(self, held: None, path: Path) -> None:
        with pytest.raises(Busy, match=f"state repository {path}"):
            GitStore(path, wait=0.05).commit({"leaf-1": NEW}, "second")
        assert GitStore(path).generated("leaf-1") == OLD  # readers do not wait

    @pytest.mark.parametrize("age", [3600, -3600])
    def test_a_lock_file_of_a_killed_process_goes(
        self, git: GitStore, path: Path, age: float
    ) -> None:
        git.commit({"leaf-1": OLD}, "first")
        git.mark_deployed(["leaf-1"])
        for name in ("refs/heads/main.lock", "refs/tags/deployed/leaf-1.lock"):
            (path / name).touch()
            os.utime(path / name, times=(0, time.time() - age))
        git.commit({"leaf-1": NEW}, "second")
        git.mark_deployed(["leaf-1"])
        assert git.deployed("leaf-1") == NEW
        assert not list(path.rglob("refs/**/*.lock"))

    def test_a_creation_that_was_interrupted_is_ended(self, git: GitStore, path: Path) -> None:
        git.commit({"leaf-1": OLD}, "first")
        (path / "HEAD").rename(path / "HEAD.lock")
        os.utime(path / "HEAD.lock", times=(0, 0))
        (path / "_git2_4711").touch()  # libgit2 tries out the file system
        git.commit({"leaf-2": OLD}, "second")
        assert git.generated("leaf-1") == OLD

    def test_files_of_others_are_not_touched(self, git: GitStore, path: Path) -> None:
        path.mkdir()
        (path / "holiday.jpg").touch()
        with pytest.raises(Misconfigured, match=r"holiday\.jpg"):
            git.commit({"leaf-1": OLD}, "first")

    def test_a_repository_with_a_work_tree_is_not_taken(self, git: GitStore, path: Path) -> None:
        subprocess.run(["git", "init", "--quiet", os.fspath(path)], check=True)
        with pytest.raises(Misconfigured):
            git.commit({"leaf-1": OLD}, "first")

    def test_no_place_to_write(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(OutsideFailed, match=f"state repository {tmp_path}/file/state"):
            GitStore(tmp_path / "file" / "state").commit({"leaf-1": OLD}, "first")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
    def test_no_permission(self, git: GitStore, path: Path) -> None:
        git.commit({"leaf-1": OLD}, "first")
        (path / "writer.lock").chmod(0)
        with pytest.raises(OutsideFailed, match=f"state repository {path}"):
            git.commit({"leaf-1": NEW}, "second")

    def test_disk_full(self, git: GitStore, path: Path) -> None:
        git.commit({"leaf-1": OLD}, "first")
        script = (
            "import resource, sys, os; from pathlib import Path\n"
            "from osism.adapters.store import GitStore\n"
            "from osism.domain.errors import OutsideFailed\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
            "try: GitStore(Path(sys.argv[1])).commit({'leaf-1': os.urandom(9000).hex()}, 'x')\n"
            "except OutsideFailed as error: print(error)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, os.fspath(path)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert f"state repository {path}: cannot commit" in done.stdout
        assert git.generated("leaf-1") == OLD
        assert git.commit({"leaf-1": NEW}, "second") == ["leaf-1"]
        assert run(path, "fsck", "--full") == ""

    @pytest.mark.parametrize("content", ["", "nonsense\n", "0" * 39 + "1\n"])
    def test_a_broken_branch_is_said_not_replaced(
        self, git: GitStore, path: Path, content: str
    ) -> None:
        git.commit({"leaf-1": OLD}, "first")
        (path / "refs/heads/main").write_text(content)
        for ask in (lambda: git.generated("leaf-1"), lambda: git.commit({"leaf-1": NEW}, "second")):
            with pytest.raises(OutsideFailed, match=f"state repository {path}"):
                ask()
        assert (path / "refs/heads/main").read_text() == content

    def test_broken_objects_are_said(self, git: GitStore, path: Path) -> None:
        git.commit({"leaf-1": OLD}, "first")
        git.mark_deployed(["leaf-1"])
        for each in path.glob("objects/??/*"):
            each.chmod(0o644)
            each.write_bytes(b"broken")
        for ask in (git.generated, git.deployed, git.diff, git.history):
            with pytest.raises(OutsideFailed, match=f"state repository {path}"):
                ask("leaf-1")

    def test_half_a_character_is_refused(self, git: GitStore) -> None:
        with pytest.raises(Invalid, match="leaf-1"):
            git.commit({"leaf-1": "\ud800"}, "first")
