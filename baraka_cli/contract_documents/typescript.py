"""Types of the contract for TypeScript, as the official client of Socket.IO takes them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from baraka_cli.contract_documents.schema import REF, contract_schema
from baraka_server.contract.server_events import MissedEvent

Schema = dict[str, Any]

HEAD = """\
// The contract of Baraka, a live-auction server. Made by `baraka contract --format typescript`.
//
//   import { io, type Socket } from "socket.io-client";
//   import type { ClientToServerEvents, ServerToClientEvents } from "./baraka.js";
//
//   const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io(url, { auth: { token } });
//   const answer = await socket.emitWithAck("placeBid", { auctionId: 42, amount: 1500 });
"""

WORDS = {
    "integer": "number",
    "number": "number",
    "string": "string",
    "boolean": "boolean",
    "null": "null",
    "object": "Record<string, unknown>",
}
EVENT_OF_ANY_NAME = """\
export type MissedEvent = {
  [Name in keyof ServerToClientEvents]: {
    /** The name of the event. */
    event: Name;
    /** Its payload. */
    data: Parameters<ServerToClientEvents[Name]>[0];
  };
}[keyof ServerToClientEvents];
"""
"""Which payload a missed event has goes by its name: an interface could not say so."""
NAME = re.compile(r"[A-Za-z_$][\w$]*")


def typescript() -> str:
    """The module of declarations."""
    schema = contract_schema()
    parts = [HEAD, *(_declaration(name, one) for name, one in schema["$defs"].items())]
    parts += [
        _events(
            "ClientToServerEvents",
            "The events that a client sends, each with the callback of its acknowledgement.",
            {name: _acknowledged(one) for name, one in schema["clientToServer"].items()},
        ),
        _events(
            "UnacknowledgedEvents",
            "The same events as a client sends them that asks for no acknowledgement: it hears `error`.",
            {
                name: f"(payload: {one['payload']}) => void"
                for name, one in schema["clientToServer"].items()
            },
        ),
        _events(
            "ServerToClientEvents",
            "The events that a client hears.",
            {
                name: f"(payload: {one['payload']}) => void"
                for name, one in schema["serverToClient"].items()
            },
        ),
    ]
    return "\n".join(parts)


def _acknowledged(event: Schema) -> str:
    answers = " | ".join(event["acknowledgement"])
    return f"(payload: {event['payload']}, acknowledge: (answer: {answers}) => void) => void"


def _events(name: str, what: str, events: dict[str, str]) -> str:
    lines = [f"  {_key(event)}: {type_};" for event, type_ in events.items()]
    return "\n".join([*_comment(what), f"export interface {name} {{", *lines, "}", ""])


def _declaration(name: str, schema: Schema) -> str:
    comment = list(_comment(schema.get("description", "")))
    if name == MissedEvent.__name__:
        return "\n".join([*comment, EVENT_OF_ANY_NAME])
    if "properties" not in schema:
        return "\n".join([*comment, f"export type {name} = {_type(schema)};", ""])
    return "\n".join([*comment, f"export interface {name} {{", *_fields(schema), "}", ""])


def _fields(schema: Schema) -> Iterator[str]:
    must = schema.get("required", ())
    for name, field in schema["properties"].items():
        yield from (f"  {line}" for line in _comment(field.get("description", "")))
        yield f"  {_key(name)}{'' if name in must else '?'}: {_type(field)};"


def _comment(text: str) -> Iterator[str]:
    if not text:
        return
    lines = text.replace("*/", "* /").split("\n")
    if len(lines) == 1:
        yield f"/** {lines[0]} */"
        return
    yield "/**"
    yield from (f" * {line}".rstrip() for line in lines)
    yield " */"


def _key(name: str) -> str:
    return name if NAME.fullmatch(name) else json.dumps(name)


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(REF)
    if "anyOf" in schema:
        return _union(schema["anyOf"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    if schema.get("type") == "array":
        inner = _type(schema["items"])
        return f"({inner})[]" if " | " in inner else f"{inner}[]"
    if "properties" in schema:
        return f"{{ {' '.join(line.strip() for line in _fields(schema))} }}"
    return WORDS.get(schema.get("type", ""), "unknown")


def _union(alternatives: list[Schema]) -> str:
    """The alternatives; a text beside listed ones is any other, and editors still suggest those."""
    types = [_type(one) for one in alternatives]
    if any("$ref" in one for one in alternatives):
        types = ["(string & {})" if one == "string" else one for one in types]
    return " | ".join(dict.fromkeys(types))
