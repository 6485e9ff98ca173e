"""A sale that nobody touched holds, at every moment and whatever happened in it."""

import asyncio
from typing import Any

import pytest

from baraka_server.contract.client_events import (
    BroadcasterLeave,
    CancelAuction,
    EndAuction,
    StartAuction,
)
from baraka_server.contract.reports import Verdict
from baraka_server.domain.decision import Command, HouseRules
from baraka_server.domain.state import State, apply
from baraka_server.live.transaction import Known, decide_and_write
from baraka_server.store import audit, ledger
from baraka_server.store.errors import NotThere
from baraka_server.store.store import Store
from baraka_server.store.tables import auctions, winnings
from tests.support.servers.alterations import (
    ENTRIES,
    adopted_sale,
    alter,
)
from tests.support.servers.sales import (
    Sale,
    award,
    bid,
    by_host,
    change_lot,
    comment,
    prepare_sale,
    take,
)


async def test_a_sale_that_nobody_touched_holds(books: Store, sale: Sale) -> None:
    verdict = await audit.verify(books, sale.auction.id)
    assert verdict == Verdict(
        auctionId=sale.auction.id,
        ok=True,
        entries=ENTRIES,
        unknownEntries=0,
        alteredEntry=None,
        disagreements=[],
    )


async def test_it_holds_after_every_single_entry(books: Store) -> None:
    sale = await prepare_sale(books)
    for commands in (
        [by_host(sale, StartAuction(auction_id=sale.auction.id))],
        [change_lot(sale, "Lamp", 8)],
        [bid(sale, sale.bilal, 10)],
        [change_lot(sale, "Lamp", 5)],
        [change_lot(sale, "Vase", 5)],
        [comment(sale, sale.dina, "Nice")],
        [award(sale, "Vase")],
        [change_lot(sale, "Chair", 5)],
        [bid(sale, sale.bilal, 10), award(sale, "Chair"), change_lot(sale, "Table", 1)],
        [bid(sale, sale.bilal, 10), by_host(sale, EndAuction(auction_id=sale.auction.id))],
        [by_host(sale, BroadcasterLeave(auction_id=sale.auction.id))],
    ):
        await take(books, sale.auction.id, commands)
        verdict = await audit.verify(books, sale.auction.id)
        assert verdict.ok, verdict


async def test_a_canceled_auction_holds(books: Store, sale: Sale) -> None:
    cancel = by_host(sale, CancelAuction(auction_id=sale.auction.id))
    await take(books, sale.auction.id, [cancel])
    assert (await audit.verify(books, sale.auction.id)).ok


async def test_an_auction_in_which_nothing_happened_holds(books: Store) -> None:
    sale = await prepare_sale(books)
    verdict = await audit.verify(books, sale.auction.id)
    assert verdict.ok
    assert verdict.entries == 0


async def test_a_ledger_longer_than_one_read_holds(books: Store, sale: Sale) -> None:
    count = 2 * ledger.ROWS_PER_READ
    await take(books, sale.auction.id, [comment(sale, sale.dina, "Hi")] * count)
    verdict = await audit.verify(books, sale.auction.id)
    assert verdict.ok
    assert verdict.entries == ENTRIES + count


async def test_what_was_there_before_the_ledger_is_taken_as_it_was_found(books: Store) -> None:
    sale = await adopted_sale(books)
    await take(books, sale.auction.id, [bid(sale, sale.dina, 400)])
    assert (await audit.verify(books, sale.auction.id)).ok
    await take(books, sale.auction.id, [award(sale, "Carpet")])
    assert (await audit.verify(books, sale.auction.id)).ok


async def test_what_other_programs_may_change_is_no_disagreement(books: Store, sale: Sale) -> None:
    await alter(books, winnings, winnings.c.auction_id == sale.auction.id, sold=True)
    this = auctions.c.id == sale.auction.id
    await alter(books, auctions, this, title="Other", product_description="Shiny", quantity=2)
    assert (await audit.verify(books, sale.auction.id)).ok


@pytest.mark.parametrize(
    "changes",
    [
        {"minBidPrice": 7, "actualPrice": 9},
        {"current_product": "Something else"},
        {"current_product": None},
        {"isLive": False, "isCanceled": True},
        {"user_id": None},
    ],
)
async def test_a_change_by_another_program_that_the_ledger_took_up_holds(
    books: Store, sale: Sale, changes: dict[str, Any]
) -> None:
    this = sale.auction.id
    known = await folded(books, this)
    await alter(books, auctions, auctions.c.id == this, **changes)
    assert not (await audit.verify(books, this)).ok

    leave = BroadcasterLeave(auction_id=this)  # as whoever owns it by now
    owner = changes.get("user_id", sale.amina.id)
    await books.change(
        this,
        lambda auction: decide_and_write(
            auction, [Command(leave, owner)], Known(known, known.seq, known.hash), HouseRules()
        ),
    )
    assert (await audit.verify(books, this)).ok
    entries = [entry async for entry in audit.history(books, this)]
    assert entries[-2].what.startswith("another program changed the auction: ")


async def folded(store: Store, auction_id: int) -> State:
    state = State()
    async with store.reading() as connection:
        async for entry in ledger.all_entries(connection, auction_id):
            state = apply(state, entry)
    return state


async def test_a_sale_that_goes_on_meanwhile_holds_at_every_moment(
    books: Store, sale: Sale
) -> None:
    async def go_on() -> None:
        for amount in range(1_000, 1_030):
            commands = [bid(sale, sale.bilal, amount), comment(sale, sale.dina, "More!")]
            if amount % 10 == 0:
                commands += [award(sale, "Lot"), change_lot(sale, f"Lot {amount}", 1)]
            await take(books, sale.auction.id, commands)

    selling = asyncio.create_task(go_on())
    while not selling.done():
        verdict = await audit.verify(books, sale.auction.id)
        assert verdict.ok, verdict
    await selling


async def test_an_auction_that_nobody_has_heard_of_is_not_there(books: Store) -> None:
    with pytest.raises(NotThere, match="no auction 4711"):
        await audit.verify(books, 4711)
