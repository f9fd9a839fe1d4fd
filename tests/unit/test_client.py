"""The OpenAPI document and the Python client that are checked in are what the API says now."""

from __future__ import annotations

import importlib.util
import tomllib
from pathlib import Path
from types import ModuleType

from osism.version import VERSION

ROOT = Path(__file__).parents[2]


def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("client", ROOT / "contrib" / "client.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


client = _loaded()


def test_the_client_has_the_version_of_the_product() -> None:
    with (client.PACKAGE.parent / "pyproject.toml").open("rb") as file:
        assert tomllib.load(file)["project"]["version"] == VERSION


def files(folder: Path) -> dict[str, str]:
    return {
        str(each.relative_to(folder)): each.read_text(encoding="utf-8")
        for each in folder.rglob("*")
        if each.is_file() and each.suffix != ".pyc"
    }


def test_the_document_is_up_to_date() -> None:
    same = client.DOCUMENT.read_text(encoding="utf-8") == client.document()
    assert same, "clients/openapi.json is not what the API says now; make client makes it again"


def test_the_client_is_up_to_date(tmp_path: Path) -> None:
    made = tmp_path / client.PACKAGE.name
    client.package(client.DOCUMENT, made)
    there, wanted = files(client.PACKAGE), files(made)
    differing = {name for name in there | wanted if there.get(name) != wanted.get(name)}
    assert not differing, f"make client makes it again: {sorted(differing)}"
