"""Names from outside, before they become a path, a git tag or a group name."""

from __future__ import annotations

import pytest

from osism.domain.errors import Invalid
from osism.domain.names import checked, nearest


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "7",
        "_",
        "node-1",
        "leaf_1.rack-2",
        "spine+a",
        "x" * 64,
        "a.b.c",
        "2001",
        "node-1-",
        "n+",
    ],
)
def test_a_name_that_can_be_a_file_name(name: str) -> None:
    assert checked("device", name) == name


@pytest.mark.parametrize(
    "name",
    [
        "", ".", "..", "../x", "../../etc/passwd", "a/b", "/etc", "a\\b", "a..b", ".git", "-e",
        "+x", "a.", "node 1", " node-1", "node-1\n", "node-1\0", "node\t1", "x" * 65,
        "knoten-ä", "ⅷ", "node‐1", "{device}", "%(device)s", "$HOME", "`id`", "a;b",
        "a:b", "a~b", "a^b", "a?b", "a*b", "a[b", "a@{b", "node-1.lock", None, 1, True,
        b"node-1", ["node-1"], ("node-1",),
    ],
)  # fmt: skip
def test_a_name_that_cannot(name: object) -> None:
    with pytest.raises(Invalid) as raised:
        checked("device", name)
    assert str(raised.value).startswith("device ")


def test_the_message_says_what_would_be_right() -> None:
    with pytest.raises(Invalid, match=r"letters, digits, '\.', '_', '\+' and '-' are") as raised:
        checked("collection", "../x")
    assert "collection '../x'" in str(raised.value)


def test_the_message_is_short_whatever_the_name() -> None:
    with pytest.raises(Invalid) as raised:
        checked("device", "x" * 10**6)
    assert len(str(raised.value)) < 400


@pytest.mark.parametrize(
    ("name", "known", "said"),
    [
        ("node-11", ["node-1", "leaf-1"], "; did you mean 'node-1'?"),
        ("lef-1", ["leaf-1", "leaf-2"], "; did you mean 'leaf-1' or 'leaf-2'?"),
        ("xyz", ["node-1"], ""),
        ("node-1", [], ""),
    ],
)
def test_what_was_probably_meant(name: str, known: list[str], said: str) -> None:
    assert nearest(name, known) == said


def test_one_name_is_not_proposed_twice() -> None:
    assert nearest("node-11", ["node-1", "node-1"]) == "; did you mean 'node-1'?"
