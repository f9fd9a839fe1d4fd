"""What is looked at before a device shall be something else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from osism import wiring
from osism.adapters.repository import FileRepository
from osism.domain.errors import Changed, Invalid, NotFound
from osism.domain.inventory import Device
from osism.services.api.devices import wanting
from osism.services.api.devices.facts import Facts
from osism.services.api.devices.shapes import WantedDevice
from osism.services.api.devices.sources import FOLDERS, Homes

NODE = Device(4, "node-4", state="a", role="node")


class _Board:
    """Knows node-4."""

    def one(self, name: str) -> object:
        if name != NODE.name:
            raise NotFound(name)
        return type("Shown", (), {"facts": Facts(NODE)})


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a collection, which is not there yet."""
    monkeypatch.setattr(wiring, "repository", lambda: FileRepository(tmp_path))
    monkeypatch.setattr(wanting, "board", _Board)
    return tmp_path / "netbox" / "rack-1"


def define(folder: Path, device: str = "node-4", state: str = "b") -> None:
    (folder / device).mkdir(parents=True)
    (folder / device / f"{state}.yaml").write_text(
        f"{device}:\n  eno1: {{type: cat6a, device: leaf-1, interface: Ethernet4}}\n",
        encoding="utf-8",
    )


def wish(state: str = "b", **meta: object) -> WantedDevice:
    return WantedDevice.model_validate({"spec": {"state": state}, "meta": meta or None})


def plan(wanted: WantedDevice, name: str = "node-4", version: int | None = None) -> object:
    return wanting.plan_of(name, wanted, version).state


def test_a_state_with_a_definition_can_be_wanted(repository: Path) -> None:
    define(repository)
    assert plan(wish()) == "b"
    with pytest.raises(Invalid, match=r"no definition for state 'c' \(there is: b\)") as caught:
        plan(wish("c"))
    assert not isinstance(caught.value, NotFound)


def test_without_a_repository_the_worker_looks() -> None:
    assert plan(wish("c")) == "c"


def test_a_device_without_a_folder_is_told_with_what_is_near(repository: Path) -> None:
    define(repository, "node-5")
    with pytest.raises(NotFound, match="did you mean 'node-5'"):
        plan(wish())


def test_a_device_that_is_not_managed_is_not_looked_for(repository: Path) -> None:
    define(repository, "node-5")
    with pytest.raises(NotFound, match=r"^node-5$"):
        plan(wish(), "node-5")


def test_the_name_is_that_of_the_path() -> None:
    assert plan(wish(name="node-4")) == "b"
    with pytest.raises(Invalid, match="node-5"):
        plan(wish(name="node-5"))


@pytest.mark.parametrize("labels", [{"role": "leaf"}, {"rack": "rack-1"}, {"collection": ""}])
def test_labels_of_netbox_are_not_changed(labels: dict[str, str]) -> None:
    assert plan(wish(labels={"role": "node", "mine": "x"})) == "b"
    with pytest.raises(Invalid, match=next(iter(labels))):
        plan(wish(labels=labels))


def test_a_plan_is_for_the_version_that_was_seen() -> None:
    assert plan(wish(), version=0) == "b"
    with pytest.raises(Changed):
        plan(wish(), version=1)


@pytest.mark.parametrize(
    "labels", [{"a b": ""}, {"": ""}, {"-a": ""}, {"a" * 64: ""}, {"a": "x" * 64}, {"a": "\n"}]
)
def test_odd_labels_are_refused(labels: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="label"):
        wish(labels=labels)


def test_labels_may_look_like_those_of_others() -> None:
    labels = {"app.example.org/part-of": "x y", "0": "", "a_b": "ü"}
    assert wish(labels=labels).meta.labels == labels  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="labels"):
        wish(labels={f"k{number}": "" for number in range(65)})


def test_collections_are_remembered_for_a_while(repository: Path) -> None:
    now = 0.0
    clock: Callable[[], float] = lambda: now  # noqa: E731
    homes = Homes(clock)
    assert homes.of() == {}
    define(repository)
    assert homes.of() == {}
    now += FOLDERS + 1
    assert homes.of() == {"node-4": "rack-1"}
