"""Oddities: differences of a database from the documented schema, and statements that mend them (D52)."""

from __future__ import annotations

from dataclasses import dataclass

from baraka_server.store.tables import bids, comments, winnings

WRITTEN_WHILE_LIVE = (bids.name, comments.name, winnings.name)
"""The tables that get rows in a sale. `Auction` is only changed in one."""

IDS_SHOWN_MAX = 20


@dataclass(frozen=True, slots=True)
class Oddity:
    """A difference of a database from the schema of the documented tables.

    `what` completes "<table>.<column> …", and `effect` says what it leads to. `mending` are the
    statements for the operator: nothing here runs them. Where rows are meant, `rows` is their number
    and `ids` are the first of them.

        Oddity("Auction_bids", "auction_id", "has no index", "an award locks …", ("CREATE INDEX …",), False)
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
    """The WHERE of a statement: by the ids where all of them are known, else by the condition."""
    if len(ids) == rows:
        return f"`id` IN ({', '.join(map(str, ids))})" if rows > 1 else f"`id` = {ids[0]}"
    return condition
