from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.job_list import JobList
from ...models.list_jobs_state import ListJobsState
from ...models.status import Status
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    state: ListJobsState | Unset = UNSET,
    limit: int | Unset = 50,
    all_: bool | Unset = False,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_state: str | Unset = UNSET
    if not isinstance(state, Unset):
        json_state = state.value

    params["state"] = json_state

    params["limit"] = limit

    params["all"] = all_

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/jobs",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> JobList | Status | None:
    if response.status_code == 200:
        response_200 = JobList.from_dict(response.json())

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
) -> Response[JobList | Status]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    state: ListJobsState | Unset = UNSET,
    limit: int | Unset = 50,
    all_: bool | Unset = False,
) -> Response[JobList | Status]:
    """List Jobs

     List jobs, the newest first.

    Args:
        state (ListJobsState | Unset):
        limit (int | Unset):  Default: 50.
        all_ (bool | Unset): With those of the schedule. Default: False.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[JobList | Status]
    """

    kwargs = _get_kwargs(
        state=state,
        limit=limit,
        all_=all_,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    state: ListJobsState | Unset = UNSET,
    limit: int | Unset = 50,
    all_: bool | Unset = False,
) -> JobList | Status | None:
    """List Jobs

     List jobs, the newest first.

    Args:
        state (ListJobsState | Unset):
        limit (int | Unset):  Default: 50.
        all_ (bool | Unset): With those of the schedule. Default: False.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        JobList | Status
    """

    return sync_detailed(
        client=client,
        state=state,
        limit=limit,
        all_=all_,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    state: ListJobsState | Unset = UNSET,
    limit: int | Unset = 50,
    all_: bool | Unset = False,
) -> Response[JobList | Status]:
    """List Jobs

     List jobs, the newest first.

    Args:
        state (ListJobsState | Unset):
        limit (int | Unset):  Default: 50.
        all_ (bool | Unset): With those of the schedule. Default: False.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[JobList | Status]
    """

    kwargs = _get_kwargs(
        state=state,
        limit=limit,
        all_=all_,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    state: ListJobsState | Unset = UNSET,
    limit: int | Unset = 50,
    all_: bool | Unset = False,
) -> JobList | Status | None:
    """List Jobs

     List jobs, the newest first.

    Args:
        state (ListJobsState | Unset):
        limit (int | Unset):  Default: 50.
        all_ (bool | Unset): With those of the schedule. Default: False.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        JobList | Status
    """

    return (
        await asyncio_detailed(
            client=client,
            state=state,
            limit=limit,
            all_=all_,
        )
    ).parsed
