"""An auction in every phase, folded from the events that lead there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from baraka_server.contract.client_events import ChangeLot, PlaceBid
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.decide import decide
from baraka_server.domain.decision import Command, Decision, HouseRules
from baraka_server.domain.events import Adopted, Canceled, Ended, Event, LotOpened, Started
from baraka_server.domain.parts import Lot
from baraka_server.domain.state import State, apply, next_entry

AMINA, BILAL, DINA, NOBODY = 1, 2, 3, 404  # Amina hosts; Bilal and Dina bid
OPENING = datetime(2026, 1, 2, 18, 0, tzinfo=UTC)

RING = Lot("Gold Ring – 18K", minimum_price=800, start_price=1000, market_price=1400)
NECKLACE = Lot("Silver Necklace – 925", minimum_price=50, start_price=60, market_price=70)
OVER = "Auction could not be ended."  # D8: whatever was really wrong


def after(*events: tuple[int | None, Event]) -> State:
    state = State()
    for second, (user_id, event) in enumerate(events):
        now = OPENING + timedelta(seconds=second)
        state = apply(state, next_entry(state, event, user_id, now))
    return state


def adopted(
    *, live: bool = False, canceled: bool = False, ended: bool = False, lot: Lot | None = None
) -> tuple[None, Adopted]:
    return None, Adopted(AMINA, live, canceled, ended, lot, None)


NEW = [adopted()]
LIVE = [*NEW, (AMINA, Started())]
ON_THE_BLOCK = [*LIVE, (AMINA, LotOpened(RING))]
BID_ON = [*ON_THE_BLOCK, (BILAL, BidPlaced(1000, 1)), (DINA, BidPlaced(1500, 2))]

PHASES: dict[str, State | None] = {
    "nowhere": None,
    "new": after(*NEW),
    "nolot": after(*LIVE),
    "nobids": after(*ON_THE_BLOCK),
    "bids": after(*BID_ON),
    "canceled": after(*BID_ON, (AMINA, Canceled())),
    "ended": after(*BID_ON, (AMINA, Ended())),
    "both": after(adopted(canceled=True, ended=True, lot=RING)),
    "prepared": after(adopted(lot=RING)),  # never live, and yet with a product in its row
}


def bid(state: State, amount: int, bid_round: int | None = None, user_id: int = BILAL) -> Decision:
    event = PlaceBid(auction_id=42, amount=amount, round=bid_round)
    rules = HouseRules(owner_bids=user_id == AMINA)
    return without_paddle(decide(state, Command(event, user_id), rules))


def without_paddle(decision: Decision) -> Decision:
    """The decision without the number that a first bid gets; `test_paddles` is about those."""
    return replace(decision, paddle=None) if isinstance(decision, BidPlaced) else decision


def change_to(product: str, **more: int) -> ChangeLot:
    prices = {"minimum_price": 1, "start_price": 2, "market_price": 3}
    return ChangeLot(auction_id=42, product=product, **prices, **more)
