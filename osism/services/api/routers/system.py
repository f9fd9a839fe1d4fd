"""How the API itself is: alive, ready, and its figures."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter

from osism.services.api.envelopes import Shape

router = APIRouter(tags=["system"])


class Health(Shape):
    """The process answers."""

    status: Literal["ok"] = "ok"


@router.get("/health")
async def health() -> Health:
    """Whether this process lives; needs no token."""
    return Health()
