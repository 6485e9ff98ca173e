"""JSON Schema (2020-12) of every payload: client events, acknowledgements, server events, HTTP answers.

One document holds all of them under `$defs`. Beside them stand `clientToServer`, `serverToClient` and `http`,
which name the definitions of each event, and `refusals`, with the texts of all codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from baraka_cli.contract_documents.common_fields import MEANING
from baraka_server.contract.acknowledgements import Refused
from baraka_server.contract.client_events import ClientEvent
from baraka_server.contract.http_routes import AUTH_ROUTES, COMMAND_PATH, ROUTES
from baraka_server.contract.refusals import TEXTS, TEXTS_BY_EVENT, Code
from baraka_server.contract.vocabulary import CLIENT_EVENTS, HTTP_COMMANDS, SERVER_EVENTS

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ID = "urn:baraka:contract"
REF = "#/$defs/"
CODE = Code.__name__

OPEN_CODE = [{"$ref": REF + CODE}, {"type": "string"}]

_CITED = re.compile(r" \((?:see )?D\d+(?:, D\d+)*\)")


def contract_schema() -> Schema:
    """The whole contract as one JSON Schema document."""
    return {
        "$schema": DIALECT,
        "$id": ID,
        "title": "Baraka",
        "description": "The payloads of Baraka, a live-auction server, under $defs.",
        "clientToServer": {name: _client_event(event) for name, event in CLIENT_EVENTS.items()},
        "serverToClient": {
            name: {"payload": event.__name__, "scope": str(event.scope)}
            for name, event in SERVER_EVENTS.items()
        },
        "http": _http(),
        "refusals": _refusals(),
        "$defs": definitions(),
    }


def _client_event(event: type[ClientEvent]) -> Schema:
    return {
        "payload": event.__name__,
        "acknowledgement": [event.answer.__name__, Refused.__name__],
        "who": str(event.who),
    }


def _http() -> Schema:
    routes = {
        f"{route.method} {route.path}": {
            **({"payload": route.body.__name__} if route.body else {}),
            "answer": route.answer.__name__,
            "refusal": route.refusal.__name__,
            "list": route.is_list,
            "query": sorted(route.query),
            "who": str(route.who),
        }
        for route in (*ROUTES, *AUTH_ROUTES)
    }
    return routes | {
        f"POST {COMMAND_PATH.replace('{command}', name)}": {
            "payload": event.__name__,
            "answer": event.answer.__name__,
            "refusal": Refused.__name__,
            "who": str(event.who),
        }
        for name, event in HTTP_COMMANDS.items()
    }


def _refusals() -> Schema:
    texts: dict[str, Any] = {str(code): {"text": text} for code, text in TEXTS.items()}
    for (event, code), text in TEXTS_BY_EVENT.items():
        texts[code].setdefault("answering", {})[event] = text
    return texts


def definitions() -> dict[str, Schema]:
    """Every payload and every part of one, by the name of its declaration."""
    _, found = models_json_schema(list(_models()))
    defs = {name: _tidy(schema) for name, schema in found["$defs"].items()}
    codes = {"description": "The reason of a refusal.", "enum": [str(code) for code in Code]}
    return dict(sorted((defs | {CODE: codes}).items()))


def _models() -> Iterator[tuple[type[BaseModel], JsonSchemaMode]]:
    for event in CLIENT_EVENTS.values():
        yield event, "validation"
        yield event.answer, "serialization"
    yield Refused, "serialization"
    for told in SERVER_EVENTS.values():
        yield told, "serialization"
    for route in (*ROUTES, *AUTH_ROUTES):
        yield route.answer, "serialization"
        yield route.refusal, "serialization"
        if route.body:
            yield route.body, "validation"


def _tidy(schema: Any) -> Any:
    """A schema of pydantic without titles, without defaults that say nothing, and with open codes."""
    if isinstance(schema, list):
        return [_tidy(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "code":  # a newer server may have others
        schema = _without(schema, "format", "type") | {"anyOf": OPEN_CODE}
    tidy: Schema = {}
    for name, value in schema.items():
        if name == "title" or (name == "default" and value in (None, False, [])):
            continue
        if name == "properties":
            tidy[name] = {field: _meaning(field) | _tidy(one) for field, one in value.items()}
        elif name == "description":
            tidy[name] = _said(value)
        else:
            tidy[name] = _tidy(value)
    return _flat(tidy)


def _meaning(field: str) -> Schema:
    return {"description": MEANING[field]} if field in MEANING else {}


def _without(schema: Schema, *names: str) -> Schema:
    return {name: value for name, value in schema.items() if name not in names}


def _flat(schema: Schema) -> Schema:
    """`anyOf` without one inside: "Code or text, or null" is three alternatives."""
    if "anyOf" not in schema:
        return schema
    inner: list[Any] = []
    for one in schema["anyOf"]:
        inner += one["anyOf"] if one.keys() == {"anyOf"} else [one]
    return schema | {"anyOf": inner}


def _said(text: str) -> str:
    """A docstring as those read it who do not have our decisions: the first paragraphs, in one line each."""
    paragraphs = [" ".join(part.split()) for part in _CITED.sub("", text).split("\n\n")]
    return "\n\n".join(paragraphs)
