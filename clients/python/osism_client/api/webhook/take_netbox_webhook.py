from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.followed import Followed
from ...models.status import Status
from ...models.take_netbox_webhook_body import TakeNetboxWebhookBody
from ...types import Response, Unset


def _get_kwargs(
    *,
    body: TakeNetboxWebhookBody,
    x_hook_signature: str | Unset = "",
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(x_hook_signature, Unset):
        headers["X-Hook-Signature"] = x_hook_signature

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/webhook/netbox",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Followed | Status | None:
    if response.status_code == 200:
        response_200 = Followed.from_dict(response.json())

        return response_200

    if response.status_code == 202:
        response_202 = Followed.from_dict(response.json())

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
) -> Response[Followed | Status]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: TakeNetboxWebhookBody,
    x_hook_signature: str | Unset = "",
) -> Response[Followed | Status]:
    """Take Netbox Webhook

     Take a change that NetBox tells: its switches are generated, and deployed where the setting
    webhook_deploys says so, once no more changes come.

    A webhook with a missing or wrong signature gets 401, a stale one (5 minutes) 400, and one that
    has come before 409. While Redis is away nothing is kept (503): the same may be sent again.
    200: it concerns no device, or comes of a write of the product's own.

    Args:
        x_hook_signature (str | Unset): HMAC-SHA512 of the raw body with the setting
            webhook_secret, in hex Default: ''.
        body (TakeNetboxWebhookBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Followed | Status]
    """

    kwargs = _get_kwargs(
        body=body,
        x_hook_signature=x_hook_signature,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: TakeNetboxWebhookBody,
    x_hook_signature: str | Unset = "",
) -> Followed | Status | None:
    """Take Netbox Webhook

     Take a change that NetBox tells: its switches are generated, and deployed where the setting
    webhook_deploys says so, once no more changes come.

    A webhook with a missing or wrong signature gets 401, a stale one (5 minutes) 400, and one that
    has come before 409. While Redis is away nothing is kept (503): the same may be sent again.
    200: it concerns no device, or comes of a write of the product's own.

    Args:
        x_hook_signature (str | Unset): HMAC-SHA512 of the raw body with the setting
            webhook_secret, in hex Default: ''.
        body (TakeNetboxWebhookBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Followed | Status
    """

    return sync_detailed(
        client=client,
        body=body,
        x_hook_signature=x_hook_signature,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: TakeNetboxWebhookBody,
    x_hook_signature: str | Unset = "",
) -> Response[Followed | Status]:
    """Take Netbox Webhook

     Take a change that NetBox tells: its switches are generated, and deployed where the setting
    webhook_deploys says so, once no more changes come.

    A webhook with a missing or wrong signature gets 401, a stale one (5 minutes) 400, and one that
    has come before 409. While Redis is away nothing is kept (503): the same may be sent again.
    200: it concerns no device, or comes of a write of the product's own.

    Args:
        x_hook_signature (str | Unset): HMAC-SHA512 of the raw body with the setting
            webhook_secret, in hex Default: ''.
        body (TakeNetboxWebhookBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Followed | Status]
    """

    kwargs = _get_kwargs(
        body=body,
        x_hook_signature=x_hook_signature,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: TakeNetboxWebhookBody,
    x_hook_signature: str | Unset = "",
) -> Followed | Status | None:
    """Take Netbox Webhook

     Take a change that NetBox tells: its switches are generated, and deployed where the setting
    webhook_deploys says so, once no more changes come.

    A webhook with a missing or wrong signature gets 401, a stale one (5 minutes) 400, and one that
    has come before 409. While Redis is away nothing is kept (503): the same may be sent again.
    200: it concerns no device, or comes of a write of the product's own.

    Args:
        x_hook_signature (str | Unset): HMAC-SHA512 of the raw body with the setting
            webhook_secret, in hex Default: ''.
        body (TakeNetboxWebhookBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Followed | Status
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            x_hook_signature=x_hook_signature,
        )
    ).parsed
