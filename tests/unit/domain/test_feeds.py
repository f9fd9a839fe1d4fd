"""What the feed is told of."""

from __future__ import annotations

from typing import Any

import pytest

from osism.domain.feeds import brief, devices, tells


@pytest.mark.parametrize(
    ("kind", "values", "told"),
    [
        ("transition", {}, True),
        ("switch", {"result": "committed"}, True),
        ("output", {"text": "ok"}, False),
        ("task", {}, False),
        ("result", {"status": "ok"}, False),
        ("drift", {"result": "drifted"}, True),
        ("drift", {"result": "failed"}, True),
        ("drift", {"result": "clean"}, False),
        ("drift", {"result": ["odd"]}, True),
    ],
)
def test_what_is_told(kind: str, values: dict[str, Any], told: bool) -> None:
    assert tells(kind, values) is told


def test_long_values_are_left_out() -> None:
    assert brief({"switch": "leaf-1", "diff": "+ a", "links": []}) == {"switch": "leaf-1"}


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"device": "node-1", "state": "a"}, {"node-1"}),
        ({"ways": {"node-1": ["a", "b"]}, "switches": ["leaf-1"]}, {"node-1", "leaf-1"}),
        ({"node": 7, "switches": "leaf-1"}, set()),
    ],
)
def test_devices_of_an_event(values: dict[str, Any], named: set[str]) -> None:
    assert devices(values) == named
