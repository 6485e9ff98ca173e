"""A sale that took place, written as the server writes it: Amina hosts; Bilal and Dina bid."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from baraka_server.contract.client_events import (
    AwardLot,
    ChangeLot,
    ClientEvent,
    PlaceBid,
    PostComment,
    StartAuction,
)
from baraka_server.contract.records import Auction, User
from baraka_server.domain.auction_record import adopted
from baraka_server.domain.decide import decide
from baraka_server.domain.decision import Command, HouseRules
from baraka_server.domain.events import Event, LedgerEntry
from baraka_server.domain.state import State, apply, next_entry
from baraka_server.store import catalog, ledger
from baraka_server.store.engine import open_engine
from baraka_server.store.locked import LockedAuction
from baraka_server.store.store import Store
from baraka_server.store.tables import events
from tests.support.servers.sale_copies import bring_up_to_date

ENTRIES_MAX = 10_000


@asynccontextmanager
async def open_store(
    database_url: str, engine: AsyncEngine | None = None, *, timeout_seconds: float = 20
) -> AsyncIterator[Store]:
    """The store of an up-to-date database at the URL, which may be an empty one.

    With an `engine` of that database it works on its connections.
    """
    await bring_up_to_date(database_url)
    store = Store(engine or open_engine(database_url), timeout_seconds=timeout_seconds)
    try:
        yield store
    finally:
        await store.close()


@dataclass(frozen=True, slots=True)
class Sale:
    auction: Auction
    amina: User
    bilal: User
    dina: User


async def prepare_sale(store: Store) -> Sale:
    """An auction of Amina's that has not started; two who will bid."""
    amina = await catalog.create_user(store, name="Amina", number="+923001112201")
    bilal = await catalog.create_user(store, name="Bilal", number="+923001112202")
    dina = await catalog.create_user(store, name="Dina", number="+923001112203")
    auction = await catalog.create_auction(store, owner_id=amina.id, title="Evening sale")
    return Sale(auction, amina, bilal, dina)


async def run_sale(store: Store) -> Sale:
    """A sale with one lot awarded to Dina, and a second one on the block that two have bid on."""
    sale = await prepare_sale(store)
    this = sale.auction.id
    for commands in (
        [Command(StartAuction(auction_id=this), sale.amina.id), change_lot(sale, "Gold Ring", 800)],
        [bid(sale, sale.bilal, 800), comment(sale, sale.dina, "Is it 18K?")],
        [bid(sale, sale.dina, 950), bid(sale, sale.bilal, 1_000), bid(sale, sale.dina, 1_200)],
        [award(sale, "Gold Ring", "5.2g")],
        [change_lot(sale, "Silver Necklace", 100)],
        [
            bid(sale, sale.bilal, 150),
            comment(sale, sale.amina, "Handmade"),
            bid(sale, sale.dina, 200),
        ],
        [change_lot(sale, "Silver Necklace", 120), comment(sale, sale.bilal, "Lovely")],
        [bid(sale, sale.bilal, 260)],
    ):
        await take(store, this, commands)
    return sale


async def take(store: Store, auction_id: int, commands: Sequence[Command]) -> list[LedgerEntry]:
    """Decide the commands and write what came of them, in one transaction. None may be refused."""

    async def work(auction: LockedAuction | None) -> list[LedgerEntry]:
        assert auction is not None
        state = State()
        for entry in await auction.entries_after(0, ENTRIES_MAX):
            state = apply(state, entry)
        before, entries = state, []

        def happen(entry: LedgerEntry) -> None:
            nonlocal state
            state = apply(state, entry)
            entries.append(entry)

        now = datetime.now(UTC)
        if state.seq == 0:
            row = adopted(auction.record, await auction.highest_bid())
            happen(next_entry(state, row, None, now))
        for command in commands:
            decision = decide(state, command, HouseRules())
            assert isinstance(decision, Event), decision
            happen(next_entry(state, decision, command.user_id, now))
        return await auction.write(entries, before)

    return await store.change(auction_id, work)


def by_host(sale: Sale, event: ClientEvent) -> Command:
    return Command(event, sale.amina.id)


def change_lot(sale: Sale, product: str, minimum: int) -> Command:
    return by_host(
        sale,
        ChangeLot(
            auction_id=sale.auction.id,
            product=product,
            minimum_price=minimum,
            start_price=minimum,
            market_price=2 * minimum,
        ),
    )


def award(sale: Sale, product: str, weight: str = "") -> Command:
    return by_host(sale, AwardLot(auction_id=sale.auction.id, product=product, weight=weight))


def bid(sale: Sale, user: User, amount: int) -> Command:
    return Command(PlaceBid(auction_id=sale.auction.id, amount=amount), user.id)


def comment(sale: Sale, user: User, text: str) -> Command:
    return Command(PostComment(auction_id=sale.auction.id, comment=text), user.id)


async def write_anew(
    store: Store,
    auction_id: int,
    values: Mapping[int, Mapping[str, Any]],
    *,
    keep: int | None = None,
) -> None:
    """Change entries of a ledger and make all the hashes fit, as whoever can write a database can.

    `values` are columns by seq. With `keep` the ledger ends there.
    """
    async with store.writing() as connection:
        mine = events.c.auction_id == auction_id
        query = select(events).where(mine).order_by(events.c.seq)
        rows = [dict(row) for row in (await connection.execute(query)).mappings()][:keep]
        previous = ledger.GENESIS
        for row in rows:
            row |= values.get(row["seq"], {})
            row["hash"] = previous = ledger.chained(previous, row)
        await connection.execute(delete(events).where(mine))
        await connection.execute(insert(events), rows)
