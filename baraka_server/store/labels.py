"""Labels of those who bid on the floor without an account, and which winnings are theirs (D40)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.events import Awarded
from baraka_server.domain.hammer import RunnerUpAwarded
from baraka_server.domain.winnings import WinningChanged
from baraka_server.store.ledger import read_where
from baraka_server.store.tables import events, paddles
from baraka_server.store.texts import read_texts


@dataclass(frozen=True, slots=True)
class Label:
    """A label of the floor: its paddle, and its text, which is empty where it was erased."""

    paddle: int
    text: str


async def read_labels(connection: AsyncConnection, auction_id: int) -> dict[int, str | None]:
    """The labels of an auction by their paddles; None for a text that was erased."""
    query = select(paddles.c.seq).where(
        paddles.c.auction_id == auction_id, paddles.c.user_id.is_(None)
    )
    seqs = (await connection.execute(query)).scalars().all()
    found: dict[int, str | None] = {}
    gave = await read_where(
        connection, (events.c.auction_id == auction_id) & events.c.seq.in_(seqs)
    )
    for entry in await read_texts(connection, auction_id, gave):
        if isinstance(entry.event, BidPlaced) and entry.event.label_paddle is not None:
            label = entry.event.label
            found[entry.event.label_paddle] = label.text if label else None
    return found


async def labels_of_winnings(
    connection: AsyncConnection, auction_ids: Iterable[int]
) -> dict[int, Label]:
    """The labels that won in these auctions, by the winnings' ids."""
    query = select(paddles.c.auction_id).where(
        paddles.c.auction_id.in_(set(auction_ids)), paddles.c.user_id.is_(None)
    )
    found: dict[int, Label] = {}
    for auction_id in set((await connection.execute(query)).scalars()):
        texts = await read_labels(connection, auction_id)
        for entry in await read_where(connection, _of_labels(auction_id)):
            match entry.event:
                case WinningChanged(winning_id=winning_id, label_paddle=paddle):
                    pass
                case Awarded() | RunnerUpAwarded() as award if award.high and award.winning_id:
                    winning_id, paddle = award.winning_id, award.high.label_paddle
                case _:
                    continue
            found.pop(winning_id, None)
            if paddle is not None:
                found[winning_id] = Label(paddle, texts.get(paddle) or "")
    return found


def _of_labels(auction_id: int) -> ColumnElement[bool]:
    """The awards to labels, and all changes of winnings behind an award."""
    awarded = events.c.kind.in_([Awarded.kind, RunnerUpAwarded.kind])
    labelled = awarded & events.c.data.like('%"label_paddle":%')
    mine = events.c.auction_id == auction_id
    return mine & (labelled | (events.c.kind == WinningChanged.kind))
