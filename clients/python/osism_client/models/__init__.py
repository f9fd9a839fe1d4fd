"""Contains all the data models used in inputs/outputs"""

from .health import Health
from .object_ref import ObjectRef
from .result import Result
from .status import Status

__all__ = (
    "Health",
    "ObjectRef",
    "Result",
    "Status",
)
