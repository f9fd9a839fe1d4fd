"""The configuration repository of a real cloud on one machine, as it is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.kolla import kolla
from tests.e2e.runs import Runs, RunsLab

REAL = Path(__file__).parents[1] / "data" / "cloud-in-a-box"
HOST = "cumulus"
SECRET = "n0-0ne-shall-see-this"
#: The weakest first.
FILES = ("configuration.yml", "images.yml", "secrets.yml")


class RealLab(RunsLab):
    workers = ("ansible", "kolla")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """The host's address needs a filter of the collection ansible.utils, which the runtime has."""
    runtime = kolla()
    directory = tmp_path_factory.mktemp("real")
    shutil.copytree(REAL, directory / "empty")
    settings = {
        "runtimes": {"kolla": runtime.runtime, "ansible": {"ansible": str(runtime.programs)}}
    }
    with RealLab(directory, settings) as lab:
        yield Runs(lab)


def read(*paths: str) -> dict[str, Any]:
    """Variables of files, later ones win; a file that there is not has none."""
    found: dict[str, Any] = {}
    for path in paths:
        if (REAL / path).is_file():
            found |= yaml.safe_load((REAL / path).read_text()) or {}
    return found


def wanted(environment: str) -> dict[str, Any]:
    """What a play of an environment has to see, in Ansible's order: groups, among them those of the
    folder that the play is in, then the host, then the layers."""
    groups = sorted((REAL / "inventory" / "group_vars" / "generic").glob("*.yml"))
    return read(
        *(str(each.relative_to(REAL)) for each in groups),
        f"environments/{environment}/group_vars/manager.yml",
        f"inventory/host_vars/{HOST}.yml",
        f"environments/{environment}/host_vars/{HOST}.yml",
        *(f"environments/{folder}{file}" for folder in ("", f"{environment}/") for file in FILES),
    )


def templated(value: Any) -> bool:
    return "{{" in json.dumps(value) or "{%" in json.dumps(value)


SHOW = {
    "hosts": HOST,
    "connection": "local",
    "gather_facts": False,
    "tasks": [
        {
            "name": "show",
            "ansible.builtin.copy": {
                "dest": "{{ into }}",
                "mode": "0600",
                "content": "{{ dict(names | zip(names | map('extract', vars))) | to_json }}",
            },
        }
    ],
}
#: What Ansible says of itself.
ITSELF = {
    "config_file": "{{ ansible_config_file }}",
    "user": "{{ lookup('config', 'DEFAULT_REMOTE_USER') }}",
    "keys": "{{ lookup('config', 'HOST_KEY_CHECKING') }}",
    "ansible_version_of_run": "{{ ansible_version.full }}",
}


def shown(site: Runs, environment: str, names: list[str]) -> Mapping[str, Any]:
    """The variables that a play of the environment sees."""
    into = site.lab.directory / f"{environment}.json"
    play = SHOW | {"vars": {"names": [*names, *ITSELF], "into": str(into), **ITSELF}}
    site.write(f"environments/{environment}/playbook-show.yml", yaml.safe_dump([play]))
    answer = site.osism("apply", "show", "-e", environment, "--format", "script")
    assert answer.code == 0, answer
    found: dict[str, Any] = json.loads(into.read_text())
    return found


@pytest.mark.parametrize("environment", ["custom", "manager", "kolla"])
def test_a_play_sees_the_variables_of_all_layers(site: Runs, environment: str) -> None:
    expected = {k: v for k, v in wanted(environment).items() if not templated(v)}
    found = shown(site, environment, [*expected, "ansible_host", "monitor_address"])
    assert len(expected) > 40
    assert {name: found[name] for name in expected} == expected
    # A template of a group's variable that needs a host's.
    assert found["monitor_address"] == "192.168.16.10"
    found_cfg = Path(found["config_file"]).relative_to(site.environments)
    if environment == "manager":  # has one of its own
        assert str(found_cfg) == "manager/ansible.cfg"
        assert (found["user"], found["keys"]) == ("dragon", False)
    else:  # the common one has nothing but comments
        assert str(found_cfg) == "ansible.cfg"
        assert (found["user"], found["keys"]) == (None, True)
    # Ansible itself takes group_vars beside a play: the manager's own say localhost.
    address = "localhost" if environment == "manager" else "192.168.16.10"
    assert found["ansible_host"] == address


def test_layers_differ(site: Runs) -> None:
    """What only one environment says, others do not see."""
    only = set(read("environments/kolla/configuration.yml")) - set(wanted("custom"))
    assert "enable_magnum" in only
    found = shown(site, "kolla", ["enable_magnum", "docker_version"])
    assert (found["enable_magnum"], found["docker_version"]) == ("yes", "5:27.5.1")
    asked = SHOW | {"vars": {"names": ["enable_magnum"], "into": "/dev/null"}}
    site.write("environments/custom/playbook-show.yml", yaml.safe_dump([asked]))
    assert site.osism("apply", "show", "-e", "custom").code == 2


def test_what_can_be_applied_is_listed(site: Runs) -> None:
    answer = site.osism("apply")
    assert answer.code == 0, answer
    assert {"generic:", "kolla:", "manager:"} <= set(answer.out.splitlines())
    listed = site.osism("apply", "--format", "json").json["environments"]
    assert {"keystone", "certificates", "nova", "ovn"} <= set(listed["kolla"])
    assert {"facts", "ping"} <= set(listed["generic"])
    assert site.osism("apply", "nova", "-a", "precheck", "--dry-run").code == 0


def test_its_host_has_its_variables(site: Runs) -> None:
    assert HOST in json.dumps(site.osism("get", "hosts", "-f", "json").json)
    told = site.osism("get", "hostvars", HOST, "node_id", "-f", "json")
    assert (told.code, "10" in told.out) == (0, True)


def test_the_ansible_cfg_that_sites_are_given(site: Runs) -> None:
    """It names plugins, keys and a Redis of another image; what is ours to say, we say."""
    text = (REAL.parent / "defaults" / "ansible.cfg").read_text()
    log = site.lab.directory / "ansible.log"
    file = site.environments / "ansible.cfg"
    before = file.read_text()
    site.write("environments/secrets.yml", f"database_password: {SECRET}\n")
    site.write("environments/ansible.cfg", text.replace("/ansible/logs/ansible.log", str(log)))
    show = {"name": "show", "ansible.builtin.debug": {"msg": "{{ database_password }}"}}
    facts = {"name": "facts", "ansible.builtin.debug": {"msg": "{{ ansible_facts.kernel }}"}}
    forks = {"name": "forks", "ansible.builtin.debug": {"msg": "{{ ansible_forks }} forks"}}
    play = {"hosts": HOST, "connection": "local", "tasks": [facts, show, forks]}
    site.write("environments/custom/playbook-given.yml", yaml.safe_dump([play]))
    try:
        answer = site.osism("apply", "given", "--format", "script")
    finally:
        file.write_text(before)
        (site.environments / "secrets.yml").unlink()
    assert answer.code == 0, answer
    assert "16 forks" in answer.out, "it counts"
    assert "WARNING" not in answer.out
    assert "********" in answer.out
    assert SECRET not in answer.out
    assert not log.exists(), "Ansible's own log is not masked"
