"""How the API itself is: alive, ready, and its figures."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Response
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from osism import wiring
from osism.domain.errors import OutsideFailed
from osism.services.api import metrics
from osism.services.api.auth import Reader
from osism.services.api.envelopes import Shape
from osism.services.api.errors import RETRY_AFTER
from osism.services.api.looks import Look, at_all
from osism.settings import settings

router = APIRouter(tags=["system"])


class Health(Shape):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Check(Shape):
    """Whether a part is there; ``message``: why not."""

    ok: bool
    message: str


class Ready(Shape):
    """``checks``: redis, database, workers, and netbox where there is one."""

    status: Literal["ready", "not ready"]
    checks: dict[str, Check]


@router.get("/health")
async def health() -> Health:
    """Whether this process lives; needs no token."""
    return Health()


_NOT_READY: dict[int | str, dict[str, Any]] = {
    503: {"model": Ready, "description": "Something is missing"}
}


@router.get("/ready", responses=_NOT_READY)
async def ready(caller: Reader, response: Response) -> Ready:
    """Whether everything is there that requests need: Redis, the database, NetBox, a worker."""
    asked = {name: look for name, look in _LOOKS.items() if name != "netbox" or _has_netbox()}
    seen = await at_all(asked)
    checks = {name: Check(ok=not each.problem, message=each.problem) for name, each in seen.items()}
    if all(each.ok for each in checks.values()):
        return Ready(status="ready", checks=checks)
    response.status_code = 503
    response.headers["Retry-After"] = RETRY_AFTER[503]
    return Ready(status="not ready", checks=checks)


def _has_netbox() -> bool:
    return bool(settings().netbox_url)


def _workers() -> None:
    if not wiring.records().workers():
        raise OutsideFailed("no worker is there; start one: osism worker --all")


_LOOKS = {
    "redis": Look(lambda: wiring.records().site_lock()),
    "database": Look(lambda: wiring.run_journal().begun(["-"])),
    "netbox": Look(lambda: wiring.netbox_at_hand().version()),
    "workers": Look(_workers),
}

_FIGURES: dict[int | str, dict[str, Any]] = {
    200: {"description": "In Prometheus' text format", "content": {"text/plain": {}}}
}


@router.get("/metrics", response_class=Response, responses=_FIGURES)
async def get_metrics(caller: Reader) -> Response:
    """Figures for Prometheus, which presents a token as any client does."""
    return Response(await metrics.exposed(), media_type=CONTENT_TYPE_PLAIN_0_0_4)
