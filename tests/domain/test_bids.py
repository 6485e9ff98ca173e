"""A bid is measured by the minimum, the last bid and the round (D10, D11)."""

import pytest

from baraka_server.contract.client_events import PlaceBid
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.decide import decide
from baraka_server.domain.decision import Command, HouseRules
from baraka_server.domain.events import Event, LotOpened, LotRepriced
from baraka_server.domain.parts import Lot
from tests.domain.phases import AMINA, BID_ON, BILAL, DINA, LIVE, PHASES, RING, after, bid

# The minimum is 800, the price shown at the start 1000; the highest bid, where there is one, 1500.
BIDS = [
    # phase, amount, round, what comes of it
    ("nobids", 1, None, "Bid must be at least the minimum bid (800)"),
    ("nobids", 799, None, "Bid must be at least the minimum bid (800)"),
    ("nobids", 800, None, BidPlaced(800)),
    ("nobids", 801, None, BidPlaced(801)),
    ("nobids", 999, None, BidPlaced(999)),  # the start price refuses nothing (D11)
    ("nobids", 2147483647, None, BidPlaced(2147483647)),
    ("bids", 1, None, "Bid must be higher than the current bid (1500)"),
    ("bids", 800, None, "Bid must be higher than the current bid (1500)"),
    ("bids", 1499, None, "Bid must be higher than the current bid (1500)"),
    ("bids", 1500, None, "Bid must be higher than the current bid (1500)"),
    ("bids", 1501, None, BidPlaced(1501)),
    ("bids", 2147483647, None, BidPlaced(2147483647)),
    # the round that the bidder was looking at (D23); this one is the first
    ("bids", 1501, 1, BidPlaced(1501)),
    ("nobids", 800, 1, BidPlaced(800)),
    ("bids", 1501, 0, "The product has just changed"),
    ("bids", 1501, 2, "The product has just changed"),
    ("bids", 1501, 9007199254740991, "The product has just changed"),
    ("bids", 1, 0, "The product has just changed"),
    ("nolot", 1501, None, "There is no product to bid on at the moment"),
    ("nolot", 1501, 0, "There is no product to bid on at the moment"),
    ("nolot", 1501, 1, "The product has just changed"),
]

BID_CODES = {
    "Bid must be at least the minimum bid (800)": "bid_below_minimum",
    "Bid must be higher than the current bid (1500)": "bid_too_low",
    "The product has just changed": "round_over",
    "There is no product to bid on at the moment": "no_lot",
}


@pytest.mark.parametrize("bidder", [BILAL, DINA, AMINA])
@pytest.mark.parametrize(("phase", "amount", "bid_round", "outcome"), BIDS)
def test_a_bid_is_measured_by_the_minimum_the_last_bid_and_the_round(
    phase: str, amount: int, bid_round: int | None, outcome: Event | str, bidder: int
) -> None:
    """D11; whoever leads may raise the own bid, and a house's owner bids as everybody does."""
    state = PHASES[phase]
    assert state is not None
    decision = bid(state, amount, bid_round, bidder)
    if isinstance(outcome, str):
        assert isinstance(decision, Refusal)
        assert (decision.message, decision.code) == (outcome, BID_CODES[outcome])
    else:
        assert decision == outcome


def test_owners_are_refused_before_anything_about_their_bid_is_looked_at() -> None:
    """D13."""
    state = PHASES["bids"]
    for amount, bid_round in [(1, None), (2000, None), (2000, 0), (2000, 1)]:
        command = Command(PlaceBid(auction_id=42, amount=amount, round=bid_round), AMINA)
        decision = decide(state, command, HouseRules())
        assert isinstance(decision, Refusal)
        assert decision.code is Code.OWNER_BID


def test_a_minimum_of_nothing_lets_the_smallest_bid_in() -> None:
    free = LotOpened(Lot("Box", 0, 0, 0))
    assert bid(after(*LIVE, (AMINA, free)), 1) == BidPlaced(1)


def test_a_raised_minimum_does_not_count_once_somebody_has_bid() -> None:
    """D11: only the first bid must reach it."""
    state = after(*BID_ON, (AMINA, LotRepriced(Lot(RING.product, 9000, 9000, 9000))))
    assert bid(state, 1501) == BidPlaced(1501)
