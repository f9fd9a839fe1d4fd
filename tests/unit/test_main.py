"""The command line: which commands there are, and what is loaded for one of them."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from osism import main
from osism.commands.task import List

FOREIGN = EntryPoint("foreign_thing", "osism.commands.task:List", "osism.commands")


@pytest.fixture
def foreign(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Another package has a command; each look at all packages is noted."""
    looks: list[Any] = []

    def look(**group: str) -> list[EntryPoint]:
        looks.append(group)
        return [FOREIGN]

    monkeypatch.setattr(main, "entry_points", look)
    return looks


def test_no_package_is_looked_at_for_a_command_of_the_product(foreign: list[Any]) -> None:
    commands = main.Commands("osism.commands")
    assert commands.find_command(["task", "list", "-f", "json"])[0] is List
    assert commands.find_command(["task", "li"])[1:] == ("task li", [])
    assert foreign == []


def test_commands_of_other_packages_are_found_and_listed(foreign: list[Any]) -> None:
    commands = main.Commands("osism.commands")
    found = commands.find_command(["foreign", "thing", "x"])
    assert found == (List, "foreign thing", ["x"])
    assert {"foreign thing", "task list"} <= {name for name, _ in commands}
    assert foreign == [{"group": "osism.commands"}]
    with pytest.raises(ValueError, match="Unknown command"):
        commands.find_command(["nothing"])


def test_the_products_own_command_counts(
    foreign: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main, "entry_points", lambda **_: [EntryPoint("task_list", "os:x", "g")])
    assert dict(main.Commands("osism.commands"))["task list"].value == "osism.commands.task:List"


def test_a_command_loads_no_other_ones_module() -> None:
    code = """
        import sys
        from osism.main import main
        main(["settings", "-f", "json"])
        print(*(name for name in sys.modules if name.startswith("osism.commands.")))
    """
    lines = [line.strip() for line in code.splitlines()]
    answer = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, timeout=60
    )
    loaded = answer.stdout.splitlines()[-1].split()
    assert sorted(loaded) == ["osism.commands.edge", "osism.commands.settings"]
