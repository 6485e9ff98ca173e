"""The rules of bids from the floor, without a database (D40)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from baraka_server.contract.refusals import Code, Refusal
from baraka_server.contract.vocabulary import parse
from baraka_server.contract.winnings import ReassignWinning
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.decide import decide
from baraka_server.domain.decision import (
    By,
    Command,
    Found,
    HouseRules,
    Seen,
    Several,
)
from baraka_server.domain.hammer import RunnerUpAwarded
from baraka_server.domain.narrate import in_words
from baraka_server.domain.replay import objection
from baraka_server.domain.state import next_entry
from baraka_server.domain.winnings import WinningChanged, Won
from tests.domain.phases import AMINA, BILAL, DINA, OPENING
from tests.domain.said import SaidSale

CLARA, FLOOR = 6, 9
RING = {"product": "Ring", "minBidPrice": 100, "bidPrice": 100, "actualPrice": 900}


class Sale(SaidSale):
    """A ring on the block; Bilal has paddle 1, Clara is a clerk, user 9 the floor user."""

    def __init__(self, *, floor_user: int | None = FLOOR, by_approval: bool = False) -> None:
        super().__init__()
        self.users |= {CLARA, FLOOR}
        self.gives("setRole", userId=CLARA, role="clerk")
        if floor_user is not None:
            self.gives("setHouseRules", floorUserId=floor_user, maxima=True)
        self.gives("changeCuurentProduct", **RING)
        self.gives("placeBid", BILAL, amount=100)
        if by_approval:
            self.gives("setHouseRules", registration="approval")

    def bids(self, amount: int, user_id: int = CLARA, **who: Any) -> BidPlaced:
        placed = self.gives("floorBid", user_id, amount=amount, **who)[0]
        assert isinstance(placed, BidPlaced)
        return placed

    def refuses(self, amount: int = 200, user_id: int = CLARA, **more: Any) -> Code:
        return self.refused("floorBid", user_id, amount=amount, **more)


def test_a_paddles_bid_is_its_users_and_names_who_entered_it():
    sale = Sale()
    placed = sale.bids(200, paddle=1)
    assert placed.data() == {
        "amount": 200,
        "bid_id": placed.bid_id,
        "floor": True,
        "entered_by": CLARA,
    }
    assert sale.state.high is not None
    assert (sale.state.high.user_id, sale.state.high.label_paddle) == (BILAL, None)


def test_a_label_gets_a_paddle_and_its_words_are_only_in_a_salted_hash():
    sale = Sale()
    placed = sale.bids(200, label="tel 1")
    assert (placed.paddle, placed.label_paddle) == (2, 2)
    assert placed.label is not None
    assert "tel 1" not in json.dumps(placed.data())
    assert placed.acknowledged == {"bidId": placed.bid_id, "paddle": 2}
    assert sale.state.paddles.user_of(2) is None
    again = sale.bids(300, label="  tel  1 ")
    assert (again.paddle, again.label_paddle, again.label) == (None, 2, None)
    by_number = sale.bids(400, paddle=2)
    assert by_number.label_paddle == 2
    other = sale.bids(500, label="TEL 1")
    assert (other.paddle, other.label_paddle) == (3, 3)
    assert sale.state.high is not None
    assert sale.state.high.bidder == (FLOOR, 3)


def test_a_label_whose_text_was_erased_is_known_by_its_number_alone():
    sale = Sale()
    sale.bids(200, label="tel 1")
    sale.labels[2] = None
    assert sale.bids(300, paddle=2).label_paddle == 2
    assert sale.bids(400, label="tel 1").label_paddle == 3


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        (Code.NOT_STAFF, {"user_id": DINA, "paddle": 1}),
        (Code.PADDLE_NOT_FOUND, {"paddle": 2}),
        (Code.ROUND_OVER, {"paddle": 1, "round": 7}),
        (Code.ROUND_OVER, {"paddle": 1, "seen": Seen(7, here=True)}),
        (Code.BID_TOO_LOW, {"amount": 100, "label": "tel 1"}),
        (Code.MALFORMED, {"paddle": 1, "label": "tel 1"}),
        (Code.MALFORMED, {}),
        (Code.MALFORMED, {"label": "x" * 41}),
        (Code.MALFORMED, {"label": " "}),
    ],
)
def test_what_is_no_floor_bid_is_refused(code: Code, asked: dict[str, Any]):
    if code is Code.MALFORMED:
        refusal = parse("floorBid", [{"auctionId": 42, "amount": 200, **asked}])
        assert isinstance(refusal, Refusal)
        assert refusal.code is code
        return
    assert Sale().refuses(**asked) is code


def test_a_label_needs_a_floor_user_who_exists():
    sale = Sale(floor_user=None)
    assert sale.refuses(label="tel 1") is Code.NO_FLOOR_USER
    sale.bids(200, paddle=1)
    sale = Sale()
    sale.users.remove(FLOOR)
    assert sale.refuses(label="tel 1") is Code.NO_FLOOR_USER


def test_what_holds_for_a_bidder_holds_on_the_floor_and_a_label_needs_none_of_it():
    sale = Sale(by_approval=True)
    assert sale.refuses(paddle=1) is Code.NOT_REGISTERED
    assert sale.bids(150, label="tel 1").label_paddle == 2
    sale.gives("registerBidder", userId=BILAL, approved=True, limit=250)
    assert sale.refuses(amount=251, paddle=1) is Code.OVER_LIMIT
    sale.bids(250, paddle=1)
    sale.gives("blockUser", userId=BILAL)
    assert sale.refuses(amount=300, paddle=1) is Code.BLOCKED
    refusal = sale.asked("floorBid", amount=300, paddle=1)
    assert isinstance(refusal, Refusal)
    assert refusal.message == "That bidder cannot take part in this auction"
    sale.gives("pauseBidding")
    assert sale.refuses(amount=300, label="tel 1") is Code.BIDDING_PAUSED


def test_the_floor_user_bids_for_labels_alone_and_is_not_blocked():
    sale = Sale(floor_user=None)
    sale.gives("placeBid", FLOOR, amount=200)
    sale.gives("setHouseRules", floorUserId=FLOOR, maxima=True)
    assert sale.refuses(amount=300, paddle=2) is Code.STAFF_BID
    for name, more in (("placeBid", {}), ("setMaximumBid", {"round": 1})):
        refusal = sale.asked(name, FLOOR, amount=300, **more)
        assert isinstance(refusal, Refusal)
        assert refusal.code is Code.STAFF_BID
    blocked = sale.asked("blockUser", userId=FLOOR)
    assert isinstance(blocked, Refusal)
    assert blocked.code is Code.IS_STAFF


def test_two_labels_are_two_bidders():
    sale = Sale()
    first = sale.bids(200, label="tel 1")
    sale.bids(300, label="tel 2")
    own = sale.bids(400, label="tel 2")
    lower = {"product": "Ring", "runnerUp": True}
    refusal = sale.asked("awardingAuction", **lower, bidId=sale.acts.bids[-2].bid_id)
    assert isinstance(refusal, Refusal)  # of the leader's label
    assert refusal.code is Code.NOT_STANDING
    awarded = sale.asked("awardingAuction", **lower, bidId=first.bid_id)
    assert isinstance(awarded, RunnerUpAwarded)
    assert (awarded.high.label_paddle, awarded.passed_over.label_paddle) == (2, 3)
    assert awarded.data()["high"]["label_paddle"] == 2
    assert own.label_paddle == 3


def test_a_label_is_one_bidder_although_another_floor_user_was_named_since():
    sale = Sale()
    sale.bids(200, label="tel 1")
    sale.bids(300, label="tel 2")
    sale.gives("setHouseRules", floorUserId=DINA)
    led = sale.acts.bids[-1]
    won = Won(7, led.user_id, led.amount, paid=False, is_last=True, label_paddle=led.label_paddle)
    found = Found(
        frozenset(sale.users),
        b"salt",
        standing=sale.standing({}),
        labels=sale.labels,
        won=won,
    )
    asked = ReassignWinning(auction_id=42, winning_id=7, paddle=2)
    changed = decide(sale.state, Command(asked, None, found=found), HouseRules())
    assert isinstance(changed, WinningChanged)
    assert (changed.winner_id, changed.label_paddle, changed.price) == (DINA, 2, 200)


def test_a_maximum_answers_a_floor_bid_and_searching_for_it_closes_the_floor():
    sale = Sale()
    sale.gives("setMaximumBid", DINA, amount=500, round=1)
    placed, answer = sale.gives("floorBid", CLARA, amount=200, label="tel 1")
    assert isinstance(placed, BidPlaced)
    assert isinstance(answer, BidPlaced)
    assert (placed.floor, answer.automatic, answer.amount) == (True, True, 201)
    for amount in (300, 310):
        sale.gives("undoBid", bidId=sale.acts.bids[-1].bid_id)
        if sale.state.maxima.closes_floor:
            break
        sale.bids(amount, label="tel 1")
    assert sale.refuses(amount=400, label="tel 1") is Code.FLOOR_CLOSED
    assert sale.refuses(amount=400, paddle=1) is Code.FLOOR_CLOSED
    sale.gives("changeCuurentProduct", **RING | {"product": "Vase"})
    assert sale.bids(400, label="tel 1").label_paddle == 3


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"floor": False}, "not of the floor"),
        ({"entered_by": DINA}, "no role that may enter it"),
        ({"entered_by": None}, "no role that may enter it"),
        ({"label_paddle": None, "paddle": None, "label": None}, "of the floor user"),
        ({"label_paddle": 1, "paddle": None, "label": None}, "no floor label's"),
        ({"paddle": 3}, "gives paddle 3"),
        ({"paddle": None}, "gives it no paddle"),
    ],
)
def test_a_ledger_may_not_say_otherwise(changes: dict[str, Any], says: str):
    sale = Sale()
    decision = sale.asked("floorBid", CLARA, amount=200, label="tel 1")
    assert isinstance(decision, Several)
    (by,) = decision.events
    assert isinstance(by, By)
    told = next_entry(sale.state, replace(by.event, **changes), FLOOR, OPENING)
    assert says in (objection(sale.state, told) or "")


def test_a_history_says_who_bid_on_the_floor_and_who_entered_it():
    sale = Sale()
    sale.bids(200, label="tel 1")
    entry = next_entry(sale.state, sale.bids(300, label="tel 2"), FLOOR, OPENING)
    words = in_words(sale.state, entry, lambda user_id: {CLARA: "Clara"}.get(user_id, "Saleroom"))
    assert words == "bid 300 on the floor (“tel 2”), entered by Clara"
    (awarded,) = sale.gives("awardingAuction", product="Ring")
    entry = next_entry(sale.state, awarded, AMINA, OPENING)
    assert in_words(sale.state, entry, lambda _: "Saleroom") == "awarded Ring to 3 Saleroom for 300"
