from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.apply_collection import ApplyCollection
from ...models.check_drift import CheckDrift
from ...models.connect_devices import ConnectDevices
from ...models.deploy_configuration import DeployConfiguration
from ...models.disable_ports import DisablePorts
from ...models.generate_configuration import GenerateConfiguration
from ...models.import_inventory import ImportInventory
from ...models.initialise_netbox import InitialiseNetbox
from ...models.job_object import JobObject
from ...models.operate_nodes import OperateNodes
from ...models.prune_journal import PruneJournal
from ...models.reconcile_inventory import ReconcileInventory
from ...models.run_playbook import RunPlaybook
from ...models.status import Status
from ...models.sync_nodes import SyncNodes
from ...models.write_servers import WriteServers
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: ApplyCollection
    | CheckDrift
    | ConnectDevices
    | DeployConfiguration
    | DisablePorts
    | GenerateConfiguration
    | ImportInventory
    | InitialiseNetbox
    | OperateNodes
    | PruneJournal
    | ReconcileInventory
    | RunPlaybook
    | SyncNodes
    | WriteServers,
    x_osism_user: str | Unset = "",
    x_job_id: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(x_osism_user, Unset):
        headers["X-Osism-User"] = x_osism_user

    if not isinstance(x_job_id, Unset):
        headers["X-Job-Id"] = x_job_id

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/jobs",
    }

    if isinstance(body, ConnectDevices):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, GenerateConfiguration):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, DeployConfiguration):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, CheckDrift):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, DisablePorts):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, InitialiseNetbox):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, ImportInventory):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, PruneJournal):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, RunPlaybook):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, ApplyCollection):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, ReconcileInventory):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, SyncNodes):
        _kwargs["json"] = body.to_dict()
    elif isinstance(body, WriteServers):
        _kwargs["json"] = body.to_dict()
    else:
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> JobObject | Status | None:
    if response.status_code == 202:
        response_202 = JobObject.from_dict(response.json())

        return response_202

    if response.status_code == 400:
        response_400 = Status.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Status.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Status.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = Status.from_dict(response.json())

        return response_404

    if response.status_code == 405:
        response_405 = Status.from_dict(response.json())

        return response_405

    if response.status_code == 409:
        response_409 = Status.from_dict(response.json())

        return response_409

    if response.status_code == 413:
        response_413 = Status.from_dict(response.json())

        return response_413

    if response.status_code == 423:
        response_423 = Status.from_dict(response.json())

        return response_423

    if response.status_code == 429:
        response_429 = Status.from_dict(response.json())

        return response_429

    if response.status_code == 500:
        response_500 = Status.from_dict(response.json())

        return response_500

    if response.status_code == 503:
        response_503 = Status.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[JobObject | Status]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: ApplyCollection
    | CheckDrift
    | ConnectDevices
    | DeployConfiguration
    | DisablePorts
    | GenerateConfiguration
    | ImportInventory
    | InitialiseNetbox
    | OperateNodes
    | PruneJournal
    | ReconcileInventory
    | RunPlaybook
    | SyncNodes
    | WriteServers,
    x_osism_user: str | Unset = "",
    x_job_id: str | Unset = UNSET,
) -> Response[JobObject | Status]:
    """Ask For Job

     Queue a job.

    Some want the role admin: what removes nodes, changes NetBox's own fields or forgets history.

    Args:
        x_osism_user (str | Unset): Who asks, where several people use one token; noted beside the
            token's name Default: ''.
        x_job_id (str | Unset): The id that the job is to have (a UUID of the client's): asking
            for the same again, after an answer was lost, queues nothing twice
        body (ApplyCollection | CheckDrift | ConnectDevices | DeployConfiguration | DisablePorts |
            GenerateConfiguration | ImportInventory | InitialiseNetbox | OperateNodes | PruneJournal |
            ReconcileInventory | RunPlaybook | SyncNodes | WriteServers):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[JobObject | Status]
    """

    kwargs = _get_kwargs(
        body=body,
        x_osism_user=x_osism_user,
        x_job_id=x_job_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: ApplyCollection
    | CheckDrift
    | ConnectDevices
    | DeployConfiguration
    | DisablePorts
    | GenerateConfiguration
    | ImportInventory
    | InitialiseNetbox
    | OperateNodes
    | PruneJournal
    | ReconcileInventory
    | RunPlaybook
    | SyncNodes
    | WriteServers,
    x_osism_user: str | Unset = "",
    x_job_id: str | Unset = UNSET,
) -> JobObject | Status | None:
    """Ask For Job

     Queue a job.

    Some want the role admin: what removes nodes, changes NetBox's own fields or forgets history.

    Args:
        x_osism_user (str | Unset): Who asks, where several people use one token; noted beside the
            token's name Default: ''.
        x_job_id (str | Unset): The id that the job is to have (a UUID of the client's): asking
            for the same again, after an answer was lost, queues nothing twice
        body (ApplyCollection | CheckDrift | ConnectDevices | DeployConfiguration | DisablePorts |
            GenerateConfiguration | ImportInventory | InitialiseNetbox | OperateNodes | PruneJournal |
            ReconcileInventory | RunPlaybook | SyncNodes | WriteServers):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        JobObject | Status
    """

    return sync_detailed(
        client=client,
        body=body,
        x_osism_user=x_osism_user,
        x_job_id=x_job_id,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: ApplyCollection
    | CheckDrift
    | ConnectDevices
    | DeployConfiguration
    | DisablePorts
    | GenerateConfiguration
    | ImportInventory
    | InitialiseNetbox
    | OperateNodes
    | PruneJournal
    | ReconcileInventory
    | RunPlaybook
    | SyncNodes
    | WriteServers,
    x_osism_user: str | Unset = "",
    x_job_id: str | Unset = UNSET,
) -> Response[JobObject | Status]:
    """Ask For Job

     Queue a job.

    Some want the role admin: what removes nodes, changes NetBox's own fields or forgets history.

    Args:
        x_osism_user (str | Unset): Who asks, where several people use one token; noted beside the
            token's name Default: ''.
        x_job_id (str | Unset): The id that the job is to have (a UUID of the client's): asking
            for the same again, after an answer was lost, queues nothing twice
        body (ApplyCollection | CheckDrift | ConnectDevices | DeployConfiguration | DisablePorts |
            GenerateConfiguration | ImportInventory | InitialiseNetbox | OperateNodes | PruneJournal |
            ReconcileInventory | RunPlaybook | SyncNodes | WriteServers):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[JobObject | Status]
    """

    kwargs = _get_kwargs(
        body=body,
        x_osism_user=x_osism_user,
        x_job_id=x_job_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: ApplyCollection
    | CheckDrift
    | ConnectDevices
    | DeployConfiguration
    | DisablePorts
    | GenerateConfiguration
    | ImportInventory
    | InitialiseNetbox
    | OperateNodes
    | PruneJournal
    | ReconcileInventory
    | RunPlaybook
    | SyncNodes
    | WriteServers,
    x_osism_user: str | Unset = "",
    x_job_id: str | Unset = UNSET,
) -> JobObject | Status | None:
    """Ask For Job

     Queue a job.

    Some want the role admin: what removes nodes, changes NetBox's own fields or forgets history.

    Args:
        x_osism_user (str | Unset): Who asks, where several people use one token; noted beside the
            token's name Default: ''.
        x_job_id (str | Unset): The id that the job is to have (a UUID of the client's): asking
            for the same again, after an answer was lost, queues nothing twice
        body (ApplyCollection | CheckDrift | ConnectDevices | DeployConfiguration | DisablePorts |
            GenerateConfiguration | ImportInventory | InitialiseNetbox | OperateNodes | PruneJournal |
            ReconcileInventory | RunPlaybook | SyncNodes | WriteServers):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        JobObject | Status
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            x_osism_user=x_osism_user,
            x_job_id=x_job_id,
        )
    ).parsed
