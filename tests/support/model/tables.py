"""Rows of the database as facts, to be compared with a sale on paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.store.lots import read_lots
from baraka_server.store.store import Store
from baraka_server.store.tables import auctions, bids, comments, paddles, winnings
from tests.support.model.hammer import of_auction
from tests.support.model.hearing import COLUMNS
from tests.support.model.lots import seen
from tests.support.model.sale import Sale


async def assert_tables(store: Store, auction_id: int, sale: Sale) -> None:
    """The tables are as the sale has it."""
    await assert_lists(store, auction_id, sale)
    async with store.reading() as connection:
        given = await _rows(connection, auction_id, paddles, paddles.c.number, paddles.c.user_id)
        assert given == [
            (number, one if isinstance(one, int) else None)
            for number, one in enumerate(sale.paddles, 1)
        ]
        row = await connection.execute(select(auctions).where(auctions.c.id == auction_id))
        (there,) = row.mappings()
        assert {name: there[name] for name in COLUMNS} == of_auction(sale)
        described = sale.block.described if sale.block else None
        assert there["product_description"] == (described and described[:191])
        listed = await read_lots(connection, auction_id, whole=True)
    assert [lot.seen(whole=True) for lot in listed] == [
        lot.seen(whole=True)
        | {name: value for name, value in seen(mine).items() if name != "won"}
        | {"reserve": mine.reserve, "winningId": mine.winning.id if mine.winning else None}
        for lot, mine in zip(listed, sale.lots, strict=True)
    ]


async def assert_lists(store: Store, auction_id: int, sale: Sale) -> None:
    """Bids, comments and winnings are as the sale has them, which notes the ids of new rows."""
    on_list = [one for one in sale.comments if not one.removed]
    async with store.reading() as connection:
        for table, value, there in (
            (bids, bids.c.bid, [(bid, bid.named) for bid in sale.bids]),
            (comments, comments.c.comment, [(one, one.told) for one in on_list]),
        ):
            columns = table.c.id, table.c.user_id, value
            found = await _rows(connection, auction_id, table, *columns)
            assert [row[1:] for row in found] == [told for _, told in there], table.name
            _takes_ids(found, [one for one, _ in there])
        of_winning = winnings.c.user_id, winnings.c.price, winnings.c.product, winnings.c.weight
        won = await _rows(
            connection, auction_id, winnings, winnings.c.id, *of_winning, winnings.c.sold
        )
        assert [row[1:] for row in won] == [
            (one.user, one.price, one.product, one.weight, one.paid) for one in sale.winnings
        ]
        _takes_ids(won, sale.winnings)


def _takes_ids(found: Sequence[tuple[Any, ...]], there: Sequence[Any]) -> None:
    for (row_id, *_), one in zip(found, there, strict=True):
        assert one.id in (0, row_id), "a row has another id"
        one.id = row_id


async def _rows(
    connection: AsyncConnection, auction_id: int, table: Any, *columns: Any
) -> list[tuple[Any, ...]]:
    """These columns of the auction's rows, in the order of the first one."""
    query = select(*columns).where(table.c.auction_id == auction_id).order_by(columns[0])
    return [tuple(row) for row in await connection.execute(query)]
