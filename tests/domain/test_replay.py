"""Entries that no Baraka server wrote are found in a ledger, however well its hashes fit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from baraka_server.domain import replay
from baraka_server.domain.bid_entries import BidPlaced, StandingBidChanged
from baraka_server.domain.events import (
    Adopted,
    Awarded,
    BroadcasterLeft,
    Canceled,
    Commented,
    Ended,
    Event,
    LedgerEntry,
    LotOpened,
    LotRepriced,
    Started,
    Unknown,
)
from baraka_server.domain.kinds import KINDS
from baraka_server.domain.parts import Lot, StandingBid
from baraka_server.domain.replay import objection
from baraka_server.domain.state import State, apply, next_entry

AMINA, BILAL, DINA = 1, 2, 3  # Amina hosts; Bilal and Dina bid
NOW = datetime(2027, 1, 2, 18, tzinfo=UTC)
RING, VASE = Lot("Ring", 100, 100, 500), Lot("Vase", 10, 10, 50)
FOUND = Adopted(AMINA, live=False, canceled=False, ended=False, lot=None, high=None)


def after(*events: tuple[Event, int | None]) -> State:
    """The state that these lead to, each of which follows the one before it."""
    state = State()
    for event, user_id in events:
        entry = next_entry(state, event, user_id, NOW)
        assert objection(state, entry) is None
        state = apply(state, entry)
    return state


NEW = after((FOUND, None))
LIVE = after((FOUND, None), (Started(), AMINA))
OPEN = after((FOUND, None), (Started(), AMINA), (LotOpened(RING), AMINA))
BID = after(
    (FOUND, None), (Started(), AMINA), (LotOpened(RING), AMINA), (BidPlaced(150, bid_id=7), BILAL)
)
SEVEN = StandingBid(7, BILAL, 150, NOW)
ENDED = replace(LIVE, live=False, ended=True)
CANCELED = replace(LIVE, live=False, canceled=True)
NOBODYS = replace(BID, owner_id=None)

FORGED: list[tuple[str, State, Event, int | None]] = [
    # the winner and the price
    ("another bid", BID, Awarded("Ring", None, replace(SEVEN, bid_id=8)), AMINA),
    ("another winner", BID, Awarded("Ring", None, replace(SEVEN, user_id=DINA)), AMINA),
    ("another price", BID, Awarded("Ring", None, replace(SEVEN, amount=149)), AMINA),
    ("a bid that nobody made", OPEN, Awarded("Ring", None, SEVEN), AMINA),
    ("nobody although there was a bid", BID, Awarded("Ring", None, None), AMINA),
    ("nothing to award", LIVE, Awarded("Ring", None, None), AMINA),
    (
        "an award after the end",
        replace(BID, live=False, ended=True),
        Awarded("R", None, SEVEN),
        AMINA,
    ),
    # the bids
    ("a bid as high as the last", BID, BidPlaced(150, 8), DINA),
    ("a bid below the last", BID, BidPlaced(149, 8), DINA),
    ("a first bid below the minimum", OPEN, BidPlaced(99, 8), DINA),
    ("a bid on nothing", LIVE, BidPlaced(150, 8), DINA),
    ("a bid before the start", NEW, BidPlaced(150, 8), DINA),
    ("a bid beyond the column", OPEN, BidPlaced(2**31, 8), DINA),
    ("a bid in quotes", OPEN, BidPlaced("150", 8), DINA),  # type: ignore[arg-type]
    ("a bid that is true", OPEN, BidPlaced(True, 8), DINA),
    ("a bid of nobody", OPEN, BidPlaced(150, 8), None),
    # the host
    *(
        (f"{event.kind} by a bidder", BID, event, BILAL)
        for event in (
            *(Started(), LotOpened(VASE), LotRepriced(RING), Awarded("Ring", None, SEVEN)),
            *(Canceled(), Ended(), BroadcasterLeft()),
        )
    ),
    ("an end by nobody", BID, Ended(), None),
    ("an end of what nobody owns", NOBODYS, Ended(), AMINA),
    ("other prices of another lot", BID, LotRepriced(VASE), AMINA),
    ("other prices of nothing", LIVE, LotRepriced(RING), AMINA),
    ("a lot before the start", NEW, LotOpened(RING), AMINA),
    ("a lot after the end", ENDED, LotOpened(RING), AMINA),
    ("a start after the end", ENDED, Started(), AMINA),
    ("a start after a cancellation", CANCELED, Started(), AMINA),
    ("a second end", ENDED, Ended(), AMINA),
    ("a second cancellation", CANCELED, Canceled(), AMINA),
    ("an end before the start", NEW, Ended(), AMINA),
    ("a cancellation before the start", NEW, Canceled(), AMINA),
    # the others
    ("a comment before the start", NEW, Commented("!", 1), BILAL),
    ("a comment of nobody", LIVE, Commented("!", 1), None),
    ("no beginning", State(), Started(), AMINA),
    ("a change of another lot's bid", BID, StandingBidChanged(VASE, None, SEVEN), None),
    (
        "a change of another bid",
        BID,
        StandingBidChanged(RING, None, replace(SEVEN, bid_id=8)),
        None,
    ),
    ("a refusal without a change", BID, StandingBidChanged(RING, SEVEN, None, True), AMINA),
]


@pytest.mark.parametrize(
    ("state", "event", "user_id"), [case[1:] for case in FORGED], ids=[case[0] for case in FORGED]
)
def test_what_the_rules_would_have_refused_is_seen(
    state: State, event: Event, user_id: int | None
) -> None:
    assert objection(state, next_entry(state, event, user_id, NOW))


GOOD: list[tuple[State, Event, int | None]] = [
    (BID, Awarded("Ring", None, replace(SEVEN, at=NOW.replace(year=2026))), AMINA),
    (OPEN, Awarded("whatever it is called", "5g", None), AMINA),
    (OPEN, BidPlaced(100, 8), AMINA),  # an operator may allow it (D13)
    (BID, BidPlaced(151, 8), BILAL),
    (BID, LotRepriced(replace(RING, minimum_price=500)), AMINA),
    (BID, LotOpened(RING), AMINA),  # the first release took "Ring " for another product
    (LIVE, Started(), AMINA),
    (ENDED, BroadcasterLeft(), AMINA),
    (ENDED, FOUND, None),
    (BID, StandingBidChanged(RING, None, SEVEN), None),
    (BID, Unknown("miracle", True, {"v": 9}), None),
    (replace(BID, understood=False), BidPlaced(1, 8), None),
]


@pytest.mark.parametrize(
    ("state", "event", "user_id"), GOOD, ids=lambda value: type(value).__name__
)
def test_what_a_server_may_have_accepted_is_let_be(
    state: State, event: Event, user_id: int | None
) -> None:
    assert objection(state, next_entry(state, event, user_id, NOW)) is None


@pytest.mark.parametrize("step", [-1, 1])
def test_an_entry_of_another_round_is_seen(step: int) -> None:
    for state, event, user_id in GOOD[:5]:
        entry = next_entry(state, event, user_id, NOW)
        moved = LedgerEntry(entry.seq, entry.round + step, user_id, NOW, event)
        assert "round" in (objection(state, moved) or "")


def test_every_kind_of_entry_has_its_rule() -> None:
    assert set(replay.OBJECTIONS) == set(KINDS.values())


def test_what_is_said_names_both() -> None:
    forged = Awarded("Ring", None, StandingBid(8, DINA, 5_000, NOW))
    said = objection(BID, next_entry(BID, forged, AMINA, NOW))
    assert said == "it names bid 8 of 5000 by user 3, and what stood was bid 7 of 150 by user 2"
