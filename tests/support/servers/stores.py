"""Auction 1 on a store of its own: what is asked there, what was said, and a store that is closed again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from baraka_server.contract.client_events import PostComment, StartAuction
from baraka_server.domain.decision import Command
from baraka_server.domain.events import Commented
from baraka_server.store.engine import open_engine
from baraka_server.store.store import Store
from tests.support.checks.proof import the_ledger

START = Command(StartAuction(auction_id=1), 1)


def says(text: str) -> Command:
    return Command(PostComment(auction_id=1, comment=text), 2)


async def said(store: Store) -> list[str]:
    return [e.event.comment for e in await the_ledger(store) if isinstance(e.event, Commented)]


@asynccontextmanager
async def opened(
    url: str, *, timeout_seconds: float = 10.0, connections_max: int = 5
) -> AsyncIterator[Store]:
    engine = open_engine(url, timeout_seconds=timeout_seconds, connections_max=connections_max)
    store = Store(engine, timeout_seconds=timeout_seconds)
    try:
        yield store
    finally:
        await store.close()
