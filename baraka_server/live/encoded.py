"""JSON that is made once and sent many times."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

# Made once: json.dumps would make one for each value, which is most of the work.
_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


class Encoded(str):
    """Finished JSON text: whoever encodes a message around it takes it as it is."""

    __slots__ = ()


def encode(value: Any) -> Encoded:
    """`value` as compact JSON. Text stays as it came: nothing is escaped that JSON does not ask for."""
    if isinstance(value, Encoded):
        return value
    if isinstance(value, BaseModel):
        return Encoded(value.model_dump_json())
    if isinstance(value, dict):
        fields = [f"{encode(str(key))}:{encode(item)}" for key, item in value.items()]
        return Encoded("{" + ",".join(fields) + "}")
    if isinstance(value, list | tuple):
        return Encoded("[" + ",".join(map(encode, value)) + "]")
    return Encoded(_json(value))
