"""Layers of an inventory: sections, what is overwritten, where variables go, what has changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osism.domain.errors import Invalid
from osism.domain.hosts import NetboxHost
from osism.domain.layers import (
    File,
    Picture,
    counts,
    declaration,
    differences,
    entity,
    groups,
    in_order,
    joined,
    message,
    netbox_file,
    overwritten,
    sections,
    tree,
)

LAYERS = ("defaults", "generics", "netbox", "repository")


def ini(name: str, text: str, layer: str = "repository") -> File:
    return File(layer, name, text, f"/{layer}/{name}")


# --- sections


def test_sections_keep_their_lines_and_where_they_are() -> None:
    found = sections("# first\n[a] # why\nx k=1\n\n[b:children]\na\n[c:vars]\nk = v")
    assert [(each.group, each.kind, each.line) for each in found] == [
        ("", "", 1),
        ("a", "", 2),
        ("b", "children", 5),
        ("c", "vars", 7),
    ]
    assert list(found[1].members) == [(3, "x")]
    assert found[3].lines == ("[c:vars]\n", "k = v")


LINE = st.sampled_from(
    (
        "",
        "a",
        "# x",
        "[a]",
        "[a:children]",
        "[b-c:vars]",
        " [b]",
        "[",
        "x=[1]",
        "n[1:3] k=v",
        "[a b]",
    )
)


@given(st.lists(LINE), st.sampled_from(("\n", "\r\n", "")))
def test_sections_joined_are_the_text(lines: list[str], end: str) -> None:
    text = "\n".join(lines) + end
    assert joined(sections(text)) == text


@given(st.lists(LINE), st.lists(LINE))
def test_what_is_overwritten_keeps_every_other_line_in_its_place(
    lines: list[str], over: list[str]
) -> None:
    before = ini("50-x", "\n".join(lines) + "\n")
    after = overwritten([before, ini("99-overwrite", "\n".join(over) + "\n")])[0]
    old, new = before.text.splitlines(), after.text.splitlines()
    assert len(old) == len(new)
    assert all(b in (a, "") for a, b in zip(old, new, strict=True))


# --- 99-overwrite


@pytest.mark.parametrize(
    ("over", "left"),
    [
        ("[a]\n", "[a:vars]\nk=1\n[b]\ny\n"),
        ("[a:children]\n", "[a:vars]\nk=1\n[b]\ny\n"),
        ("[a:vars]\n", "[a]\nx\n[a:children]\nb\n[b]\ny\n"),
        ("[b]\n[a]\n", "[a:vars]\nk=1\n"),
        ("# [a]\n", "[a]\nx\n[a:children]\nb\n[a:vars]\nk=1\n[b]\ny\n"),
    ],
)
def test_sections_of_overwrite_are_removed_in_both_forms(over: str, left: str) -> None:
    text = "[a]\nx\n[a:children]\nb\n[a:vars]\nk=1\n[b]\ny\n"
    files = [ini("50-x", text, "generics"), ini("99-overwrite", over)]
    found = overwritten(files)
    assert [line for line in found[0].text.splitlines() if line] == left.splitlines()
    assert found[1].text == over


@pytest.mark.parametrize("name", ["20-roles", "20-netbox", "groups.yml"])
def test_some_files_are_not_overwritten(name: str) -> None:
    files = [ini(name, "[a]\nx\n"), ini("99-overwrite", "[a]\n")]
    assert overwritten(files) == files


# --- order, groups


def test_files_are_read_by_number_then_layer_then_name() -> None:
    files = [
        ini("50-b", "", "generics"),
        ini("50-a", "", "generics"),
        ini("hosts", ""),
        ini("9-x", ""),
        ini("50-a", ""),
        ini("100-x", ""),
    ]
    assert [(each.layer, each.name) for each in in_order(files)] == [
        ("repository", "9-x"),
        ("generics", "50-a"),
        ("generics", "50-b"),
        ("repository", "50-a"),
        ("repository", "100-x"),
        ("repository", "hosts"),
    ]


def test_every_section_and_every_child_of_the_generics_is_a_group() -> None:
    files = [ini("50-x", "[a:children]\nnowhere\n", "generics"), ini("20-roles", "[b-c]\n")]
    assert groups(files) == ["a", "b-c", "nowhere"]
    assert declaration(["a", "b-c"]) == "[a]\n[b-c]\n"


def test_a_child_that_is_nowhere_is_a_mistake_with_its_line() -> None:
    files = [ini("20-roles", "[control]\n\n[a:children]\ncontrl\n")]
    with pytest.raises(Invalid, match=r"/repository/20-roles:4: group 'contrl'.*'control'"):
        groups(files)
    assert groups(files, also=["contrl"]) == ["a", "control"]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        *(("20-roles", True), ("hosts.yml", True), ("hosts.ini", True), (".git", False)),
        *(("README.md", False), ("ansible.cfg", False), ("group_vars", False), ("x~", False)),
    ],
)
def test_which_files_count(name: str, wanted: bool) -> None:
    assert counts(name) is wanted


# --- variables


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("all/100-x.yml", "all"),
        ("all/deep/x.json", "all"),
        ("all/odd.d/x.yml", ""),
        ("all/.hidden.yml", ""),
        ("all/README.md", ""),
        ("all/plain", "all"),
        ("a-b.yaml", "a-b"),
        ("node.example.org", "node.example.org"),
        ("node.example.org.yml", "node.example.org"),
        ("x.yml~", ""),
        ("README.md", ""),
    ],
)
def test_which_group_a_file_is_about(path: str, wanted: str) -> None:
    assert entity(path) == wanted


def test_a_group_of_one_layer_stays_as_it_is() -> None:
    found = [("defaults", "all/2.yml"), ("defaults", "all/1.yml"), ("repository", "a.yml")]
    assert tree(found, LAYERS) == {path: (layer, path) for layer, path in found}


def test_later_layers_win_whatever_their_files_are_called() -> None:
    found = tree([("repository", "all/000.yml"), ("defaults", "all/999.yml")], LAYERS)
    assert [found[path] for path in sorted(found)] == [
        ("defaults", "all/999.yml"),
        ("repository", "all/000.yml"),
    ]


def test_a_file_and_a_folder_of_one_group_are_both_read() -> None:
    found = tree([("repository", "a/1.yml"), ("repository", "a.yml")], LAYERS)
    assert [found[path] for path in sorted(found)] == [
        ("repository", "a.yml"),
        ("repository", "a/1.yml"),
    ]
    assert all(path.startswith("a/") for path in found)


PATHS = st.sampled_from(("a.yml", "a.yaml", "a/1.yml", "a/2.yml", "a/b/3.yml", "b/1.yml", "b"))


@given(st.sets(st.tuples(st.sampled_from(LAYERS), PATHS)))
def test_every_file_has_its_place_and_ansible_sees_it(found: set[tuple[str, str]]) -> None:
    placed = tree(found, LAYERS)
    assert sorted(placed.values()) == sorted(found)
    # One form of each group: a file beside a folder would not be read.
    for name in ("a", "b"):
        forms = {path.split("/")[0] for path in placed if entity(path) == name}
        assert len(forms) <= 1
    for path, (_, source) in placed.items():
        assert entity(path) == entity(source)
    for name in ("a", "b"):
        order = [placed[path][0] for path in sorted(placed) if entity(path) == name]
        assert order == sorted(order, key=LAYERS.index)


# --- NetBox, what has changed


def test_netbox_as_a_file() -> None:
    hosts = [NetboxHost("n-2", ("rack-1",)), NetboxHost("n-1", ("control", "rack-1"))]
    assert netbox_file(hosts) == "n-1\nn-2\n\n[control]\nn-1\n\n[rack-1]\nn-1\nn-2\n"


def test_differences_have_names_and_no_values() -> None:
    old = Picture(frozenset("ab"), frozenset("g"), {"group g": {"x": "1", "y": "1"}})
    new = Picture(frozenset("bc"), frozenset("gh"), {"group g": {"x": "2", "z": "1"}})
    found = differences(old, new)
    assert found == {
        "hosts added": ["c"],
        "hosts removed": ["a"],
        "groups added": ["h"],
        "variables changed": ["group g: x, y, z"],
    }
    assert message(found).splitlines() == [
        "1 hosts added, 1 hosts removed, 1 groups added, 1 variables changed",
        "",
        "hosts added: c",
        "hosts removed: a",
        "groups added: h",
        "variables changed: group g: x, y, z",
    ]
    assert differences(new, new) == {}
