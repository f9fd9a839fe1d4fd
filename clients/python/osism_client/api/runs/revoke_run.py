from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.run import Run
from ...models.status import Status
from ...types import Response, Unset


def _get_kwargs(
    id: str,
    *,
    x_osism_user: str | Unset = "",
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(x_osism_user, Unset):
        headers["X-Osism-User"] = x_osism_user

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/runs/{id}/revoke".format(
            id=quote(str(id), safe=""),
        ),
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Run | Status | None:
    if response.status_code == 202:
        response_202 = Run.from_dict(response.json())

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
) -> Response[Run | Status]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    id: str,
    *,
    client: AuthenticatedClient,
    x_osism_user: str | Unset = "",
) -> Response[Run | Status]:
    """Revoke Run

     Ask for the end of a run. One that has not begun ends at once.

    Args:
        id (str):
        x_osism_user (str | Unset): Who asks, where several people use one token; noted beside the
            token's name Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Run | Status]
    """

    kwargs = _get_kwargs(
        id=id,
        x_osism_user=x_osism_user,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    id: str,
    *,
    client: AuthenticatedClient,
    x_osism_user: str | Unset = "",
) -> Run | Status | None:
    """Revoke Run

     Ask for the end of a run. One that has not begun ends at once.

    Args:
        id (str):
        x_osism_user (str | Unset): Who asks, where several people use one token; noted beside the
            token's name Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Run | Status
    """

    return sync_detailed(
        id=id,
        client=client,
        x_osism_user=x_osism_user,
    ).parsed


async def asyncio_detailed(
    id: str,
    *,
    client: AuthenticatedClient,
    x_osism_user: str | Unset = "",
) -> Response[Run | Status]:
    """Revoke Run

     Ask for the end of a run. One that has not begun ends at once.

    Args:
        id (str):
        x_osism_user (str | Unset): Who asks, where several people use one token; noted beside the
            token's name Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Run | Status]
    """

    kwargs = _get_kwargs(
        id=id,
        x_osism_user=x_osism_user,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    id: str,
    *,
    client: AuthenticatedClient,
    x_osism_user: str | Unset = "",
) -> Run | Status | None:
    """Revoke Run

     Ask for the end of a run. One that has not begun ends at once.

    Args:
        id (str):
        x_osism_user (str | Unset): Who asks, where several people use one token; noted beside the
            token's name Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Run | Status
    """

    return (
        await asyncio_detailed(
            id=id,
            client=client,
            x_osism_user=x_osism_user,
        )
    ).parsed
