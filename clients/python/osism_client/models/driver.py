from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="Driver")


@_attrs_define
class Driver:
    """What can be expected of a switch's driver.

    ``observes``: the fields that it reads from the switch (``port.mtu``, ``vlan.name``, …).
    ``revert_timer``: the switch itself takes back what nobody confirms. ``problem``: why it cannot
    be told, on the machine of the API.

        Attributes:
            description (str):  Default: ''.
            observes (list[str]):
            problem (str):  Default: ''.
            revert_timer (bool):  Default: False.
    """

    observes: list[str]
    description: str = ""
    problem: str = ""
    revert_timer: bool = False

    def to_dict(self) -> dict[str, Any]:
        description = self.description

        observes = self.observes

        problem = self.problem

        revert_timer = self.revert_timer

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "description": description,
                "observes": observes,
                "problem": problem,
                "revert-timer": revert_timer,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        description = d.pop("description")

        observes = cast(list[str], d.pop("observes"))

        problem = d.pop("problem")

        revert_timer = d.pop("revert-timer")

        driver = cls(
            description=description,
            observes=observes,
            problem=problem,
            revert_timer=revert_timer,
        )

        return driver
