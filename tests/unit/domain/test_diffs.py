"""Differences of files: what changed can be seen, secrets cannot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osism.domain.diffs import difference, hidden


@pytest.mark.parametrize(
    "text",
    [
        "password: HIDE",
        "- name: x\n  db_password: 'HIDE'",
        "tokens:\n- HIDE\n- HIDE\nafter: 1",
        "secret:\n  deep:\n    - HIDE\nafter: 1",
        "private_key: |\n  HIDE\n\n  HIDE\nafter: 1",
        "x: |\n  -----BEGIN PRIVATE KEY-----\n  HIDE\n  -----END PRIVATE KEY-----\nafter: 1",
        "x: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\nafter: 1".replace("6162", "abcd"),
        'users: [{name: a, password: "HIDE"}]',
        '{\n  "password": "HIDE",\n  "name": 1\n}',
        "url: https://me:HIDE@example.org/",
        "line: user=a password=HIDE",
    ],
)
def test_secrets_are_hidden(text: str) -> None:
    shown = hidden(text.splitlines())
    assert len(shown) == len(text.splitlines())
    assert not any("HIDE" in line or "abcd" in line for line in shown)
    assert "after: 1" not in text or shown[-1] == "after: 1"


def test_the_rest_stays() -> None:
    text = "a: 1\npassword_length: 8\nb:\n  - x\n\ncert: |\n  -----BEGIN CERTIFICATE-----\n  abc"
    assert hidden(text.splitlines()) == text.splitlines()


def test_a_secret_that_changed_is_a_change_without_a_value() -> None:
    found = difference({"x.yml": "a: 1\npassword: old1\n"}, {"x.yml": "a: 1\npassword: new1\n"})
    assert found.splitlines() == [
        "--- a/x.yml",
        "+++ b/x.yml",
        "@@ -1,2 +1,2 @@",
        " a: 1",
        "-password: ********",
        "+password: ********",
    ]


def test_files_that_came_and_went() -> None:
    found = difference({"a": "1\n", "same": "1\n"}, {"b": "1\n", "same": "1\n"})
    gone = "--- a/a\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-1\n"
    assert found == gone + "--- /dev/null\n+++ b/b\n@@ -0,0 +1,1 @@\n+1\n"


@given(st.text(), st.text())
def test_any_text_has_a_difference(old: str, new: str) -> None:
    found = difference({"x": old}, {"x": new})
    assert bool(found) == (old != new)
