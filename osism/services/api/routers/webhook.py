"""NetBox's webhook: known by its signature, so it needs no token."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response

from osism import wiring
from osism.actions.keep_change import keep_change
from osism.domain.errors import Invalid, Misconfigured
from osism.domain.webhooks import parse, verify
from osism.services.api import errors
from osism.services.api.envelopes import Shape
from osism.settings import settings

log = logging.getLogger(__name__)

router = APIRouter(tags=["webhook"])


class Followed(Shape):
    """What comes of a webhook. ``devices``: whose change is kept; a job looks which of them are
    switches. ``asked``: whether this change has led to a new job, or one is on its way already."""

    devices: list[str]
    asked: bool


async def _raw(request: Request) -> bytes:
    """The body as it was signed."""
    return await request.body()


#: NetBox's own form, of which we read this much.
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["event", "timestamp", "data"],
                    "properties": {
                        "event": {"type": "string", "description": "created, updated, deleted"},
                        "timestamp": {"type": "string", "format": "date-time"},
                        "object_type": {"type": "string", "description": "as dcim.interface"},
                        "model": {"type": "string"},
                        "username": {"type": ["string", "null"]},
                        "request_id": {"type": ["string", "null"]},
                        "data": {"type": "object"},
                    },
                }
            }
        },
    }
}


@router.post(
    "/webhook/netbox",
    status_code=202,
    responses={200: {"model": Followed, "description": "Nothing to do"}, **errors.answers(409)},
    openapi_extra=_BODY,
)
def take_netbox_webhook(
    response: Response,
    body: Annotated[bytes, Depends(_raw)],
    signature: Annotated[
        str,
        Header(
            alias="X-Hook-Signature",
            description="HMAC-SHA512 of the raw body with the setting webhook_secret, in hex",
        ),
    ] = "",
) -> Followed:
    """Take a change that NetBox tells: its switches are generated, and deployed where the setting
    webhook_deploys says so, once no more changes come.

    A webhook with a missing or wrong signature gets 401, a stale one (5 minutes) 400, and one that
    has come before 409. While Redis is away nothing is kept (503): the same may be sent again.
    200: it concerns no device, or comes of a write of the product's own.
    """
    secret = settings().webhook_secret.get_secret_value()
    if not secret:
        raise Misconfigured("no webhook is taken: the setting webhook_secret is not set")
    if not verify(body, signature, secret):
        log.warning("a webhook with a %s signature", "wrong" if signature else "missing")
        words = "X-Hook-Signature is missing or wrong: NetBox's secret is to be webhook_secret"
        raise HTTPException(401, words, headers={"WWW-Authenticate": "Signature"})
    try:
        hook = parse(body, datetime.now(UTC))
    except Invalid as mistake:
        log.warning("a signed webhook is refused: %s", mistake)
        raise
    kept, asked = keep_change(hook, wiring.changes(), wiring.records(), wiring.queue())
    if not kept:
        response.status_code = 200
    return Followed(devices=list(hook.devices) if kept else [], asked=asked)
