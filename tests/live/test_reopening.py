"""The last award is taken back by a house, and a lower bid may be sold to (D38, D39)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update

from baraka_server.contract.client_events import (
    AwardLot,
    ChangeLot,
    EndAuction,
    JoinAuction,
    PlaceBid,
    PostComment,
)
from baraka_server.contract.hammer import ReopenLot, UndoBid
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.live.audience import Viewer
from baraka_server.store import audit
from baraka_server.store.store import Store
from baraka_server.store.tables import auctions, bids, users, winnings
from tests.live.ring import AWARD, AWARD_PEARL, RING, change_row
from tests.support.checks.proof import assert_sale_holds, the_ledger
from tests.support.clients.hall import Hall, open_house, viewer
from tests.support.servers.databases import only_sqlite
from tests.support.servers.neighbours import until
from tests.support.servers.stores import opened

DINA = Viewer("Dina's socket", 3)
REOPEN = ReopenLot(auction_id=1)
PEARL = ChangeLot(auction_id=1, product="Pearl", minimum_price=1, start_price=1, market_price=1)


def bid(amount: int, **more: Any) -> PlaceBid:
    return PlaceBid(auction_id=1, amount=amount, **more)


@pytest.fixture
async def sold(on_air):
    """Bilal has bid 10, Dina 20 and Bilal 30, and has won the ring."""
    house, amina, bilal = on_air
    await house.submit(DINA, PostComment(auction_id=1, comment="Lovely"))
    ids = [
        (await house.submit(who, bid(amount)))["bidId"]
        for who, amount in ((bilal, 10), (DINA, 20), (bilal, 30))
    ]
    winning = (await house.submit(amina, AWARD))["winningId"]
    return house, amina, bilal, ids, winning


async def table(store: Store, which: Any, *columns: Any) -> list[tuple[Any, ...]]:
    async with store.reading() as connection:
        query = select(*columns).where(which.c.auction_id == 1).order_by(which.c.id)
        return [tuple(row) for row in await connection.execute(query)]


async def winner(store: Store) -> int | None:
    async with store.reading() as connection:
        query = select(auctions.c.winning_user_id).where(auctions.c.id == 1)
        return (await connection.execute(query)).scalar_one()


def told(hall: Hall, who: Viewer, since: int) -> list[tuple[str, dict[str, Any]]]:
    return [(name, said) for name, said in hall.news_of(who) if said["seq"] >= since]


async def test_bids_come_back_as_they_were_and_the_winning_goes(on_air, store, hall):
    house, amina, bilal = on_air
    for who, amount in ((bilal, 10), (DINA, 20), (bilal, 30)):
        await house.submit(who, bid(amount))
    before = await table(store, bids, *bids.c)
    sold = await house.submit(amina, AWARD)
    done = await house.submit(amina, REOPEN)
    assert (done["winningId"], done["round"]) == (sold["winningId"], 1)
    assert await table(store, bids, *bids.c) == before
    assert await table(store, winnings, winnings.c.id) == []
    assert await winner(store) is None
    async with store.reading() as connection:
        row = (
            (await connection.execute(select(auctions).where(auctions.c.id == 1))).mappings().one()
        )
    assert (row["current_product"], row["minBidPrice"], row["bidPrice"]) == ("Gold Ring", 5, 10)
    heard = told(hall, bilal, done["seq"])
    assert [name for name, _ in heard] == [
        "lotReopened",
        "auction_change_product",
        "newBid",
        "newComment",
    ]
    (_, opened), (_, product), (_, stands), (_, comment) = heard
    assert (opened["product"], opened["winningId"]) == ("Gold Ring", sold["winningId"])
    assert (opened["standingBid"]["amount"], opened["nextBid"], opened["round"]) == (30, 31, 1)
    assert (product["product"], product["bidPrice"], product["round"]) == ("Gold Ring", 10, 1)
    assert [row["bid"] for row in stands["auctionBids"]] == [30, 20, 10]
    assert comment["newComment"]["comment"] == "Gold Ring is open again"
    assert comment["newComment"]["user_id"] == 1
    assert len(comment["comments"]) == 1
    await assert_sale_holds(store)


async def test_bidding_goes_on_and_undo_walks_back_behind_a_reopening(sold, store):
    house, amina, _bilal, (_, second, third), _ = sold
    await house.submit(amina, REOPEN)
    assert (await house.submit(DINA, bid(30))).code is Code.BID_TOO_LOW
    placed = await house.submit(DINA, bid(40))
    for bid_id in (placed["bidId"], third, second):
        assert (await house.submit(amina, UndoBid(auction_id=1, bid_id=bid_id)))["bidIds"] == [
            bid_id
        ]
    assert [row[0] for row in await table(store, bids, bids.c.bid)] == [10]
    await assert_sale_holds(store)


async def test_an_award_on_its_way_is_refused_once_and_a_repeated_one_is_told_what_became_of_it(
    on_air, store
):
    house, amina, bilal = on_air
    placed = await house.submit(bilal, bid(10))
    by_phone = AwardLot(auction_id=1, product="Gold Ring", request_id="hammer")
    first = await house.submit(amina, by_phone)
    _, late = await asyncio.gather(house.submit(amina, REOPEN), house.submit(amina, AWARD))
    assert late.code is Code.STANDING_BID_CHANGED
    assert await house.submit(amina, by_phone) == first | {"reopened": True}
    sale = await house.submit(
        amina, AwardLot(auction_id=1, product="Gold Ring", bid_id=placed["bidId"])
    )
    assert sale["winningId"] != first["winningId"]
    await assert_sale_holds(store)


async def test_a_bid_that_was_sent_before_the_hammer_counts_behind_a_reopening(sold, store):
    house, amina, _, _, _ = sold
    assert (await house.submit(DINA, bid(40, round=1))).code is Code.NO_LOT
    await house.submit(amina, REOPEN)
    assert (await house.submit(DINA, bid(40, round=1)))["round"] == 1


async def test_an_award_by_name_alone_means_the_lot_that_is_open_again(sold, store):
    house, amina, _bilal, (*_, _third), _ = sold
    await house.submit(amina, REOPEN)
    await house.submit(amina, AWARD)  # refused once
    assert (await house.submit(amina, AWARD))["winningId"]


async def test_an_award_to_nobody_is_taken_back_as_well(on_air, store, hall):
    house, amina, bilal = on_air
    await house.submit(amina, AWARD)
    done = await house.submit(amina, ReopenLot(auction_id=1, say="Noch einmal"))
    assert (done["winningId"], done["standingBid"]) == (None, None)
    names = [name for name, _ in told(hall, bilal, done["seq"])]
    assert names == ["lotReopened", "auction_change_product", "newComment"]
    assert hall.news_of(bilal)[-1][1]["newComment"]["comment"] == "Noch einmal"
    await assert_sale_holds(store)


async def test_the_winner_before_is_the_auctions_winner_again(on_air, store):
    house, amina, bilal = on_air
    for number, who in enumerate((DINA, viewer(6), bilal)):
        lot = PEARL.model_copy(update={"product": f"Pearl {number}"})
        await house.submit(amina, lot)
        await house.submit(who, bid(10))
        await house.submit(amina, AwardLot(auction_id=1, product=lot.product))
    assert await winner(store) == 2
    await house.submit(amina, REOPEN)
    assert await winner(store) == 6
    await assert_sale_holds(store)


async def test_a_winner_that_another_program_wrote_stays(sold, store):
    house, amina, _, _, _ = sold
    await change_row(store, auctions, 1, winning_user_id=9)
    await house.submit(amina, REOPEN)
    assert await winner(store) == 9


async def test_bids_of_users_who_were_deleted_do_not_come_back_and_the_next_one_leads(
    on_air, store, hall
):
    house, amina, bilal = on_air
    farah = viewer(6)
    await house.submit(DINA, bid(10))
    await house.submit(bilal, bid(20))
    await house.submit(farah, bid(30))
    winning = (await house.submit(amina, AWARD))["winningId"]
    async with store.writing() as connection:
        await connection.execute(delete(users).where(users.c.id == 2))
    done = await house.submit(amina, REOPEN)
    assert (done["winningId"], done["standingBid"]["userId"]) == (winning, 6)
    assert [row[0] for row in await table(store, bids, bids.c.bid)] == [10, 30]
    heard = told(hall, bilal, done["seq"])[2][1]
    assert [row["bid"] for row in heard["auctionBids"]] == [30, 10]
    assert (await audit.verify(store, 1)).ok


SETTLED = [
    ("paid", {"sold": True}),
    ("given to another", {"user_id": 3}),
    ("of another price", {"price": 29}),
    ("called otherwise", {"product": "Ring, gold"}),
]


@pytest.mark.parametrize("values", [case[1] for case in SETTLED], ids=[case[0] for case in SETTLED])
@only_sqlite
async def test_a_winning_that_was_paid_or_changed_stays_sold(sold, store, values):
    house, amina, _, _, winning = sold
    await change_row(store, winnings, winning, **values)
    assert (await house.submit(amina, REOPEN)).code is Code.WINNING_SETTLED
    assert await table(store, bids, bids.c.id) == []
    if "sold" in values:
        await change_row(store, winnings, winning, sold=False)
        assert (await house.submit(amina, REOPEN))["winningId"] == winning


@only_sqlite
async def test_a_winning_that_is_gone_stays_sold(sold, store):
    house, amina, _, _, winning = sold
    async with store.writing() as connection:
        await connection.execute(delete(winnings).where(winnings.c.id == winning))
    assert (await house.submit(amina, REOPEN)).code is Code.WINNING_SETTLED


@pytest.mark.parametrize("on_delete", ["CASCADE", "SET NULL", "RESTRICT"])
async def test_a_winning_that_another_table_refers_to_stays_sold(sold, store, on_delete):
    """An invoice of another program: it would go, or lose what it is for, or be in the way."""
    house, amina, _, _, winning = sold
    key = f"FOREIGN KEY (won) REFERENCES winnings (id) ON DELETE {on_delete}"
    async with store.writing() as connection:
        await connection.execute(
            text(f"CREATE TABLE invoices (id INTEGER PRIMARY KEY, won INTEGER, {key})")
        )
    async with store.writing() as connection:
        await connection.execute(text("INSERT INTO invoices VALUES (1, :won)"), {"won": winning})
    assert (await house.submit(amina, REOPEN)).code is Code.WINNING_SETTLED
    async with store.writing() as connection:
        await connection.execute(text("DELETE FROM invoices"))
    assert (await house.submit(amina, REOPEN))["winningId"] == winning
    await assert_sale_holds(store)


@only_sqlite
async def test_it_is_refused_from_the_next_lot_on_and_behind_the_end(sold, store):
    house, amina, bilal, _, _ = sold
    assert (await house.submit(bilal, REOPEN)).code is Code.NOT_STAFF
    await house.submit(amina, PEARL)
    assert (await house.submit(amina, REOPEN)).code is Code.LOT_OPEN
    await house.submit(amina, AWARD_PEARL)
    last = (await the_ledger(store))[-1].seq
    refused = await house.submit(amina, ReopenLot(auction_id=1, award_seq=last - 2))
    assert refused.code is Code.NOTHING_TO_REOPEN
    await house.submit(amina, EndAuction(auction_id=1))
    assert (await house.submit(amina, REOPEN)).code is Code.ALREADY_ENDED


async def test_two_clerks_on_two_servers_open_one_lot_again(sold, store):
    house, amina, _, _, _ = sold
    there = Hall()
    other = open_house(store, there, poll_seconds=0.01)
    await other.submit(DINA, JoinAuction(auction_id=1))
    outcomes = await asyncio.gather(house.submit(amina, REOPEN), other.submit(viewer(1), REOPEN))
    assert [one.code for one in outcomes if isinstance(one, Refusal)] == [Code.LOT_OPEN]
    seq = next(one["seq"] for one in outcomes if isinstance(one, dict))
    await until(lambda: len(told(there, DINA, seq)) >= 4)
    stands = told(there, DINA, seq)[2][1]
    assert [(row["bid"], row["user"]["name"]) for row in stands["auctionBids"]] == [
        (30, "Bilal A."),
        (20, "Dina A."),
        (10, "Bilal A."),
    ]
    await other.close()
    await assert_sale_holds(store)


async def test_a_server_that_starts_in_between_goes_on_where_the_other_stopped(
    sold, store, request, database_url
):
    """Award, restart, reopening, restart, undo: nothing of it is in anybody's memory."""
    house, amina, _bilal, (_, _, third), winning = sold
    await house.close()
    await store.close()
    if "mysql" in database_url:
        request.getfixturevalue("mariadb").restart()
    async with opened(database_url) as again:
        house = open_house(again, Hall())
        assert (await house.submit(amina, REOPEN))["winningId"] == winning
        await house.close()
        house = open_house(again, Hall())
        assert (await house.submit(amina, UndoBid(auction_id=1, bid_id=third)))["bidIds"] == [third]
        assert (await house.submit(amina, AWARD)).code is Code.STANDING_BID_CHANGED
        assert (await house.submit(amina, AWARD))["winningId"] > winning
        await house.close()
        await assert_sale_holds(again)


async def test_the_runner_up_wins_before_the_hammer_or_behind_a_reopening(sold, store, hall):
    house, amina, bilal, (first, second, third), _ = sold
    await house.submit(amina, REOPEN)
    refused = await house.submit(
        amina, AwardLot(auction_id=1, product="Gold Ring", bid_id=first, runner_up=True)
    )
    assert refused.code is Code.NOT_STANDING  # the leader's own
    done = await house.submit(
        amina, AwardLot(auction_id=1, product="Gold Ring", bid_id=second, runner_up=True)
    )
    assert await table(store, winnings, winnings.c.user_id, winnings.c.price) == [(3, 20)]
    assert await winner(store) == 3
    name, said = hall.news_of(bilal)[-1]
    assert (name, said["winningUser"]["id"], said["winningBid"]["bid"]) == ("auctionEnded", 3, 20)
    assert said["runnerUp"] is True
    await house.submit(amina, ReopenLot(auction_id=1, award_seq=done["seq"]))
    assert [row[0] for row in await table(store, bids, bids.c.id)] == [first, second, third]
    await assert_sale_holds(store)


@only_sqlite
async def test_a_runner_up_whose_row_is_gone_or_whose_bid_comes_with_the_award_is_not_sold_to(
    sold, store
):
    house, amina, _bilal, (_, second, _), _ = sold
    await house.submit(amina, REOPEN)
    farah = viewer(6)
    placed, sold_to = await asyncio.gather(
        house.submit(farah, bid(40)),
        house.submit(
            amina, AwardLot(auction_id=1, product="Gold Ring", bid_id=second, runner_up=True)
        ),
    )
    assert placed["bidId"]
    assert sold_to["winningId"]  # it names whom it means, whoever leads by now
    await house.submit(amina, REOPEN)
    async with store.writing() as connection:
        await connection.execute(delete(bids).where(bids.c.id == second))
    refused = await house.submit(
        amina, AwardLot(auction_id=1, product="Gold Ring", bid_id=second, runner_up=True)
    )
    assert refused.code is Code.NOT_STANDING


@only_sqlite
async def test_the_history_says_what_was_taken_back_and_who_was_passed_over(sold, store):
    house, amina, _, (_, second, _), winning = sold
    await house.submit(amina, REOPEN)
    await house.submit(
        amina,
        AwardLot(auction_id=1, product="Gold Ring", weight="5g", bid_id=second, runner_up=True),
    )
    said = [entry.what async for entry in audit.history(store, 1)]
    assert said[-3:] == [
        f"opened Gold Ring again: the award of entry 8 no longer holds (winning {winning}); "
        "3 bids came back, the bid of 30 by 1 Bilal A. stands",
        "said: Gold Ring is open again",
        "awarded Gold Ring (5g) to 2 Dina A. for 20, the runner-up, and passed over the bid of 30 by 1 Bilal A.",
    ]


@only_sqlite
async def test_what_was_altered_behind_a_reopening_is_found(sold, store):
    house, amina, _bilal, (_, second, _third), winning = sold
    async with store.reading() as connection:
        query = select(winnings).where(winnings.c.id == winning)
        row = dict((await connection.execute(query)).mappings().one())
    await house.submit(amina, REOPEN)
    async with store.writing() as connection:
        await connection.execute(winnings.insert().values(row))  # the winning is there again
        await connection.execute(update(bids).where(bids.c.id == second).values(bid=21))
        await connection.execute(
            update(auctions).values(winning_user_id=2).where(auctions.c.id == 1)
        )
    found = {(one.table, one.rowId) for one in (await audit.verify(store, 1)).disagreements}
    assert found == {("winnings", winning), ("Auction_bids", second), ("Auction", 1)}


async def test_the_lot_before_can_be_opened_by_nobody_once_it_was_put_up_again(sold, store):
    """The same name once more is another round: its award is not the earlier one's."""
    house, amina, bilal, _, winning = sold
    await house.submit(amina, RING)
    await house.submit(bilal, bid(50))
    second = await house.submit(amina, AwardLot(auction_id=1, product="Gold Ring", round=2))
    assert (await house.submit(amina, REOPEN))["winningId"] == second["winningId"]
    assert [row[0] for row in await table(store, bids, bids.c.bid)] == [50]
    assert [row[0] for row in await table(store, winnings, winnings.c.id)] == [winning]
    await assert_sale_holds(store)
