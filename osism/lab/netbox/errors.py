"""What NetBox refuses, in its words."""

from __future__ import annotations

from typing import Any

NOT_NULL = "This field may not be null."
NOT_BLANK = "This field may not be blank."
REQUIRED = "This field is required."


class Invalid(Exception):
    """Data that NetBox refuses, with the body of its answer: a message, or fields with messages."""

    def __init__(self, errors: Any, status: int = 400) -> None:
        super().__init__(errors)
        self.errors = errors
        self.status = status

    @classmethod
    def at(cls, name: str, message: str) -> Invalid:
        return cls({name: [message]})

    @classmethod
    def whole(cls, message: str) -> Invalid:
        """Of the object as a whole."""
        return cls.at("__all__", message)

    @classmethod
    def crash(cls, exception: str, message: str) -> Invalid:
        """Where NetBox 4.4 itself fails with an internal error."""
        body = {"error": message, "exception": exception, "netbox_version": "4.4.10"}
        return cls({**body, "python_version": "3.11.7"}, 500)


def not_a_list(value: Any) -> str:
    return f'Expected a list of items but got type "{type(value).__name__}".'


def not_a_dictionary(value: Any) -> dict[str, list[str]]:
    name = type(value).__name__
    return {"non_field_errors": [f"Invalid data. Expected a dictionary, but got {name}."]}
