"""What somebody asks to be applied, and the job that it becomes."""

from __future__ import annotations

from typing import Any

import pytest

from osism.domain.applying import TIMEOUT, Wanted, job
from osism.domain.collections import Collection
from osism.domain.errors import Invalid, Misconfigured, NotFound, OsismError
from osism.domain.jobs import ApplyCollection, RunPlaybook

CATALOGUE = {"generic": ["facts", "ping"], "kolla": ["keystone"], "custom": ["base", "ping"]}
COLLECTIONS = {name: Collection(name, "", ()) for name in ("base", "all")}


def of(role: str, **more: Any) -> RunPlaybook | ApplyCollection:
    return job(Wanted(role, **more), CATALOGUE, lambda: COLLECTIONS)


def test_a_role_becomes_a_run_with_everything_that_was_asked_for() -> None:
    values: dict[str, Any] = {
        "sub": "berlin", "limit": "node-1", "arguments": ("-v",), "check": True, "diff": True,
        "retries": 2, "timeout": 60,
    }  # fmt: skip
    assert of("facts", **values) == RunPlaybook("generic", "facts", **values)
    assert of("keystone", action="stop") == RunPlaybook("kolla", "keystone", action="stop")
    assert of("ping", environment="custom") == RunPlaybook("custom", "ping")


def test_a_collection_is_meant_where_no_role_has_the_name() -> None:
    assert of("all", check=True, retries=1) == ApplyCollection("all", check=True, retries=1)
    assert of("base") == RunPlaybook("custom", "base")
    with pytest.raises(NotFound):
        of("all", environment="generic")


def test_collections_are_not_read_for_a_role() -> None:
    def nobody() -> dict[str, Collection]:
        raise AssertionError("read for nothing")

    assert job(Wanted("facts"), CATALOGUE, nobody)


@pytest.mark.parametrize(
    ("role", "more", "kind", "words"),
    [
        ("fact", {}, NotFound, "'facts'"),
        ("ping", {}, Invalid, "2 environments"),
        ("facts", {"environment": "generics"}, NotFound, "'generic'"),
        ("../x", {}, Invalid, "not a valid name"),
        ("facts", {"sub": "a/b"}, Invalid, "not a valid name"),
        ("facts", {"limit": ""}, Invalid, "limit is empty"),
        ("facts", {"limit": "@/etc/shadow"}, Invalid, "files of hosts"),
        ("facts", {"retries": 101}, Invalid, "0 to 100"),
        ("facts", {"retries": -1}, Invalid, "0 to 100"),
        ("facts", {"timeout": -1}, Invalid, "timeout"),
        ("facts", {"timeout": TIMEOUT + 1}, Invalid, "timeout"),
        ("facts", {"action": "deploy"}, Invalid, "kolla"),
        ("facts", {"arguments": ("-e", "password=x")}, Invalid, "secret"),
        ("all", {"action": "deploy"}, Invalid, "single roles"),
        ("all", {"arguments": ("-i", "x")}, Invalid, "inventory"),
    ],
)
def test_what_cannot_be_applied_is_refused(
    role: str, more: dict[str, Any], kind: type[OsismError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        of(role, **more)


def test_where_nobody_has_told_any_role_that_is_what_is_wrong() -> None:
    with pytest.raises(Misconfigured, match="no roles are known"):
        job(Wanted("facts"), {}, dict)
