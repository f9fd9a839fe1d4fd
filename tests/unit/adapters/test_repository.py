"""The configuration repository's folder ``netbox/``, as files in a directory."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from osism.adapters.repository import LARGEST, FileRepository
from osism.domain.definitions import PortDefinition
from osism.domain.errors import Invalid, Misconfigured, NotFound
from osism.domain.intents import SwitchIntent
from osism.domain.inventory import Device, Port

Site = Callable[..., FileRepository]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Files below ``netbox/`` from their texts: ``site({"rack-1/node-1/a.yaml": "..."})``."""

    def make(files: dict[str, str | bytes]) -> FileRepository:
        (tmp_path / "netbox").mkdir(exist_ok=True)
        for name, text in files.items():
            file = tmp_path / "netbox" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return FileRepository(tmp_path)

    return make


def cable(device: str, near: str, far: str, more: str = "") -> str:
    """A definition with one cable: ``cable("node-1", "Ethernet0", "leaf-1:Ethernet5")``."""
    there, interface = far.split(":")
    return (
        f"{device}:\n  {near}:\n    type: cat6a\n    device: {there}\n    interface: {interface}\n"
        f"{more}"
    )


NODE_1 = {"rack-1/node-1/a.yaml": cable("node-1", "Ethernet0", "leaf-1:Ethernet5")}


def mistake(repository: FileRepository, folder: str = "node-1") -> str:
    with pytest.raises(Invalid) as raised:
        repository.definitions(folder)
    return str(raised.value)


# --- collections ----------------------------------------------------------------------------------


def test_collections_and_their_devices(site: Site) -> None:
    repository = site(
        {
            "rack-2/node-3/a.yaml": "",
            "rack-1/node-2/a.yaml": "",
            "rack-1/node-1/a.yaml": "",
            "rack-1/a.yaml": "",
            "templates/default.cfg.j2": "",
            "device-types/Edgecore/x.yaml": "",
            "resources/100-sites.yaml": "",
            ".git/hooks/a.yaml": "",
            "rack-1/.cache/a.yaml": "",
            "README.md": "",
        }
    )
    assert repository.collections() == {"rack-1": ["node-1", "node-2"], "rack-2": ["node-3"]}


def test_a_collection_without_devices(site: Site) -> None:
    assert site({"rack-1/a.yaml": ""}).collections() == {"rack-1": []}


def test_without_the_folder_the_setting_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="OSISM_CONFIGURATION names the configuration"):
        FileRepository(tmp_path).collections()
    with pytest.raises(Misconfigured):
        FileRepository(tmp_path).definitions("node-1")


# --- definitions ----------------------------------------------------------------------------------


def test_the_states_of_a_device(site: Site) -> None:
    found = site(
        {
            "rack-1/node-1/a.yaml": "node-1:",
            "rack-1/node-1/c.yaml": cable("node-1", "Ethernet0", "leaf-1:Ethernet5"),
            "rack-1/node-1/provisioned2.yaml": "node-1: {}",
            "rack-1/node-1/notes.txt": "",
            "rack-1/node-1/two words.yaml": "",
            "rack-1/node-1/b.yml": "",
        }
    ).definitions("node-1")
    assert (found.collection, found.folder, found.devices) == ("rack-1", "node-1", ("node-1",))
    assert sorted(found.states) == ["a", "c", "provisioned2"]
    port = found.of("node-1")["c"].interfaces["Ethernet0"]
    assert isinstance(port, PortDefinition)
    assert port.far == Port("leaf-1", "Ethernet5")
    assert str(port.place) == "netbox/rack-1/node-1/c.yaml:2"


def test_several_devices_in_one_file(site: Site) -> None:
    found = site(
        {
            "rack-1/node-1/a.yaml": cable("node-1", "Ethernet0", "leaf-1:Ethernet5")
            + cable("node-2", "Ethernet0", "leaf-1:Ethernet6"),
            "rack-1/node-1/c.yaml": "node-1: {}",
        }
    ).definitions("node-1")
    assert found.devices == ("node-1", "node-2")
    assert sorted(found.of("node-2")) == ["a"]


def test_names_are_names_and_not_patterns(site: Site) -> None:
    # An older product looked for "{device}.yaml", literally, and never found it.
    repository = site(NODE_1)
    assert repository.definitions("node-1").folder == "node-1"
    for name in ("{device}", "node-?", "node-*", "[n]ode-1"):
        with pytest.raises(Invalid, match="not a valid name"):
            repository.definitions(name)


@pytest.mark.parametrize("name", ["../x", "..", ".", "", "/etc", "rack-1/node-1", "a\0b", "ä"])
def test_a_name_that_leads_elsewhere(site: Site, name: str) -> None:
    with pytest.raises(Invalid, match="not a valid name"):
        site(NODE_1).definitions(name)


def test_a_device_that_is_not_there(site: Site) -> None:
    repository = site({**NODE_1, "templates/node-7/a.yaml": "node-7:", ".git/node-8/a.yaml": ""})
    with pytest.raises(NotFound, match="no device 'node-11'; did you mean 'node-1'"):
        repository.definitions("node-11")
    for name in ("node-7", "node-8"):
        with pytest.raises(NotFound):
            repository.definitions(name)


def test_a_folder_without_a_definition(site: Site) -> None:
    with pytest.raises(NotFound, match="netbox/rack-1/node-1 holds no state definition"):
        site({"rack-1/node-1/README.md": ""}).definitions("node-1")


def test_state_0_cannot_be_defined(site: Site) -> None:
    said = mistake(site({"rack-1/node-1/0.yaml": "node-1:"}))
    assert said == "netbox/rack-1/node-1/0.yaml: state '0' is reserved for new devices"


@pytest.mark.parametrize("text", ["", "# nothing", "[node-1]", "node-1", "node-2: {}", "1: {}"])
def test_a_file_that_does_not_speak_of_its_folders_device(site: Site, text: str) -> None:
    assert mistake(site({"rack-1/node-1/a.yaml": text})) == (
        "netbox/rack-1/node-1/a.yaml:1: a mapping with the key 'node-1' is wanted, "
        "as the folder says"
    )


def test_a_mistake_names_file_and_line(site: Site) -> None:
    text = cable("node-1", "Ethernet0", "leaf-1:Ethernet5", "    vlans:\n      4095: tagged\n")
    assert mistake(site({"rack-1/node-1/a.yaml": f"# a comment\n{text}"})) == (
        "netbox/rack-1/node-1/a.yaml:8: device 'node-1', interface 'Ethernet0', vlans: "
        "4095 is not a VLAN id from 1 to 4094"
    )


def test_a_mistake_in_another_state_is_found_too(site: Site) -> None:
    files = {**NODE_1, "rack-1/node-1/c.yaml": "node-1: {Ethernet0: {type: cat99}}"}
    assert mistake(site(files)).startswith("netbox/rack-1/node-1/c.yaml:1: ")


@pytest.mark.parametrize("key", ["../node-2", "node 2", "2", "on", "~", "knoten-ä"])
def test_a_device_with_a_name_that_is_no_file_name(site: Site, key: str) -> None:
    said = mistake(site({"rack-1/node-1/a.yaml": f"node-1: {{}}\n{key}: {{}}\n"}))
    assert said.startswith("netbox/rack-1/node-1/a.yaml:2: device ")
    assert "not a valid name" in said


# --- values of the collection ---------------------------------------------------------------------

COMMON = """
Ethernet0:
  type: cat6a
  device: leaf-1
  data: {mtu: 9100, description: first}
  vlans: {100: untagged}
"""


def test_values_of_the_collection_lie_below_the_devices(site: Site) -> None:
    own = "node-1:\n  Ethernet0: {interface: Ethernet5, data: {mtu: 1500}, vlans: {200: tagged}}\n"
    found = site({"rack-1/a.yaml": COMMON, "rack-1/node-1/a.yaml": own}).definitions("node-1")
    port = found.states["a"]["node-1"].interfaces["Ethernet0"]
    assert isinstance(port, PortDefinition)
    assert port.far == Port("leaf-1", "Ethernet5")
    assert port.data == {"mtu": 1500, "description": "first"}
    assert (port.vlans.untagged, port.vlans.tagged) == (100, {200})


def test_values_of_the_collection_are_for_its_state_only(site: Site) -> None:
    files = {"rack-1/c.yaml": COMMON, "rack-1/node-1/a.yaml": "node-1:"}
    assert not site(files).definitions("node-1").states["a"]["node-1"].interfaces


def test_values_of_the_collection_are_for_every_device_of_a_file(site: Site) -> None:
    lo = "lo: {type: virtual}"
    found = site({"rack-1/a.yaml": lo, "rack-1/node-1/a.yaml": "node-1:\nnode-2: {}\n"})
    devices = found.definitions("node-1").states["a"].values()
    assert [list(each.interfaces) for each in devices] == [["lo"], ["lo"]]


def test_values_of_another_collection_do_not_matter(site: Site) -> None:
    files = {"rack-2/a.yaml": COMMON, "rack-1/node-1/a.yaml": "node-1:"}
    assert not site(files).definitions("node-1").states["a"]["node-1"].interfaces


@pytest.mark.parametrize("text", ["", "{}", "# nothing"])
def test_a_collection_without_values(site: Site, text: str) -> None:
    assert site({**NODE_1, "rack-1/a.yaml": text}).definitions("node-1")


def test_a_mistake_in_the_collections_values_names_its_file(site: Site) -> None:
    files = {"rack-1/a.yaml": "\nEthernet0:\n  mtu: 1\n  type: cat6a\n", **NODE_1}
    assert mistake(site(files)).startswith("netbox/rack-1/a.yaml:3: device 'node-1', interface ")


def test_collection_values_that_are_a_list(site: Site) -> None:
    assert mistake(site({**NODE_1, "rack-1/a.yaml": "[1]"})) == (
        "netbox/rack-1/a.yaml:1: a mapping from interfaces to their values is wanted"
    )


def test_one_far_port_for_every_device_of_a_collection(site: Site) -> None:
    files = {
        "rack-1/a.yaml": COMMON,
        "rack-1/node-1/a.yaml": "node-1:\n  Ethernet0: {interface: Ethernet5}",
        "rack-1/node-2/a.yaml": "node-2:\n  Ethernet0: {interface: Ethernet5}",
        "rack-1/node-3/a.yaml": "node-3:\n  Ethernet0: {interface: Ethernet6}",
    }
    repository = site(files)
    assert "leaf-1:Ethernet5 is claimed at" in mistake(repository)
    assert repository.definitions("node-3")


# --- a device in two places -----------------------------------------------------------------------


def test_a_device_in_two_collections(site: Site) -> None:
    files = {**NODE_1, "rack-2/node-1/c.yaml": "node-1:"}
    assert mistake(site(files)) == (
        "device 'node-1' is in 2 collections (netbox/rack-1/node-1, netbox/rack-2/node-1); "
        "it can be in one"
    )


def test_a_device_in_a_file_that_has_a_folder_of_its_own(site: Site) -> None:
    files = {
        "rack-1/node-1/a.yaml": "node-1:\nnode-2:\n",
        "rack-2/node-2/a.yaml": "node-2:\n",
    }
    assert mistake(site(files)) == (
        "netbox/rack-1/node-1/a.yaml:2: device 'node-2' has a folder of its own "
        "(netbox/rack-2/node-2); it can be defined in one place"
    )
    # and from the other side
    assert mistake(site(files), "node-2") == (
        "netbox/rack-1/node-1/a.yaml:2: device 'node-2' is defined at "
        "netbox/rack-2/node-2/a.yaml:1 already; it can be defined in one place"
    )


@pytest.mark.parametrize("other", ["a", "c"])
@pytest.mark.parametrize("key", ["node-9:", '"node-9" :', "{node-2: {}, node-9: {}}"])
def test_a_device_in_files_of_two_folders(site: Site, other: str, key: str) -> None:
    text = key if key.startswith("{") else f"node-2:\n{key}\n"
    files = {"rack-1/node-1/a.yaml": "node-1:\nnode-9:\n", f"rack-2/node-2/{other}.yaml": text}
    said = mistake(site(files))
    assert f"netbox/rack-2/node-2/{other}.yaml" in said
    assert "device 'node-9' is defined at netbox/rack-1/node-1/a.yaml:2 already" in said


def test_a_device_that_others_only_lead_to(site: Site) -> None:
    files = {**NODE_1, "rack-2/leaf-1/a.yaml": "leaf-1:\n"}
    repository = site(files)
    assert repository.definitions("leaf-1")
    assert repository.definitions("node-1")


# --- two definitions for one port -----------------------------------------------------------------


def test_two_devices_of_one_file_claim_one_port(site: Site) -> None:
    text = NODE_1["rack-1/node-1/a.yaml"] + cable("node-2", "Ethernet0", "leaf-1:Ethernet5")
    assert mistake(site({"rack-1/node-1/a.yaml": text})) == (
        "netbox/rack-1/node-1/a.yaml:7: device 'node-2', interface 'Ethernet0': leaf-1:Ethernet5 "
        "is claimed at netbox/rack-1/node-1/a.yaml:2 already (leaf-1:Ethernet5 to "
        "node-1:Ethernet0); a port has one definition"
    )


@pytest.mark.parametrize("collection", ["rack-1", "rack-2"])
def test_two_folders_claim_one_port(site: Site, collection: str) -> None:
    other = f"{collection}/node-2/a.yaml"
    repository = site({**NODE_1, other: cable("node-2", "Ethernet7", "leaf-1:Ethernet5")})
    for name in ("node-1", "node-2"):
        said = mistake(repository, name)
        assert "leaf-1:Ethernet5 is claimed at" in said
        assert "netbox/rack-1/node-1/a.yaml:2" in said
        assert f"netbox/{other}:2" in said


def test_a_port_and_its_own_device_claim_it_differently(site: Site) -> None:
    files = {**NODE_1, "rack-1/leaf-1/a.yaml": cable("leaf-1", "Ethernet5", "node-9:Ethernet0")}
    repository = site(files)
    assert "leaf-1:Ethernet5 is claimed at" in mistake(repository, "node-1")
    assert "leaf-1:Ethernet5 is claimed at" in mistake(repository, "leaf-1")


def test_a_cable_told_from_both_ends(site: Site) -> None:
    files = {**NODE_1, "rack-1/leaf-1/a.yaml": cable("leaf-1", "Ethernet5", "node-1:Ethernet0")}
    repository = site(files)
    assert repository.definitions("node-1")
    assert repository.definitions("leaf-1")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("another state", cable("node-2", "Ethernet0", "leaf-1:Ethernet5")),
        ("another port", cable("node-2", "Ethernet0", "leaf-1:Ethernet55")),
        ("a lane of it", cable("node-2", "Ethernet0", "leaf-1:Ethernet5/1")),
        ("another device", cable("node-2", "Ethernet0", "leaf-11:Ethernet5")),
        ("the other way round", cable("node-2", "Ethernet5", "leaf-1:Ethernet0")),
    ],
)
def test_what_is_no_second_definition(site: Site, name: str, text: str) -> None:
    state = "c" if name == "another state" else "a"
    repository = site({**NODE_1, f"rack-1/node-2/{state}.yaml": text})
    assert repository.definitions("node-1")
    assert repository.definitions("node-2")


@pytest.mark.parametrize(
    "broken",
    [
        b"node-2: {leaf-1: Ethernet5",
        b"node-2: [leaf-1, Ethernet5]",
        b"\xff leaf-1 Ethernet5",
        b"[leaf-1, Ethernet5]",
        b"node-2: {Ethernet0: {type: nonsense, device: leaf-1, interface: Ethernet5}}",
        b"node-1:\n\t- x",
    ],
)
def test_a_broken_file_stops_its_own_device_only(site: Site, broken: bytes) -> None:
    repository = site({**NODE_1, "rack-1/node-2/a.yaml": broken})
    assert repository.definitions("node-1")
    with pytest.raises(Invalid):
        repository.definitions("node-2")


def test_a_file_that_was_changed_is_read_again(site: Site, tmp_path: Path) -> None:
    other = "rack-1/node-2/a.yaml"
    conflict = {other: cable("node-2", "Ethernet0", "leaf-1:Ethernet5")}
    repository = site({**NODE_1, **conflict})
    assert "leaf-1:Ethernet5 is claimed" in mistake(repository)
    site({other: cable("node-2", "Ethernet0", "leaf-1:Ethernet6")})
    os.utime(tmp_path / "netbox" / other, (1, 1))
    assert repository.definitions("node-1")
    site(conflict)
    os.utime(tmp_path / "netbox" / other, (2, 2))
    assert "leaf-1:Ethernet5 is claimed" in mistake(repository)
    (tmp_path / "netbox" / other).unlink()
    assert repository.definitions("node-1")


# --- files that are no state definition -----------------------------------------------------------

#: name -> (the file, what is said behind the file's name)
BROKEN: dict[str, tuple[str | bytes, str]] = {
    "not YAML": ("node-1:\n  Ethernet0: {type: cat6a\n", ":3: not valid YAML: "),
    "tab": ("node-1:\n\tEthernet0: {}", ":2: not valid YAML: "),
    "control character": (
        "node-1: {}\n# \x07", ":2: not valid YAML: a control character ('\\x07')",
    ),
    "NUL": ("node-1: {}\0", ":1: not valid YAML: a control character"),
    "two documents": ("node-1: {}\n---\nnode-1: {}\n", ":2: a file holds one document"),
    "unknown alias": ("node-1:\n  lo: *lo\n", ":2: nothing is named &lo before this"),
    "alias of itself": ("node-1: &a\n  lo: *a\n", ":2: nothing is named &a before this"),
    "not UTF-8": (b"node-1: {}\n# \xfc", ": not UTF-8 at byte 13"),
    "UTF-16": ("node-1: {}".encode("utf-16"), ": not UTF-8 at byte 0"),
    "key twice": (
        "node-1:\n  lo: {type: virtual}\n  lo: {type: virtual}\n",
        ":3: 'lo' stands twice (first in line 2)",
    ),
    "device twice": ("node-1:\nnode-1:\n", ":2: 'node-1' stands twice (first in line 1)"),
    "VLAN twice": (
        "node-1: {lo: {type: virtual, vlans: {100: untagged, 100: tagged}}}",
        ":1: 100 stands twice",
    ),
    "list as a key": ("node-1: {}\n[a]: 1\n", ":2: a key is a name or a number"),
    "mapping as a key": ("node-1: {}\n? {a: b}\n: 1\n", ":2: a key is a name or a number"),
    "alias as a key": ("node-1: &a x\n*a : 1\n", ":2: a key is a name or a number"),
    "merge": ("x: &x {}\nnode-1:\n  <<: *x\n", ":3: '<<' is not supported here; use an alias"),
    "Python object": (
        "node-1: !!python/object/apply:os.system [reboot]", ":1: the tag tag:yaml.org,2002:python",
    ),
    "Python name": ("node-1: !!python/name:os.system x", ":1: the tag tag:yaml.org,2002:python"),
    "own tag": ("node-1: {lo: !vault 'x'}", ":1: the tag !vault is not supported"),
    "set": ("node-1: !!set {a}", ":1: the tag tag:yaml.org,2002:set is not supported"),
    "binary": ("node-1: !!binary aGk=", ":1: the tag tag:yaml.org,2002:binary is not supported"),
    "list by a tag": ("node-1: !!seq x", ":1: the tag tag:yaml.org,2002:seq is not supported"),
    "no number": ("node-1: !!int x", ":1: 'x' is not a valid int"),
    "no number at all": ("node-1: !!int ''", ":1: '' is not a valid int"),
    "no truth value": ("node-1: !!bool maybe", ":1: 'maybe' is not a valid bool"),
    "infinite": ("node-1: .inf", ":1: '.inf' is not a valid float"),
    "not a number": ("node-1: .nan", ":1: '.nan' is not a valid float"),
    "endless number": (f"node-1: {'9' * 5000}", ":1: '999"),
    "nested lists": ("[" * 100, ":1: nested more than 32 levels deep"),
    "nested mappings": ("{a: " * 100, ":1: nested more than 32 levels deep"),
    "nested blocks": ("- " * 100, ":1: nested more than 32 levels deep"),
    "nested without end": ("[" * 1_000_000, ":1: nested more than 32 levels deep"),
    "nested by aliases": (
        "x0: &x0 [1]\n" + "".join(f"x{n}: &x{n} [*x{n - 1}]\n" for n in range(1, 50)),
        ":31: nested more than 32 levels deep",
    ),
    "aliases bomb": (
        "a: &a [1,1,1,1,1,1,1,1,1,1]\n"
        + "".join(
            f"{b}: &{b} [{','.join([f'*{a}'] * 10)}]\n"
            for a, b in zip("abcdefgh", "bcdefghi", strict=True)
        ),
        ":6: too large once its aliases are unfolded",
    ),
    "aliases bomb of mappings": (
        "a: &a {x: 1, y: 2}\n"
        + "".join(f"{b}: &{b} {{x: *{a}, y: *{a}}}\n" for a, b in zip(
            "abcdefghijklmnopqrstuvwx", "bcdefghijklmnopqrstuvwxy", strict=True)),
        ": too large once its aliases are unfolded",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_read(site: Site, name: str) -> None:
    text, said = BROKEN[name]
    message = mistake(site({"rack-1/node-1/a.yaml": text}))
    assert message.startswith("netbox/rack-1/node-1/a.yaml:")
    assert said in message
    assert "\n" not in message
    assert len(message) < 300


def test_a_bomb_is_refused_at_once(site: Site) -> None:
    repository = site({"rack-1/node-1/a.yaml": BROKEN["aliases bomb"][0]})
    begun = time.process_time()
    mistake(repository)
    assert time.process_time() - begun < 1


def test_a_huge_file(site: Site, tmp_path: Path) -> None:
    repository = site(NODE_1)
    with (tmp_path / "netbox/rack-1/node-1/a.yaml").open("ab") as file:
        file.truncate(LARGEST + 1)
    assert mistake(repository) == "netbox/rack-1/node-1/a.yaml: larger than 4 MiB"


# --- what YAML may do -----------------------------------------------------------------------------


def test_an_alias_stands_for_a_whole_value(site: Site) -> None:
    text = """
node-1:
  Ethernet0: {type: cat6a, device: leaf-1, interface: Ethernet5, data: &data {mtu: 9100}}
  Ethernet1: {type: cat6a, device: leaf-1, interface: Ethernet6, data: *data}
"""
    found = site({"rack-1/node-1/a.yaml": text}).definitions("node-1").states["a"]["node-1"]
    assert found.interfaces["Ethernet1"].data == {"mtu": 9100}
    assert found.interfaces["Ethernet1"].place.line == 4


def test_a_mistake_behind_an_alias_names_the_line_where_it_is_written(site: Site) -> None:
    text = "node-1:\n  lo: &lo\n    type: virtual\n    data: {mtu: 0}\n  lo2: *lo\n"
    assert mistake(site({"rack-1/node-1/a.yaml": text})).startswith(
        "netbox/rack-1/node-1/a.yaml:4: device 'node-1', interface 'lo', data.mtu: "
    )


@pytest.mark.parametrize(
    "text",
    [
        "node-1: {lo: {type: virtual, data: {description: 'Büro ☎ 東京'}}}",
        "\ufeffnode-1: {lo: {type: virtual, data: {description: 'Büro ☎ 東京'}}}",
        "node-1:\r\n  lo:\r\n    type: virtual\r\n    data: {description: Büro ☎ 東京}\r\n",
        '%YAML 1.1\n---\n"node-1": {"lo": {"type": !!str virtual, "data": '
        '{"description": "B\\u00fcro ☎ 東京"}}}\n...\n',
    ],
)
def test_unicode(site: Site, text: str) -> None:
    found = site({"rack-1/node-1/a.yaml": text}).definitions("node-1").states["a"]["node-1"]
    assert found.interfaces["lo"].data == {"description": "Büro ☎ 東京"}


def test_a_date_is_a_text_as_netbox_takes_it(site: Site) -> None:
    text = "node-1: {lo: {type: virtual, data: {custom_fields: {since: 2024-01-31, x: 0x1F}}}}"
    found = site({"rack-1/node-1/a.yaml": text}).definitions("node-1").states["a"]["node-1"]
    assert found.interfaces["lo"].data == {"custom_fields": {"since": "2024-01-31", "x": 31}}


# --- links ----------------------------------------------------------------------------------------


@pytest.fixture
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outside")
    (folder / "a.yaml").write_text("node-1: {}\nsecret: 1\n")
    return folder


def test_a_file_that_is_a_link_out_of_the_repository(
    site: Site, tmp_path: Path, outside: Path
) -> None:
    repository = site({"rack-1/node-1/c.yaml": "node-1:"})
    (tmp_path / "netbox/rack-1/node-1/a.yaml").symlink_to(outside / "a.yaml")
    assert mistake(repository) == (
        "netbox/rack-1/node-1/a.yaml: leads out of the configuration repository"
    )


@pytest.mark.parametrize("link", ["rack-1/node-1", "rack-1"])
def test_a_folder_that_is_a_link_out_of_the_repository(
    site: Site, tmp_path: Path, outside: Path, link: str
) -> None:
    repository = site({"rack-2/node-2/a.yaml": "node-2:"})
    target = outside if link.endswith("node-1") else outside.parent / f"{outside.name}-2"
    if target != outside:
        (target / "node-1").mkdir(parents=True)
        (target / "node-1/a.yaml").write_text("node-1: {}\n")
    (tmp_path / "netbox" / link).parent.mkdir(exist_ok=True)
    (tmp_path / "netbox" / link).symlink_to(target)
    assert "leads out of the configuration repository" in mistake(repository)
    assert repository.definitions("node-2")


def test_the_collections_file_that_is_a_link_out_of_the_repository(
    site: Site, tmp_path: Path, outside: Path
) -> None:
    repository = site(NODE_1)
    (tmp_path / "netbox/rack-1/a.yaml").symlink_to(outside / "a.yaml")
    assert mistake(repository).startswith("netbox/rack-1/a.yaml: leads out of")


def test_a_link_within_the_repository(site: Site, tmp_path: Path) -> None:
    repository = site({"rack-1/node-1/c.yaml": "node-1: {}"})
    (tmp_path / "netbox/rack-1/node-1/a.yaml").symlink_to("c.yaml")
    assert sorted(repository.definitions("node-1").states) == ["a", "c"]


def test_a_repository_that_is_itself_a_link(site: Site, tmp_path: Path) -> None:
    site(NODE_1)
    link = tmp_path.parent / f"{tmp_path.name}-link"
    link.symlink_to(tmp_path)
    assert FileRepository(link).definitions("node-1").devices == ("node-1",)


@pytest.mark.parametrize("target", ["a.yaml", "b.yaml"])
def test_a_link_to_itself_or_to_nothing(site: Site, tmp_path: Path, target: str) -> None:
    repository = site({"rack-1/node-1/c.yaml": "node-1:"})
    (tmp_path / "netbox/rack-1/node-1/a.yaml").symlink_to(target)
    with pytest.raises(Misconfigured, match=r"netbox/rack-1/node-1/a\.yaml: cannot be read"):
        repository.definitions("node-1")


def test_what_is_no_file(site: Site, tmp_path: Path) -> None:
    repository = site({"rack-1/node-1/c.yaml": "node-1:"})
    os.mkfifo(tmp_path / "netbox/rack-1/node-1/a.yaml")
    assert mistake(repository) == "netbox/rack-1/node-1/a.yaml: not a file"


def test_a_folder_with_the_name_of_a_file(site: Site) -> None:
    files = {"rack-1/node-1/c.yaml": "node-1:", "rack-1/node-1/a.yaml/x": ""}
    assert mistake(site(files)) == "netbox/rack-1/node-1/a.yaml: not a file"


# --- what is imported -----------------------------------------------------------------------------

TYPES = {
    "device-types/Edgecore/7726.yaml": "manufacturer: Edgecore\nmodel: 7726\n",
    "device-types/Arista/7050.yml": "model: 7050\n",
    "device-types/README.md": "",
    "resources/200-racks.yaml": "- rack: {name: r1}\n",
    "resources/100-sites.yaml": "- site: {name: here, since: 2024-01-31}\n",
}


def documents(repository: FileRepository, *paths: str) -> list[str]:
    return [name for name, _ in repository.documents(paths)]


def test_device_types_then_resources_by_name(site: Site) -> None:
    assert documents(site(TYPES)) == [
        "netbox/device-types/Arista/7050.yml",
        "netbox/device-types/Edgecore/7726.yaml",
        "netbox/resources/100-sites.yaml",
        "netbox/resources/200-racks.yaml",
    ]


def test_the_values_of_what_is_imported(site: Site) -> None:
    assert list(site(TYPES).documents(["resources/100-sites.yaml"])) == [
        ("netbox/resources/100-sites.yaml", [{"site": {"name": "here", "since": "2024-01-31"}}])
    ]


def test_without_anything_to_import(site: Site) -> None:
    assert documents(site({})) == []


@pytest.mark.parametrize(
    "path",
    [
        "resources",
        "netbox/resources",
        "./resources/",
        "device-types/../resources",
        "../netbox/resources",
    ],
)
def test_files_and_folders_by_name(site: Site, path: str) -> None:
    assert documents(site(TYPES), path) == [
        "netbox/resources/100-sites.yaml",
        "netbox/resources/200-racks.yaml",
    ]


def test_a_path_from_the_root_of_the_machine(site: Site, tmp_path: Path) -> None:
    path = str(tmp_path / "netbox/resources/100-sites.yaml")
    assert documents(site(TYPES), path) == ["netbox/resources/100-sites.yaml"]


@pytest.mark.parametrize("path", ["../../etc", "/etc/passwd", "../..", "resources/../../.."])
def test_a_path_that_leads_out(site: Site, path: str) -> None:
    with pytest.raises(Invalid, match="leads out of the configuration repository"):
        documents(site(TYPES), path)


@pytest.mark.parametrize("path", ["resources/x.yaml", "x" * 5000, "a\0b", "{path}"])
def test_a_path_that_is_not_there(site: Site, path: str) -> None:
    with pytest.raises(NotFound):
        documents(site(TYPES), path)


def test_a_link_in_what_is_imported(site: Site, tmp_path: Path, outside: Path) -> None:
    repository = site(TYPES)
    (tmp_path / "netbox/resources/300-secret.yaml").symlink_to(outside / "a.yaml")
    with pytest.raises(Invalid, match="leads out of the configuration repository"):
        documents(repository)


# --- templates ------------------------------------------------------------------------------------


def test_templates_come_from_their_folder(site: Site) -> None:
    repository = site({"templates/default.cfg.j2": "hostname {{ intent.name }}"})
    assert repository.template(["leaf-1.cfg.j2", "default.cfg.j2"]) == "default.cfg.j2"
    text = repository.render("default.cfg.j2", SwitchIntent("leaf-1"), Device(1, "leaf-1"))
    assert text == "hostname leaf-1\n"
    with pytest.raises(NotFound):
        repository.template(["../resources/100-sites.yaml"])
