"""From the conductor's file, logins and NetBox to what Ironic is to have."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret

from osism.adapters import conductor as module
from osism.adapters.conductor import Conductor
from osism.adapters.logins import LoginsFile
from osism.adapters.vaulted import VaultedFile
from osism.domain.errors import Invalid, Misconfigured, NotFound, OutsideFailed
from osism.domain.netbox_nodes import NetboxNode
from osism.domain.nodes import WantedNode
from osism.domain.parameters import Revealed

PASSWORD = "correct horse battery"
SECRET = "vErY-s3cret"
PARAMETERS: dict[str, Any] = {
    "driver": "redfish",
    "driver_info": {
        "redfish_address": "https://{{ remote_board_address }}",
        "redfish_username": "{{ remote_board_username }}",
        "redfish_password": "{{ remote_board_password }}",
        "ipmi_address": "{{ remote_board_address }}",
        "deploy_kernel": "kernel",
        "cleaning_network": "cleaning",
    },
    "properties": {"cpu_arch": "x86_64"},
    "instance_info": {"image_source": "ubuntu", "capabilities": {"boot_option": "local"}},
    "boot_interface": "ipxe",
}
LOGINS = {"default": {"remote_board_username": "admin", "remote_board_password": SECRET}}


def vaulted(text: str) -> str:
    return VaultLib([("default", VaultSecret(PASSWORD.encode()))]).encrypt(text).decode()


class Cloud:
    """Keeps :class:`osism.domain.ports.Catalogues`."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.ids = {"kernel": "k-1", "ubuntu": "u-1", "cleaning": "c-1"}
        self.failure: Exception | None = None

    def image(self, name: str) -> str:
        self.asked.append(name)
        if self.failure:
            raise self.failure
        if "://" not in name and name not in self.ids:
            raise NotFound(f"Glance has no image {name!r}")
        return self.ids.get(name, name)

    network = image


class Site:
    """A conductor with its files."""

    def __init__(self, directory: Path) -> None:
        self.file, self.logins = directory / "conductor.yml", directory / "logins.yml"
        self.password: str | None = PASSWORD
        self.cloud = Cloud()
        self.conductor = Conductor(
            VaultedFile(self.file, lambda: self.password, "conductor", Revealed),
            LoginsFile(self.logins, lambda: self.password, "logins", ("role", "site")),
        )
        self.say(PARAMETERS)
        self.logins.write_text(yaml.safe_dump(LOGINS))

    def say(self, parameters: Any = None, text: str = "") -> None:
        self.file.write_text(text or yaml.safe_dump({"ironic_parameters": parameters}))
        os.utime(self.file, ns=(0, self.file.stat().st_mtime_ns + 1_000_000))

    def wanted(self, *boards: str, **fields: Any) -> WantedNode:
        node = NetboxNode(
            7, "node-7", site="fra1", role="compute", boards=boards or ("10.0.0.7",),
            macs=("aa:bb:cc:00:00:07",), fields=fields,
        )  # fmt: skip
        return self.conductor.wanted(node, self.cloud)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_a_node_of_file_logins_and_netbox(site: Site) -> None:
    found = site.wanted(netplan_parameters={"b": 1, "a": [2]})
    assert found == WantedNode(
        name="node-7",
        driver="redfish",
        driver_info={
            "redfish_address": "https://10.0.0.7",
            "redfish_username": "admin",
            "deploy_kernel": "k-1",
            "cleaning_network": "c-1",
        },
        secrets={"redfish_password": SECRET},
        properties={"cpu_arch": "x86_64"},
        extra={
            "instance_info": json.dumps(
                {"capabilities": {"boot_option": "local"}, "image_source": "u-1"}
            ),
            "netplan_parameters": '{"a": [2], "b": 1}',
        },
        resource_class="node-7",
        ports=("aa:bb:cc:00:00:07",),
        interfaces={"boot_interface": "ipxe"},
    )
    assert SECRET not in repr(found)
    assert type(found.secrets["redfish_password"]) is str


def test_netbox_wins_over_the_file_and_its_secrets_over_the_logins(site: Site) -> None:
    found = site.wanted(
        ironic_parameters={
            "driver": "ipmi",
            "driver_info": {"deploy_kernel": "http://x/k", "cleaning_network": "DELETE"},
            "resource_class": "big",
            "traits": ["CUSTOM_A"],
            "instance_info": "DELETE",
            "boot_interface": "DELETE",
        },
        secrets={"remote_board_username": "root"},
    )
    assert found.driver_info == {"ipmi_address": "10.0.0.7", "deploy_kernel": "http://x/k"}
    assert (found.resource_class, found.traits) == ("big", {"CUSTOM_A"})
    assert (found.extra, found.interfaces, found.secrets) == ({}, {}, {})
    assert "cleaning" not in site.cloud.asked


def test_the_login_that_is_more_particular_wins(site: Site) -> None:
    entries = {
        "default": {"remote_board_username": "a", "remote_board_password": "a" * 9},
        "role:compute": {"remote_board_username": "b", "remote_board_password": "b" * 9},
        "site:fra1": {"remote_board_password": "c" * 9},
        "site:fra2": {"remote_board_username": "d"},
    }
    site.logins.write_text(vaulted(yaml.safe_dump(entries)))
    found = site.wanted()
    assert found.driver_info["redfish_username"] == "b"
    assert found.secrets == {"redfish_password": "c" * 9}


def test_vaulted_texts_of_netbox_are_opened_once_and_stay_secret(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = {
        "secrets": {"remote_board_password": vaulted(SECRET + "\n")},
        "ironic_parameters": {"driver_info": {"redfish_system_id": vaulted("/s/1")}},
    }
    wanted = {"redfish_password": SECRET, "redfish_system_id": "/s/1"}
    assert site.wanted(**fields).secrets == wanted
    site.password = None
    assert site.wanted(**fields).secrets == wanted


@pytest.mark.parametrize(
    ("key", "secret"),
    [("redfish_password", True), ("snmp_community", True), ("ipmi_hex_kg_key", True),
     ("redfish_system_id", False)],
)  # fmt: skip
def test_secrets_are_known_by_their_names(site: Site, key: str, secret: bool) -> None:
    info = {"redfish_address": "https://x", key: "x"}
    site.say({"driver": "fake-hardware", "driver_info": info})
    assert (key in site.wanted().secrets) is secret


def test_a_value_vaulted_in_the_file_is_secret(site: Site) -> None:
    lines = "\n      ".join(vaulted("/s/1").splitlines())
    head = "ironic_parameters:\n  driver: fake-hardware\n  driver_info:\n    id: !vault |\n      "
    site.say(text=f"{head}{lines}\n")
    assert site.wanted().secrets == {"id": "/s/1"}


@pytest.mark.parametrize(
    ("board", "url", "plain"),
    [("10.0.0.7", "https://10.0.0.7", "10.0.0.7"), ("fd00::7", "https://[fd00::7]", "fd00::7")],
)
def test_addresses_in_urls_and_alone(site: Site, board: str, url: str, plain: str) -> None:
    assert site.wanted(board).driver_info["redfish_address"] == url
    found = site.wanted(board, ironic_parameters={"driver": "ipmi"})
    assert found.driver_info["ipmi_address"] == plain


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"ironic_parameters": "x"}, "'ironic_parameters': a mapping"),
        ({"secrets": ["x"]}, "'secrets': a mapping"),
        ({"ironic_parameters": {"driver_inf": {}}}, "did you mean 'driver_info'"),
        ({"ironic_parameters": {"driver": "DELETE"}}, "no driver"),
        (
            {"ironic_parameters": {"driver_info": {"redfish_address": "DELETE"}}},
            "no redfish_address, which the driver 'redfish' needs",
        ),
        (
            {"ironic_parameters": {"driver_info": {"redfish_address": "{{ x }}"}}},
            "looks like a template",
        ),
        ({"ironic_parameters": {"driver_info": {"deploy_kernel": "gone"}}}, "no image 'gone'"),
        ({"ironic_parameters": {"extra": {"a": vaulted("x")}}}, "extra.a is vaulted"),
        ({"secrets": {"remote_board_password": vaulted("x")[:-9]}}, "damaged"),
    ],
)
def test_what_is_wrong_with_one_node(site: Site, fields: Any, says: str) -> None:
    with pytest.raises(Invalid) as raised:
        site.wanted(**fields)
    assert says in str(raised.value)
    assert SECRET not in str(raised.value)
    site.wanted()


def test_a_node_without_an_address_is_wrong_only_where_it_is_needed(site: Site) -> None:
    node = NetboxNode(7, "node-7")
    with pytest.raises(Invalid, match="no out-of-band address"):
        site.conductor.wanted(node, site.cloud)
    two = NetboxNode(7, "node-7", boards=("10.0.0.1", "10.0.0.2", "fd00::1"))
    with pytest.raises(Invalid, match="several addresses"):
        site.conductor.wanted(two, site.cloud)
    both = NetboxNode(7, "node-7", boards=("fd00::1", "10.0.0.1"))
    info = site.conductor.wanted(both, site.cloud).driver_info
    assert info["redfish_address"] == "https://10.0.0.1"
    site.say({"driver": "fake-hardware"})
    assert site.conductor.wanted(node, site.cloud).driver_info == {}


def test_a_login_that_is_missing_is_named(site: Site) -> None:
    site.logins.unlink()
    with pytest.raises(Invalid, match=r"redfish_\w+ needs remote_board_\w+, and neither"):
        site.wanted()


def test_a_secret_cannot_go_where_everybody_sees_it(site: Site) -> None:
    site.say({"driver": "x", "extra": {"a": "{{ remote_board_password }}"}})
    with pytest.raises(Invalid, match=r"extra\.a would show a secret"):
        site.wanted()


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ name",
        "{{ name.format.__globals__ }}",
        "{{ 'x' * 9999999 }}",
    ],
)
def test_templates_stay_in_their_sandbox(site: Site, template: str) -> None:
    site.say({"driver": "x", "driver_info": {"a": template}})
    with pytest.raises(Invalid, match=r"^driver_info\.a: "):
        site.wanted()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "must be a mapping with the key ironic_parameters"),
        ("a: 1", "must be a mapping with the key ironic_parameters"),
        ("# x\nironic_parameters: []", "a mapping, line 2"),
        ("ironic_parameters:\n  driver: ipmi\n  traitz: x", "did you mean 'traits'?, line 3"),
        ("ironic_parameters:\n  driver: ipmi\n  driver: x", "stands twice, also in line 2, line 3"),
        ("ironic_parameters:\n  driver: [", "no valid YAML, line 2"),
        ("ironic_parameters:\n  driver: !python/object x", "no valid YAML, line 2"),
        (vaulted("a")[:-8], "damaged"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_file_is_told_with_its_line(site: Site, text: str, says: str) -> None:
    site.say(text=text or "#")
    with pytest.raises(Misconfigured) as raised:
        site.wanted()
    assert says in str(raised.value)
    assert str(site.file) in str(raised.value)


def test_a_file_that_is_not_there(site: Site) -> None:
    site.file.unlink()
    with pytest.raises(Misconfigured, match="setting conductor"):
        site.wanted()


def test_a_vaulted_file_can_have_aliases_and_merge_keys(site: Site) -> None:
    text = "a: &a {x: y}\nironic_parameters:\n  driver: x\n  properties: {<<: *a, x: z}\n"
    site.say(text=vaulted(text))
    assert site.wanted().properties == {"x": "z"}


def test_names_are_looked_up_once_and_again_when_the_file_changed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        site.wanted()
    assert sorted(site.cloud.asked) == ["cleaning", "kernel", "ubuntu"]
    site.cloud.ids["kernel"] = "k-2"
    assert site.wanted().driver_info["deploy_kernel"] == "k-1"
    site.say(PARAMETERS | {"properties": {}})
    assert site.wanted().driver_info["deploy_kernel"] == "k-2"
    site.cloud.ids["kernel"] = "k-3"
    site.conductor.forget()
    assert site.wanted().driver_info["deploy_kernel"] == "k-3"
    site.cloud.ids["kernel"] = "k-4"
    later = module.monotonic() + module.LIFE + 1
    monkeypatch.setattr(module, "monotonic", lambda: later)
    assert site.wanted().driver_info["deploy_kernel"] == "k-4"


def test_a_name_that_is_missing_is_not_asked_for_every_node(site: Site) -> None:
    del site.cloud.ids["kernel"]
    for _ in range(3):
        with pytest.raises(Invalid, match="no image 'kernel'"):
            site.wanted()
    assert site.cloud.asked == ["kernel"]


def test_a_cloud_that_is_away_is_not_the_nodes_mistake(site: Site) -> None:
    site.cloud.failure = OutsideFailed("Glance is away")
    with pytest.raises(OutsideFailed):
        site.wanted()
    site.cloud.failure = None
    site.wanted()
