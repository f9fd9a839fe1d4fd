"""What jobs look like when somebody asks for them: a shape for each kind, made of its fields."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

from pydantic import BaseModel, ConfigDict, StrictBool, StrictInt, StringConstraints, create_model
from pydantic import Field as Described

from osism.domain.admissions import ASKED
from osism.domain.applying import TIMEOUT
from osism.domain.jobs import JOBS, Job

#: Fields that the product fills in itself.
_OWN = {("ConnectDevices", "generation"), ("RunPlaybook", "collection")}

_Word = Annotated[str, StringConstraints(max_length=131_072, pattern=r"^[^\x00]*$")]
_Number = Annotated[StrictInt, Described(ge=0, le=TIMEOUT)]
_TYPES: dict[object, Any] = {
    str: _Word,
    str | None: _Word | None,
    int: _Number,
    bool: StrictBool,
    tuple[str, ...]: Annotated[list[_Word], Described(max_length=10_000)],
}


class Asked(BaseModel):
    """Base of what can be asked for. Fields are called as in ``status.request`` of a job."""

    model_config = ConfigDict(extra="forbid")


def _shape(kind: type[Job]) -> type[Asked]:
    name = kind.__name__
    hints = get_type_hints(kind)
    found: dict[str, Any] = {"job": (Literal[name], ...)} | {
        each.name: (_TYPES[hints[each.name]], _default(each))
        for each in fields(kind)
        if (name, each.name) not in _OWN
    }
    about = " ".join((kind.__doc__ or name).split("\n\n")[0].split())
    made: type[Asked] = create_model(name, __doc__=about, __base__=Asked, **found)
    return made


def _default(each: Field[Any]) -> Any:
    if each.default is MISSING:
        return ...
    return list(each.default) if isinstance(each.default, tuple) else each.default


#: Name -> shape.
SHAPES = {name: _shape(kind) for name, kind in JOBS.items() if name in ASKED}

if TYPE_CHECKING:
    AskedJob = Asked
else:
    AskedJob = Annotated[reduce(or_, SHAPES.values()), Described(discriminator="job")]
