"""Vocabulary of the wire: every client event and server event by its name, and how one is parsed.

An area that is not the guide's declares its events in a module of its own, and is named here once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

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
)
from baraka_server.contract.client_events import GUIDE_EVENTS, ClientEvent
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.contract.server_events import (
    ADDED_SERVER_EVENTS,
    DOCUMENTED_SERVER_EVENTS,
    ServerEvent,
)

AREAS = (lots, prices, maxima, clock, hammer, people, house_rules, registration, moderation)
"""The modules that declare `COMMANDS` and `ANNOUNCEMENTS` beside those of the guide."""

CLIENT_EVENTS: dict[str, type[ClientEvent]] = GUIDE_EVENTS | {
    command.wire_name: command for area in AREAS for command in area.COMMANDS
}

SERVER_EVENTS: dict[str, type[ServerEvent]] = {
    event.wire_name: event
    for events in (
        DOCUMENTED_SERVER_EVENTS,
        ADDED_SERVER_EVENTS,
        *(area.ANNOUNCEMENTS for area in AREAS),
    )
    for event in events
}

HTTP_COMMANDS: dict[str, type[ClientEvent]] = {
    name: event for name, event in CLIENT_EVENTS.items() if event.over_http
}
"""The commands that `POST /api/auctions/{id}/NAME` takes."""


def parse(name: str, arguments: Sequence[Any]) -> ClientEvent | Refusal:
    """The event that `name` and its arguments mean, or a refusal that names what is wrong (D16)."""
    kind = CLIENT_EVENTS.get(name)
    if kind is None:
        # Half of a surrogate pair in it could not be sent back.
        told = name[:TEXT_IN_ERRORS_CHARS_MAX].encode(errors="replace").decode()
        meant = nearly_documented(told)
        hint = f". Did you mean {meant}?" if meant else ""
        return Refusal(Code.UNKNOWN_EVENT, told, {"name": told, "hint": hint})
    payload = arguments[0] if arguments else None
    if not isinstance(payload, dict):
        return Refusal(Code.MALFORMED, name, {"reason": "the payload must be an object"})
    try:
        return kind.model_validate(payload, by_alias=True, by_name=False)
    except ValidationError as error:
        return Refusal(Code.MALFORMED, name, {"reason": _first_problem(error)})


TEXT_IN_ERRORS_CHARS_MAX = 64
"""The length up to which an error repeats a client's own text."""


def nearly_documented(name: str) -> str | None:
    """The client event of which `name` is probably a misspelling, if there is one (D30)."""
    near = get_close_matches(_squeezed(name), _SQUEEZED, n=1, cutoff=SIMILARITY_MIN)
    return _SQUEEZED[near[0]] if near else None


def _squeezed(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


SIMILARITY_MIN = 0.85
"""From this ratio of `difflib` on a name counts as nearly a documented one."""

_SQUEEZED = {_squeezed(name): name for name in CLIENT_EVENTS}


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "missing":
        return f"{field} is required"
    return f"{field} {problem['msg']}".lstrip()  # about the whole payload: no field
