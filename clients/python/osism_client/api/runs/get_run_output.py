from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.get_run_output_format import GetRunOutputFormat
from ...models.status import Status
from ...types import UNSET, Response, Unset


def _get_kwargs(
    id: str,
    *,
    follow: bool | Unset = False,
    after: str | Unset = "",
    timeout_seconds: float | Unset = 0.0,
    format_: GetRunOutputFormat | Unset = GetRunOutputFormat.TEXT,
    last_event_id: str | Unset = "",
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(last_event_id, Unset):
        headers["Last-Event-ID"] = last_event_id

    params: dict[str, Any] = {}

    params["follow"] = follow

    params["after"] = after

    params["timeout-seconds"] = timeout_seconds

    json_format_: str | Unset = UNSET
    if not isinstance(format_, Unset):
        json_format_ = format_.value

    params["format"] = json_format_

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/runs/{id}/output".format(
            id=quote(str(id), safe=""),
        ),
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Status | str | None:
    if response.status_code == 200:
        response_200 = response.text
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
) -> Response[Status | str]:
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
    follow: bool | Unset = False,
    after: str | Unset = "",
    timeout_seconds: float | Unset = 0.0,
    format_: GetRunOutputFormat | Unset = GetRunOutputFormat.TEXT,
    last_event_id: str | Unset = "",
) -> Response[Status | str]:
    """Get Run Output

     What a run has told, or with `follow` what it tells until its end, as server-sent events.

    Args:
        id (str):
        follow (bool | Unset): Server-sent events, as they come, until the end of the job Default:
            False.
        after (str | Unset): Go on behind the event with this id Default: ''.
        timeout_seconds (float | Unset): Seconds after which a followed stream ends, with an event
            `timeout`; 0: never Default: 0.0.
        format_ (GetRunOutputFormat | Unset): Without `follow`: text, or one JSON object per line
            Default: GetRunOutputFormat.TEXT.
        last_event_id (str | Unset): Go on behind this event, as browsers ask for it; stronger
            than `after` Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Status | str]
    """

    kwargs = _get_kwargs(
        id=id,
        follow=follow,
        after=after,
        timeout_seconds=timeout_seconds,
        format_=format_,
        last_event_id=last_event_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    id: str,
    *,
    client: AuthenticatedClient,
    follow: bool | Unset = False,
    after: str | Unset = "",
    timeout_seconds: float | Unset = 0.0,
    format_: GetRunOutputFormat | Unset = GetRunOutputFormat.TEXT,
    last_event_id: str | Unset = "",
) -> Status | str | None:
    """Get Run Output

     What a run has told, or with `follow` what it tells until its end, as server-sent events.

    Args:
        id (str):
        follow (bool | Unset): Server-sent events, as they come, until the end of the job Default:
            False.
        after (str | Unset): Go on behind the event with this id Default: ''.
        timeout_seconds (float | Unset): Seconds after which a followed stream ends, with an event
            `timeout`; 0: never Default: 0.0.
        format_ (GetRunOutputFormat | Unset): Without `follow`: text, or one JSON object per line
            Default: GetRunOutputFormat.TEXT.
        last_event_id (str | Unset): Go on behind this event, as browsers ask for it; stronger
            than `after` Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Status | str
    """

    return sync_detailed(
        id=id,
        client=client,
        follow=follow,
        after=after,
        timeout_seconds=timeout_seconds,
        format_=format_,
        last_event_id=last_event_id,
    ).parsed


async def asyncio_detailed(
    id: str,
    *,
    client: AuthenticatedClient,
    follow: bool | Unset = False,
    after: str | Unset = "",
    timeout_seconds: float | Unset = 0.0,
    format_: GetRunOutputFormat | Unset = GetRunOutputFormat.TEXT,
    last_event_id: str | Unset = "",
) -> Response[Status | str]:
    """Get Run Output

     What a run has told, or with `follow` what it tells until its end, as server-sent events.

    Args:
        id (str):
        follow (bool | Unset): Server-sent events, as they come, until the end of the job Default:
            False.
        after (str | Unset): Go on behind the event with this id Default: ''.
        timeout_seconds (float | Unset): Seconds after which a followed stream ends, with an event
            `timeout`; 0: never Default: 0.0.
        format_ (GetRunOutputFormat | Unset): Without `follow`: text, or one JSON object per line
            Default: GetRunOutputFormat.TEXT.
        last_event_id (str | Unset): Go on behind this event, as browsers ask for it; stronger
            than `after` Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Status | str]
    """

    kwargs = _get_kwargs(
        id=id,
        follow=follow,
        after=after,
        timeout_seconds=timeout_seconds,
        format_=format_,
        last_event_id=last_event_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    id: str,
    *,
    client: AuthenticatedClient,
    follow: bool | Unset = False,
    after: str | Unset = "",
    timeout_seconds: float | Unset = 0.0,
    format_: GetRunOutputFormat | Unset = GetRunOutputFormat.TEXT,
    last_event_id: str | Unset = "",
) -> Status | str | None:
    """Get Run Output

     What a run has told, or with `follow` what it tells until its end, as server-sent events.

    Args:
        id (str):
        follow (bool | Unset): Server-sent events, as they come, until the end of the job Default:
            False.
        after (str | Unset): Go on behind the event with this id Default: ''.
        timeout_seconds (float | Unset): Seconds after which a followed stream ends, with an event
            `timeout`; 0: never Default: 0.0.
        format_ (GetRunOutputFormat | Unset): Without `follow`: text, or one JSON object per line
            Default: GetRunOutputFormat.TEXT.
        last_event_id (str | Unset): Go on behind this event, as browsers ask for it; stronger
            than `after` Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Status | str
    """

    return (
        await asyncio_detailed(
            id=id,
            client=client,
            follow=follow,
            after=after,
            timeout_seconds=timeout_seconds,
            format_=format_,
            last_event_id=last_event_id,
        )
    ).parsed
