"""Collections of roles: how they are read, in which order they are played, what is skipped."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osism.domain.collections import ENDS, WAITING, missing, parsed, plan, ready, states
from osism.domain.errors import Invalid, NotFound
from osism.domain.jobs import ApplyCollection

CATALOGUE = {
    "custom": ["a", "b", "c", "d", "e", "ping"],
    "generic": ["facts", "ping"],
    "kolla": ["keystone"],
}


def steps(roles: Any, name: str = "x", **others: Any) -> dict[str, set[str]]:
    """Role -> what it waits for, in the order of the plan of the collection *x*."""
    document = {"x": {"roles": roles}} | {key: {"roles": each} for key, each in others.items()}
    found = plan(ApplyCollection(name), parsed(document, "f.yml"), CATALOGUE)
    return {each.name: set(each.after) for each in found}


# --- files ----------------------------------------------------------------------------------------


def test_a_file_of_collections() -> None:
    roles = ["a", {"role": "custom/b", "after": "a", "sub": "berlin"}, {"collection": "y"}]
    found = parsed({"x": {"roles": roles, "description": "All"}, "y": {"roles": []}}, "f.yml")
    assert (found["x"].description, found["y"].description) == ("All", "")
    a, b, y = found["x"].members
    assert (a.name, a.role, a.after) == ("a", "a", ())
    assert (b.name, b.role, b.environment, b.sub, b.after) == ("b", "b", "custom", "berlin", ("a",))
    assert (y.name, y.role, y.collection) == ("y", "", "y")
    assert parsed(None, "empty.yml") == {}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (["x"], "f.yml: a mapping of collections is wanted"),
        ({"../x": {"roles": []}}, "collection '../x': not a valid name"),
        ({"x": ["a"]}, "collection 'x': a mapping with the list 'roles' is wanted"),
        ({"x": None}, "mapping with the list 'roles'"),
        ({"x": {}}, "mapping with the list 'roles'"),
        ({"x": {"roles": "a"}}, "mapping with the list 'roles'"),
        ({"x": {"roles": [], "role": 1}}, "f.yml: collection 'x': unknown key 'role'"),
        ({"x": {"roles": [], 7: 1}}, "unknown key '7'"),
    ],
)  # fmt: skip
def test_mistakes_in_files(document: Any, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        parsed(document, "f.yml")


@pytest.mark.parametrize(
    ("roles", "said"),
    [
        ([7], "a role is a name or a mapping, not 7"),
        ([["a"]], "a role is a name or a mapping"),
        ([{"rôle": "a"}], "unknown key 'rôle'"),
        ([{}], "one of 'role' and 'collection' is wanted"),
        ([{"role": "a", "collection": "y"}], "one of 'role' and 'collection' is wanted"),
        ([{"role": "a b"}], "role 'a b': not a valid name"),
        ([{"role": "../a"}], "environment '..': not a valid name"),
        ([{"role": "a", "sub": "/etc"}], "sub '/etc': not a valid name"),
        (["a", "a"], "'a' is there twice; give one a 'name'"),
        (["a", "generic/a"], "'a' is there twice"),
        ([{"role": "a", "after": "bb"}, "b"], "'a' is after 'bb', which is not in it; did you"),
        ([{"role": "a", "after": 5}], "'after' is a name or a list of names, not 5"),
        ([{"role": "a", "after": {"b": 1}}], "'after' is a name or a list of names"),
        ([{"collection": "y", "action": "pull"}], "'action' is for roles, not for collection 'y'"),
    ],
)
def test_mistakes_in_roles(roles: list[Any], said: str) -> None:
    with pytest.raises(Invalid, match=said) as caught:
        parsed({"x": {"roles": roles}}, "f.yml")
    assert str(caught.value).startswith(("f.yml: collection 'x': ", "role", "env", "sub"))


# --- plans ----------------------------------------------------------------------------------------


def test_roles_without_an_order_wait_for_nothing() -> None:
    assert steps(["a", "generic/ping"]) == {"a": set(), "ping": set()}


def test_a_role_gets_what_was_asked_for_and_what_the_collection_says() -> None:
    job = ApplyCollection("x", "host-1", ("-v",), check=True, diff=True, retries=2, timeout=9)
    member = {"role": "keystone", "action": "pull", "sub": "one"}
    (step,) = plan(job, parsed({"x": {"roles": [member]}}, "f"), CATALOGUE, "id-of-job")
    run = step.job
    assert (run.environment, run.role, run.action, run.sub) == ("kolla", "keystone", "pull", "one")
    assert (run.limit, run.arguments, run.check, run.diff) == ("host-1", ("-v",), True, True)
    assert (run.retries, run.timeout, run.collection) == (2, 9, "id-of-job")


def test_one_role_twice_under_two_names() -> None:
    roles = ["a", {"role": "a", "name": "again", "after": "b"}, {"role": "b", "after": "a"}]
    assert steps(roles) == {"a": set(), "b": {"a"}, "again": {"b"}}


def test_what_is_after_a_collection_is_after_all_its_roles() -> None:
    roles = ["a", {"collection": "y", "after": "a"}, {"role": "d", "after": "y"}]
    assert steps(roles, y=["b", {"role": "c", "after": "b"}]) == {
        "a": set(),
        "b": {"a"},
        "c": {"a", "b"},
        "d": {"b", "c"},
    }


def test_a_collection_without_roles_does_not_lose_the_order() -> None:
    roles = ["a", {"collection": "y", "after": "a"}, {"role": "b", "after": "y"}]
    assert steps(roles, y=[]) == {"a": set(), "b": {"a"}}
    assert steps([]) == {}


def test_a_role_of_two_collections_is_played_once_after_all_it_waits_for() -> None:
    roles = [{"collection": "y"}, {"collection": "z"}]
    z = ["b", {"role": "c", "after": "b"}]
    assert steps(roles, y=["a", {"role": "c", "after": "a"}], z=z) == {
        "a": set(),
        "b": set(),
        "c": {"a", "b"},
    }


@pytest.mark.parametrize(
    ("roles", "others", "said"),
    [
        ([{"role": "a", "after": "a"}], {}, "in a circle: a -> a"),
        ([{"role": "a", "after": "b"}, {"role": "b", "after": "a"}], {}, "in a circle: .*a.* -> "),
        ([{"collection": "x"}], {}, "collection 'x' contains itself: x -> x"),
        ([{"collection": "y"}], {"y": [{"collection": "x"}]}, "contains itself: x -> y -> x"),
        ([{"collection": "why"}], {"y": []}, "no collection 'why'"),
        (["generic/pink"], {}, "no role 'pink' in environment 'generic'; did you mean 'ping'"),
        (["ping"], {}, "role 'ping' is in 2 environments: custom, generic"),
        ([{"role": "a", "environment": "nowhere"}], {}, "no environment 'nowhere'"),
        ([{"collection": "y"}, {"role": "a", "sub": "s"}], {"y": ["a"]}, "'a' is there twice and"),
        ([{"role": "a", "action": "pull"}], {}, "'x', role 'a': --action is for environment kolla"),
        ([{"role": "keystone", "action": "pul"}], {}, "'x', role 'keystone': action 'pul'; did"),
        (
            [{"collection": "y"}, {"collection": "z"}],
            {"y": ["a", {"role": "b", "after": "a"}], "z": ["b", {"role": "a", "after": "b"}]},
            "collection 'x': its roles wait for one another in a circle",
        ),
    ],
)
def test_mistakes_are_found_before_anything_runs(
    roles: Any, others: dict[str, Any], said: str
) -> None:
    with pytest.raises(Invalid, match=said):
        steps(roles, **others)


def test_an_unknown_collection_is_not_found() -> None:
    with pytest.raises(NotFound, match="no collection 'xx'; did you mean 'x'"):
        steps([], name="xx")


# --- while it runs --------------------------------------------------------------------------------

same_every_time = settings(derandomize=True, database=None, deadline=None, max_examples=150)


@st.composite
def graphs(draw: Any) -> dict[str, set[str]]:
    """Role -> roles before it, without circles, in any order."""
    size = draw(st.integers(1, 9))
    names = [f"r{number}" for number in range(size)]
    edges = {
        name: {other for other in names[:number] if draw(st.integers(0, 3)) == 0}
        for number, name in enumerate(names)
    }
    return {name: edges[name] for name in draw(st.permutations(names))}


def planned(graph: dict[str, set[str]]) -> Any:
    roles = [{"role": name, "after": sorted(before)} for name, before in graph.items()]
    document = {"x": {"roles": roles}}
    return plan(ApplyCollection("x"), parsed(document, "f"), {"custom": sorted(graph)})


def below(graph: dict[str, set[str]], bad: set[str]) -> set[str]:
    """All that wait, over however many others, for one of *bad*."""
    found: set[str] = set()
    while new := {n for n in graph if n not in found and graph[n] & (bad | found)}:
        found |= new
    return found


@same_every_time
@given(graphs())
def test_the_order_is_one_that_works(graph: dict[str, set[str]]) -> None:
    order = [each.name for each in planned(graph)]
    assert sorted(order) == sorted(graph)
    for step in planned(graph):
        assert set(step.after) == graph[step.name]
        assert all(order.index(other) < order.index(step.name) for other in step.after)


@same_every_time
@given(graphs(), st.randoms(use_true_random=False))
def test_a_failure_skips_what_waits_for_it_and_nothing_else(
    graph: dict[str, set[str]], chance: random.Random
) -> None:
    """Played to the end, each role succeeding or not, several at once, in any order."""
    plan_ = planned(graph)
    known: dict[str, str] = {}
    for _ in range(3 * len(graph) + 1):
        found = states(plan_, known)
        if all(state in ENDS for state in found.values()):
            break
        for step in ready(plan_, found):
            assert all(known[other] == "succeeded" for other in step.after)
            known[step.name] = "queued"
        running = sorted(name for name, state in known.items() if state not in ENDS)
        assert running, "nothing runs and nothing can begin"
        name = chance.choice(running)
        then = {"queued": ["started", "retrying", "revoked"], "retrying": ["started"]}
        known[name] = chance.choice(then.get(known[name], ["succeeded", "failed", "succeeded"]))
        if known[name] in ("started", "retrying"):
            assert states(plan_, known)[name] == known[name]
            known[name] = chance.choice(["succeeded", "failed", "succeeded", "revoked"])
    found = states(plan_, known)
    assert all(state in ENDS for state in found.values())
    bad = {name for name, state in known.items() if state in ("failed", "revoked")}
    skipped = {name for name, state in found.items() if state == "skipped"}
    assert skipped == below(graph, bad)
    assert set(known) == set(graph) - skipped
    for step in plan_:
        if step.name in skipped:
            assert missing(step, found) == sorted(graph[step.name] & (bad | skipped))


def test_what_has_not_begun_waits() -> None:
    plan_ = planned({"a": set(), "b": {"a"}})
    assert states(plan_, {}) == {"a": WAITING, "b": WAITING}
    assert [each.name for each in ready(plan_, states(plan_, {}))] == ["a"]
    for state in ("queued", "retrying", "started"):
        assert ready(plan_, states(plan_, {"a": state})) == []
