"""Parameters of nodes: what wins, what goes, and what cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from osism.domain.parameters import (
    Revealed,
    Template,
    interfaces,
    merged,
    mistakes,
    of_driver,
    templates,
    texts,
)


@pytest.mark.parametrize(
    ("base", "over", "both"),
    [
        ({"a": 1}, {}, {"a": 1}),
        ({"a": 1, "b": 2}, {"a": 3}, {"a": 3, "b": 2}),
        ({"a": {"x": 1, "y": 1}}, {"a": {"x": 2}}, {"a": {"x": 2, "y": 1}}),
        ({"a": {"x": 1}}, {"a": 5}, {"a": 5}),
        ({"a": 5}, {"a": {"x": 1}}, {"a": {"x": 1}}),
        ({"a": [1]}, {"a": [2]}, {"a": [2]}),
        ({"a": 1, "b": 1}, {"a": "DELETE"}, {"b": 1}),
        ({"a": {"x": 1, "y": 1}}, {"a": {"x": "DELETE", "z": "DELETE"}}, {"a": {"y": 1}}),
        ({}, {"a": {"x": "DELETE", "y": 1}}, {"a": {"y": 1}}),
        ({}, {"a": "DELETE"}, {}),
        ({"a": 1}, {"a": None}, {"a": None}),
    ],
)
def test_what_netbox_says_is_laid_over_the_file(base: Any, over: Any, both: Any) -> None:
    before = repr(base)
    assert merged(base, over) == both
    assert repr(base) == before


@pytest.mark.parametrize(
    ("driver", "kept"),
    [
        ("ipmi", {"ipmi_address", "deploy_kernel"}),
        ("redfish", {"redfish_address", "deploy_kernel"}),
        ("idrac", {"redfish_address", "drac_address", "deploy_kernel"}),
        ("ilo", {"deploy_kernel"}),
        ("fake-hardware", {"ipmi_address", "redfish_address", "drac_address", "deploy_kernel"}),
    ],
)
def test_keys_of_other_drivers_are_dropped(driver: str, kept: set[str]) -> None:
    info = dict.fromkeys(("ipmi_address", "redfish_address", "drac_address", "deploy_kernel"), "x")
    assert set(of_driver(driver, info)) == kept


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"drivers": "ipmi"}, ["unknown parameter 'drivers'; did you mean 'driver'"]),
        ({"driver_info": "x"}, ["driver_info: a mapping"]),
        ({"driver": 5}, ["driver: a text"]),
        ({"boot_interface": True}, ["boot_interface: a text"]),
        ({"traits": "CUSTOM_A"}, ["traits: a list of texts"]),
        ({"traits": [1]}, ["traits: a list of texts"]),
        ({"driver": "DELETE", "properties": None, "traits": ["A"]}, []),
    ],
)
def test_parameters_that_cannot_be(parameters: Any, says: list[str]) -> None:
    found = [words for _, words in mistakes(parameters)]
    assert len(found) == len(says)
    assert all(words.startswith(said) for words, said in zip(found, says, strict=True))


def test_only_texts_of_the_file_that_look_like_templates_are_some() -> None:
    found = templates({"a": "{{ x }}", "b": ["{% if x %}"], "c": "x", "d": Revealed("{{ x }}")})
    assert isinstance(found["a"], Template) and isinstance(found["b"][0], Template)
    assert not isinstance(found["c"], Template) and not isinstance(found["d"], Template)


def test_a_revealed_text_is_not_shown() -> None:
    assert "geheim" not in repr({"a": [Revealed("geheim")]})


def test_texts_are_found_wherever_they_are() -> None:
    value = {"a": {"b": ["x", {"c": "y"}]}, "d": 5}
    assert list(texts(value)) == [("a.b.0", "x"), ("a.b.1.c", "y")]


def test_interfaces_are_what_ironic_calls_so() -> None:
    said = {"boot_interface": "ipxe", "power_interface": "", "driver": "ipmi"}
    assert interfaces(said) == {"boot_interface": "ipxe"}
