"""Rows and entries that were altered behind the server's back are found and named."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from baraka_server.contract.client_events import (
    BroadcasterLeave,
    CancelAuction,
    EndAuction,
    StartAuction,
)
from baraka_server.contract.fields import INT_MAX
from baraka_server.contract.reports import Disagreement, Verdict
from baraka_server.domain.decide import Command, HouseRules
from baraka_server.domain.events import KINDS, LedgerEntry, Lot, StandingBid
from baraka_server.domain.narrate import LOOKS_BACK, in_words
from baraka_server.domain.state import State, apply
from baraka_server.live.transaction import Known, decide_and_write
from baraka_server.store import audit, catalog, checkpoint, ledger
from baraka_server.store.errors import Damaged, NotThere
from baraka_server.store.pages import Span
from baraka_server.store.store import Store
from baraka_server.store.tables import auctions, bids, comments, events, users, winnings
from tests.support.servers.sales import (
    Sale,
    award,
    bid,
    by_host,
    change_lot,
    comment,
    open_store,
    prepare_sale,
    run_sale,
    take,
    write_anew,
)

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ENTRIES = 16
"""What run_sale leaves in the ledger."""


@pytest.fixture
async def books(database_url: str) -> AsyncIterator[Store]:
    async with open_store(database_url) as store:
        yield store


@pytest.fixture
async def sale(books: Store) -> Sale:
    return await run_sale(books)


async def execute(store: Store, statement: Any) -> Any:
    async with store.writing() as connection:
        return await connection.execute(statement)


async def alter(store: Store, table: Any, where: Any, **values: Any) -> None:
    done = await execute(store, update(table).where(where).values(values))
    assert done.rowcount == 1


async def alter_entry(store: Store, sale: Sale, seq: int, /, **values: Any) -> Verdict:
    where = (events.c.auction_id == sale.auction.id) & (events.c.seq == seq)
    await alter(store, events, where, **values)
    return await audit.verify(store, sale.auction.id)


async def the_disagreement(store: Store, sale: Sale) -> Disagreement:
    """The only row that does not agree; the chain of hashes holds."""
    verdict = await audit.verify(store, sale.auction.id)
    assert not verdict.ok
    assert verdict.alteredEntry is None
    assert len(verdict.disagreements) == 1, verdict
    return verdict.disagreements[0]


async def changed_outside(store: Store, sale: Sale) -> list[tuple[str, int]]:
    """The rows that others changed, as table and id. Nothing is said against the ledger."""
    verdict = await audit.verify(store, sale.auction.id)
    assert verdict.ok, verdict
    assert verdict.disagreements == []
    return [(one.table, one.rowId) for one in verdict.changedOutside]


async def newest(store: Store, table: Any) -> Any:
    async with store.reading() as connection:
        query = select(table).order_by(table.c.id.desc()).limit(1)
        return (await connection.execute(query)).mappings().one()


# --- what holds ---------------------------------------------------------------


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
    for asks in (
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
        await take(books, sale.auction.id, asks)
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
            asks = [bid(sale, sale.bilal, amount), comment(sale, sale.dina, "More!")]
            if amount % 10 == 0:
                asks += [award(sale, "Lot"), change_lot(sale, f"Lot {amount}", 1)]
            await take(books, sale.auction.id, asks)

    selling = asyncio.create_task(go_on())
    while not selling.done():
        verdict = await audit.verify(books, sale.auction.id)
        assert verdict.ok, verdict
    await selling


async def test_an_auction_that_nobody_has_heard_of_is_not_there(books: Store) -> None:
    with pytest.raises(NotThere, match="no auction 4711"):
        await audit.verify(books, 4711)


async def adopted_sale(store: Store) -> Sale:
    """A sale that another program has begun: a lot, bids, a comment and a winning, no ledger."""
    sale = await prepare_sale(store)
    past = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    lot = {"current_product": "Carpet", "minBidPrice": 100, "bidPrice": 100, "actualPrice": 900}
    await alter(store, auctions, auctions.c.id == sale.auction.id, isLive=True, **lot)
    times = {"createdAt": past, "updatedAt": past}
    row = {"auction_id": sale.auction.id, "user_id": sale.bilal.id, **times}
    await execute(store, insert(bids).values([{**row, "bid": 200}, {**row, "bid": 300}]))
    await execute(store, insert(comments).values({**row, "comment": "Old"}))
    won = {**row, "product": "Pot", "price": 5, "weight": None, "sold": True}
    await execute(store, insert(winnings).values(won))
    return sale


# --- altered entries ----------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("round", 9),
        ("kind", "comment"),
        ("user_id", 1),
        ("user_id", None),
        ("data", '{"amount":1,"bid_id":1}'),
        ("data", "no JSON"),
        ("at", LONG_AGO),
        ("hash", "0" * 64),
        ("seq", 5_000),
        ("auction_id", 5_000),
    ],
)
async def test_an_entry_with_an_altered_column_is_named(
    books: Store, sale: Sale, column: str, value: Any
) -> None:
    verdict = await alter_entry(books, sale, 7, **{column: value})
    assert not verdict.ok
    assert verdict.alteredEntry is not None
    assert verdict.alteredEntry.seq == 7
    assert verdict.entries == 6
    assert verdict.disagreements == []


async def test_of_several_altered_entries_the_first_is_named(books: Store, sale: Sale) -> None:
    await alter_entry(books, sale, 12, round=9)
    verdict = await alter_entry(books, sale, 4, round=9)
    assert verdict.alteredEntry is not None
    assert verdict.alteredEntry.seq == 4


async def test_a_time_that_is_none_is_named(books: Store, sale: Sale) -> None:
    async with books.writing() as connection:
        if connection.dialect.name != "sqlite":
            pytest.skip("only SQLite keeps any text as a time")
        await connection.exec_driver_sql("UPDATE baraka_events SET at = 'noon' WHERE seq = 7")
    verdict = await audit.verify(books, sale.auction.id)
    assert verdict.alteredEntry is not None
    assert verdict.alteredEntry.seq == 7


@pytest.mark.parametrize("seq", [1, 8, ENTRIES - 1])
async def test_an_entry_deleted_before_the_last_is_named(
    books: Store, sale: Sale, seq: int
) -> None:
    await execute(books, delete(events).where(events.c.seq == seq))
    verdict = await audit.verify(books, sale.auction.id)
    assert verdict.alteredEntry is not None
    assert verdict.alteredEntry.seq == seq
    assert "missing" in verdict.alteredEntry.reason


async def test_an_entry_whose_hash_was_forged_as_well_breaks_the_next_one(
    books: Store, sale: Sale
) -> None:
    async with books.reading() as connection:
        chain = select(events).where(events.c.seq.in_((6, 7))).order_by(events.c.seq)
        before, row = [dict(row) for row in (await connection.execute(chain)).mappings()]
    row["user_id"] = sale.amina.id
    forged = ledger.chained(before["hash"], row)
    verdict = await alter_entry(books, sale, 7, user_id=sale.amina.id, hash=forged)
    assert verdict.alteredEntry is not None
    assert verdict.alteredEntry.seq == 8


async def test_a_well_chained_entry_that_makes_no_sense_is_named(books: Store, sale: Sale) -> None:
    async with books.writing() as connection:
        tail = await ledger.read_tail(connection, sale.auction.id)
        row = {
            "auction_id": sale.auction.id,
            "seq": tail.seq + 1,
            "round": tail.round,
            "kind": "miracle",
            "user_id": None,
            "data": "{}",
            "at": tail.at,
        }
        row["hash"] = ledger.chained(tail.hash, row)
        await connection.execute(insert(events).values(row))
    verdict = await audit.verify(books, sale.auction.id)
    assert verdict.alteredEntry is not None
    assert verdict.alteredEntry.seq == tail.seq + 1


@pytest.mark.parametrize(
    ("seq", "says", "reason"),
    [
        (4, '"amount":700', "a first bid of 700 is below the minimum of 800"),
        (6, '"amount":800', "a bid of 800 does not follow one of 800"),
        (9, '"user_id":2', "what stood was bid 4 of 1200 by user 3"),
        (9, '"bid_id":77', "it names bid 77 of 1200 by user 3"),
        (9, '"amount":900', "it names bid 4 of 900 by user 3"),
    ],
)
async def test_what_nobody_would_have_accepted_is_named_however_well_it_is_chained(
    books: Store, sale: Sale, seq: int, says: str, reason: str
) -> None:
    this = sale.auction.id
    async with books.reading() as connection:
        query = select(events.c.data).where(events.c.seq == seq)
        data = (await connection.execute(query)).scalar_one()
    name = says.partition(":")[0]
    forged = re.sub(rf"{name}:\d+", says, data)
    assert forged != data
    await write_anew(books, this, {seq: {"data": forged}})
    verdict = await audit.verify(books, this)
    assert verdict.alteredEntry is not None
    assert verdict.alteredEntry.seq == seq
    assert reason in verdict.alteredEntry.reason


# --- a ledger that was written anew -------------------------------------------

SIGNER = checkpoint.Signer.of("a secret of the house, with more than 32 bytes")


async def checked(store: Store, sale: Sale, *texts: str) -> Verdict:
    verdict = await audit.verify(store, sale.auction.id)
    kept = [one for text in texts for one in checkpoint.found_in(text)]
    assert kept
    return await checkpoint.with_checkpoints(store, SIGNER, verdict, kept)


async def test_a_checkpoint_holds_as_long_as_the_ledger_only_grows(
    books: Store, sale: Sale
) -> None:
    this = sale.auction.id
    texts = []
    for product in ("Lamp", "Chair"):
        texts.append((await checkpoint.take(books, SIGNER, this)).text)
        await take(books, this, [change_lot(sale, product, 5)])
    texts.append((await checkpoint.take(books, SIGNER, this)).text)
    verdict = await checked(books, sale, "\n".join(f"on the wall: {text}." for text in texts))
    assert verdict.ok
    assert verdict.brokenCheckpoints == []


async def test_a_ledger_that_was_written_anew_behind_a_checkpoint_is_named(
    books: Store, sale: Sale
) -> None:
    this = sale.auction.id
    before = (await checkpoint.take(books, SIGNER, this)).text
    # Another text of a comment, in the ledger and in its row: all by itself it would be believed.
    async with books.reading() as connection:
        row = (
            (
                await connection.execute(
                    select(events).where(events.c.kind == "comment").order_by(events.c.seq.desc())
                )
            )
            .mappings()
            .first()
        )
    assert row
    forged = row["data"].replace("Lovely", "Ugly")
    await write_anew(books, this, {row["seq"]: {"data": forged}})
    last = await newest(books, comments)
    await alter(books, comments, comments.c.id == last["id"], comment="Ugly")
    assert (await audit.verify(books, this)).ok
    verdict = await checked(books, sale, before)
    assert not verdict.ok
    assert [one.seq for one in verdict.brokenCheckpoints] == [ENTRIES]
    assert "written anew" in verdict.brokenCheckpoints[0].reason
    again = (await checkpoint.take(books, SIGNER, this)).text
    assert (await checked(books, sale, again)).ok


async def test_a_ledger_that_is_shorter_than_its_checkpoint_is_named(
    books: Store, sale: Sale
) -> None:
    await take(books, sale.auction.id, [by_host(sale, BroadcasterLeave(auction_id=1))])
    before = (await checkpoint.take(books, SIGNER, sale.auction.id)).text
    await write_anew(books, sale.auction.id, {}, keep=ENTRIES)
    assert (await audit.verify(books, sale.auction.id)).ok, "nothing else can tell"
    verdict = await checked(books, sale, before)
    assert [one.reason for one in verdict.brokenCheckpoints] == [
        f"the ledger had {ENTRIES + 1} entries then, and has {ENTRIES} now"
    ]


async def test_a_checkpoint_that_we_did_not_sign_is_named(books: Store, sale: Sale) -> None:
    this = sale.auction.id
    good = (await checkpoint.take(books, SIGNER, this)).text
    other = checkpoint.Signer.of("a secret of somebody else, just as long as ours")
    for text in (
        (await checkpoint.take(books, other, this)).text,
        good.replace(f"seq={ENTRIES}", f"seq={ENTRIES - 1}"),
        re.sub("time=....", "time=2019", good),
    ):
        (broken,) = (await checked(books, sale, text)).brokenCheckpoints
        assert "not signed with this secret" in broken.reason


def test_a_damaged_checkpoint_is_no_checkpoint_and_says_so() -> None:
    good = SIGNER.signed(1, 2, "0" * 64, LONG_AGO).text
    assert list(checkpoint.found_in("nothing here")) == []
    for text in (
        good[:-1],
        good + "0",
        good.replace("seq=2", "seq=x"),
        good.replace(" time", "time"),
    ):
        with pytest.raises(ValueError, match="baraka-checkpoint"):
            list(checkpoint.found_in(text))


async def test_an_auction_without_a_ledger_has_nothing_to_sign(books: Store) -> None:
    sale = await prepare_sale(books)
    with pytest.raises(NotThere):
        await checkpoint.take(books, SIGNER, sale.auction.id)


# --- a ledger whose end is cut off --------------------------------------------


async def cut(store: Store, sale: Sale, count: int = 1) -> None:
    async with store.writing() as connection:
        tail = await ledger.read_tail(connection, sale.auction.id)
        await connection.execute(delete(events).where(events.c.seq > tail.seq - count))


async def test_a_last_bid_that_was_cut_off_is_still_in_its_table(books: Store, sale: Sale) -> None:
    row = await newest(books, bids)
    await cut(books, sale)
    found = await the_disagreement(books, sale)
    assert (found.table, found.rowId) == ("Auction_bids", row["id"])
    assert "cut off" in found.reason


async def test_a_last_comment_that_was_cut_off_is_as_one_that_another_program_wrote(
    books: Store, sale: Sale
) -> None:
    await take(books, sale.auction.id, [comment(sale, sale.dina, "Last")])
    row = await newest(books, comments)
    await cut(books, sale)
    assert await changed_outside(books, sale) == [("Auction_comments", row["id"])]


async def test_a_last_award_that_was_cut_off_is_still_in_the_winnings(
    books: Store, sale: Sale
) -> None:
    await take(books, sale.auction.id, [award(sale, "Silver Necklace")])
    row = await newest(books, winnings)
    await cut(books, sale)
    verdict = await audit.verify(books, sale.auction.id)
    assert ("winnings", row["id"]) in [(one.table, one.rowId) for one in verdict.disagreements]


@pytest.mark.parametrize("event", [CancelAuction, EndAuction])
async def test_a_last_end_that_was_cut_off_is_still_in_the_auction(
    books: Store, sale: Sale, event: Any
) -> None:
    await take(books, sale.auction.id, [by_host(sale, event(auction_id=sale.auction.id))])
    await cut(books, sale)
    verdict = await audit.verify(books, sale.auction.id)
    assert {one.table for one in verdict.disagreements} == {"Auction"}


async def test_a_last_lot_that_was_cut_off_is_still_on_the_block(books: Store, sale: Sale) -> None:
    await take(books, sale.auction.id, [change_lot(sale, "Vase", 1)])
    await cut(books, sale)
    verdict = await audit.verify(books, sale.auction.id)
    assert "current_product is 'Vase'" in verdict.disagreements[0].reason


async def test_wherever_the_ledger_is_cut_off_it_is_found(books: Store, sale: Sale) -> None:
    for _ in range(1, ENTRIES):
        await cut(books, sale)
        assert not (await audit.verify(books, sale.auction.id)).ok


# --- altered rows -------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value"),
    [("bid", 9_999), ("user_id", 1), ("createdAt", LONG_AGO), ("updatedAt", LONG_AGO)],
)
async def test_an_altered_bid_is_named(books: Store, sale: Sale, column: str, value: Any) -> None:
    row = await newest(books, bids)
    await alter(books, bids, bids.c.id == row["id"], **{column: value})
    found = await the_disagreement(books, sale)
    assert (found.table, found.rowId) == ("Auction_bids", row["id"])
    assert found.reason.startswith(f"{column} is ")


@pytest.mark.parametrize("table", [bids, comments, winnings], ids=lambda table: table.name)
async def test_a_row_moved_to_another_auction_is_named(
    books: Store, sale: Sale, table: Any
) -> None:
    other = await catalog.create_auction(books, owner_id=sale.amina.id, title="Other")
    row = await newest(books, table)
    await alter(books, table, table.c.id == row["id"], auction_id=other.id)
    found = await the_disagreement(books, sale)
    assert (found.table, found.rowId) == (table.name, row["id"])
    assert "auction_id" in found.reason


@pytest.mark.parametrize("table", [bids, comments, winnings], ids=lambda table: table.name)
async def test_a_deleted_row_is_named(books: Store, sale: Sale, table: Any) -> None:
    row = await newest(books, table)
    await execute(books, delete(table).where(table.c.id == row["id"]))
    found = await the_disagreement(books, sale)
    assert (found.table, found.rowId) == (table.name, row["id"])
    assert "gone" in found.reason


@pytest.mark.parametrize("table", [bids, winnings], ids=lambda table: table.name)
async def test_an_added_row_is_named(books: Store, sale: Sale, table: Any) -> None:
    row = dict(await newest(books, table))
    row["id"] += 100
    await execute(books, insert(table).values(row))
    found = await the_disagreement(books, sale)
    assert (found.table, found.rowId) == (table.name, row["id"])
    assert "added" in found.reason


async def test_an_altered_comment_is_named(books: Store, sale: Sale) -> None:
    row = await newest(books, comments)
    await alter(books, comments, comments.c.id == row["id"], comment="I never said so")
    found = await the_disagreement(books, sale)
    assert (found.table, found.rowId) == ("Auction_comments", row["id"])


@pytest.mark.parametrize(
    ("column", "value"), [("user_id", 2), ("product", "Diamond"), ("price", 1), ("weight", "1g")]
)
async def test_an_altered_winning_is_named(
    books: Store, sale: Sale, column: str, value: Any
) -> None:
    row = await newest(books, winnings)
    await alter(books, winnings, winnings.c.id == row["id"], **{column: value})
    found = await the_disagreement(books, sale)
    assert (found.table, found.rowId) == ("winnings", row["id"])
    assert "entry 9 of the ledger" in found.reason


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("isLive", False),
        ("isCanceled", True),
        ("isEnded", True),
        ("current_product", "Diamond"),
        ("current_product", None),
        ("minBidPrice", 1),
        ("bidPrice", 1),
        ("actualPrice", 1),
        ("user_id", 2),
        ("winning_user_id", 2),
    ],
)
async def test_an_altered_column_of_the_auction_is_named(
    books: Store, sale: Sale, column: str, value: Any
) -> None:
    await alter(books, auctions, auctions.c.id == sale.auction.id, **{column: value})
    found = await the_disagreement(books, sale)
    assert (found.table, found.rowId) == ("Auction", sale.auction.id)
    assert found.reason.startswith(f"{column} is ")


async def test_a_deleted_auction_is_named_and_its_ledger_stays(books: Store, sale: Sale) -> None:
    await execute(books, update(winnings).values(auction_id=None))
    await execute(books, delete(auctions).where(auctions.c.id == sale.auction.id))
    found = await the_disagreement(books, sale)
    assert (found.table, found.rowId) == ("Auction", sale.auction.id)
    assert await audit.audited_ids(books) == [sale.auction.id]
    assert len([entry async for entry in audit.history(books, sale.auction.id)]) == ENTRIES


async def test_of_bids_that_were_found_none_can_have_been_higher(books: Store) -> None:
    sale = await adopted_sale(books)
    await take(books, sale.auction.id, [bid(sale, sale.dina, 400)])
    lowest = bids.c.bid == 200
    await alter(books, bids, lowest, bid=350)
    assert (await the_disagreement(books, sale)).table == "Auction_bids"


async def test_the_highest_bid_that_was_found_is_known(books: Store) -> None:
    sale = await adopted_sale(books)
    await take(books, sale.auction.id, [bid(sale, sale.dina, 400)])
    await alter(books, bids, bids.c.bid == 300, user_id=sale.amina.id)
    assert (await the_disagreement(books, sale)).table == "Auction_bids"


# --- what other programs wrote, which says nothing against the ledger (D52) ---


AHEAD = timedelta(hours=3)
"""What the column's default writes on a server at +03:00."""


async def test_rows_that_were_found_may_have_times_of_another_zone(books: Store) -> None:
    sale = await adopted_sale(books)
    for table in (bids, comments, winnings):
        later = datetime.now(UTC).replace(microsecond=0) + AHEAD
        await execute(books, update(table).values(createdAt=later))
    assert await changed_outside(books, sale) == []
    await take(books, sale.auction.id, [bid(sale, sale.dina, 400), comment(sale, sale.dina, "Hi")])
    assert await changed_outside(books, sale) == []
    await take(books, sale.auction.id, [award(sale, "Carpet")])
    assert await changed_outside(books, sale) == []


@pytest.mark.parametrize("ahead", [timedelta(0), AHEAD])
async def test_a_comment_that_another_program_wrote_is_told_apart(
    books: Store, sale: Sale, ahead: timedelta
) -> None:
    time = datetime.now(UTC).replace(microsecond=0) + ahead
    row = {"auction_id": sale.auction.id, "user_id": sale.dina.id, "comment": "From elsewhere"}
    await execute(books, insert(comments).values({**row, "createdAt": time, "updatedAt": time}))
    theirs = ("Auction_comments", (await newest(books, comments))["id"])
    assert await changed_outside(books, sale) == [theirs]

    await take(books, sale.auction.id, [comment(sale, sale.dina, "Ours")])
    assert await changed_outside(books, sale) == [theirs]
    await alter(books, comments, comments.c.comment == "Ours", comment="I never said so")
    assert not (await audit.verify(books, sale.auction.id)).ok


async def test_a_bid_of_another_program_below_the_leading_one_is_told_apart(
    books: Store, sale: Sale
) -> None:
    row = dict(await newest(books, bids))
    row["id"] += 100
    await execute(books, insert(bids).values({**row, "bid": row["bid"] - 1}))
    assert await changed_outside(books, sale) == [("Auction_bids", row["id"])]
    await alter(books, bids, bids.c.id == row["id"], bid=row["bid"] + 1)
    assert (await the_disagreement(books, sale)).rowId == row["id"]


async def test_what_went_with_a_deleted_user_is_told_apart(books: Store, sale: Sale) -> None:
    await take(books, sale.auction.id, [bid(sale, sale.dina, 300)])
    async with books.reading() as connection:
        query = select(bids.c.id).where(bids.c.user_id == sale.bilal.id)
        theirs = sorted((await connection.execute(query)).scalars())
    await execute(books, delete(users).where(users.c.id == sale.bilal.id))
    told = await changed_outside(books, sale)
    assert [row_id for table, row_id in told if table == "Auction_bids"] == theirs
    assert len(told) == len(theirs) + 1  # and a comment


# --- the sale in words --------------------------------------------------------


async def test_history_tells_the_sale_with_what_was_cleared_since(books: Store, sale: Sale) -> None:
    entries = [entry async for entry in audit.history(books, sale.auction.id)]
    assert [(entry.seq, entry.round, entry.who, entry.what) for entry in entries] == [
        (1, 0, None, "the ledger begins: not live, owned by Amina"),
        (2, 0, "Amina", "went live"),
        (3, 1, "Amina", "put Gold Ring on the block: minimum 800, start 800, market price 1600"),
        (4, 1, "Bilal", "bid 800"),
        (5, 1, "Dina", "said: Is it 18K?"),
        (6, 1, "Dina", "bid 950"),
        (7, 1, "Bilal", "bid 1000"),
        (8, 1, "Dina", "bid 1200"),
        (9, 1, "Amina", "awarded Gold Ring (5.2g) to Dina for 1200"),
        (
            10,
            2,
            "Amina",
            "put Silver Necklace on the block: minimum 100, start 100, market price 200",
        ),
        (11, 2, "Bilal", "bid 150"),
        (12, 2, "Amina", "said: Handmade"),
        (13, 2, "Dina", "bid 200"),
        (
            14,
            2,
            "Amina",
            "changed the prices of Silver Necklace: minimum 120, start 120, market price 240",
        ),
        (15, 2, "Bilal", "said: Lovely"),
        (16, 2, "Bilal", "bid 260"),
    ]


async def test_history_is_still_told_where_an_entry_is_missing(books: Store, sale: Sale) -> None:
    await execute(books, delete(events).where(events.c.seq == 8))
    seqs = [entry.seq async for entry in audit.history(books, sale.auction.id)]
    assert seqs == [seq for seq in range(1, ENTRIES + 1) if seq != 8]


async def test_history_says_where_it_cannot_be_read(books: Store, sale: Sale) -> None:
    await alter_entry(books, sale, 7, data="no JSON")
    with pytest.raises(Damaged, match=f"auction {sale.auction.id} cannot be read"):
        [entry async for entry in audit.history(books, sale.auction.id)]


async def test_history_names_a_user_who_is_gone_by_id(books: Store, sale: Sale) -> None:
    await execute(books, delete(users).where(users.c.id == sale.bilal.id))
    entries = [entry async for entry in audit.history(books, sale.auction.id)]
    assert entries[3].who == f"user {sale.bilal.id}"


async def test_history_of_an_unknown_auction_is_not_there(books: Store) -> None:
    with pytest.raises(NotThere):
        [entry async for entry in audit.history(books, 4711)]


LOT = {"product": "Vase", "minimum_price": 1, "start_price": 2, "market_price": 3}
HIGH = StandingBid(1, 2, 3, LONG_AGO).data()
ADOPTED = {"owner_id": 1, "live": True, "canceled": False, "ended": False, "lot": LOT, "high": HIGH}
DATA: dict[str, dict[str, Any]] = {
    "adopted": ADOPTED,
    "lot_opened": {"lot": LOT},
    "lot_repriced": {"lot": LOT},
    "bid": {"amount": 1},
    "standing_bid_changed": {"lot": LOT, "high": HIGH, "was": None, "award_refused": False},
    "comment": {"comment": "Hi"},
    "awarded": {"product": "Vase", "weight": "", "high": HIGH},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_entry_has_words(kind: str) -> None:
    entry = LedgerEntry(1, 0, 1, LONG_AGO, KINDS[kind].from_data(DATA.get(kind, {})))
    told = in_words(State(), entry, lambda user_id: f"user {user_id}")
    assert told
    assert told != kind


# --- the sale in pages --------------------------------------------------------


async def test_pages_of_the_history_say_what_the_whole_says(books: Store, sale: Sale) -> None:
    again = Command(StartAuction(auction_id=sale.auction.id), sale.amina.id)
    await take(books, sale.auction.id, [again])
    whole = [entry async for entry in audit.history(books, sale.auction.id)]
    assert whole[-1].what == "announced again that the auction is live"  # its words look back
    for limit in (1, 5, len(whole)):
        forwards, after = [], 0
        while True:
            page = await audit.history_page(books, sale.auction.id, Span(limit, after=after))
            assert len(page.rows) <= limit
            forwards += page.rows
            if page.resume is None:
                break
            after = page.resume
        assert forwards == whole
        backwards, before = [], INT_MAX
        while True:
            page = await audit.history_page(books, sale.auction.id, Span(limit, before=before))
            backwards = page.rows + backwards
            if page.resume is None:
                break
            before = page.resume
        assert backwards == whole
    between = await audit.history_page(books, sale.auction.id, Span(2, after=3, before=9))
    assert [entry.seq for entry in between] == [4, 5]
    assert between.resume == 5


async def test_a_page_of_the_history_reads_no_more_than_itself(books: Store, sale: Sale) -> None:
    await execute(
        books, update(events).where(events.c.seq.not_in([4, 5, 6])).values(data="no JSON")
    )
    page = await audit.history_page(books, sale.auction.id, Span(2, after=3))
    assert [entry.seq for entry in page] == [4, 5]
    with pytest.raises(Damaged, match="cannot be read behind entry 6"):
        await audit.history_page(books, sale.auction.id, Span(2, after=6))


@pytest.mark.parametrize("kind", KINDS)
def test_the_words_of_other_kinds_do_not_look_back(kind: str) -> None:
    event = KINDS[kind].from_data(DATA.get(kind, {}))
    lived = State(owner_id=7, live=True, lot=Lot("Rug", 1, 2, 3), high=None, round=3, seq=11)
    states = (State(seq=11), lived, replace(lived, owner_id=1, canceled=True, ended=True))
    told = {in_words(state, LedgerEntry(12, 3, 1, LONG_AGO, event), str) for state in states}
    assert (len(told) > 1) == (type(event) in LOOKS_BACK)
