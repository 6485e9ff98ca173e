"""The guide for clients as Markdown: prose of guide.md, and behind it every event, refusal, route and type."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from baraka_cli.contract_documents.examples import examples
from baraka_cli.contract_documents.schema import REF, contract_schema
from baraka_server.contract import (
    clock,
    hammer,
    house_rules,
    lots,
    maxima,
    moderation,
    people,
    prices,
    registration,
    vocabulary,
)
from baraka_server.contract.client_events import GUIDE_EVENTS
from baraka_server.contract.http_routes import AUTH_ROUTES, COMMAND_PATH, ROUTES, Route
from baraka_server.contract.server_events import ADDED_SERVER_EVENTS, DOCUMENTED_SERVER_EVENTS

Schema = dict[str, Any]

PROSE = Path(__file__).with_name("guide.md")
PLACE = "<!-- events -->\n"

AREAS = {
    lots: "The run list",
    prices: "Steps of bids, and bids from the floor",
    maxima: "Maximum bids",
    clock: "The clock, pauses and warnings",
    hammer: "Taking back bids and awards",
    people: "People who work in an auction",
    house_rules: "Rules of an auction",
    registration: "Registered bidders",
    moderation: "Order in the room",
}
LINE_CHARS_MAX = 110

WHO = {
    "anybody": "everybody",
    "moderator": "moderators, clerks and the owner",
    "clerk": "clerks and the owner",
    "owner": "the owner alone",
}
SCOPES = {
    "everyone": "everybody who is connected",
    "room": "everybody in the room",
    "sender": "one socket alone",
    "user": "the sockets of one user in the room",
}


def markdown() -> str:
    """The whole guide."""
    contract = contract_schema()
    chapters = "\n".join(
        [
            *_client_events(contract),
            *_server_events(contract),
            *_areas(contract),
            *_refusals(contract),
            *_routes(contract),
            *_types(contract),
        ]
    )
    return PROSE.read_text(encoding="utf-8").replace(PLACE, chapters)


def _client_events(contract: Schema) -> Iterator[str]:
    yield "## Events that a client sends\n"
    for name in GUIDE_EVENTS:
        yield from _client_event(contract, name)


def _areas(contract: Schema) -> Iterator[str]:
    for area in vocabulary.AREAS:
        yield f"## {AREAS[area]}\n"
        for command in area.COMMANDS:
            yield from _client_event(contract, command.wire_name)
        for event in area.ANNOUNCEMENTS:
            yield from _server_event(contract, event.wire_name)


def _client_event(contract: Schema, name: str) -> Iterator[str]:
    event = contract["clientToServer"][name]
    payload = contract["$defs"][event["payload"]]
    yield f"### Send `{name}`\n"
    yield f"{payload['description']}\n"
    yield f"May be sent by {WHO[event['who']]}.{_over_http(contract, name)}\n"
    yield from _fields(payload)
    yield from _rule(payload)
    seen = examples()["clientToServer"][name]
    yield from _code("js", f'socket.emit("{name}", {_js(seen["payload"])}, (answer) => …);')
    accepted = event["acknowledgement"][0]
    yield f"Acknowledged with {_link(accepted)}:\n"
    yield from _json(seen["acknowledgement"])
    if refused := examples()["refused"].get(name):
        yield f"Refused, as after `{_js(refused['payload'])}`:\n"
        yield from _json(refused["acknowledgement"])


def _over_http(contract: Schema, name: str) -> str:
    path = COMMAND_PATH.replace("{command}", name)
    return f" Over HTTP: `POST {path}`." if f"POST {path}" in contract["http"] else ""


def _rule(payload: Schema) -> Iterator[str]:
    alternatives = payload.get("oneOf") or payload.get("anyOf")
    if alternatives:
        names = " or ".join(f"`{one['required'][0]}`" for one in alternatives)
        count = "Exactly" if "oneOf" in payload else "At least"
        yield f"{count} one of {names} has to be there.\n"


def _server_events(contract: Schema) -> Iterator[str]:
    yield "## Events that a client hears\n"
    for event in (*DOCUMENTED_SERVER_EVENTS, *ADDED_SERVER_EVENTS):
        yield from _server_event(contract, event.wire_name)


def _server_event(contract: Schema, name: str) -> Iterator[str]:
    event = contract["serverToClient"][name]
    payload = contract["$defs"][event["payload"]]
    yield f"### Hear `{name}`\n"
    yield f"{payload['description']}\n"
    yield f"Heard by {SCOPES[event['scope']]}.\n"
    yield from _fields(payload)
    yield from _json(examples()["serverToClient"][name])


def _refusals(contract: Schema) -> Iterator[str]:
    yield "## Refusals\n"
    yield "`code` is for programs, the text is what `message` says. `{…}` stands for a value.\n"
    yield "| code | text | other texts, by the event that is refused |"
    yield "|---|---|---|"
    for code, one in contract["refusals"].items():
        others = "; ".join(f"`{name}`: {text}" for name, text in one.get("answering", {}).items())
        yield f"| `{code}` | {one['text']} | {others} |"
    yield ""


def _routes(contract: Schema) -> Iterator[str]:
    yield "## Routes over HTTP\n"
    yield (
        "With `Authorization: Bearer` and the access token. A list is a JSON array, in pages: `Link` names the next "
        "one. A refusal is `{ok: false, code, message}`: 400 for what is malformed, 401 for a token, 403 for a "
        "missing role, 404 for what is not there, 409 for every other refusal of the rules; 429 and 503 have "
        "`Retry-After`.\n"
    )
    for route in ROUTES:
        yield from _route(contract, route)
    yield f"### `POST {COMMAND_PATH}`\n"
    yield (
        "Sends a command of the house without a socket: the payload of the event of that name as JSON, without "
        "`auctionId`. It is answered with what the event is acknowledged with.\n"
    )
    yield "## Routes that give out tokens\n"
    yield (
        'These routes ask for no token. A success is `{status: "success", data}`, a refusal '
        f"{_link('AuthRefused')}; 429 and 503 have `Retry-After`.\n"
    )
    for route in AUTH_ROUTES:
        yield from _route(contract, route)


def _route(contract: Schema, route: Route) -> Iterator[str]:
    name = f"{route.method} {route.path}"
    yield f"### `{name}`\n"
    yield f"{route.what} For {WHO[str(route.who)]}.\n"
    if route.body:
        yield from _fields(contract["$defs"][route.body.__name__])
        yield "As in:\n"
        yield from _json(examples()["http"][name]["payload"])
    if route.query:
        yield from (f"- `{query}`: {what}" for query, what in route.query.items())
        yield ""
    rows = "A list of " if route.is_list else "Answers "
    yield f"{rows}{_link(route.answer.__name__)}:\n"
    yield from _json(examples()["http"][name]["answer"])


def _types(contract: Schema) -> Iterator[str]:
    events = {one["payload"] for one in contract["clientToServer"].values()}
    events |= {one["payload"] for one in contract["serverToClient"].values()}
    yield "## Types\n"
    for name, schema in contract["$defs"].items():
        if name in events:
            continue
        yield f"### {name}\n"
        yield f"{schema.get('description', '')}\n"
        if "properties" in schema:
            yield from _fields(schema)
        else:
            yield f"{_kind(schema)}\n"


def _fields(schema: Schema) -> Iterator[str]:
    must = schema.get("required", ())
    yield "| field | type | | what it is |"
    yield "|---|---|---|---|"
    for name, field in schema["properties"].items():
        there = "" if name in must else "optional"
        what = " ".join(field.get("description", "").split())
        usual = f" Without it: {field['default']}." if "default" in field else ""
        yield f"| `{name}` | {_kind(field)} | {there} | {what}{usual} |"
    yield ""


def _kind(schema: Schema) -> str:
    """A type in words."""
    if "$ref" in schema:
        return _link(schema["$ref"].removeprefix(REF))
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    kind = schema.get("type")
    if kind == "array":
        return f"list of {_kind(schema['items'])}"
    if kind == "integer":
        return "number" + (
            f", {schema['minimum']} to {schema['maximum']}" if "minimum" in schema else ""
        )
    if kind == "string" and schema.get("format") == "date-time":
        return "time"
    if kind == "string":
        return "text" + (f", at most {schema['maxLength']}" if "maxLength" in schema else "")
    return str(kind or "anything")


def _link(name: str) -> str:
    return f"[{name}](#{name.lower()})"


def _json(value: Any) -> Iterator[str]:
    yield from _code("json", _laid_out(value))


def _code(language: str, text: str) -> Iterator[str]:
    yield f"```{language}\n{text}\n```\n"


def _laid_out(value: Any, indent: str = "") -> str:
    """JSON in which what fits on a line stands on one."""
    line = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(line) <= LINE_CHARS_MAX or not isinstance(value, dict | list):
        return line
    inner = indent + "  "
    if isinstance(value, dict):
        parts = [
            f"{inner}{json.dumps(name)}: {_laid_out(one, inner)}" for name, one in value.items()
        ]
    else:
        parts = [inner + _laid_out(one, inner) for one in value]
    left, right = "{}" if isinstance(value, dict) else "[]"
    return f"{left}\n" + ",\n".join(parts) + f"\n{indent}{right}"


def _js(payload: Schema) -> str:
    fields = ", ".join(
        f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in payload.items()
    )
    return f"{{ {fields} }}"
