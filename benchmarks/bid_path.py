"""Benchmark of bids without sockets: a transaction for each bid, and group commit."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from baraka_server.contract.client_events import ChangeLot, ClientEvent, PlaceBid, StartAuction
from baraka_server.contract.refusals import Refusal
from baraka_server.domain.decision import Command, HouseRules
from baraka_server.live.auctioneer import Auctioneer
from baraka_server.live.audience import RoundShown, Viewer
from baraka_server.live.context import AuctioneerContext, Limits
from baraka_server.live.encoded import Encoded, Pieces
from baraka_server.live.presence import Presence
from baraka_server.live.repeats import Repeats
from baraka_server.live.rounds_seen import RoundsSeen
from baraka_server.live.transaction import Committed, Known, decide_and_write, users_to_read
from baraka_server.store import rows
from baraka_server.store.engine import open_engine
from baraka_server.store.store import Store
from baraka_server.store.tables import bids
from benchmarks.cpu import Meter
from benchmarks.load import BIDDERS
from benchmarks.report import RATE, Goal, Measured, Results, table

HOST = 1
CONNECTIONS = 10
TIMEOUT_SECONDS = 30
RULES = HouseRules()

Bid = Callable[[int, int], Awaitable[bool]]
"""A bid of a user with an amount; whether it was accepted."""


@dataclass(frozen=True, slots=True)
class Plan:
    bidders: int = BIDDERS
    seconds: float = 3.0


@dataclass(frozen=True, slots=True)
class Rate:
    """Bids that were accepted, in how many seconds, and how long each bid took."""

    accepted: int
    seconds: float
    ms: Sequence[float] = ()

    @property
    def per_second(self) -> float:
        return self.accepted / self.seconds


class Nobody:
    """An `Audience` of nobody."""

    async def to_everyone(
        self, event: str, payload: Encoded, *, but_room: int | None = None
    ) -> None: ...

    async def to_room(
        self,
        auction_id: int,
        event: str,
        whole: Encoded,
        brief: Encoded,
        shows: RoundShown | None = None,
    ) -> None: ...

    async def to_viewer(
        self, viewer: Viewer, event: str, payload: Pieces, shows: RoundShown | None = None
    ) -> None: ...

    async def enter_room(self, viewer: Viewer, auction_id: int) -> None: ...

    async def leave_room(self, viewer: Viewer, auction_id: int) -> None: ...


async def storm(bid: Bid, *, bidders: int, seconds: float) -> Rate:
    """Each bidder has one bid under way, until the time is over; amounts rise by one."""
    amount = accepted = 0
    ms: list[float] = []
    begun = time.monotonic()

    async def bidder(user_id: int) -> None:
        nonlocal amount, accepted
        while time.monotonic() < begun + seconds:
            amount += 1
            asked = time.monotonic()
            well = await bid(user_id, amount)  # apart: += would add to what it was before
            accepted += well
            ms.append((time.monotonic() - asked) * 1e3)

    await asyncio.gather(*(bidder(HOST + 1 + place) for place in range(bidders)))
    return Rate(accepted, time.monotonic() - begun, ms)


async def plain(database_url: str, auction_id: int, *, bidders: int, seconds: float) -> Rate:
    """Bids as a plain server writes them by SQLAlchemy Core: lock, read, insert, commit. No ledger."""
    engine = open_engine(database_url, connections_max=CONNECTIONS, timeout_seconds=TIMEOUT_SECONDS)
    try:
        return await storm(_plain_bid(engine, auction_id), bidders=bidders, seconds=seconds)
    finally:
        await engine.dispose()


def _plain_bid(engine: AsyncEngine, auction_id: int) -> Bid:
    last = (
        select(bids.c.bid)
        .where(bids.c.auction_id == auction_id)
        .order_by(bids.c.id.desc())
        .limit(1)
    )

    async def bid(user_id: int, amount: int) -> bool:
        async with engine.begin() as connection:
            record = await rows.read_auction(connection, auction_id, lock=True)
            highest = (await connection.execute(last)).scalar() or 0
            if record is None or amount <= highest:
                return False
            await connection.execute(
                insert(bids).values(
                    auction_id=auction_id,
                    user_id=user_id,
                    bid=amount,
                    createdAt=record.createdAt,
                    updatedAt=record.createdAt,
                )
            )
        return True

    return bid


async def one_by_one(database_url: str, auction_id: int, *, bidders: int, seconds: float) -> Rate:
    """Our rules, store and ledger, with a transaction for each bid."""
    store = _open(database_url)
    known: Committed | None = None

    async def submit(user_id: int, event: ClientEvent) -> bool:
        nonlocal known
        state = known.state if known else None
        before = Known(state, state.seq, state.hash) if state else Known(None)
        commands = [Command(event, user_id)]
        committed = await store.change(
            auction_id,
            lambda auction: decide_and_write(auction, commands, before, RULES),
            users=users_to_read(commands, before.state),
        )
        if (
            not known
            or not known.state
            or (committed.state and committed.state.seq > known.state.seq)
        ):
            known = committed
        return not isinstance(committed.outcomes[0], Refusal)

    try:
        await _open_lot(submit, auction_id)
        return await storm(_bid_by(submit, auction_id), bidders=bidders, seconds=seconds)
    finally:
        await store.close()


async def group_commit(database_url: str, auction_id: int, *, bidders: int, seconds: float) -> Rate:
    """Our auctioneer: what waits while a commit is under way goes into the next one."""
    store = _open(database_url)

    async def no_count(_auction_id: int) -> None: ...

    limits = Limits(asks_waiting_max=10_000, resume_events_max=1_000, whole_numbers=False)
    nobody, presence = Nobody(), Presence(no_count, RoundsSeen(0))
    context = AuctioneerContext(store, nobody, presence, Repeats(nobody), RULES, limits)
    auctioneer = Auctioneer(auction_id, context)
    viewers = {
        user_id: Viewer(str(user_id), user_id) for user_id in range(HOST, HOST + bidders + 1)
    }

    async def submit(user_id: int, event: ClientEvent) -> bool:
        return not isinstance(await auctioneer.put(viewers[user_id], event), Refusal)

    try:
        await _open_lot(submit, auction_id)
        return await storm(_bid_by(submit, auction_id), bidders=bidders, seconds=seconds)
    finally:
        await store.close()


def _open(database_url: str) -> Store:
    engine = open_engine(database_url, connections_max=CONNECTIONS, timeout_seconds=TIMEOUT_SECONDS)
    return Store(engine, timeout_seconds=TIMEOUT_SECONDS)


async def _open_lot(submit: Callable[[int, ClientEvent], Awaitable[bool]], auction_id: int) -> None:
    await submit(HOST, StartAuction(auction_id=auction_id))
    name = f"Lot {time.monotonic_ns()}"
    lot = ChangeLot(
        auction_id=auction_id, product=name, minimum_price=1, start_price=1, market_price=1
    )
    if not await submit(HOST, lot):
        raise RuntimeError("no lot could be put up")


def _bid_by(submit: Callable[[int, ClientEvent], Awaitable[bool]], auction_id: int) -> Bid:
    async def bid(user_id: int, amount: int) -> bool:
        return await submit(user_id, PlaceBid(auction_id=auction_id, amount=amount))

    return bid


PLAIN = "a transaction each, without a ledger (SQLAlchemy Core)"
EACH = "a transaction each, our rules and ledger"
GROUP = "group commit, our rules and ledger"
WAYS = {PLAIN: plain, EACH: one_by_one, GROUP: group_commit}
CPU = "µs a bid"

GOAL = Goal("group commit ÷ a transaction each", GROUP, EACH, RATE, 8, 15, at_least=True)
"""The same work both ways: our rules, and our ledger."""


async def measure(
    way: str, database_url: str, auction_id: int, plan: Plan, pids: Sequence[int]
) -> Measured:
    """One of WAYS, on an auction of its own. `pids` are the database's."""
    meter = Meter(os.getpid(), pids)
    rate = await WAYS[way](database_url, auction_id, bidders=plan.bidders, seconds=plan.seconds)
    spent = meter.stop()
    if not rate.accepted:
        raise RuntimeError(f"{way}: no bid was accepted")
    return Measured({RATE: rate.per_second, CPU: spent.server / rate.accepted * 1e6}, spent)


def tables(results: Results) -> str:
    lines = []
    for way in WAYS:
        rate, cpu = results.summary(way, RATE), results.summary(way, CPU)
        if rate and cpu:
            lines.append([way, str(rate), str(cpu)])
    return table(["", "bids accepted in a second", "CPU a bid, µs"], lines)
