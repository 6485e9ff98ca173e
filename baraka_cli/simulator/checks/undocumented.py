"""`undocumented`: finds the fields of a payload, and of the objects in it, that the contract does not have.

Users are not looked at: a field more of a user is a leak, which `secrets_in` finds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from baraka_server.contract.records import User


def undocumented(
    kind: type[BaseModel], data: Mapping[str, Any], where: str = "it"
) -> Iterator[str]:
    """Problems in words. `where` names the object that is looked at."""
    if issubclass(kind, User):
        return
    shape = _shape(kind)
    for name, value in data.items():
        if name not in shape.names:
            yield f"{where} has the field {name!r}, which the contract does not have"
        elif name in shape.parts:
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, dict):
                    yield from undocumented(shape.parts[name], part, name)


@dataclass(frozen=True, slots=True)
class _Shape:
    names: frozenset[str]
    parts: Mapping[str, type[BaseModel]]
    """Fields that hold an object, or a list of them."""


@cache
def _shape(kind: type[BaseModel]) -> _Shape:
    aliases = {field.alias or name: field for name, field in kind.model_fields.items()}
    parts = {name: part for name, field in aliases.items() if (part := _part(field.annotation))}
    return _Shape(frozenset(aliases), parts)


def _part(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((part for each in get_args(annotation) if (part := _part(each))), None)
