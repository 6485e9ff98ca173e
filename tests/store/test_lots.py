"""Rows of a run list follow from the ledger, on every database; what differs is named (D35)."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, update

from baraka_server.contract.client_events import AwardLot, ChangeLot
from baraka_server.contract.vocabulary import parse
from baraka_server.domain.decision import Command, Found
from baraka_server.domain.state import State, apply
from baraka_server.store import audit, catalog
from baraka_server.store.tables import lots, texts
from tests.support.checks.proof import the_ledger
from tests.support.servers.sales import bid, prepare_sale, take
from tests.support.servers.stores import START

AMINA = 1


def lot(product, **more):
    return {"product": product, "minBidPrice": 10, "bidPrice": 20, "actualPrice": 30} | more


def command(name, **payload):
    found = Found(salt=b"of these tests")
    return Command(parse(name, [{"auctionId": 1} | payload]), AMINA, found=found)


@pytest.fixture
async def sold(books):
    """Lot 1 is sold, lot 2 passed, lot 3 open, lot 4 withdrawn, the others wait."""
    sale = await prepare_sale(books)
    steps = [{"from": 0, "step": 5}, {"from": 50, "step": 10}]
    for commands in (
        [
            command(
                "addLots",
                lots=[
                    lot("Ring", weight="2g", imageUrl="https://example.org/ring.jpg"),
                    lot("Vase", description="„Chipped“ 🙂", reserve=70, increments=steps),
                    *(lot(f"Rug {n}") for n in range(30)),
                ],
            )
        ],
        [Command(START.event, AMINA), command("openLot", lotId=1), bid(sale, sale.bilal, 10)],
        [Command(AwardLot(auction_id=1, product="Ring", weight=None), AMINA)],
        [command("openLot", lotId=2), command("editLot", lotId=2, version=99, weight="1kg")],
        [command("openLot", lotId=3), command("withdrawLot", lotId=4)],
        [command("moveLot", lotId=5, before=1), command("repriceLot", minBidPrice=1)],
        [command("changeCuurentProduct", **lot("Lamp")), command("offerAgain", lotId=3)],
    ):
        await take(books, 1, commands)
    return books


async def test_the_rows_are_the_fold_of_the_ledger(sold):
    assert (await audit.verify(sold, 1)).ok
    state = State()
    for entry in await the_ledger(sold):
        state = apply(state, entry)
    report = await catalog.run_list(sold, 1, None)
    assert report.lots_version == state.run_list.version
    assert [
        (one.lot_id, one.number, one.state, one.winning_id, one.version) for one in report.lots
    ] == [
        (one.lot_id, one.values.number, one.state, one.winning_id, one.version)
        for one in state.run_list.ordered()
    ]
    ring, vase = [one for one in report.lots if one.number in {1, 2}]
    assert (ring.state, ring.winning_id, ring.image_url) == (
        *("sold", 1),
        "https://example.org/ring.jpg",
    )
    assert (vase.state, vase.description, vase.reserve, vase.increments) == (
        *("passed", "„Chipped“ 🙂", 70),
        ((0, 5), (50, 10)),
    )
    assert await sold.state_at(1, 999) == state  # with its lots


async def test_viewers_see_no_reserve(sold):
    seen = (await catalog.run_list(sold, 1, 2)).payload()
    assert not any("reserve" in one for one in seen["lots"])
    assert "70" not in str([one for one in seen["lots"] if one["lotNumber"] == 2])
    whole = (await catalog.run_list(sold, 1, AMINA)).payload()
    assert [one["reserve"] for one in whole["lots"] if one["lotNumber"] == 2] == [70]


@pytest.mark.parametrize(
    ("statement", "row", "said"),
    [
        (update(lots).where(lots.c.lot_id == 1).values(state="passed"), 1, "state is 'passed'"),
        (update(lots).where(lots.c.lot_id == 2).values(reserve=7), 2, "reserve is 7"),
        (update(lots).where(lots.c.lot_id == 2).values(description="x"), 2, "description is 'x'"),
        (delete(lots).where(lots.c.lot_id == 4), 4, "Lot 4 is gone"),
    ],
)
async def test_a_row_that_is_not_as_the_ledger_says_is_named(sold, statement, row, said):
    async with sold.writing() as connection:
        await connection.execute(statement)
    verdict = await audit.verify(sold, 1)
    assert not verdict.ok
    ((table, row_id, reason),) = [(d.table, d.rowId, d.reason) for d in verdict.disagreements]
    assert (table, row_id) == ("baraka_lots", row)
    assert said in reason


async def test_a_description_that_was_erased_is_no_disagreement(sold):
    async with sold.writing() as connection:
        await connection.execute(delete(texts))
        await connection.execute(update(lots).values(description=None))
    assert (await audit.verify(sold, 1)).ok


async def test_a_sale_without_a_run_list_has_no_rows(books):
    sale = await prepare_sale(books)
    change = ChangeLot(auction_id=1, product="Ring", minimum_price=1, start_price=1, market_price=1)
    await take(books, 1, [START, Command(change, sale.amina.id)])
    async with books.reading() as connection:
        assert (await connection.execute(select(lots))).all() == []
    assert (await catalog.run_list(books, 1, None)).lots_version == 0
