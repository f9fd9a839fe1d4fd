"""The description of the API for people, ``/docs``: Swagger UI, with files of this machine only."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

router = APIRouter(include_in_schema=False)

# The files come with a package, for a site need not reach the internet.
STATIC = Path(str(files("fastapi_offline"))) / "static"
router.mount("/docs/files", StaticFiles(directory=STATIC))


@router.get("/docs")
async def docs() -> HTMLResponse:
    """Swagger UI. Its links are relative, so that a proxy may serve it below another path."""
    return get_swagger_ui_html(
        openapi_url="openapi.json",
        title="osism",
        swagger_js_url="docs/files/swagger-ui-bundle.js",
        swagger_css_url="docs/files/swagger-ui.css",
        swagger_favicon_url="docs/files/favicon.png",
    )
