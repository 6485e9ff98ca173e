"""What is odd about a database of the existing system, and the statement that mends it (D52)."""

from __future__ import annotations

from dataclasses import dataclass

from baraka_server.store.tables import bids, comments, winnings

WRITTEN_WHILE_LIVE = (bids.name, comments.name, winnings.name)
"""The tables that get rows in a sale. `Auction` is only changed in one."""

IDS_SHOWN_MAX = 20


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something that the schema of the documented tables does not have, or does not allow.

    `what` completes "<table>.<column> …", and `effect` says what comes of it. `mending` are the
    statements for whoever looks after the database: nothing here runs them. Where rows are meant,
    `rows` is their number and `ids` are the first of them.
    """

    table: str
    column: str | None
    what: str
    effect: str
    mending: tuple[str, ...]
    stops_sales: bool
    rows: int | None = None
    ids: tuple[int, ...] = ()

    @property
    def place(self) -> str:
        return f"{self.table}.{self.column}" if self.column else self.table

    @property
    def told(self) -> str:
        return f"{self.place} {self.what}: {self.effect}"


def quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def which(ids: tuple[int, ...], rows: int, condition: str) -> str:
    """The WHERE of a statement: by the ids as long as they are few enough to be all known."""
    if len(ids) == rows:
        return f"`id` IN ({', '.join(map(str, ids))})" if rows > 1 else f"`id` = {ids[0]}"
    return condition
