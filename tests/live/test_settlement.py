"""The summary of a sale that was held by a real house (D39)."""

from __future__ import annotations

import pytest
from sqlalchemy import delete

from baraka_server.contract.client_events import AwardLot, ChangeLot, EndAuction
from baraka_server.contract.hammer import ReopenLot
from baraka_server.contract.settlement import Head, SaleSummary
from baraka_server.store import audit
from baraka_server.store.errors import NotThere, OtherHistory
from baraka_server.store.settlement import sale_summary
from baraka_server.store.tables import winnings
from tests.live.ring import AWARD, bid
from tests.support.clients.hall import viewer
from tests.support.servers.databases import only_sqlite
from tests.support.servers.evening import BILAL, DINA, LAYLA, LOTS, NAMES, NUMBERS, play_evening
from tests.support.servers.sales import write_anew

DINA_HERE = viewer(DINA)


def told(summary: SaleSummary) -> list[tuple[object, ...]]:
    return [
        (lot.lot, lot.product, lot.state.value, lot.price, lot.reached, lot.paddle)
        for lot in summary.lots
    ]


def changes(summary: SaleSummary) -> list[tuple[object, ...]]:
    return [
        (one.change.value, one.lot, one.price, one.priceBefore, one.paddle, one.paddleBefore)
        for one in summary.changes
    ]


async def test_every_lot_is_told_once_with_what_it_brought_or_reached(store):
    evening = await play_evening(store)
    summary = await sale_summary(store, 1)
    assert told(summary) == [
        (1, "Ring", "sold", 120, None, 2),
        (2, "Vase", "passed", None, None, None),
        (3, "Rug", "passed", None, 300, None),
        (4, "Chain", "sold", 60, None, 1),
        (5, LOTS[4], "sold", 70, None, 3),
        (6, "Clock", "withdrawn", None, None, None),
        (7, "Map", "passed", None, 40, None),
    ]
    totals = summary.totals
    assert (totals.sold, totals.passed, totals.withdrawn, totals.open) == (3, 3, 1, 0)
    assert (totals.turnover, totals.paidLots, totals.paid, totals.due) == (250, 0, 0, 250)
    assert [
        (one.paddle, one.name, one.number, one.lots, one.total, one.due) for one in summary.buyers
    ] == [
        (1, "Bilal", NUMBERS[BILAL], 1, 60, 60),
        (2, NAMES[DINA], NUMBERS[DINA], 1, 120, 120),
        (3, NAMES[LAYLA], NUMBERS[LAYLA], 1, 70, 70),
    ]
    assert (summary.over, summary.changes) == (True, [])
    (end,) = (await store.ends([1])).values()
    assert summary.head == Head(end[0], end[1][:12])

    sold_at = summary.head
    await evening.is_paid(1)
    await evening.is_corrected(4, 55, "خصم متفق عليه")
    await evening.is_reassigned(5, 1, 65)
    after = await sale_summary(store, 1)
    assert (after.totals.turnover, after.totals.paid, after.totals.due) == (240, 120, 120)
    assert [(one.paddle, one.lots, one.total) for one in after.buyers] == [(1, 2, 120), (2, 1, 120)]
    assert changes(after) == [
        ("corrected", 4, 55, 60, 1, 1),
        ("reassigned", 5, 65, 70, 1, 3),
    ]
    assert after.changes[0].reason == "خصم متفق عليه"
    since = await sale_summary(store, 1, sold_at)
    assert changes(since) == [("paid", 1, None, None, None, None), *changes(after)]
    assert (since.since, since.lots) == (str(sold_at), after.lots)
    assert (await sale_summary(store, 1, since.head)).changes == []
    assert await sale_summary(store, 1) == after, "the same as long as nothing happens"
    assert (await audit.verify(store, 1)).ok


@only_sqlite
async def test_from_the_beginning_every_turn_of_a_lot_is_told(store):
    await play_evening(store)
    summary = await sale_summary(store, 1, Head(0, "0" * 12))
    assert changes(summary) == [
        ("sold", 1, 120, None, 2, None),
        ("passed", 2, None, None, None, None),
        ("passed", 3, None, None, None, None),
        ("sold", 4, 50, None, 2, None),
        ("reopened", 4, None, 50, None, 2),
        ("sold", 4, 60, None, 1, None),
        ("sold", 5, 70, None, 3, None),
        ("passed", 7, None, None, None, None),
    ]


@only_sqlite
async def test_a_winning_that_went_to_nobody_leaves_its_lot_passed(store):
    evening = await play_evening(store)
    head = (await sale_summary(store, 1)).head
    await evening.is_reassigned(5, None)
    summary = await sale_summary(store, 1, head)
    assert told(summary)[4] == (5, LOTS[4], "passed", None, 70, None)
    assert changes(summary) == [("reassigned", 5, None, 70, None, 3)]
    assert (summary.totals.sold, summary.totals.passed, summary.totals.turnover) == (2, 4, 180)
    assert [one.paddle for one in summary.buyers] == [1, 2]


@only_sqlite
async def test_a_head_of_another_history_is_refused(store):
    await play_evening(store)
    head = (await sale_summary(store, 1)).head
    for other in (
        Head(head.seq + 1, head.ledger),
        Head(head.seq - 1, head.ledger),
        Head(0, "ab12"),
    ):
        with pytest.raises(OtherHistory, match="is not a head of auction 1"):
            await sale_summary(store, 1, other)
    await write_anew(store, 1, {head.seq: {"round": 99}})
    with pytest.raises(OtherHistory):
        await sale_summary(store, 1, head)
    with pytest.raises(NotThere):
        await sale_summary(store, 4711)


@pytest.mark.parametrize(
    "text", ["", "57", "x-3f2a9c1b", "57-3f2a 9c", "99999999999-3f2a9c1b", "٥-3f2a"]
)
def test_what_is_no_head_is_not_read(text):
    with pytest.raises(ValueError, match="is not a head"):
        Head.read(text)
    assert Head.read(" 57-3f2a9c1b0d4e\n") == Head(57, "3f2a9c1b0d4e")


@only_sqlite
async def test_without_a_run_list_each_time_on_the_block_is_a_lot(on_air, store):
    """Also what another product took off the block, and what the end found there."""
    house, amina, bilal = on_air
    for who, amount in ((bilal, 10), (DINA_HERE, 20), (bilal, 30)):
        last = (await house.submit(who, bid(amount)))["bidId"]
    await house.submit(amina, AWARD)
    await house.submit(amina, ReopenLot(auction_id=1))
    assert told(await sale_summary(store, 1)) == [(None, "Gold Ring", "open", None, None, None)]
    await house.submit(amina, AWARD.model_copy(update={"bid_id": last}))

    async def puts_up(product: str) -> None:
        prices = {"minBidPrice": 1, "bidPrice": 1, "actualPrice": 1}
        await house.submit(
            amina, ChangeLot.model_validate({"auctionId": 1, "product": product, **prices})
        )

    await puts_up("Pearl")
    await house.submit(bilal, bid(7))
    await puts_up("Coin")
    assert told(await sale_summary(store, 1))[-1] == (None, "Coin", "open", None, None, None)
    await house.submit(amina, AwardLot(auction_id=1, product="Coin", weight=""))
    await puts_up("Stamp")
    await house.submit(bilal, bid(3))
    await house.submit(amina, EndAuction(auction_id=1))
    assert told(await sale_summary(store, 1)) == [
        (None, "Gold Ring", "sold", 30, None, 1),
        (None, "Pearl", "passed", None, 7, None),
        (None, "Coin", "passed", None, None, None),
        (None, "Stamp", "passed", None, 3, None),
    ]


@only_sqlite
async def test_a_winning_that_is_gone_is_nobodys_and_one_of_another_program_is_told(store):
    evening = await play_evening(store)
    async with store.writing() as connection:
        await connection.execute(delete(winnings).where(winnings.c.id == evening.won[4]))
        row = {"auction_id": 1, "user_id": BILAL, "product": "Stool", "price": 9, "sold": True}
        now = (await sale_summary(store, 1)).at
        await connection.execute(
            winnings.insert().values(row | {"createdAt": now, "updatedAt": now})
        )
    summary = await sale_summary(store, 1)
    assert told(summary)[3] == (4, "Chain", "passed", None, 60, None)
    assert told(summary)[-1] == (None, "Stool", "sold", 9, None, 1)
    assert (summary.totals.turnover, summary.totals.paid) == (199, 9)
