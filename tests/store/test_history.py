"""The ledger in words, whole and in pages."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, update

from baraka_server.contract.client_events import StartAuction
from baraka_server.contract.fields import INT_MAX
from baraka_server.domain.clock import ClockPaused, ClockStarted, FairWarning
from baraka_server.domain.decision import Command
from baraka_server.domain.events import Awarded, Event, LedgerEntry
from baraka_server.domain.kinds import KINDS
from baraka_server.domain.lot_entries import LotPassed
from baraka_server.domain.narrate import LOOKS_BACK, in_words
from baraka_server.domain.parts import Lot, StandingBid
from baraka_server.domain.state import State
from baraka_server.store import audit
from baraka_server.store.errors import Damaged, NotThere
from baraka_server.store.pages import Span
from baraka_server.store.store import Store
from baraka_server.store.tables import events, users
from tests.support.servers.alterations import ENTRIES, LONG_AGO, alter_entry, execute
from tests.support.servers.sales import Sale, take


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
        (9, 1, "Amina", "awarded Gold Ring (5.2g) to 2 Dina for 1200"),
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
NOON = "2026-01-02T12:00:00.000Z"
STARTED = {
    "clock_ms": 0,
    "ends_ms": 60_000,
    "seconds": 60,
    "extend_seconds": 10,
    "window_seconds": 10,
    "award": "auto",
    "as_of": NOON,
}
VALUES = LOT | {"number": 7}
DATA: dict[str, dict[str, Any]] = {
    "adopted": ADOPTED,
    "lot_opened": {"lot": LOT},
    "lot_repriced": {"lot": LOT},
    "bid": {"amount": 1},
    "standing_bid_changed": {"lot": LOT, "high": HIGH, "was": None, "award_refused": False},
    "comment": {"comment": "Hi"},
    "awarded": {"product": "Vase", "weight": "", "high": HIGH},
    "clock_started": STARTED,
    "clock_paused": {"clock_ms": 57_000, "ends_ms": 60_000},
    "clock_resumed": {"clock_ms": 57_000, "ends_ms": 67_000, "seconds": None, "as_of": NOON},
    "clock_stopped": {"clock_ms": 57_000, "ends_ms": 60_000},
    "bidding_paused": {"clock_ms": 57_000, "clock_ran": True},
    "bidding_resumed": {"clock_ms": 57_000, "clock_ran": True, "as_of": NOON},
    "fair_warning": {"stage": 2},
    "comment_removed": {"comment_id": 3},
    "comment_restored": {"comment_id": 3},
    "user_muted": {"target_id": 7, "until": NOON},
    "user_unmuted": {"target_id": 7},
    "user_blocked": {"target_id": 7, "bids": [1], "high": None, "was": HIGH},
    "user_unblocked": {"target_id": 7},
    "slow_mode_set": {"seconds": 10, "before": 0},
    "role_set": {"target_id": 7, "role": "clerk", "before": None},
    "bidder_registered": {"target_id": 7, "approved": True},
    "house_rules_set": {
        "rules": {"registration": "approval", "maxima": True, "floor_user_id": 7},
        "before": {"registration": "open", "maxima": False, "floor_user_id": None},
    },
    "lots_added": {"lots": [{"lot_id": 1, "position": 9, "values": VALUES}]},
    "lot_edited": {"lot_id": 1, "values": VALUES, "before": VALUES | {"product": "Rug"}},
    "lot_moved": {"lot_id": 1, "lot_number": 7, "position": 9, "before": 8},
    "lot_withdrawn": {"lot_id": 1, "lot_number": 7, "before": "waiting"},
    "lot_offered_again": {"lot_id": 1, "lot_number": 7, "position": 9, "before": "passed"},
    "lot_passed": {"product": "Vase", "high": HIGH},
    "increments_set": {"increments": [[0, 10], [100, 50]], "before": None},
    "maximum_set": {"hash": "0" * 64},
    "maximum_withdrawn": {"set_seq": 7},
    "maxima_opened": {"of_round": 1, "maxima": [[7, 2, 500, "salt"]]},
    "bid_undone": {"bids": [1, 2, 3], "high": None, "was": HIGH},
    "lot_reopened": {"lot": LOT, "award": 1, "was": HIGH, "winning_id": 1, "winner": None}
    | {"winner_before": 2, "bids": [[1, 2, 3, HIGH["at"]]]},
    "winning_paid": {"winning_id": 1, "paid": True},
    "winning_changed": {"winning_id": 1, "winner_id": 2, "price": 5, "winner_before": 3}
    | {"price_before": 6, "is_last": True, "reason": "0" * 64},
    "runner_up_awarded": {"product": "Vase", "weight": "5g", "high": HIGH, "passed_over": HIGH},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_entry_has_words(kind: str) -> None:
    entry = LedgerEntry(1, 0, 1, LONG_AGO, KINDS[kind].from_data(DATA.get(kind, {})))
    told = in_words(State(), entry, lambda user_id: f"user {user_id}")
    assert told
    assert told != kind


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (
            ClockStarted.from_data(STARTED),
            "started a clock of 60 s; a bid in its last 10 s leaves at least 10 s; it awards the lot "
            "when it runs out",
        ),
        (ClockPaused(57_000, 60_000), "paused the clock with 3.0 s left"),
        (
            ClockPaused(57_000, 60_000, "interrupted"),
            "the clock was stopped with 3.0 s left: the server was interrupted",
        ),
        (FairWarning(3), "gave fair warning 3 of 3"),
        (LotPassed("Vase", None, by_clock=9), "the clock ran out: Vase is passed, no bid"),
        (
            LotPassed("Vase", StandingBid(1, 2, 3, LONG_AGO), 1, 7, by_clock=9),
            "the clock ran out: lot 7, Vase is passed, 3 by user 2 is below its reserve",
        ),
        (
            Awarded("Vase", None, StandingBid(1, 2, 3, LONG_AGO), by_clock=60_250),
            "the clock ran out: Vase went to user 2 for 3",
        ),
    ],
)
def test_what_a_clock_did_is_told_in_plain_words(event: Event, words: str) -> None:
    entry = LedgerEntry(9, 1, None, LONG_AGO, event)
    assert in_words(State(), entry, lambda user_id: f"user {user_id}") == words


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
