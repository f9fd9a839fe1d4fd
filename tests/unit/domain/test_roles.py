"""What kolla-ansible's command line would give to Ansible."""

from __future__ import annotations

import json

import pytest

from osism.domain.errors import Invalid
from osism.domain.jobs import RunPlaybook
from osism.domain.roles import KOLLA_ACTIONS, Play, kolla_variables, named
from osism.domain.runs import arguments, check


@pytest.mark.parametrize(
    ("role", "action", "given"),
    [
        ("keystone", "", {"kolla_action": "deploy"}),
        ("keystone", "genconfig", {"kolla_action": "config"}),
        ("keystone", "prechecks", {"kolla_action": "precheck"}),
        ("keystone", "validate-config", {"kolla_action": "config_validate"}),
        ("keystone", "stop", {"kolla_action": "stop", "kolla_action_stop_ignore_missing": "no"}),
        ("certificates", "", {"kolla_action": "certificates"}),
        ("mariadb-backup", "", {"kolla_action": "backup", "mariadb_backup_type": "full"}),
        ("mariadb-backup", "backup", {"kolla_action": "backup", "mariadb_backup_type": "full"}),
        ("host", "", {"kolla_action": "bootstrap-servers",
                      "ansible_python_interpreter": "auto_silent"}),
    ],
)  # fmt: skip
def test_what_kolla_ansible_gives(role: str, action: str, given: dict[str, str]) -> None:
    assert kolla_variables(role, action) == given


@pytest.mark.parametrize(
    ("role", "action"),
    [("keystone", "destroy"), ("keystone", "depoy"), ("certificates", "precheck")],
)
def test_actions_that_there_are_not(role: str, action: str) -> None:
    with pytest.raises(Invalid, match=action):
        check(RunPlaybook("kolla", role, action=action))


def test_every_action_has_a_word_of_kolla() -> None:
    assert all(each.replace("-", "").replace("_", "").isalpha() for each in KOLLA_ACTIONS.values())


def test_a_folder_may_have_a_space_in_its_name() -> None:
    play = Play("kolla", "keystone", "/p/site.yml", ("keystone",))
    words = arguments(RunPlaybook("kolla", "keystone", action="pull"), play, ["/a b/x.yml"], "/a b")
    assert words[0] == "--extra-vars=@/a b/x.yml"
    given = json.loads(words[1].removeprefix("--extra-vars="))
    assert given == {"CONFIG_DIR": "/a b", "kolla_action": "pull"}
    assert words[2:] == ["--tags=keystone", "/p/site.yml"]


def test_what_removes_a_cloud_is_no_role() -> None:
    assert named("destroy.yml", ("kolla",), "kolla") is None
    assert named("destroy.yml", ("ceph",), "ceph") == ("ceph", "destroy")
