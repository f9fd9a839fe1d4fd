"""Which jobs a token may ask for, and what is refused before it is queued."""

from __future__ import annotations

import pytest

from osism.domain.access import Role
from osism.domain.admissions import ASKED, OWN, check, role
from osism.domain.errors import Invalid
from osism.domain.jobs import (
    JOBS,
    ApplyCollection,
    ConnectDevices,
    HandleEvents,
    InitialiseNetbox,
    Job,
    OperateNodes,
    RunPlaybook,
    SyncNodes,
)


def test_of_every_job_it_is_said_who_may_ask_for_it() -> None:
    assert set(JOBS) == set(ASKED) | set(OWN)
    assert not set(ASKED) & set(OWN)


@pytest.mark.parametrize(
    ("job", "needed"),
    [
        (ConnectDevices(("x",)), Role.OPERATOR),
        (InitialiseNetbox(), Role.ADMIN),
        (SyncNodes(), Role.OPERATOR),
        (SyncNodes(prune=True), Role.ADMIN),
        (SyncNodes(prune=True, dry_run=True), Role.OPERATOR),
        (OperateNodes("reboot", ("x",)), Role.OPERATOR),
        (OperateNodes("delete", ("x",)), Role.ADMIN),
    ],
)
def test_what_removes_is_for_administrators(job: Job, needed: Role) -> None:
    assert role(job) == needed


@pytest.mark.parametrize(
    ("job", "said"),
    [
        (HandleEvents(), "the listener asks for it"),
        (ConnectDevices(()), "name a device"),
        (ConnectDevices(("x",), kind="thing"), "kind 'thing'"),
        (RunPlaybook("custom", "../x"), "not a valid name"),
        (RunPlaybook("custom", "x", sub="a/b"), "not a valid name"),
        (RunPlaybook("custom", "x", retries=101), "retries"),
        (RunPlaybook("custom", "x", limit="@/etc/passwd"), "files of hosts"),
        (RunPlaybook("custom", "x", arguments=("-e", "password=1")), "secret"),
        (ApplyCollection("x", timeout=-1), "timeout"),
        (ApplyCollection("x", arguments=("-i", "y")), "-i"),
        (OperateNodes("melt", ("x",)), "melt"),
        (OperateNodes("deploy", ("x",), image="https://a:b@c/d"), "password"),
        (OperateNodes("clean", ("x",), steps="{"), "clean steps"),
    ],
)
def test_what_cannot_be_done_is_refused(job: Job, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        check(job)


def test_what_can_be_done_is_not() -> None:
    check(ConnectDevices((), collection="rack-1"))
    check(RunPlaybook("custom", "x", limit="a:!b", arguments=("-e", "x=1")))
    check(OperateNodes("clean", ("x",)))
