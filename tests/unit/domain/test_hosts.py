"""What a device becomes as a host of the inventory."""

from __future__ import annotations

import re
from typing import Any

import pytest

from osism.domain.errors import Invalid
from osism.domain.hosts import NetboxHost, group, host


def test_a_device_without_anything_is_a_host_without_anything() -> None:
    assert host("node-1", [], None, {}) == NetboxHost("node-1")


def test_groups_come_from_names_and_the_custom_field_each_once_and_sorted() -> None:
    fields = {"inventory_groups": ["control", " monitoring ", "node"]}
    made = host("node-1", ["node", "site-1", "rack 7"], {}, fields)
    assert made.groups == ("control", "monitoring", "node", "rack_7", "site-1")


def test_groups_that_are_ansibles_own_are_left_to_it() -> None:
    assert host("node-1", ["all", "ungrouped", "a"], {}, {}).groups == ("a",)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("managed-by-osism", "managed-by-osism"),
        ("k3s_node", "k3s_node"),
        ("42", "42"),
        ("a.b", "a.b"),
        ("Räck", "Räck"),
        ("Rack 1 / A", "Rack_1___A"),
        ("a:children", "a_children"),
        ("[a]", "_a_"),
        ("!a,b&c*", "_a_b_c_"),
        ("../a", "_._a"),
        ("a\nb", "a_b"),
    ],
)
def test_groups_keep_their_name_where_ansible_takes_it(name: str, expected: str) -> None:
    assert group(name) == expected


def test_parameters_win_over_the_context_and_both_over_the_address() -> None:
    context = {"a": {"x": 1, "y": 1}, "b": 1, "c": None}
    made = host("node-1", [], context, {"inventory_parameters": {"a": {"x": 2}}}, "10.0.0.5/24")
    assert made.variables == {"ansible_host": "10.0.0.5", "a": {"x": 2}, "b": 1, "c": None}
    told = host("node-1", [], {"ansible_host": "bastion"}, {}, "2001:db8::5/64")
    assert told.variables == {"ansible_host": "bastion"}
    assert host("n", [], {}, {}, "2001:db8::5/64").variables == {"ansible_host": "2001:db8::5"}


@pytest.mark.parametrize(
    ("context", "fields", "said"),
    [
        ({}, {"inventory_groups": "control"}, "'inventory_groups': a list of names"),
        ({}, {"inventory_groups": ["a", 5]}, "'inventory_groups': a list of names"),
        ({}, {"inventory_groups": ["a", ""]}, "'inventory_groups': a list of names"),
        ({}, {"inventory_groups": {"a": 1}}, "'inventory_groups': a list of names"),
        ({}, {"inventory_parameters": ["a"]}, "'inventory_parameters': a mapping"),
        ({}, {"inventory_parameters": "a: 1"}, "'inventory_parameters': a mapping"),
        ([1], {}, "configuration context: a mapping"),
    ],
)
def test_what_cannot_be_is_told_with_device_and_field(
    context: Any, fields: dict[str, Any], said: str
) -> None:
    with pytest.raises(Invalid, match=f"device 'node-1': .*{re.escape(said)}"):
        host("node-1", [], context, fields)


@pytest.mark.parametrize("name", ["../etc", "a b", "-x", ".git"])
def test_a_name_that_can_be_no_file_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="NetBox: device"):
        host(name, [], {}, {})
