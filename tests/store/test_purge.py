"""Answers to requests are forgotten when nobody will repeat them, and none that somebody may (D23)."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta

from sqlalchemy import event, func, insert, select, update

from baraka_server.contract.client_events import ChangeLot, PlaceBid, StartAuction
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.decision import Command, HouseRules
from baraka_server.live.transaction import Known, decide_and_write
from baraka_server.settings import Mode, SignInBy
from baraka_server.store import locked, purge
from baraka_server.store.purge import ROWS_PER_STEP, forget
from baraka_server.store.tables import auctions, codes, requests
from tests.support.servers.neighbours import AUCTION, server_in_process
from tests.support.servers.sales import open_store

NOW = datetime(2027, 1, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)
RING = ChangeLot(auction_id=1, product="Ring", minimum_price=100, start_price=100, market_price=100)


def request(number, *, auction_id=2, at=NOW - 2 * DAY, user_id=7):
    return {
        "user_id": user_id,
        "request_hash": hashlib.sha256(str(number).encode()).hexdigest(),
        "auction_id": auction_id,
        "fingerprint": "0" * 64,
        "outcome": "{}",
        "at": at,
    }


async def write(store, rows):
    async with store.writing() as connection:
        await connection.execute(insert(requests), rows)


async def left(store, user_id=7):
    query = select(func.count()).where(requests.c.user_id == user_id)
    async with store.reading() as connection:
        return (await connection.execute(query)).scalar_one()


async def test_what_is_old_is_forgotten_in_steps_and_nothing_of_a_live_auction(store):
    async with store.writing() as connection:
        await connection.execute(update(auctions).where(auctions.c.id == 1).values(isLive=True))
    await write(
        store,
        [
            *(request(number) for number in range(250)),
            *(request(f"gone {number}", auction_id=4711) for number in range(10)),
            *(request(f"live {number}", auction_id=1) for number in range(20)),
            *(request(f"new {number}", at=NOW) for number in range(30)),
        ],
    )
    steps = []
    while done := await forget(store, NOW - DAY):
        steps.append(done)
    assert steps == [ROWS_PER_STEP, ROWS_PER_STEP, 60]
    assert await left(store) == 20 + 30
    async with store.writing() as connection:
        await connection.execute(update(auctions).values(isLive=False))
    assert await forget(store, NOW - DAY) == 20
    assert await left(store) == 30


async def test_two_nodes_that_forget_the_same_are_not_in_each_others_way(store):
    await write(store, [request(number) for number in range(300)])

    async def all_of_it():
        return [done async for done in _steps(store)]

    done = await asyncio.gather(all_of_it(), all_of_it())
    assert sum(map(sum, done)) >= 300
    assert await left(store) == 0


async def _steps(store):
    while done := await forget(store, NOW):
        yield done


async def test_a_step_is_small_and_looks_before_it_locks(store, engine):
    await write(store, [request(number) for number in range(3)])
    statements = []

    def note(_connection, _cursor, statement, *_):
        statements.append(statement.partition(" ")[0])

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    assert await forget(store, NOW) == 3
    assert [each for each in statements if each != "BEGIN"] == ["SELECT", "DELETE"]
    statements.clear()
    assert await forget(store, NOW) == 0
    assert [each for each in statements if each != "BEGIN"] == ["SELECT"]  # nothing is locked


async def test_a_server_forgets_by_itself_beside_a_sale(tmp_path, monkeypatch):
    monkeypatch.setattr(purge, "ROUND_SECONDS", 0.2)
    monkeypatch.setattr(purge, "STEP_PAUSE_SECONDS", 0)
    database = f"sqlite+aiosqlite:///{tmp_path / 'baraka.db'}"
    signing_in = {"mode": Mode.DEVELOPMENT, "sign_in": SignInBy.CONSOLE}
    async with server_in_process(tmp_path, **signing_in) as room, open_store(database) as store:
        bid = AUCTION | {"amount": 5, "requestId": "kept"}
        assert (await room.bilal.emits("placeBid", bid))["ok"]
        old = datetime.now(UTC) - 3 * DAY
        await write(store, [request(number, at=old) for number in range(350)])
        async with store.writing() as connection:
            await connection.execute(update(requests).values(at=old))
            code = {"number": "+96555550002", "challenge_hash": "", "code_hash": "", "tries": 0}
            await connection.execute(insert(codes).values(code | {"sent_at": old}))

        async def none():
            return await left(store) == 0 and not await codes_left()

        async def codes_left():
            async with store.reading() as connection:
                return (await connection.execute(select(codes.c.number))).all()

        async with asyncio.timeout(20):
            while not await none():
                await asyncio.sleep(0.02)
        assert (await room.bilal.emits("placeBid", bid))["ok"], "of a live auction"
        room.amount = 5
        await room.bilal_bids()


async def test_refusals_of_one_user_are_remembered_up_to_a_number(store, monkeypatch):
    monkeypatch.setattr(locked, "REQUESTS_PER_USER_MAX", 3)

    async def ask(*asked):
        committed = await store.change(
            1, lambda auction: decide_and_write(auction, asked, Known(None), HouseRules())
        )
        return committed.outcomes

    def bid(amount, name, user_id=2):
        return Command(PlaceBid(auction_id=1, amount=amount, request_id=name), user_id)

    await ask(Command(StartAuction(auction_id=1), 1), Command(RING, 1))
    for number in range(5):
        (refused,) = await ask(bid(number + 1, f"low {number}"))
        assert isinstance(refused, Refusal)
        assert refused.code is Code.BID_BELOW_MINIMUM
    assert await left(store, 2) == 3
    (first,) = await ask(bid(200, "high"))
    assert first == (await ask(bid(200, "high")))[0], "what was accepted is remembered"
    assert await left(store, 2) == 4
    await ask(bid(1, "of another", user_id=3))
    assert await left(store, 3) == 1
