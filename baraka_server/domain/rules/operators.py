"""The operator: whoever acts at the command line, without being a user (D46)."""

from __future__ import annotations

from baraka_server.domain.decision import Command
from baraka_server.domain.events import OPERATOR


def acted_by(command: Command) -> str | None:
    """The field `by` of an entry: None where a user acted, whom the entry names itself."""
    return OPERATOR if command.of_operator else None


def operator_words(by: str | None) -> str:
    """The beginning of an entry in words; "" where a user acted."""
    return "at the command line: " if by == OPERATOR else ""
