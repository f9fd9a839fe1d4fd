from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.device_list import DeviceList
from ...models.status import Status
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    state: str | Unset = UNSET,
    role: str | Unset = UNSET,
    label: list[str] | Unset = UNSET,
    limit: int | Unset = 100,
    continue_: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["state"] = state

    params["role"] = role

    json_label: list[str] | Unset = UNSET
    if not isinstance(label, Unset):
        json_label = label

    params["label"] = json_label

    params["limit"] = limit

    params["continue"] = continue_

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/devices",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> DeviceList | Status | None:
    if response.status_code == 200:
        response_200 = DeviceList.from_dict(response.json())

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
) -> Response[DeviceList | Status]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    state: str | Unset = UNSET,
    role: str | Unset = UNSET,
    label: list[str] | Unset = UNSET,
    limit: int | Unset = 100,
    continue_: str | Unset = UNSET,
) -> Response[DeviceList | Status]:
    """List Devices

     List the devices that osism manages, by name.

    Args:
        state (str | Unset): Those that are in this state, or come from it.
        role (str | Unset): Those of this role; NetBox's slug.
        label (list[str] | Unset): `key=value`, or `key` for any value; all have to fit.
        limit (int | Unset):  Default: 100.
        continue_ (str | Unset): `meta.continue` of the page before.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DeviceList | Status]
    """

    kwargs = _get_kwargs(
        state=state,
        role=role,
        label=label,
        limit=limit,
        continue_=continue_,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    state: str | Unset = UNSET,
    role: str | Unset = UNSET,
    label: list[str] | Unset = UNSET,
    limit: int | Unset = 100,
    continue_: str | Unset = UNSET,
) -> DeviceList | Status | None:
    """List Devices

     List the devices that osism manages, by name.

    Args:
        state (str | Unset): Those that are in this state, or come from it.
        role (str | Unset): Those of this role; NetBox's slug.
        label (list[str] | Unset): `key=value`, or `key` for any value; all have to fit.
        limit (int | Unset):  Default: 100.
        continue_ (str | Unset): `meta.continue` of the page before.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DeviceList | Status
    """

    return sync_detailed(
        client=client,
        state=state,
        role=role,
        label=label,
        limit=limit,
        continue_=continue_,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    state: str | Unset = UNSET,
    role: str | Unset = UNSET,
    label: list[str] | Unset = UNSET,
    limit: int | Unset = 100,
    continue_: str | Unset = UNSET,
) -> Response[DeviceList | Status]:
    """List Devices

     List the devices that osism manages, by name.

    Args:
        state (str | Unset): Those that are in this state, or come from it.
        role (str | Unset): Those of this role; NetBox's slug.
        label (list[str] | Unset): `key=value`, or `key` for any value; all have to fit.
        limit (int | Unset):  Default: 100.
        continue_ (str | Unset): `meta.continue` of the page before.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DeviceList | Status]
    """

    kwargs = _get_kwargs(
        state=state,
        role=role,
        label=label,
        limit=limit,
        continue_=continue_,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    state: str | Unset = UNSET,
    role: str | Unset = UNSET,
    label: list[str] | Unset = UNSET,
    limit: int | Unset = 100,
    continue_: str | Unset = UNSET,
) -> DeviceList | Status | None:
    """List Devices

     List the devices that osism manages, by name.

    Args:
        state (str | Unset): Those that are in this state, or come from it.
        role (str | Unset): Those of this role; NetBox's slug.
        label (list[str] | Unset): `key=value`, or `key` for any value; all have to fit.
        limit (int | Unset):  Default: 100.
        continue_ (str | Unset): `meta.continue` of the page before.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DeviceList | Status
    """

    return (
        await asyncio_detailed(
            client=client,
            state=state,
            role=role,
            label=label,
            limit=limit,
            continue_=continue_,
        )
    ).parsed
