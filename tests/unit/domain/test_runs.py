"""What is asked of Ansible, and what is said about what came of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osism.domain.errors import Invalid
from osism.domain.jobs import RunPlaybook
from osism.domain.roles import Play
from osism.domain.runs import (
    COUNTS,
    REVOKED,
    TIMED_OUT,
    Outcome,
    arguments,
    check,
    check_arguments,
    recap,
    verdict,
)

PLAY = Play("generic", "facts", "/plays/generic-facts.yml")
GOOD = {"ok": 3, "changed": 0, "unreachable": 0, "failed": 0}

# --- arguments ------------------------------------------------------------------------------------


def test_a_run_without_anything_has_the_play_alone() -> None:
    assert arguments(RunPlaybook("generic", "facts"), PLAY, [], "/e") == [PLAY.path]


def test_arguments_stand_in_the_order_in_which_later_wins() -> None:
    job = RunPlaybook(
        "generic", "facts", limit="a:!b c", arguments=("-e", "x=1 2", "-vv"), check=True, diff=True
    )
    assert arguments(job, PLAY, ["/e/weak.yml", "/e/a b.yml"], "/e") == [
        "--extra-vars=@/e/weak.yml",
        "--extra-vars=@/e/a b.yml",
        "--limit=a:!b c",
        "--check",
        "--diff",
        "-e",
        "x=1 2",
        "-vv",
        PLAY.path,
    ]


def test_what_was_typed_wins_over_what_kolla_gets() -> None:
    job = RunPlaybook("kolla", "nova", arguments=("-e", "kolla_action=pull"), limit="compute")
    words = arguments(job, Play("kolla", "nova", "/p/site.yml", ("nova", "x")), ["/s.yml"], "/e")
    assert words[0] == "--extra-vars=@/s.yml"
    assert words[1].startswith('--extra-vars={"CONFIG_DIR": "/e"')
    assert words[2:] == [
        "--tags=nova,x",
        "--limit=compute",
        "-e",
        "kolla_action=pull",
        "/p/site.yml",
    ]


def test_ceph_installs_no_packages() -> None:
    words = arguments(RunPlaybook("ceph", "osds"), Play("ceph", "osds", "/p/osds.yml"), [], "/e")
    assert words == ["--skip-tags=with_pkg", "/p/osds.yml"]


@pytest.mark.parametrize(
    "words",
    [
        "-e x=1",
        "-ex=1",
        "--extra-vars x=1",
        "--extra x=1",
        "-e @secrets.yml",
        "-vvv",
        "-vvbDC",
        "-b -u root",
        "-vt tag",
        "-vttag",
        "--tags=a,b --skip-tags c",
        "--forks 5",
        "-f5",
        "-T -1",
        "--start-at-task copy",
        "--list-tasks",
        "--ssh-common-args -oX=y",
        "--vault-id a@/file",
        "--become-pass /file",
        "--new-option-of-ansible value",
        "-Z value",
        "--",
        "-v --",
    ],
)
def test_arguments_for_ansible(words: str) -> None:
    check_arguments(words.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("-i hosts", "argument -i: use the setting inventory"),
        ("-ihosts", "argument -i: use the setting inventory"),
        ("-i=hosts", "argument -i: "),
        ("-vi hosts", "argument -i: "),
        ("-vDihosts", "argument -i: "),
        ("--inventory=/x", "argument --inventory: use the setting inventory"),
        ("--inv=/x", "argument --inv, short for --inventory: use the setting inventory"),
        ("--i /x", "argument --i, short for --inventory: "),
        ("--inventory-f /x", "short for --inventory-file"),
        ("-l a", "argument -l: use osism apply -l"),
        ("-bl a", "argument -l: use osism apply -l"),
        ("--limit=@a.retry", "argument --limit: use osism apply -l"),
        ("--lim a", "short for --limit: use osism apply -l"),
        ("-k", "argument -k: use a secrets file"),
        ("-bK", "argument -K: use a secrets file"),
        ("-vvJ", "argument -J: use osism vault password set"),
        ("--ask-b", "short for --ask-become-pass: use a secrets file"),
        ("--ask-vault", "use osism vault password set"),
        ("--vault-pass", "use osism vault password set"),
        ("--vault-password-f=/x", "use osism vault password set"),
        ("-e x=1 --limit a", "argument --limit"),
        ("site.yml", "'site.yml': no option before it takes a value.* another playbook"),
        ("-e a=1 b=2", "'b=2': no option"),
        ("-v x", "'x': no option"),
        ("--check x", "'x': no option"),
        ("--list-ta x", "'x': no option"),
        ("--tags=a x", "'x': no option"),
        ("-fx 5", "'5': no option"),
        ("-- site.yml", "'site.yml': no option"),
        ("-v -- -v", "'-v': no option"),
        ("-e", "argument -e: it wants a value"),
        ("-vvt", "argument -t: it wants a value"),
        ("-v --tags", "argument --tags: it wants a value"),
        ("-e password=geheim", "password.*environments/custom/secrets.yml"),
    ],
)
def test_arguments_that_are_refused(words: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        check_arguments(words.split(), environment="custom")


@pytest.mark.parametrize("word", ["", "-", " ", "a b"])
def test_odd_words_are_no_playbooks_either(word: str) -> None:
    with pytest.raises(Invalid, match="another playbook"):
        check_arguments([word])
    check_arguments(["-e", word])


def test_a_zero_byte_is_refused() -> None:
    with pytest.raises(Invalid, match="zero byte"):
        check_arguments(["-e", "x=\0"])


@pytest.mark.parametrize("limit", ["-i", "--list-hosts", "a\0b"])
def test_limits_that_are_refused(limit: str) -> None:
    with pytest.raises(Invalid, match="not a pattern of hosts"):
        check(RunPlaybook("generic", "facts", limit=limit))


@pytest.mark.parametrize("limit", ["", "all", "a:&b:!c", "~node-\\d+", "!a", "a b"])
def test_limits_that_are_not(limit: str) -> None:
    check(RunPlaybook("generic", "facts", limit=limit))


@pytest.mark.parametrize("limit", ["@x.retry", "a:@/etc/passwd", "a, @x"])
def test_files_of_hosts_are_not_read(limit: str) -> None:
    with pytest.raises(Invalid, match="files of hosts"):
        check(RunPlaybook("generic", "facts", limit=limit))


def test_an_action_is_for_kolla() -> None:
    with pytest.raises(Invalid, match="facts is of generic"):
        check(RunPlaybook("generic", "facts", action="deploy"))
    check(RunPlaybook("kolla", "keystone", action="deploy"))


# --- what came of it ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "word"),
    [
        ({}, "ok"),
        ({"ok": 1, "skipped": 2, "rescued": 1, "ignored": 1}, "ok"),
        ({"ok": 1, "changed": 1}, "changed"),
        ({"ok": 1, "changed": 1, "failed": 1}, "failed"),
        ({"ok": 1, "changed": 1, "failed": 1, "unreachable": 1}, "unreachable"),
        ({"unreachable": 1}, "unreachable"),
    ],
)
def test_one_word_for_a_host(counts: dict[str, int], word: str) -> None:
    assert verdict(counts) == word


def test_a_recap_has_every_count_of_every_host() -> None:
    stats = {"ok": {"b": 2}, "dark": {"a": 1}, "failures": None, "processed": {"a": 1, "b": 1}}
    none = dict.fromkeys(COUNTS.values(), 0)
    assert recap(stats) == {"a": none | {"unreachable": 1}, "b": none | {"ok": 2}}
    assert list(recap(stats)) == ["a", "b"]
    assert recap({}) == {}


BAD = {"b": GOOD | {"failed": 1}, "a": GOOD | {"failed": 1}}
GONE = {"g": GOOD | {"unreachable": 1}}


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Outcome(0), ""),
        (Outcome(0, BAD), ""),
        (Outcome(2, BAD), "failed: b, a"),
        (Outcome(4, GONE), "unreachable: g"),
        (Outcome(2, {**GONE, **BAD, "o": GOOD}), "failed: b, a; unreachable: g"),
        (Outcome(2, dict.fromkeys("abc", BAD["a"])), "failed: a, b, c"),
        (Outcome(2, dict.fromkeys("abcde", BAD["a"])), "failed: a, b, c and 2 more"),
        (Outcome(143, BAD), "failed: b, a"),
        (Outcome(137), "ansible-playbook was ended by signal 9"),
        (Outcome(137, {"o": GOOD}, "Killed"), "ansible-playbook was ended by signal 9"),
        (Outcome(1), "ansible-playbook ended with exit code 1"),
        (Outcome(4, {}, "ERROR! no"), "ansible-playbook ended with exit code 4: ERROR! no"),
        (Outcome(2, {"o": GOOD}), "ansible-playbook ended with exit code 2"),
    ],
)
def test_the_reason_names_what_failed(outcome: Outcome, reason: str) -> None:
    assert outcome.reason == reason


def test_our_own_exit_codes_are_none_of_ansibles() -> None:
    assert {REVOKED, TIMED_OUT}.isdisjoint((0, 1, 2, 3, 4, 5, 99, 250))


HOSTS = st.text(min_size=1, max_size=3)
STATS = st.dictionaries(
    st.sampled_from([*COUNTS, "processed"]),
    st.none() | st.dictionaries(HOSTS, st.integers(0, 3), max_size=4),
)


@given(STATS)
def test_every_host_is_counted_once(stats: dict[str, Any]) -> None:
    hosts = recap(stats)
    assert set(hosts) == {h for name in COUNTS for h in stats.get(name) or ()}
    assert sum(Outcome(0, hosts).totals.values()) == len(hosts)


@given(STATS, st.integers(1, 255))
def test_whatever_failed_has_a_reason(stats: dict[str, Any], code: int) -> None:
    assert Outcome(code, recap(stats)).reason
