"""AsyncAPI 3.0 document of the contract: one channel, an operation for each event, acknowledgements as replies.

In AsyncAPI the application is the server: it receives client events and sends server events.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from baraka_cli.contract_documents.examples import examples
from baraka_cli.contract_documents.schema import REF, contract_schema

Schema = dict[str, Any]

CHANNEL, REPLIES = "events", "acknowledgements"
COMPONENTS = "#/components/schemas/"
INTRODUCTION = """\
Live auctions over Socket.IO. Every event is sent on the namespace `/`. A client event may be sent with a \
callback, which is called with the reply. Messages on this channel are Socket.IO events: their names are those \
of the event, their payload is the only argument."""


def asyncapi() -> Schema:
    """The document."""
    contract = contract_schema()
    sent, told, defs = contract["clientToServer"], contract["serverToClient"], contract["$defs"]
    answers = sorted({name for one in sent.values() for name in one["acknowledgement"]})
    seen, heard = examples()["clientToServer"], examples()["serverToClient"]
    events = {
        _sent(name): _message(name, one["payload"], defs, seen[name]["payload"])
        for name, one in sent.items()
    }
    events |= {
        _told(name): _message(name, one["payload"], defs, heard[name]) for name, one in told.items()
    }
    replies = _replies_seen(sent)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Baraka", "version": version("baraka"), "description": INTRODUCTION},
        "defaultContentType": "application/json",
        "servers": {
            "baraka": {
                "host": "127.0.0.1:3000",
                "pathname": "/socket.io/",
                "protocol": "wss",
                "description": "The address is each house's own.",
                "security": [{"$ref": "#/components/securitySchemes/accessToken"}],
            }
        },
        "channels": {
            CHANNEL: {
                "address": "/",
                "description": "The namespace of Socket.IO.",
                "messages": events,
            },
            REPLIES: {
                "address": None,
                "description": "Acknowledgements, as arguments of the sender's callback.",
                "messages": {name: _message(name, name, defs, replies[name]) for name in answers},
            },
        },
        "operations": {_sent(name): _receive(name, one, defs) for name, one in sent.items()}
        | {_told(name): _send(name, one, defs) for name, one in told.items()},
        "components": {
            "schemas": {name: _moved(schema) for name, schema in defs.items()},
            "securitySchemes": {
                "accessToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "The access token, as `auth.token` or in the header `Authorization`.",
                }
            },
        },
    }


def _sent(event: str) -> str:
    return f"sent_{event}"


def _told(event: str) -> str:
    return f"told_{event}"


def _replies_seen(sent: Schema) -> Schema:
    """An acknowledgement of each kind."""
    found: Schema = {}
    for kind, at in (("clientToServer", 0), ("refused", 1)):
        for name, seen in examples()[kind].items():
            found.setdefault(sent[name]["acknowledgement"][at], seen["acknowledgement"])
    return found


def _message(name: str, payload: str, defs: Schema, example: Any) -> Schema:
    return {
        "name": name,
        "summary": _first_line(defs[payload]),
        "payload": {"$ref": COMPONENTS + payload},
        "examples": [{"payload": example}],
    }


def _receive(name: str, event: Schema, defs: Schema) -> Schema:
    replies = [{"$ref": _of(REPLIES, answer)} for answer in event["acknowledgement"]]
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{CHANNEL}"},
        "summary": _first_line(defs[event["payload"]]),
        "messages": [{"$ref": _of(CHANNEL, _sent(name))}],
        "reply": {"channel": {"$ref": f"#/channels/{REPLIES}"}, "messages": replies},
        "tags": [{"name": event["who"]}],
    }


def _send(name: str, event: Schema, defs: Schema) -> Schema:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{CHANNEL}"},
        "summary": _first_line(defs[event["payload"]]),
        "messages": [{"$ref": _of(CHANNEL, _told(name))}],
        "tags": [{"name": event["scope"]}],
    }


def _of(channel: str, message: str) -> str:
    return f"#/channels/{channel}/messages/{message}"


def _first_line(schema: Schema) -> str:
    return str(schema.get("description", "")).split("\n")[0]


def _moved(schema: Any) -> Any:
    """A schema with its references in the components of this document."""
    if isinstance(schema, list):
        return [_moved(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: value.replace(REF, COMPONENTS) if name == "$ref" else _moved(value)
        for name, value in schema.items()
    }
