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
from contextlib import redirect_stdout
from pathlib import Path

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
    config = Config.from_sources(chosen, MetaType.NONE, source, "utf-8", True, into)
    with redirect_stdout(io.StringIO()):
        errors = generate(config=config)
    if errors:
        raise SystemExit("\n".join(f"{each.header}: {each.detail}" for each in errors))
    (into / "py.typed").touch()
    _tidy(into)


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
