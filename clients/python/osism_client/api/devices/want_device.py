from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.device import Device
from ...models.plan import Plan
from ...models.status import Status
from ...models.wanted_device import WantedDevice
from ...types import UNSET, Response, Unset


def _get_kwargs(
    name: str,
    *,
    body: WantedDevice,
    dry_run: bool | Unset = False,
    if_match: str | Unset = UNSET,
    x_osism_user: str | Unset = "",
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(if_match, Unset):
        headers["If-Match"] = if_match

    if not isinstance(x_osism_user, Unset):
        headers["X-Osism-User"] = x_osism_user

    params: dict[str, Any] = {}

    params["dry-run"] = dry_run

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/api/v1/devices/{name}".format(
            name=quote(str(name), safe=""),
        ),
        "params": params,
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Device | Plan | Status | None:
    if response.status_code == 200:

        def _parse_response_200(data: object) -> Device | Plan:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_200_type_0 = Device.from_dict(data)

                return response_200_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            response_200_type_1 = Plan.from_dict(data)

            return response_200_type_1

        response_200 = _parse_response_200(response.json())

        return response_200

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

    if response.status_code == 412:
        response_412 = Status.from_dict(response.json())

        return response_412

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
) -> Response[Device | Plan | Status]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    name: str,
    *,
    client: AuthenticatedClient,
    body: WantedDevice,
    dry_run: bool | Unset = False,
    if_match: str | Unset = UNSET,
    x_osism_user: str | Unset = "",
) -> Response[Device | Plan | Status]:
    """Want Device

     Want a state of a device.

    It is there when `status.propagation-status.status` is `Propagation Complete` and its
    `generation-id` is that of `meta`. Wanting the same again changes nothing, and begins anew what
    has failed.

    Args:
        name (str):
        dry_run (bool | Unset): Answer with the plan; nothing is written. Default: False.
        if_match (str | Unset): The resource-version that the device must still have, as its ETag
            says it; `"0"`: nobody ever wanted anything of it
        x_osism_user (str | Unset): Who asks, where several people use one token; noted beside the
            token's name Default: ''.
        body (WantedDevice): What a device shall be.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Device | Plan | Status]
    """

    kwargs = _get_kwargs(
        name=name,
        body=body,
        dry_run=dry_run,
        if_match=if_match,
        x_osism_user=x_osism_user,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    name: str,
    *,
    client: AuthenticatedClient,
    body: WantedDevice,
    dry_run: bool | Unset = False,
    if_match: str | Unset = UNSET,
    x_osism_user: str | Unset = "",
) -> Device | Plan | Status | None:
    """Want Device

     Want a state of a device.

    It is there when `status.propagation-status.status` is `Propagation Complete` and its
    `generation-id` is that of `meta`. Wanting the same again changes nothing, and begins anew what
    has failed.

    Args:
        name (str):
        dry_run (bool | Unset): Answer with the plan; nothing is written. Default: False.
        if_match (str | Unset): The resource-version that the device must still have, as its ETag
            says it; `"0"`: nobody ever wanted anything of it
        x_osism_user (str | Unset): Who asks, where several people use one token; noted beside the
            token's name Default: ''.
        body (WantedDevice): What a device shall be.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Device | Plan | Status
    """

    return sync_detailed(
        name=name,
        client=client,
        body=body,
        dry_run=dry_run,
        if_match=if_match,
        x_osism_user=x_osism_user,
    ).parsed


async def asyncio_detailed(
    name: str,
    *,
    client: AuthenticatedClient,
    body: WantedDevice,
    dry_run: bool | Unset = False,
    if_match: str | Unset = UNSET,
    x_osism_user: str | Unset = "",
) -> Response[Device | Plan | Status]:
    """Want Device

     Want a state of a device.

    It is there when `status.propagation-status.status` is `Propagation Complete` and its
    `generation-id` is that of `meta`. Wanting the same again changes nothing, and begins anew what
    has failed.

    Args:
        name (str):
        dry_run (bool | Unset): Answer with the plan; nothing is written. Default: False.
        if_match (str | Unset): The resource-version that the device must still have, as its ETag
            says it; `"0"`: nobody ever wanted anything of it
        x_osism_user (str | Unset): Who asks, where several people use one token; noted beside the
            token's name Default: ''.
        body (WantedDevice): What a device shall be.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Device | Plan | Status]
    """

    kwargs = _get_kwargs(
        name=name,
        body=body,
        dry_run=dry_run,
        if_match=if_match,
        x_osism_user=x_osism_user,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    name: str,
    *,
    client: AuthenticatedClient,
    body: WantedDevice,
    dry_run: bool | Unset = False,
    if_match: str | Unset = UNSET,
    x_osism_user: str | Unset = "",
) -> Device | Plan | Status | None:
    """Want Device

     Want a state of a device.

    It is there when `status.propagation-status.status` is `Propagation Complete` and its
    `generation-id` is that of `meta`. Wanting the same again changes nothing, and begins anew what
    has failed.

    Args:
        name (str):
        dry_run (bool | Unset): Answer with the plan; nothing is written. Default: False.
        if_match (str | Unset): The resource-version that the device must still have, as its ETag
            says it; `"0"`: nobody ever wanted anything of it
        x_osism_user (str | Unset): Who asks, where several people use one token; noted beside the
            token's name Default: ''.
        body (WantedDevice): What a device shall be.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Device | Plan | Status
    """

    return (
        await asyncio_detailed(
            name=name,
            client=client,
            body=body,
            dry_run=dry_run,
            if_match=if_match,
            x_osism_user=x_osism_user,
        )
    ).parsed
