"""The picture of the states is made from the code's own table, and the checked-in one is it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from osism.domain.transitions import STATES, Transition, diagram

PICTURE = Path(__file__).parents[3] / "contrib" / "netbox-state-machine.dot"

NODES = dict(re.findall(r'^  "([^"]+)" \[label = "([^"]+)"\];$', diagram(), re.MULTILINE))
EDGES = re.findall(r'^  "([^"]+)" -> "([^"]+)" \[label = "([^"]+)"\];$', diagram(), re.MULTILINE)
PAIRS = [(a, b) for a in STATES for b in STATES if a != b and b != "0"]


def test_the_checked_in_picture_is_what_the_code_says() -> None:
    assert PICTURE.read_text(encoding="utf-8") == diagram(), (
        "generate it again: python -c 'from osism.domain.transitions import diagram; "
        f'print(diagram(), end="")\' > {PICTURE.name}'
    )


def test_a_transition_in_the_words_that_sites_know() -> None:
    assert Transition("a", "b").edges() == (
        ("a", "b-phase_1", "from_a-to_b-phase_1"),
        ("b-phase_1", "b-phase_2", "from_a-to_b-phase_2"),
        ("b-phase_2", "b-phase_3", "from_a-to_b-phase_3"),
        ("b-phase_3", "b-phase_4", "from_a-to_b-phase_4"),
        ("b-phase_4", "b", "from_a-to_b"),
    )


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_every_pair_of_states_is_in_the_picture(source: str, target: str) -> None:
    path, here = [], source
    while here != target:
        name = f"from_{source}-to_{target}"
        step = [
            edge for edge in EDGES if edge[0] == here and re.fullmatch(f"{name}(-.*)?", edge[2])
        ]
        assert len(step) == 1
        _, here, label = step[0]
        path.append((NODES[here].split("\\n")[0], label))
    assert path == [(end, label) for _, end, label in Transition(source, target).edges()]


def test_nothing_else_is_in_the_picture() -> None:
    assert len(EDGES) == len(set(EDGES)) == 5 * len(PAIRS)
    assert len(NODES) == len(STATES) + 4 * len(PAIRS)
    lines = diagram().splitlines()
    assert lines[0] == "digraph netbox_state_machine {"
    assert lines[-1] == "}"
    assert len(lines) == 4 + len(EDGES) + len(NODES)


def test_the_states_have_their_meaning() -> None:
    assert {name: NODES[name] for name in STATES} == {
        "0": r"0\nnew", "a": r"a\nunprovisioned", "b": r"b\nintrospected", "c": r"c\nprovisioned",
    }  # fmt: skip
