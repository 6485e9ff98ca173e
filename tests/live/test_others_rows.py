"""A sale on a database of the existing system, whatever that holds against the schema (D52)."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text

from baraka_server.contract.client_events import (
    AwardLot,
    ChangeLot,
    ClientEvent,
    EndAuction,
    JoinAuction,
    PlaceBid,
    PostComment,
)
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.live.audience import Viewer
from baraka_server.live.house import House
from baraka_server.store import audit, catalog, migrate
from baraka_server.store.adoption import look_at_adopted
from baraka_server.store.engine import open_engine
from baraka_server.store.store import Store
from tests.support.clients.hall import Hall, open_house
from tests.support.servers.others import CASES, FOUR, LEADER, LIVE, OWNER, Case, database_of_others

SOCKETS = itertools.count(1)


class Floor:
    """The house, and one viewer for each user."""

    def __init__(self, store: Store, house: House, hall: Hall) -> None:
        self.store = store
        self._house = house
        self._hall = hall
        self._viewers: dict[int, Viewer] = {}

    async def asks(self, user_id: int, event: ClientEvent) -> Any:
        """The outcome; the code of a refusal."""
        viewer = self._viewers.setdefault(user_id, Viewer(f"socket {next(SOCKETS)}", user_id))
        outcome = await self._house.submit(viewer, event)
        return outcome.code if isinstance(outcome, Refusal) else outcome

    async def shows_what_is_there(self) -> bool:
        view = self._house.view_of(LIVE)
        look = await self.store.look(LIVE)
        return bool(view and look and view.shows(look))

    def last(self, user_id: int, name: str) -> Any:
        return [said for event, said in self._hall.heard[self._viewers[user_id]] if event == name][
            -1
        ]


@asynccontextmanager
async def open_floor(url: str) -> AsyncIterator[Floor]:
    await migrate.upgrade(url)
    store, hall = Store(open_engine(url), timeout_seconds=10), Hall()
    house = open_house(store, hall)
    try:
        yield Floor(store, house, hall)
    finally:
        await house.close()
        await store.close()


def ring(product: str) -> ChangeLot:
    return ChangeLot(
        auction_id=LIVE, product=product, minimum_price=5, start_price=10, market_price=20
    )


def award(product: str) -> AwardLot:
    return AwardLot(auction_id=LIVE, product=product, weight="5g")


def bid(amount: int) -> PlaceBid:
    return PlaceBid(auction_id=LIVE, amount=amount)


async def hold_a_sale(floor: Floor, case: Case) -> None:
    """Bid, comment, award, next lot, end: each is taken, or refused where the case says so."""

    async def asks(what: str, user_id: int, event: ClientEvent) -> bool:
        outcome = await floor.asks(user_id, event)
        refused = outcome is Code.UNSUITED
        assert refused == (what in case.refused), (what, outcome)
        assert refused or isinstance(outcome, dict), outcome
        return not refused

    state = await floor.asks(FOUR, JoinAuction(auction_id=LIVE))
    assert isinstance(state, dict), state
    snapshot = await floor.store.snapshot(LIVE)
    assert snapshot is not None
    leader = max(snapshot.bids, key=lambda one: one.bid)
    assert leader.user_id == case.leader
    assert await floor.asks(FOUR, bid(leader.bid)) is Code.BID_TOO_LOW

    took_bid = await asks("bid", FOUR, bid(140))
    await asks("comment", FOUR, PostComment(auction_id=LIVE, comment="ما شاء الله 😍"))
    if await asks("award", OWNER, award("Ring A")):
        told = floor.last(FOUR, "auctionEnded")
        assert told["winningUser"]["id"] == (FOUR if took_bid else case.leader)
        assert isinstance(await floor.asks(OWNER, ring("Ring B")), dict)
        if took_bid:
            await asks("bid", case.leader if case.leader < 2**31 else FOUR, bid(200))
            await asks("award", OWNER, award("Ring B"))
    assert isinstance(await floor.asks(OWNER, EndAuction(auction_id=LIVE)), dict)


async def read_everything(store: Store) -> None:
    """What hosts and operators look at around a sale, and other nodes in it."""
    assert await store.look(LIVE)
    for auction in (await catalog.list_auctions(store)).rows:
        assert auction.model_dump_json()
    await catalog.list_users(store)
    await catalog.list_winnings(store)
    assert [entry async for entry in audit.history(store, LIVE)]
    verdict = await audit.verify(store, LIVE)
    assert verdict.ok, verdict


@pytest.mark.mariadb
@pytest.mark.usefixtures("patient_probe")
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_each_kind_is_found_harms_no_sale_and_is_mended_by_what_is_said(
    mariadb: Any, case: Case
) -> None:
    with database_of_others(mariadb, case.change) as url:
        found = (await look_at_adopted(url)).oddities
        stopping = {f"{one.place}!" for one in found if one.stops_sales}
        assert stopping == {place for place in case.found if place.endswith("!")}
        assert {one.place for one in found} == {place.rstrip("!") for place in case.found}
        for one in found:
            assert one.mending
            assert one.rows is None or 0 < len(one.ids) <= one.rows

        async with open_floor(url) as floor:
            await floor.store.probe()  # a server is ready: what can be sold is sold
            await hold_a_sale(floor, case)
            await read_everything(floor.store)

        if case.mendable:
            for one in found:
                statements = "; ".join(one.mending)
                await asyncio.to_thread(mariadb.sql, statements, url.rpartition("/")[2])
            left = (await look_at_adopted(url)).oddities
            assert not [one for one in left if "is referenced by" not in one.what]
            assert not any(one.stops_sales for one in left)


# --- in the middle of a sale ---------------------------------------------------


async def execute(store: Store, statement: str) -> None:
    async with store.writing() as connection:
        await connection.execute(text(statement))


async def let_names_be_null(store: Store) -> None:
    async with store.writing() as connection:
        if connection.dialect.name != "sqlite":
            await connection.execute(text("ALTER TABLE users MODIFY name VARCHAR(191) NULL"))
            return
        for statement in (
            "PRAGMA writable_schema = 1",
            "UPDATE sqlite_master SET sql = replace(sql, 'name VARCHAR(191) NOT NULL', "
            "'name VARCHAR(191)') WHERE name = 'users'",
            "PRAGMA schema_version = 4711",
            "PRAGMA writable_schema = 0",
        ):
            await connection.execute(text(statement))


async def test_a_leader_without_a_name_leads_and_wins(
    sale_database: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_floor(sale_database) as floor:
        await let_names_be_null(floor.store)
        on_the_block = "UPDATE Auction SET isLive = 1, current_product = 'Ring A' WHERE id = 2"
        await execute(floor.store, on_the_block)
        await floor.asks(FOUR, JoinAuction(auction_id=LIVE))
        assert isinstance(await floor.asks(LEADER, bid(140)), dict)

        await execute(floor.store, f"UPDATE users SET name = NULL WHERE id = {LEADER}")
        with caplog.at_level(logging.WARNING, "baraka_server"):
            assert await floor.asks(FOUR, bid(140)) is Code.BID_TOO_LOW
            for amount in (150, 160, 170):
                assert isinstance(await floor.asks(LEADER, bid(amount)), dict)
                heard = floor.last(FOUR, "newBid")["newBid"]
                assert (heard["bid"], heard["user"]["name"]) == (amount, "user 3")
            comment = PostComment(auction_id=LIVE, comment="Mine")
            assert isinstance(await floor.asks(LEADER, comment), dict)
            assert await floor.shows_what_is_there()  # so nothing is read again and again
            assert isinstance(await floor.asks(OWNER, award("Ring A")), dict)
            winner = floor.last(FOUR, "auctionEnded")["winningUser"]
            assert (winner["id"], winner["name"]) == (LEADER, "user 3")
            assert isinstance(await floor.asks(OWNER, ring("Ring B")), dict)
            assert isinstance(await floor.asks(OWNER, EndAuction(auction_id=LIVE)), dict)
        said = [line.getMessage() for line in caplog.records]
        assert said == [
            "users row 3: name cannot be read and is shown as 'user ID'; see: baraka doctor"
        ]

        await read_everything(floor.store)
        names = {user.id: user.name for user in await catalog.list_users(floor.store)}
        assert names[LEADER] == "user 3"
        won = (await catalog.list_winnings(floor.store)).rows[0]
        assert (won.user.name, won.price) == ("user 3", 170)


@pytest.mark.mariadb
async def test_an_auction_is_sold_in_whose_own_row_cannot_be_read_and_nothing_is_written_back(
    mariadb: Any,
) -> None:
    with database_of_others(mariadb) as url:
        name = url.rpartition("/")[2]
        async with open_floor(url) as floor:
            await floor.asks(FOUR, JoinAuction(auction_id=LIVE))
            assert isinstance(await floor.asks(FOUR, bid(140)), dict)
            await asyncio.to_thread(
                mariadb.sql,
                "SET sql_mode=''; ALTER TABLE Auction MODIFY title VARCHAR(191) NULL, "
                "MODIFY minBidPrice INT NULL, MODIFY isCanceled BOOLEAN NULL; "
                "UPDATE Auction SET title=NULL, expiryDate='0000-00-00', createdAt='0000-00-00', "
                "minBidPrice=NULL, isCanceled=NULL WHERE id=2",
                name,
            )
            assert isinstance(await floor.asks(FOUR, bid(150)), dict)
            assert isinstance(await floor.asks(OWNER, award("Ring A")), dict)
            auction = floor.last(FOUR, "auctionEnded")["auction"]
            assert auction["title"] == "auction 2"
            assert auction["expiryDate"] == "9999-12-31T00:00:00.000Z"
            assert isinstance(await floor.asks(OWNER, ring("Ring B")), dict)
            assert isinstance(await floor.asks(FOUR, bid(5)), dict)
            assert isinstance(await floor.asks(OWNER, EndAuction(auction_id=LIVE)), dict)
        row = "SELECT title IS NULL, YEAR(expiryDate), YEAR(createdAt), minBidPrice, isEnded FROM Auction WHERE id=2"
        assert mariadb.sql(row, name).split() == ["1", "0", "0", "5", "1"]


@pytest.mark.mariadb
async def test_what_a_table_does_not_take_harms_nobody_who_asks_at_the_same_time(
    mariadb: Any, caplog: pytest.LogCaptureFixture
) -> None:
    change = CASES["comments in a latin1 column"].change
    with database_of_others(mariadb, change) as url:
        async with open_floor(url) as floor:
            await floor.asks(FOUR, JoinAuction(auction_id=LIVE))
            emoji = PostComment(auction_id=LIVE, comment="😍")
            with caplog.at_level(logging.ERROR, "baraka_server"):
                outcomes = await asyncio.gather(
                    *(floor.asks(FOUR, event) for event in (bid(140), emoji, bid(150), emoji))
                )
        assert [outcome is Code.UNSUITED for outcome in outcomes] == [False, True, False, True]
        said = [line for line in caplog.records if line.levelno >= logging.ERROR]
        assert len(said) == 1
        assert said[0].exc_info is None
        assert "comment" in said[0].getMessage()
        assert "baraka doctor" in said[0].getMessage()
