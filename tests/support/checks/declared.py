"""Check that what a real server tells is declared: every payload against the published schemas.

Phones hand over what they hear. A payload of a form that was looked at before is not looked at again, so that
a storm costs nothing; what differs is kept, and fails the test in which it was heard.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from baraka_cli.contract_documents.schema import contract_schema

Schema = dict[str, Any]

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
REFUSED = "Refused"

HOUSE = "a house without sockets"
real_servers: set[str] = {HOUSE}
"""The addresses of servers that are ours; others may tell what they like."""
undeclared: list[str] = []
"""What was heard since the last look and is declared nowhere."""

_known: set[tuple[str, Any]] = set()


def heard(url: str, event: str, payload: Any) -> None:
    """Look at an event."""
    if url in real_servers:
        known = _contract()["serverToClient"].get(event)
        _look(f"event {event}", known and known["payload"], payload)


def answered(url: str, event: str, answer: Any) -> None:
    """Look at the acknowledgement of an event, of which a stranger may know none."""
    if url in real_servers and isinstance(answer, dict):
        accepted = _contract()["clientToServer"].get(event, {}).get("acknowledgement", [""])[0]
        _look(f"answer to {event}", accepted if answer.get("ok") else REFUSED, answer)


def assert_all_declared() -> None:
    found = undeclared[:]
    undeclared.clear()
    assert not found, "\n".join(found)


def errors_of(definition: str, payload: Any) -> list[str]:
    """What of a payload is not as its definition says; a field that it does not have is wrong too."""
    return [
        f"{'.'.join(map(str, one.absolute_path))}: {one.message[:300]}"
        for one in _validator(definition).iter_errors(payload)
    ]


def _look(what: str, definition: str | None, payload: Any) -> None:
    seen = (what, form(payload))
    if seen in _known:
        return
    _known.add(seen)
    wrong = errors_of(definition, payload) if definition else ["is not declared"]
    undeclared.extend(f"{what}: {one}" for one in wrong)


def form(value: Any) -> Any:
    """The names and types in a payload; of a list the first and the last row stand for all."""
    if isinstance(value, dict):
        return tuple((name, form(one)) for name, one in value.items())
    if isinstance(value, list):
        return ("list", *(form(one) for one in (value[:1] + value[-1:])))
    if isinstance(value, str):
        return "time" if TIME.fullmatch(value) else "text"
    return type(value).__name__


@cache
def _contract() -> Schema:
    return contract_schema()


@cache
def _validator(definition: str) -> Draft202012Validator:
    defs = {name: _closed(one) for name, one in _contract()["$defs"].items()}
    return Draft202012Validator({"$ref": f"#/$defs/{definition}", "$defs": defs})


def _closed(schema: Schema) -> Schema:
    """The definition without room for other fields, and with times in their one form."""
    closed: Schema = _strict(schema)
    return closed | ({"additionalProperties": False} if "properties" in schema else {})


def _strict(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {name: _strict(one) for name, one in schema.items()}
    return strict | (
        {"pattern": f"^{TIME.pattern}$"} if schema.get("format") == "date-time" else {}
    )
