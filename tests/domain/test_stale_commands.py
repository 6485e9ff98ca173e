"""A command that does not say what it is about hits nothing that its sender has not seen (D31, D32, D47)."""

from typing import Any

import pytest

from baraka_server.contract.client_events import AwardLot, ChangeLot, PlaceBid
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.bid_entries import BidPlaced, StandingBidChanged
from baraka_server.domain.decide import decide
from baraka_server.domain.decision import Command, HouseRules, RefusedWith, Seen
from baraka_server.domain.events import Awarded, Event, LotOpened, LotRepriced
from baraka_server.domain.parts import Lot, StandingBid
from baraka_server.domain.state import State, apply, next_entry
from tests.domain.phases import (
    AMINA,
    BILAL,
    DINA,
    LIVE,
    NECKLACE,
    NOBODY,
    OPENING,
    OVER,
    PHASES,
    RING,
    adopted,
    after,
    change_to,
    without_paddle,
)

A, B = Lot("A", 1, 1, 1), Lot("B", 1, 1, 1)
ROUND_2 = [*LIVE, (AMINA, LotOpened(A)), (BILAL, BidPlaced(5, 1)), (AMINA, Awarded("A", "", None))]
B_IS_ON = after(*ROUND_2, (AMINA, LotOpened(B)), (DINA, BidPlaced(900, 2)))
B_WITHOUT_BIDS = after(*ROUND_2, (AMINA, LotOpened(B)))
A_IS_ON_AGAIN = after(*ROUND_2, (AMINA, LotOpened(A)), (DINA, BidPlaced(900, 2)))
HERE_NOW, HERE_BEFORE = Seen(2, here=True), Seen(1, here=True)
BACK_NOW, BACK_BEFORE, UNKNOWN = Seen(2), Seen(1), Seen(None)
SOLD, OVER_NOW = "sold", "round_over"


@pytest.mark.parametrize(
    ("state", "names", "seen", "outcome"),
    [
        # the product of an earlier round, and not the one on the block: a repetition, whoever sends it
        (B_IS_ON, {"product": "A"}, HERE_NOW, OVER_NOW),
        (B_IS_ON, {"product": " A "}, None, OVER_NOW),
        (B_IS_ON, {"product": "A"}, UNKNOWN, OVER_NOW),
        # the one on the block, which no other round had: it says what it is about
        (B_IS_ON, {"product": "B"}, HERE_BEFORE, SOLD),
        (B_IS_ON, {"product": "B "}, BACK_BEFORE, SOLD),
        (B_IS_ON, {"product": "B"}, UNKNOWN, SOLD),
        # a name that never was on the block is free text; a phone awards every lot as "Ring"
        (B_IS_ON, {"product": "Ring"}, HERE_NOW, SOLD),
        (B_IS_ON, {"product": "Ring"}, UNKNOWN, SOLD),
        (B_IS_ON, {"product": "Ring"}, None, SOLD),
        (B_IS_ON, {"product": "Ring"}, HERE_BEFORE, OVER_NOW),
        (B_IS_ON, {"product": "Ring"}, BACK_BEFORE, OVER_NOW),
        # two lots of one name: only who opened this round or was told of it
        (A_IS_ON_AGAIN, {"product": "A"}, HERE_NOW, SOLD),
        (A_IS_ON_AGAIN, {"product": "A"}, HERE_BEFORE, OVER_NOW),
        (A_IS_ON_AGAIN, {"product": "A"}, BACK_NOW, OVER_NOW),
        (A_IS_ON_AGAIN, {"product": "A"}, UNKNOWN, OVER_NOW),
        # the round, or the bid, says it better than any name
        (A_IS_ON_AGAIN, {"product": "A", "round": 2}, UNKNOWN, SOLD),
        (A_IS_ON_AGAIN, {"product": "A", "round": 1}, HERE_NOW, OVER_NOW),
        (A_IS_ON_AGAIN, {"product": "A", "bid_id": 2}, UNKNOWN, SOLD),
        (A_IS_ON_AGAIN, {"product": "A", "bid_id": 1}, HERE_NOW, "other_bid_leads"),
        (B_IS_ON, {"product": "A", "bid_id": 2}, HERE_BEFORE, SOLD),
        # "no bid" is true of many rounds
        (B_WITHOUT_BIDS, {"product": "A", "bid_id": 0}, HERE_BEFORE, OVER_NOW),
        (B_WITHOUT_BIDS, {"product": "B", "bid_id": 0}, UNKNOWN, SOLD),
    ],
)
def test_a_repeated_award_never_sells_the_next_lot(
    state: State, names: dict[str, Any], seen: Seen | None, outcome: str
) -> None:
    """D32."""
    command = Command(AwardLot(auction_id=42, **names), AMINA, seen=seen)
    decision = decide(state, command, HouseRules())
    if outcome is SOLD:
        assert decision == Awarded(names["product"], None, state.high)
    else:
        assert isinstance(decision, Refusal)
        assert (str(decision.code), decision.message) == (outcome, OVER)


@pytest.mark.parametrize(
    ("state", "event", "seen", "outcome"),
    [
        # sent while its sender looked at an earlier round: it would take the lot off the block
        (B_IS_ON, change_to("A"), HERE_BEFORE, OVER_NOW),
        (B_WITHOUT_BIDS, change_to("C"), HERE_BEFORE, OVER_NOW),
        # flushed by a phone that came back: refused where bids would be set aside
        (B_IS_ON, change_to("A"), BACK_BEFORE, OVER_NOW),
        (B_WITHOUT_BIDS, change_to("A"), BACK_BEFORE, LotOpened),
        # a host who never joined, or knows what is on, does as they like
        (B_IS_ON, change_to("A"), UNKNOWN, LotOpened),
        (B_IS_ON, change_to("A"), HERE_NOW, LotOpened),
        (B_IS_ON, change_to("A"), None, LotOpened),
        # about the open lot, whoever sends it
        (B_IS_ON, change_to("B "), HERE_BEFORE, LotRepriced),
        (A_IS_ON_AGAIN, change_to("A"), HERE_NOW, LotRepriced),
        (A_IS_ON_AGAIN, change_to("A"), HERE_BEFORE, OVER_NOW),
        # the round says it best
        (B_IS_ON, change_to("C", round=2), HERE_BEFORE, LotOpened),
        (B_IS_ON, change_to("C", round=1), HERE_NOW, OVER_NOW),
        (B_IS_ON, change_to("B", round=1), HERE_NOW, OVER_NOW),
    ],
)
def test_a_stale_change_puts_nothing_on_the_block(
    state: State, event: ChangeLot, seen: Seen | None, outcome: str | type[Event]
) -> None:
    """D32."""
    decision = decide(state, Command(event, AMINA, seen=seen), HouseRules())
    if isinstance(outcome, str):
        assert isinstance(decision, Refusal)
        assert (str(decision.code), decision.message) == (outcome, OVER)
        assert decision.extra == {"round": 2}
    else:
        assert type(decision) is outcome


@pytest.mark.parametrize(
    ("seen", "round_", "outcome"),
    [
        (HERE_NOW, None, BidPlaced(1000)),
        (BACK_NOW, None, BidPlaced(1000)),
        (HERE_BEFORE, None, "The product has just changed"),
        (BACK_BEFORE, None, "The product has just changed"),
        (UNKNOWN, None, "Join the auction before you bid"),
        # the round in the payload always wins
        (HERE_BEFORE, 2, BidPlaced(1000)),
        (UNKNOWN, 2, BidPlaced(1000)),
        (HERE_NOW, 1, "The product has just changed"),
    ],
)
def test_a_bid_counts_for_the_product_that_its_bidder_looked_at(
    seen: Seen, round_: int | None, outcome: Event | str
) -> None:
    """D31."""
    event = PlaceBid(auction_id=42, amount=1000, round=round_)
    decision = without_paddle(decide(B_IS_ON, Command(event, BILAL, seen=seen), HouseRules()))
    assert (decision.message if isinstance(decision, Refusal) else decision) == outcome


@pytest.mark.parametrize("seen", [UNKNOWN, BACK_BEFORE])
@pytest.mark.parametrize(
    ("state", "exists", "code"), [(None, True, "auction_not_found"), ("ended", True, "not_live")]
)
def test_auction_and_user_are_looked_at_before_what_the_bidder_saw(
    state: str | None, exists: bool, code: str, seen: Seen
) -> None:
    """D31."""
    bid = Command(PlaceBid(auction_id=42, amount=1000), BILAL, exists, seen=seen)
    decision = decide(PHASES[state] if state else None, bid, HouseRules())
    assert isinstance(decision, Refusal)
    assert decision.code == code
    stranger = decide(B_IS_ON, Command(bid.event, NOBODY, False, seen=seen), HouseRules())
    assert isinstance(stranger, Refusal)
    assert stranger.code is Code.USER_NOT_FOUND


def test_an_award_keeps_the_words_of_whoever_awards() -> None:
    """The guide's `product` and `weight` go to the winning as they are."""
    event = AwardLot(auction_id=42, product="The ring from before", weight="")
    decision = decide(PHASES["bids"], Command(event, AMINA), HouseRules())
    assert isinstance(decision, Awarded)
    assert (decision.product, decision.weight) == ("The ring from before", "")


@pytest.mark.parametrize(
    ("high", "named", "awarded"),
    [
        (7, 7, True),
        (7, 6, False),  # another bid was the highest when the host decided
        (7, 0, False),  # there was none
        (None, 0, True),
        (None, 7, False),
        (0, 0, False),  # a bid whose row is not written yet
        (7, None, True),  # a client that does not ask for it
    ],
)
def test_an_award_may_name_the_bid_that_it_is_for(
    high: int | None, named: int | None, awarded: bool
) -> None:
    """So that nobody is awarded whom the host did not see leading."""
    bid = None if high is None else StandingBid(high, BILAL, 900, OPENING)
    state = State(owner_id=AMINA, live=True, lot=RING, high=bid, round=1, seq=3, at=OPENING)
    event = AwardLot(auction_id=42, product="Ring", weight="", bid_id=named)
    decision = decide(state, Command(event, AMINA), HouseRules())
    if awarded:
        assert decision == Awarded("Ring", "", bid)
    else:
        assert isinstance(decision, Refusal)
        assert decision.code == Code.OTHER_BID_LEADS
        assert decision.message == "Auction could not be ended."


HIGH, LOW = StandingBid(8, DINA, 900, OPENING), StandingBid(7, BILAL, 850, OPENING)
SURPRISED = after(
    adopted(live=True, lot=RING), (None, StandingBidChanged(RING, high=LOW, was=HIGH))
)
TOLD = apply(
    SURPRISED,
    next_entry(SURPRISED, StandingBidChanged(RING, LOW, HIGH, award_refused=True), AMINA, OPENING),
)


@pytest.mark.parametrize(
    ("state", "named", "heard", "code", "kept"),
    [
        (SURPRISED, None, None, "standing_bid_changed", True),
        (SURPRISED, None, SURPRISED.seq, "standing_bid_changed", True),
        (SURPRISED, HIGH.bid_id, None, "standing_bid_changed", True),
        (SURPRISED, LOW.bid_id, None, None, False),  # who names it knows it
        (TOLD, None, None, None, False),
        (TOLD, None, TOLD.seq, None, False),
        (TOLD, None, TOLD.seq - 1, "standing_bid_changed", False),  # on its way before the refusal
        (TOLD, LOW.bid_id, TOLD.seq - 1, None, False),
        (TOLD, HIGH.bid_id, None, "other_bid_leads", False),
    ],
)
def test_an_award_after_the_leader_vanished_is_refused_once(
    state: State, named: int | None, heard: int | None, code: str | None, kept: bool
) -> None:
    event = AwardLot(auction_id=42, product="Ring", weight="", bid_id=named)
    decision = decide(state, Command(event, AMINA, heard_seq=heard), HouseRules())
    if code is None:
        assert decision == Awarded("Ring", "", LOW)
        return
    assert isinstance(decision, RefusedWith) == kept
    refusal = decision.refusal if isinstance(decision, RefusedWith) else decision
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.message) == (code, "Auction could not be ended.")
    if kept:
        assert isinstance(decision, RefusedWith)
        assert decision.events == (StandingBidChanged(RING, LOW, HIGH, award_refused=True),)
        assert refusal.extra == {
            "standingBid": {"bidId": 7, "userId": BILAL, "amount": 850},
            "formerBid": {"bidId": 8, "userId": DINA, "amount": 900},
        }


def test_a_surprise_ends_with_its_round_and_no_earlier() -> None:
    bid = apply(SURPRISED, next_entry(SURPRISED, BidPlaced(1_000, 9), DINA, OPENING))
    repriced = apply(bid, next_entry(bid, LotRepriced(RING), AMINA, OPENING))
    assert SURPRISED.bid_change == bid.bid_change == repriced.bid_change is not None
    for event in (LotOpened(NECKLACE), Awarded("Ring", "", LOW)):
        assert apply(repriced, next_entry(repriced, event, AMINA, OPENING)).bid_change is None
