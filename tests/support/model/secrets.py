"""Search for the amounts of sealed maximum bids in whatever an owner may read of a sale (D43)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from sqlalchemy import select

from baraka_server.store import audit
from baraka_server.store.store import Store
from baraka_server.store.tables import events, requests, texts
from tests.support.model.sale import Sale

TELLING_MIN = 10_000
"""A smaller amount may be there for another reason: a price, an id, a number of seconds."""


async def assert_sealed(store: Store, auction_id: int, sale: Sale, told_max: int) -> None:
    """No amount of a maximum is anywhere that no bid has reached; `told_max` is the highest bid ever."""
    secrets = {amount for amount in sale.secrets if amount > max(told_max, TELLING_MIN)}
    if not secrets:
        return
    async for where, text in _readable(store, auction_id):
        found = secrets & {int(digits) for digits in re.findall(r"(?<![\w.-])\d+(?![\w.-])", text)}
        assert not found, f"{where} tells of {found}: {text}"


async def _readable(store: Store, auction_id: int) -> AsyncIterator[tuple[str, str]]:
    """The ledger, what is kept of requests, all free text, and the history in words."""
    async with store.reading() as connection:
        for table, values in (
            (events, events.c.data),
            (requests, requests.c.outcome),
            (texts, texts.c.text),
        ):
            query = select(values).where(table.c.auction_id == auction_id)
            for (text,) in await connection.execute(query):
                yield table.name, str(text)
    async for entry in audit.history(store, auction_id):
        yield "the history", entry.what
