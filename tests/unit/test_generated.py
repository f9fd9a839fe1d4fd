"""What is made from the code and checked in is what the code says now."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def _generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "contrib" / "generate.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generate = _generate()


@pytest.mark.parametrize("name", generate.FILES)
def test_is_up_to_date(name: str) -> None:
    path = ROOT / name
    assert path.exists(), f"{name} is missing; make docs makes it"
    same = path.read_text(encoding="utf-8") == generate.FILES[name]()
    assert same, f"{name} is not what the code says now; make docs makes it again"


def test_picture_is_there() -> None:
    assert (ROOT / f"{generate.PICTURE}.png").read_bytes().startswith(b"\x89PNG")


def test_every_setting_has_a_reason() -> None:
    from osism.settings import FIELDS

    assert [name for name, each in FIELDS.items() if not each.why] == []
