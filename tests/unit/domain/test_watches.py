"""When a change of files is worth a run: no file, no clock."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osism.domain.watches import Contents, Watch, counts, difference, listed

QUIET, LONGEST, EVERY = 2.0, 30.0, 60.0


def a_watch(asked: str | None = "old", **more: Any) -> Watch:
    return Watch(asked, **{"quiet": QUIET, "longest": LONGEST, "every": EVERY} | more)


# --- which files count ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *("inventory/10-custom", "inventory/host_vars/node-1.yml", "environments/kolla/.gitignore"),
        *("inventory/host_vars/swp", "environments/tmp", "inventory/4913.yml", "inventory/a~b"),
        *("inventory/.swp.yml", "environments/manager/id_rsa.operator", "inventory/a#b", "x.git/y"),
        *("inventory/host_vars/4913/main.yml", "inventory/group_vars/x.tmp/main.yml"),
    ],
)
def test_files_that_count(name: str) -> None:
    assert counts(name)


@pytest.mark.parametrize(
    "name",
    [
        *("inventory/.10-custom.swp", "inventory/.x.swo", "inventory/x.swp", "inventory/.x.swx"),
        *("inventory/10-custom~", "inventory/4913", "inventory/.#10-custom", "inventory/#x#"),
        *("inventory/x.yml.tmp", "environments/.goutputstream-4F2", "inventory/.nfs000a1"),
        *(".git/index", "environments/custom/.git/HEAD", "inventory/.git", ""),
    ],
)
def test_files_that_do_not(name: str) -> None:
    assert not counts(name)


# --- what has changed -----------------------------------------------------------------------------


def test_a_difference_names_files_and_no_contents() -> None:
    old = Contents({"a": "secret", "b": "1", "c": "1"})
    new = Contents({"a": "hidden", "b": "1", "d": "1"})
    assert difference(old, new) == "changed: a; new: d; gone: c"
    assert difference(old, old) == ""


def test_a_list_is_cut_and_safe_for_a_log() -> None:
    assert listed([f"f{number}" for number in range(9)]) == "f0, f1, f2, f3, f4 and 4 more"
    assert listed(["a\nERROR all is lost", "\x1b[2J", "ä", "\udcff"]) == (
        "\\x1b[2J, a\\nERROR all is lost, ä, \\udcff"
    )


FILES = st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=5)


@given(FILES, FILES)
def test_a_digest_is_that_of_its_names_and_contents(one: Any, other: Any) -> None:
    assert (Contents(one).digest == Contents(other).digest) is (one == other)
    assert Contents(one).digest == Contents(dict(reversed(one.items()))).digest
    assert bool(difference(Contents(one), Contents(other))) is (one != other)


def test_a_name_that_is_no_text_has_a_digest() -> None:
    assert Contents({"\udcff": ""}).digest != Contents({"\udcfe": ""}).digest


# --- when to look, when to ask --------------------------------------------------------------------


def test_a_change_is_looked_at_after_the_quiet_and_asked_for_once() -> None:
    watch = a_watch()
    watch.saw(10)
    assert watch.next_look == 12
    assert watch.looked("new", 12)
    watch.asked_for("new")
    assert watch.next_look == 12 + EVERY
    assert not watch.looked("new", 72)


def test_further_changes_put_it_off_but_not_for_ever() -> None:
    watch = a_watch()
    for moment in range(60):
        watch.saw(float(moment))
        assert watch.next_look == min(moment + QUIET, LONGEST)
    assert watch.looked("new", LONGEST)


@pytest.mark.parametrize("polls", [False, True])
def test_what_was_changed_back_or_only_touched_asks_for_nothing(polls: bool) -> None:
    watch = a_watch(polls=polls)
    watch.saw(1)
    assert not watch.looked("old", 3)
    assert not watch.pending


def test_a_change_that_nobody_told_of_is_found() -> None:
    watch = a_watch()
    assert not watch.looked("new", 60)
    assert watch.next_look == 60 + QUIET
    assert watch.looked("new", 62)


def test_what_nobody_has_asked_for_is_asked_for() -> None:
    watch = a_watch(None)
    watch.saw(0)
    assert watch.looked("any", QUIET)


def test_looking_again_and_again_waits_until_two_looks_find_the_same() -> None:
    watch = a_watch(polls=True, every=5.0)
    assert not watch.looked("old", 0)
    assert watch.next_look == 5
    assert not watch.looked("half", 5)
    assert watch.next_look == 7
    assert not watch.looked("whole", 7)
    assert watch.next_look == 9
    assert watch.looked("whole", 9)


def test_looking_while_something_changes_for_ever_ends() -> None:
    watch = a_watch(polls=True, every=1.0)
    asked = [moment for moment in range(40) if watch.looked(f"{moment}", float(moment))]
    assert asked == [30]


def test_a_run_that_could_not_be_asked_for_is_wanted_again() -> None:
    watch = a_watch()
    watch.saw(0)
    assert watch.looked("new", 2)  # nobody could be asked
    watch.saw(3)
    assert watch.looked("new", 5)


STEPS = st.lists(
    st.tuples(st.floats(0, 10), st.sampled_from(["write", "touch", "silent", "nothing"])),
    max_size=40,
)


@given(STEPS, st.booleans())
def test_every_change_is_asked_for_in_time_and_nothing_twice(steps: Any, polls: bool) -> None:
    """Against a file whose content is a number, whatever is told of it and whatever is not."""
    every = 5.0 if polls else EVERY
    watch = a_watch("0", polls=polls, every=every)
    now, content, asked = 0.0, 0, ["0"]

    def until(end: float) -> None:
        nonlocal now
        while watch.next_look <= end:
            now = max(now, watch.next_look)
            if watch.looked(str(content), now):
                asked.append(str(content))
                watch.asked_for(str(content))
        now = max(now, end)

    until(now)
    for pause, what in steps:
        until(now + pause)
        content += what in ("write", "silent")
        if what in ("write", "touch") and not polls:
            watch.saw(now)
    until(now + every + LONGEST + QUIET)
    assert asked[-1] == str(content)
    assert asked == sorted(set(asked), key=int)
    assert not watch.pending
