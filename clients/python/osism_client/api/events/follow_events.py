from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.status import Status
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    since: str | Unset = "",
    kind: list[str] | Unset = UNSET,
    device: str | Unset = "",
    timeout_seconds: float | Unset = 0.0,
    last_event_id: str | Unset = "",
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(last_event_id, Unset):
        headers["Last-Event-ID"] = last_event_id

    params: dict[str, Any] = {}

    params["since"] = since

    json_kind: list[str] | Unset = UNSET
    if not isinstance(kind, Unset):
        json_kind = kind

    params["kind"] = json_kind

    params["device"] = device

    params["timeout-seconds"] = timeout_seconds

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/events",
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
    *,
    client: AuthenticatedClient,
    since: str | Unset = "",
    kind: list[str] | Unset = UNSET,
    device: str | Unset = "",
    timeout_seconds: float | Unset = 0.0,
    last_event_id: str | Unset = "",
) -> Response[Status | str]:
    """Follow Events

     Server-sent events of everything that happens: states of jobs (`queued`, `started`,
    `retrying`, `end`), what devices shall be (`spec`), transitions and their phases, switches,
    devices, nodes, roles, drift.

    The first one is `open`; it has the id of the place from which on they are told. An event
    `dropped` comes first where not all that was asked for is kept any more. Output of jobs is not
    told here; of the schedule's jobs only what they find and that they fail.

    Args:
        since (str | Unset): From this time on (ISO 8601, or seconds since 1970), or behind the
            event with this id; without it from now on Default: ''.
        kind (list[str] | Unset): Events of these kinds only
        device (str | Unset): Events that name this device Default: ''.
        timeout_seconds (float | Unset): Seconds after which a followed stream ends, with an event
            `timeout`; 0: never Default: 0.0.
        last_event_id (str | Unset): Go on behind this event, as browsers ask for it; stronger
            than `since` Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Status | str]
    """

    kwargs = _get_kwargs(
        since=since,
        kind=kind,
        device=device,
        timeout_seconds=timeout_seconds,
        last_event_id=last_event_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    since: str | Unset = "",
    kind: list[str] | Unset = UNSET,
    device: str | Unset = "",
    timeout_seconds: float | Unset = 0.0,
    last_event_id: str | Unset = "",
) -> Status | str | None:
    """Follow Events

     Server-sent events of everything that happens: states of jobs (`queued`, `started`,
    `retrying`, `end`), what devices shall be (`spec`), transitions and their phases, switches,
    devices, nodes, roles, drift.

    The first one is `open`; it has the id of the place from which on they are told. An event
    `dropped` comes first where not all that was asked for is kept any more. Output of jobs is not
    told here; of the schedule's jobs only what they find and that they fail.

    Args:
        since (str | Unset): From this time on (ISO 8601, or seconds since 1970), or behind the
            event with this id; without it from now on Default: ''.
        kind (list[str] | Unset): Events of these kinds only
        device (str | Unset): Events that name this device Default: ''.
        timeout_seconds (float | Unset): Seconds after which a followed stream ends, with an event
            `timeout`; 0: never Default: 0.0.
        last_event_id (str | Unset): Go on behind this event, as browsers ask for it; stronger
            than `since` Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Status | str
    """

    return sync_detailed(
        client=client,
        since=since,
        kind=kind,
        device=device,
        timeout_seconds=timeout_seconds,
        last_event_id=last_event_id,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    since: str | Unset = "",
    kind: list[str] | Unset = UNSET,
    device: str | Unset = "",
    timeout_seconds: float | Unset = 0.0,
    last_event_id: str | Unset = "",
) -> Response[Status | str]:
    """Follow Events

     Server-sent events of everything that happens: states of jobs (`queued`, `started`,
    `retrying`, `end`), what devices shall be (`spec`), transitions and their phases, switches,
    devices, nodes, roles, drift.

    The first one is `open`; it has the id of the place from which on they are told. An event
    `dropped` comes first where not all that was asked for is kept any more. Output of jobs is not
    told here; of the schedule's jobs only what they find and that they fail.

    Args:
        since (str | Unset): From this time on (ISO 8601, or seconds since 1970), or behind the
            event with this id; without it from now on Default: ''.
        kind (list[str] | Unset): Events of these kinds only
        device (str | Unset): Events that name this device Default: ''.
        timeout_seconds (float | Unset): Seconds after which a followed stream ends, with an event
            `timeout`; 0: never Default: 0.0.
        last_event_id (str | Unset): Go on behind this event, as browsers ask for it; stronger
            than `since` Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Status | str]
    """

    kwargs = _get_kwargs(
        since=since,
        kind=kind,
        device=device,
        timeout_seconds=timeout_seconds,
        last_event_id=last_event_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    since: str | Unset = "",
    kind: list[str] | Unset = UNSET,
    device: str | Unset = "",
    timeout_seconds: float | Unset = 0.0,
    last_event_id: str | Unset = "",
) -> Status | str | None:
    """Follow Events

     Server-sent events of everything that happens: states of jobs (`queued`, `started`,
    `retrying`, `end`), what devices shall be (`spec`), transitions and their phases, switches,
    devices, nodes, roles, drift.

    The first one is `open`; it has the id of the place from which on they are told. An event
    `dropped` comes first where not all that was asked for is kept any more. Output of jobs is not
    told here; of the schedule's jobs only what they find and that they fail.

    Args:
        since (str | Unset): From this time on (ISO 8601, or seconds since 1970), or behind the
            event with this id; without it from now on Default: ''.
        kind (list[str] | Unset): Events of these kinds only
        device (str | Unset): Events that name this device Default: ''.
        timeout_seconds (float | Unset): Seconds after which a followed stream ends, with an event
            `timeout`; 0: never Default: 0.0.
        last_event_id (str | Unset): Go on behind this event, as browsers ask for it; stronger
            than `since` Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Status | str
    """

    return (
        await asyncio_detailed(
            client=client,
            since=since,
            kind=kind,
            device=device,
            timeout_seconds=timeout_seconds,
            last_event_id=last_event_id,
        )
    ).parsed
