from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.site_lock import SiteLock
from ...models.status import Status
from ...models.wanted_lock import WantedLock
from ...types import Response, Unset


def _get_kwargs(
    *,
    body: WantedLock,
    x_osism_user: str | Unset = "",
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(x_osism_user, Unset):
        headers["X-Osism-User"] = x_osism_user

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/api/v1/lock",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> SiteLock | Status | None:
    if response.status_code == 200:
        response_200 = SiteLock.from_dict(response.json())

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
) -> Response[SiteLock | Status]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: WantedLock,
    x_osism_user: str | Unset = "",
) -> Response[SiteLock | Status]:
    """Lock Site

     Lock the site: what runs goes on, nothing new begins, new jobs are refused.

    Args:
        x_osism_user (str | Unset): Who asks, where several people use one token; noted beside the
            token's name Default: ''.
        body (WantedLock): ``reason``: shown to whoever is refused.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[SiteLock | Status]
    """

    kwargs = _get_kwargs(
        body=body,
        x_osism_user=x_osism_user,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: WantedLock,
    x_osism_user: str | Unset = "",
) -> SiteLock | Status | None:
    """Lock Site

     Lock the site: what runs goes on, nothing new begins, new jobs are refused.

    Args:
        x_osism_user (str | Unset): Who asks, where several people use one token; noted beside the
            token's name Default: ''.
        body (WantedLock): ``reason``: shown to whoever is refused.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        SiteLock | Status
    """

    return sync_detailed(
        client=client,
        body=body,
        x_osism_user=x_osism_user,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: WantedLock,
    x_osism_user: str | Unset = "",
) -> Response[SiteLock | Status]:
    """Lock Site

     Lock the site: what runs goes on, nothing new begins, new jobs are refused.

    Args:
        x_osism_user (str | Unset): Who asks, where several people use one token; noted beside the
            token's name Default: ''.
        body (WantedLock): ``reason``: shown to whoever is refused.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[SiteLock | Status]
    """

    kwargs = _get_kwargs(
        body=body,
        x_osism_user=x_osism_user,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: WantedLock,
    x_osism_user: str | Unset = "",
) -> SiteLock | Status | None:
    """Lock Site

     Lock the site: what runs goes on, nothing new begins, new jobs are refused.

    Args:
        x_osism_user (str | Unset): Who asks, where several people use one token; noted beside the
            token's name Default: ''.
        body (WantedLock): ``reason``: shown to whoever is refused.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        SiteLock | Status
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            x_osism_user=x_osism_user,
        )
    ).parsed
