"""The comment that the host says with an event, so that phones of the guide hear of it too."""

from __future__ import annotations

from collections.abc import Collection

from baraka_server.domain.decision import By, Command, Several
from baraka_server.domain.events import Commented, Event
from baraka_server.domain.state import State


def hosts_comment(state: State, users: Collection[int], text: str) -> tuple[By, ...]:
    """The owner's comment, if the owner is among the `users` who exist."""
    owner = state.owner_id
    return () if owner is None or owner not in users else (By(Commented(text), owner),)


def with_comment(state: State, command: Command, event: Event, text: str) -> Several:
    """The event of a command, and what the host says with it."""
    return Several((event, *hosts_comment(state, command.found.users, text)))
