"""People in the sale book: comments that go, the role of whoever sits at the console, who may bid."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from baraka_cli.console.chat_book import ChatBook
from baraka_cli.console.people_names import Names
from baraka_server.contract.fields import APPROVAL


class Book(Protocol):
    """The sale book, as far as it is about people."""

    chat: ChatBook
    role: str | None
    owner_id: int | None
    names: Names


def comment_removed(book: Book, data: Mapping[str, Any], _now: datetime) -> None:
    book.chat.remove(data["commentId"], keep=book.role is not None)


def role_changed(book: Book, data: Mapping[str, Any], _now: datetime) -> None:
    book.role = data["role"]


def rules_changed(book: Book, data: Mapping[str, Any], _now: datetime) -> None:
    """Take who may bid, where the server tells: by it people without a paddle are shown with their ids."""
    book.names.ids_shown = data.get("registration") == APPROVAL
    book.names.owner_id = book.owner_id


def registered(book: Book, entry: Mapping[str, Any]) -> None:
    """Take the paddle that an entry of the history gave by a registration."""
    if entry["kind"] == REGISTERED and isinstance(entry["data"].get("paddle"), int):
        book.names.give(entry["data"]["target_id"], entry["data"]["paddle"])


REGISTERED = "bidder_registered"
"""What the history calls a registration."""
