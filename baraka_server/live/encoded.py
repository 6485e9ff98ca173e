"""JSON text that is encoded once and sent many times."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Any, Self

from pydantic import BaseModel

# Made once: json.dumps would make one for each value, which is most of the work.
_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_quoted = json.encoder.encode_basestring


class Encoded(str):
    """Finished JSON text, which `encode` takes as it is.

    encode({"bid": Encoded('{"id":1}')}) == '{"bid":{"id":1}}'
    """

    __slots__ = ()


class Superseding(Encoded):
    """Finished JSON that contains all earlier JSON with the same `subject`, which it supersedes (D25).

    A list that begins anew has another subject.
    """

    __slots__ = ("subject",)

    def __new__(cls, text: str, subject: Hashable) -> Self:
        made = super().__new__(cls, text)
        made.subject = subject
        return made

    subject: Hashable


class Shared(Encoded):
    """Finished JSON that many messages contain; its encoded forms are kept in `forms`."""

    __slots__ = ("forms",)

    def __new__(cls, text: str) -> Self:
        made = super().__new__(cls, text)
        made.forms = {}
        return made

    forms: dict[str, bytes]


Pieces = tuple[str, ...]
"""JSON in pieces, some of which may be `Shared`."""


def in_pieces(fields: Mapping[str, Any]) -> Pieces:
    """`fields` as a JSON object in pieces; each value that is `Shared` is a piece of its own."""
    made: list[str] = []
    text = "{"
    for key, value in fields.items():
        text += _name(key)
        if type(value) is Shared:
            made += (text, value)
            text = ""
        else:
            text += encode(value)
        text += ","
    return (*made, text.removesuffix(",") + "}")


def encode(value: Any) -> Encoded:
    """`value` as compact JSON. Nothing is escaped that JSON does not require."""
    text = _text(value)
    return text if isinstance(text, Encoded) else Encoded(text)


def _text(value: Any) -> str:
    kind = type(value)
    if kind is Encoded or kind is Superseding or kind is Shared:
        return value  # type: ignore[no-any-return]
    if kind is int:  # True is not an int here
        return str(value)
    if kind is str:
        return _quoted(value)
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "{" + ",".join([_name(str(key)) + _text(one) for key, one in value.items()]) + "}"
    if isinstance(value, BaseModel):
        return value.model_dump_json()
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_text, value)) + "]"
    return _json(value)


@lru_cache(maxsize=512)  # there are not as many names in the contract
def _name(key: str) -> str:
    return f"{_json(key)}:"
