"""Make the OpenAPI document and the Python client again from the API: ``make client``.

``clients/openapi.json`` is what the API says of itself, ``clients/python/osism_client`` what
openapi-python-client makes of it; everything else in ``clients/python`` is written by hand.
``tests/unit/test_client.py`` fails while either is not what the code says now.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "clients" / "openapi.json"
PACKAGE = ROOT / "clients" / "python" / "osism_client"


def document() -> str:
    """The OpenAPI document as JSON, sorted."""
    from osism.services.api.app import application

    found = application().openapi()
    return json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def package(source: Path, into: Path) -> None:
    """Make the client of the document *source*, as the Python package *into*."""
    from openapi_python_client import Config, MetaType, generate
    from openapi_python_client.config import ConfigFile

    chosen = ConfigFile(package_name_override=into.name, post_hooks=[])
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
        readable = Path(folder) / "openapi.json"
        readable.write_text(json.dumps(_readable(json.loads(source.read_text(encoding="utf-8")))))
        config = Config.from_sources(chosen, MetaType.NONE, readable, "utf-8", True, into)
        errors = generate(config=config)
    if errors:
        raise SystemExit("\n".join(f"{each.header}: {each.detail}" for each in errors))
    (into / "py.typed").touch()
    _tidy(into)


def _readable(document: dict[str, Any]) -> dict[str, Any]:
    """The document in which what comes in several forms is text: the generator knows one each."""
    for operations in document["paths"].values():
        for operation in operations.values():
            for answer in operation["responses"].values():
                if "text/event-stream" in answer.get("content", {}):
                    answer["content"] = {"text/plain": {"schema": {"type": "string"}}}
    return document


def _tidy(folder: Path) -> None:
    """Sort imports and format; with no configuration but this, wherever the folder is."""
    ruff = [str(Path(sys.executable).with_name("ruff"))]
    common = ["--isolated", "--quiet", "--no-cache", "--target-version", "py311", "--line-length"]
    for words in (["check", "--fix-only", "--select", "F,I,UP"], ["format"]):
        subprocess.run([*ruff, *words, *common, "100", "."], cwd=folder, check=True)  # noqa: S603


def main() -> int:
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(document(), encoding="utf-8")
    package(DOCUMENT, PACKAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
