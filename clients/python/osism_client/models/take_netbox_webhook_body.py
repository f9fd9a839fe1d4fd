from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.take_netbox_webhook_body_data import TakeNetboxWebhookBodyData


T = TypeVar("T", bound="TakeNetboxWebhookBody")


@_attrs_define
class TakeNetboxWebhookBody:
    """
    Attributes:
        data (TakeNetboxWebhookBodyData):
        event (str): created, updated, deleted
        timestamp (datetime.datetime):
        model (str | Unset):
        object_type (str | Unset): as dcim.interface
        request_id (None | str | Unset):
        username (None | str | Unset):
    """

    data: TakeNetboxWebhookBodyData
    event: str
    timestamp: datetime.datetime
    model: str | Unset = UNSET
    object_type: str | Unset = UNSET
    request_id: None | str | Unset = UNSET
    username: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        data = self.data.to_dict()

        event = self.event

        timestamp = self.timestamp.isoformat()

        model = self.model

        object_type = self.object_type

        request_id: None | str | Unset
        if isinstance(self.request_id, Unset):
            request_id = UNSET
        else:
            request_id = self.request_id

        username: None | str | Unset
        if isinstance(self.username, Unset):
            username = UNSET
        else:
            username = self.username

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "data": data,
                "event": event,
                "timestamp": timestamp,
            }
        )
        if model is not UNSET:
            field_dict["model"] = model
        if object_type is not UNSET:
            field_dict["object_type"] = object_type
        if request_id is not UNSET:
            field_dict["request_id"] = request_id
        if username is not UNSET:
            field_dict["username"] = username

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.take_netbox_webhook_body_data import TakeNetboxWebhookBodyData  # noqa: PLC0415

        d = dict(src_dict)
        data = TakeNetboxWebhookBodyData.from_dict(d.pop("data"))

        event = d.pop("event")

        timestamp = datetime.datetime.fromisoformat(d.pop("timestamp"))

        model = d.pop("model", UNSET)

        object_type = d.pop("object_type", UNSET)

        def _parse_request_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        request_id = _parse_request_id(d.pop("request_id", UNSET))

        def _parse_username(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        username = _parse_username(d.pop("username", UNSET))

        take_netbox_webhook_body = cls(
            data=data,
            event=event,
            timestamp=timestamp,
            model=model,
            object_type=object_type,
            request_id=request_id,
            username=username,
        )

        take_netbox_webhook_body.additional_properties = d
        return take_netbox_webhook_body

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
