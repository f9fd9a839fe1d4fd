import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.audit_list import AuditList
from ...models.status import Status
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    who: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    limit: int | Unset = 50,
    continue_: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["who"] = who

    json_since: str | Unset = UNSET
    if not isinstance(since, Unset):
        json_since = since.isoformat()
    params["since"] = json_since

    params["limit"] = limit

    params["continue"] = continue_

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/audit",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AuditList | Status | None:
    if response.status_code == 200:
        response_200 = AuditList.from_dict(response.json())

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
) -> Response[AuditList | Status]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    who: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    limit: int | Unset = 50,
    continue_: str | Unset = UNSET,
) -> Response[AuditList | Status]:
    """List Audit

     Who asked for what, without secrets; the newest first.

    Args:
        who (str | Unset): of this token, by its description
        since (datetime.datetime | Unset): not before this time
        limit (int | Unset):  Default: 50.
        continue_ (str | Unset): to read on

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AuditList | Status]
    """

    kwargs = _get_kwargs(
        who=who,
        since=since,
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
    who: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    limit: int | Unset = 50,
    continue_: str | Unset = UNSET,
) -> AuditList | Status | None:
    """List Audit

     Who asked for what, without secrets; the newest first.

    Args:
        who (str | Unset): of this token, by its description
        since (datetime.datetime | Unset): not before this time
        limit (int | Unset):  Default: 50.
        continue_ (str | Unset): to read on

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AuditList | Status
    """

    return sync_detailed(
        client=client,
        who=who,
        since=since,
        limit=limit,
        continue_=continue_,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    who: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    limit: int | Unset = 50,
    continue_: str | Unset = UNSET,
) -> Response[AuditList | Status]:
    """List Audit

     Who asked for what, without secrets; the newest first.

    Args:
        who (str | Unset): of this token, by its description
        since (datetime.datetime | Unset): not before this time
        limit (int | Unset):  Default: 50.
        continue_ (str | Unset): to read on

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AuditList | Status]
    """

    kwargs = _get_kwargs(
        who=who,
        since=since,
        limit=limit,
        continue_=continue_,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    who: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    limit: int | Unset = 50,
    continue_: str | Unset = UNSET,
) -> AuditList | Status | None:
    """List Audit

     Who asked for what, without secrets; the newest first.

    Args:
        who (str | Unset): of this token, by its description
        since (datetime.datetime | Unset): not before this time
        limit (int | Unset):  Default: 50.
        continue_ (str | Unset): to read on

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AuditList | Status
    """

    return (
        await asyncio_detailed(
            client=client,
            who=who,
            since=since,
            limit=limit,
            continue_=continue_,
        )
    ).parsed
