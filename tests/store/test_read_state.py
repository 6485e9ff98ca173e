"""The state that is read of a ledger is the fold of all of it, at every place."""

from __future__ import annotations

from sqlalchemy import update

from baraka_server.contract.prices import SetIncrements
from baraka_server.domain.decision import Command
from baraka_server.domain.events import Commented
from baraka_server.domain.state import State, apply
from baraka_server.store import ledger
from baraka_server.store.tables import events
from tests.support.checks.proof import the_ledger
from tests.support.servers import newer
from tests.support.servers.sales import award, bid, change_lot, run_sale, take


async def states(store):
    """For each place of the ledger: the fold up to it, and what is read of it."""
    state, found = State(), []
    for entry in await the_ledger(store):
        state = apply(state, entry)
        found.append((state, await store.state_at(1, entry.seq)))
    return found


async def test_what_is_read_of_a_sale_of_the_guide_is_its_fold(books):
    await run_sale(books)
    assert len(await states(books)) == 16
    for folded, read in await states(books):
        assert read == folded
        assert read.hash == folded.hash
    assert await books.state_at(2, 99) == State()


async def test_what_is_read_of_a_sale_with_steps_is_its_fold(books):
    sale = await run_sale(books)
    await take(
        books,
        1,
        [
            Command(SetIncrements(auction_id=1, increments=10), sale.amina.id),
            bid(sale, sale.dina, 300),
            award(sale, "Silver Necklace", ""),
            change_lot(sale, "Vase", 5),
            Command(SetIncrements(auction_id=1, increments=None), sale.amina.id),
            bid(sale, sale.bilal, 5),
            bid(sale, sale.dina, 6),
        ],
    )
    for folded, read in await states(books):
        assert read == folded


async def test_bids_are_folded_from_the_last_opening_on_where_the_house_does_more(
    books, monkeypatch
):
    folded = []
    monkeypatch.setattr(
        ledger, "apply", lambda state, entry: folded.append(entry) or apply(state, entry)
    )
    sale = await run_sale(books)
    bids = {entry.seq for entry in await the_ledger(books) if entry.kind == "bid"}
    await books.state_at(1, 99)
    assert len(bids & {entry.seq for entry in folded}) == 1
    assert sum(isinstance(entry.event, Commented) for entry in folded) == 1
    await take(books, 1, [Command(SetIncrements(auction_id=1, increments=10), sale.amina.id)])
    folded.clear()
    await books.state_at(1, 99)
    assert len(bids & {entry.seq for entry in folded}) == 3  # of the second lot, not the first


async def test_an_altered_entry_stops_no_sale_that_another_one_follows(books):
    await run_sale(books)
    whole = await books.state_at(1, 99)
    opened = [entry.seq for entry in await the_ledger(books) if entry.kind == "lot_opened"]

    async def damage(seq):
        async with books.writing() as connection:
            await connection.execute(
                update(events).where(events.c.seq == seq).values(data="no JSON")
            )

    await damage(opened[0])
    read = await books.state_at(1, 99)
    assert (read.lot, read.high, read.understood) == (whole.lot, whole.high, True)
    await damage(opened[1])
    assert not (await books.state_at(1, 99)).understood


async def test_a_kind_of_a_newer_program_is_folded_wherever_it_stands(books):
    sale = await run_sale(books)
    await newer.writes(books, "tally", {"v": 1, "rule": True})
    for user, amount in ((sale.dina, 300), (sale.bilal, 310)):
        await newer.writes(
            books, "bid", {"v": 1, "rule": True, "amount": amount, "bid_id": user.id}
        )
    assert not (await books.state_at(1, 99)).understood
