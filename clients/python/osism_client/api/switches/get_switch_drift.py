from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.drift import Drift
from ...models.status import Status
from ...types import UNSET, Response, Unset


def _get_kwargs(
    name: str,
    *,
    timeout_seconds: float | Unset = 60.0,
    x_osism_user: str | Unset = "",
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(x_osism_user, Unset):
        headers["X-Osism-User"] = x_osism_user

    params: dict[str, Any] = {}

    params["timeout-seconds"] = timeout_seconds

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/switches/{name}/drift".format(
            name=quote(str(name), safe=""),
        ),
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Drift | Status | None:
    if response.status_code == 200:
        response_200 = Drift.from_dict(response.json())

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
) -> Response[Drift | Status]:
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
    timeout_seconds: float | Unset = 60.0,
    x_osism_user: str | Unset = "",
) -> Response[Drift | Status]:
    """Get Switch Drift

     Compare what runs on a switch with NetBox now; nothing is changed.

    A job of the worker netbox does it, which logs in to the switch; it is waited for.

    Args:
        name (str):
        timeout_seconds (float | Unset): How long to wait for a worker's answer Default: 60.0.
        x_osism_user (str | Unset): Who asks, where several people use one token; noted beside the
            token's name Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Drift | Status]
    """

    kwargs = _get_kwargs(
        name=name,
        timeout_seconds=timeout_seconds,
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
    timeout_seconds: float | Unset = 60.0,
    x_osism_user: str | Unset = "",
) -> Drift | Status | None:
    """Get Switch Drift

     Compare what runs on a switch with NetBox now; nothing is changed.

    A job of the worker netbox does it, which logs in to the switch; it is waited for.

    Args:
        name (str):
        timeout_seconds (float | Unset): How long to wait for a worker's answer Default: 60.0.
        x_osism_user (str | Unset): Who asks, where several people use one token; noted beside the
            token's name Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Drift | Status
    """

    return sync_detailed(
        name=name,
        client=client,
        timeout_seconds=timeout_seconds,
        x_osism_user=x_osism_user,
    ).parsed


async def asyncio_detailed(
    name: str,
    *,
    client: AuthenticatedClient,
    timeout_seconds: float | Unset = 60.0,
    x_osism_user: str | Unset = "",
) -> Response[Drift | Status]:
    """Get Switch Drift

     Compare what runs on a switch with NetBox now; nothing is changed.

    A job of the worker netbox does it, which logs in to the switch; it is waited for.

    Args:
        name (str):
        timeout_seconds (float | Unset): How long to wait for a worker's answer Default: 60.0.
        x_osism_user (str | Unset): Who asks, where several people use one token; noted beside the
            token's name Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Drift | Status]
    """

    kwargs = _get_kwargs(
        name=name,
        timeout_seconds=timeout_seconds,
        x_osism_user=x_osism_user,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    name: str,
    *,
    client: AuthenticatedClient,
    timeout_seconds: float | Unset = 60.0,
    x_osism_user: str | Unset = "",
) -> Drift | Status | None:
    """Get Switch Drift

     Compare what runs on a switch with NetBox now; nothing is changed.

    A job of the worker netbox does it, which logs in to the switch; it is waited for.

    Args:
        name (str):
        timeout_seconds (float | Unset): How long to wait for a worker's answer Default: 60.0.
        x_osism_user (str | Unset): Who asks, where several people use one token; noted beside the
            token's name Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Drift | Status
    """

    return (
        await asyncio_detailed(
            name=name,
            client=client,
            timeout_seconds=timeout_seconds,
            x_osism_user=x_osism_user,
        )
    ).parsed
