"""Labels of those who bid on the floor without an account, and which winnings are theirs (D40)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.domain.events import Awarded, BidPlaced
from baraka_server.domain.hammer import RunnerUpAwarded
from baraka_server.domain.winnings import WinningChanged
from baraka_server.store.ledger import read_at, read_labelled
from baraka_server.store.tables import paddles


@dataclass(frozen=True, slots=True)
class Label:
    """A label of the floor: its paddle, and its text; None where that was erased."""

    paddle: int
    text: str | None


async def read_labels(connection: AsyncConnection, auction_id: int) -> dict[int, str | None]:
    """The labels of an auction by their paddles; None for a text that was erased."""
    query = select(paddles.c.seq).where(
        paddles.c.auction_id == auction_id, paddles.c.user_id.is_(None)
    )
    seqs = (await connection.execute(query)).scalars().all()
    found: dict[int, str | None] = {}
    for entry in await read_at(connection, auction_id, seqs):
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
        for entry in await read_labelled(connection, auction_id):
            match entry.event:
                case WinningChanged(winning_id=winning_id, label_paddle=paddle):
                    pass
                case Awarded() | RunnerUpAwarded() as award if award.high and award.winning_id:
                    winning_id, paddle = award.winning_id, award.high.label_paddle
                case _:
                    continue
            found.pop(winning_id, None)
            if paddle is not None:
                found[winning_id] = Label(paddle, texts.get(paddle))
    return found
