"""NetBox's nodes as the inventory of bifrost."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from osism.actions.write_servers import write_servers
from osism.adapters.servers import ServersFile, Standalone
from osism.domain.errors import Misconfigured, NodesFailed, Refused
from osism.domain.jobs import WriteServers
from tests.fakes.sync import SECRET, Locks, Netbox, Parameters
from tests.fakes.work import RecordedWork


class Site:
    def __init__(self, directory: Path) -> None:
        self.netbox, self.parameters, self.locks = Netbox(), Parameters(), Locks()
        self.work = RecordedWork()
        self.file = ServersFile(directory / "overlays" / "servers.yml")
        for number in (1, 2):
            self.netbox.device(number)

    def write(self, dry_run: bool = False) -> Mapping[str, Any]:
        self.work.told.clear()
        return write_servers(
            WriteServers(dry_run), self.work, self.netbox, self.parameters, Standalone(),
            self.file, self.locks, 1,
        )  # fmt: skip

    @property
    def told(self) -> str:
        return "\n".join(str(each["text"]) for each in self.work.told)

    @property
    def servers(self) -> Any:
        return yaml.safe_load(self.file.path.read_text())


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_servers_in_the_form_of_bifrost(site: Site) -> None:
    site.parameters.more = {
        "extra": {"instance_info": '{"image_source": "http://x"}', "frr_parameters": "{}"},
        "properties": {"cpu_arch": "x86_64"},
    }
    site.netbox.device(3, enabled=False)
    assert site.write()["servers"] == 2
    assert list(site.servers) == ["node-1", "node-2"]
    assert site.servers["node-1"] == {
        "name": "node-1",
        "driver": "fake-hardware",
        "driver_info": {"address": "10.0.0.1", "password": SECRET},
        "nics": [{"mac": "aa:00:00:00:00:01"}],
        "properties": {"cpu_arch": "x86_64"},
        "resource_class": "node-1",
        "instance_info": {"image_source": "http://x"},
        "extra": {"frr_parameters": "{}"},
    }
    assert stat.S_IMODE(site.file.path.stat().st_mode) == 0o600
    assert site.file.read() == site.servers


def test_nothing_new_is_not_written_again(site: Site) -> None:
    site.write()
    before = site.file.path.stat()
    assert site.write()["changes"] == []
    after = site.file.path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert site.told == "2 servers, unchanged"


def test_a_dry_run_says_what_would_be_other_and_no_secret(site: Site) -> None:
    site.write(dry_run=True)
    assert not site.file.path.exists()
    assert "node-1: would be new" in site.told
    site.write()
    del site.netbox.devices[2]
    site.netbox.device(1, macs=("aa:00:00:00:00:11",))
    site.netbox.device(4)
    site.parameters.more = {
        "driver_info": {"address": "10.0.0.9", "ssh_password": "pLain"},
        "secrets": {"password": SECRET, "id": "OtHer"},
        "extra": {"instance_info": '{"user_data": "geheim"}'},
        "driver": "ipmi",
    }
    text = site.file.path.read_text()
    result = site.write(dry_run=True)
    assert result["changes"] == [
        ["node-1", "driver: fake-hardware -> ipmi"],
        ["node-1", "driver_info.address: 10.0.0.1 -> 10.0.0.9"],
        ["node-1", "driver_info.id: ******** -> ********"],
        ["node-1", "driver_info.ssh_password: None -> ********"],
        ["node-1", "instance_info: other"],
        ["node-1", "nics: aa:00:00:00:00:01 -> aa:00:00:00:00:11"],
        ["node-2", "gone"],
        ["node-4", "new"],
    ]
    assert site.file.path.read_text() == text
    for word in (SECRET, "pLain", "OtHer", "geheim"):
        assert word not in str(site.work.told) + str(result)


def test_one_that_cannot_be_is_left_out_and_told(site: Site) -> None:
    site.parameters.wrong = {"node-2": "no out-of-band address"}
    with pytest.raises(NodesFailed) as raised:
        site.write()
    assert raised.value.exit_code == 3
    assert "node-2: no out-of-band address" in str(raised.value)
    assert list(site.servers) == ["node-1"]


def test_what_kolla_ansible_would_render_is_refused(site: Site) -> None:
    site.parameters.more = {"properties": {"a": "{{ lookup('pipe', 'id') }}"}}
    with pytest.raises(NodesFailed, match=r"properties\.a looks like a template"):
        site.write()
    assert not site.file.path.exists()


def test_a_netbox_without_nodes_empties_no_file(site: Site) -> None:
    site.write()
    site.netbox.devices.clear()
    with pytest.raises(Refused, match="there are 2"):
        site.write()
    assert len(site.servers) == 2


def test_a_file_of_somebody_else_is_left_alone(site: Site) -> None:
    site.file.path.parent.mkdir()
    site.file.path.write_text("node-9: {}\n")
    with pytest.raises(Refused, match="was not made by this command"):
        site.write()
    assert site.file.path.read_text() == "node-9: {}\n"


def test_a_folder_that_cannot_be_written(site: Site) -> None:
    site.file.path.parent.write_text("a file where a folder is wanted")
    with pytest.raises(Misconfigured, match=r"servers\.yml"):
        site.write()


@pytest.mark.parametrize(
    ("name", "found"),
    [("http://x/k", "http://x/k"), ("file:///k", "file:///k"), ("/k", "/k"), ("kernel", None),
     ("01234567-89ab-cdef-0123-456789abcdef", None)],
)  # fmt: skip
def test_bifrost_knows_no_names(name: str, found: str | None) -> None:
    assert Standalone().image(name) == found
    assert Standalone().network(name) is None
