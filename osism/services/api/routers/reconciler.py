"""Ansible's inventory, made of the configuration repository and NetBox."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from osism.domain.jobs import ReconcileInventory
from osism.services.api.asking import OnBehalf, ask
from osism.services.api.auth import Operator
from osism.services.api.errors import answers
from osism.services.api.routers.jobs import JobObject, get_job

router = APIRouter(tags=["reconciler"])

_QUEUED: dict[int | str, dict[str, Any]] = {
    202: {
        "description": "Queued",
        "headers": {"Location": {"description": "The job.", "schema": {"type": "string"}}},
    },
    **answers(423),
}


@router.post("/reconciler/sync", status_code=202, responses=_QUEUED)
def sync_inventory(caller: Operator, response: Response, user: OnBehalf = "") -> JobObject:
    """Bring the inventory up to date. Requests that come while a run works become one more run."""
    id = ask(ReconcileInventory(), caller, user)
    response.headers["Location"] = f"/api/v1/jobs/{id}"
    return get_job(id, caller)
