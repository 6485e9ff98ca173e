"""Moderation and roles in the sale book: comments that go, and the role of whoever sits at the console."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from baraka_cli.console.records import Comment


class Book(Protocol):
    """The sale book, as far as it is about people."""

    comments: deque[Comment]
    role: str | None


def comment_removed(book: Book, data: Mapping[str, Any], _now: datetime) -> None:
    left = [one for one in book.comments if one.id != data["commentId"]]
    book.comments = deque(left, maxlen=book.comments.maxlen)


def role_changed(book: Book, data: Mapping[str, Any], _now: datetime) -> None:
    book.role = data["role"]
