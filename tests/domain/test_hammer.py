"""The rules of taking back and of the runner-up, without a database (D37 to D39)."""

from __future__ import annotations

from typing import Any

import pytest

from baraka_server.contract.client_events import AwardLot, ClientEvent, PlaceBid
from baraka_server.contract.hammer import ReopenLot, UndoBid
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.acts import RoundActs
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.decide import decide
from baraka_server.domain.decision import By, Command, Found, HouseRules, RefusedWith, Seen, Several
from baraka_server.domain.events import Awarded, Canceled, Commented, Ended, Event, LotOpened
from baraka_server.domain.hammer import ActUndone, LotOpenedAgain, RunnerUpAwarded
from baraka_server.domain.parts import Lot, StandingBid
from baraka_server.domain.replay import objection
from baraka_server.domain.state import State, apply, next_entry
from tests.domain.phases import AMINA, BILAL, DINA, LIVE, NECKLACE, NEW, OPENING, RING

ON_BLOCK = [*LIVE, (AMINA, LotOpened(RING))]
BIDS = [(BILAL, BidPlaced(1000, 1)), (DINA, BidPlaced(1500, 2)), (BILAL, BidPlaced(2000, 3))]


def standing(bid_id: int, user_id: int, amount: int) -> StandingBid:
    return StandingBid(bid_id, user_id, amount, OPENING)


FIRST, SECOND, THIRD = standing(1, BILAL, 1000), standing(2, DINA, 1500), standing(3, BILAL, 2000)
ROWS = (THIRD, SECOND, FIRST)
SOLD = (AMINA, Awarded("Ring", None, THIRD, 7))
PASSED = (AMINA, Awarded("Ring", None, None))
HISTORY = [*ON_BLOCK, *BIDS]


class Sale:
    """A history with its acts, and what the rows say of it."""

    def __init__(self, events: list[tuple[int | None, Event]], **found: Any) -> None:
        self.state, acts = State(), RoundActs()
        for user_id, event in events:
            entry = next_entry(self.state, event, user_id, OPENING)
            assert objection(self.state, entry) is None
            acts.take(entry)
            self.state = apply(self.state, entry)
        usual = {"users": frozenset({AMINA, BILAL, DINA}), "round": acts, "standing": ROWS}
        self.found = Found(**(usual | found))

    def asks(self, event: ClientEvent, user_id: int = AMINA, **more: Any) -> Any:
        return decide(self.state, Command(event, user_id, found=self.found, **more), HouseRules())


def undo(bid_id: int, **more: Any) -> UndoBid:
    return UndoBid(auction_id=42, bid_id=bid_id, **more)


def reopen(**more: Any) -> ReopenLot:
    return ReopenLot(auction_id=42, **more)


def award(**more: Any) -> AwardLot:
    return AwardLot(auction_id=42, product=RING.product, **more)


def test_the_newest_bid_is_taken_back_and_the_one_that_stands_is_read_from_the_rows():
    assert Sale(HISTORY).asks(undo(3)) == ActUndone((3,), SECOND, THIRD)
    assert Sale(HISTORY, standing=(THIRD, FIRST)).asks(undo(3)) == ActUndone((3,), FIRST, THIRD)
    assert Sale(HISTORY, standing=(THIRD,)).asks(undo(3)) == ActUndone((3,), None, THIRD)


UNDO_REFUSED: list[tuple[str, list[tuple[int | None, Event]], UndoBid, int, Seen | None, Code]] = [
    ("by a bidder", HISTORY, undo(3), BILAL, None, Code.NOT_STAFF),
    ("before the start", NEW, undo(3), AMINA, None, Code.NOT_LIVE),
    ("after the end", [*HISTORY, (AMINA, Ended())], undo(3), AMINA, None, Code.ALREADY_ENDED),
    (
        "after a cancellation",
        [*HISTORY, (AMINA, Canceled())],
        undo(3),
        AMINA,
        None,
        Code.ALREADY_CANCELED,
    ),
    ("of another round", HISTORY, undo(3, round=2), AMINA, None, Code.ROUND_OVER),
    ("seen in another round", HISTORY, undo(3), AMINA, Seen(2, here=True), Code.ROUND_OVER),
    ("nothing on the block", LIVE, undo(3), AMINA, None, Code.NO_LOT),
    ("behind the hammer", [*HISTORY, SOLD], undo(3), AMINA, None, Code.NO_LOT),
    ("no bid", ON_BLOCK, undo(3), AMINA, None, Code.NOTHING_TO_UNDO),
    ("not the newest", HISTORY, undo(2), AMINA, None, Code.NOT_NEWEST),
    ("no such bid", HISTORY, undo(99), AMINA, None, Code.NOT_NEWEST),
]


@pytest.mark.parametrize(
    ("events", "event", "user_id", "seen", "code"),
    [case[1:] for case in UNDO_REFUSED],
    ids=[case[0] for case in UNDO_REFUSED],
)
def test_what_cannot_be_taken_back_is_refused(
    events: list[tuple[int | None, Event]],
    event: UndoBid,
    user_id: int,
    seen: Seen | None,
    code: Code,
):
    refused = Sale(events).asks(event, user_id, seen=seen)
    assert isinstance(refused, Refusal)
    assert refused.code is code
    if code is Code.NOT_NEWEST:
        assert refused.extra["standingBid"] == THIRD.named()


def test_behind_an_undo_bids_rise_from_what_stands_and_the_same_amount_may_come_again():
    state = Sale([*HISTORY, (AMINA, ActUndone((3,), SECOND, THIRD))]).state
    low = decide(state, Command(PlaceBid(auction_id=42, amount=1500), BILAL), HouseRules())
    assert low == Refusal(Code.BID_TOO_LOW, "placeBid", {"current": 1500})
    again = decide(state, Command(PlaceBid(auction_id=42, amount=2000), BILAL), HouseRules())
    assert again == BidPlaced(2000, paddle=1)


BEHIND = [
    ("an undo", [*HISTORY, (AMINA, ActUndone((3,), SECOND, THIRD))], SECOND),
    (
        "a reopening",
        [*HISTORY, SOLD, (AMINA, LotOpenedAgain(RING, 7, THIRD, 7, BILAL, None, (FIRST, SECOND)))],
        SECOND,
    ),
]


@pytest.mark.parametrize(
    ("events", "high"), [case[1:] for case in BEHIND], ids=[one[0] for one in BEHIND]
)
def test_the_next_award_is_refused_once_unless_it_names_the_bid_that_stands(
    events: list[tuple[int | None, Event]], high: StandingBid
):
    sale = Sale(events)
    refused = sale.asks(award())
    assert isinstance(refused, RefusedWith)
    assert refused.refusal.message == "Auction could not be ended."
    assert refused.refusal.extra == {"standingBid": high.named(), "formerBid": THIRD.named()}
    assert sale.asks(award(bid_id=high.bid_id)) == Awarded(RING.product, None, high)
    once = Sale([*events, *((AMINA, event) for event in refused.events)])
    assert once.asks(award()) == Awarded(RING.product, None, high)
    before = once.asks(award(), heard_seq=once.state.seq - 1)
    assert before.code is Code.STANDING_BID_CHANGED  # it came in before the refusal was told


def test_an_award_is_taken_back_with_its_bids_and_the_host_says_so():
    sale = Sale([*HISTORY, SOLD], winning_id=7, winner_before=BILAL, winner=DINA)
    opened = LotOpenedAgain(RING, 7, THIRD, 7, BILAL, DINA, (FIRST, SECOND, THIRD))
    said = By(Commented(f"{RING.product} is open again"), AMINA)
    assert sale.asks(reopen()) == Several((opened, said))
    assert sale.asks(reopen(say="Wieder offen")) == Several(
        (opened, By(Commented("Wieder offen"), AMINA))
    )


def test_a_host_without_a_row_says_nothing():
    sale = Sale([*HISTORY, SOLD], users=frozenset({BILAL, DINA}))
    assert [type(event) for event in sale.asks(reopen()).events] == [LotOpenedAgain]


def test_what_is_said_fits_into_its_column():
    long = Lot("R" * 191, 1, 1, 1)
    sale = Sale([*LIVE, (AMINA, LotOpened(long)), PASSED])
    said = sale.asks(reopen()).events[1].event
    assert len(said.comment) == 191
    assert said.comment.endswith("R… is open again")


def test_bids_of_users_who_are_gone_do_not_come_back():
    sale = Sale([*HISTORY, SOLD], users=frozenset({AMINA, DINA}))
    opened = sale.asks(reopen()).events[0]
    assert (opened.bids, opened.high, opened.was) == ((SECOND,), SECOND, THIRD)


def test_an_award_to_nobody_is_taken_back_too():
    opened = Sale([*ON_BLOCK, PASSED]).asks(reopen()).events[0]
    assert (opened.bids, opened.high, opened.winning_id) == ((), None, None)


REOPEN_REFUSED: list[tuple[str, list[tuple[int | None, Event]], dict[str, Any], Code]] = [
    ("before the start", NEW, {}, Code.NOT_LIVE),
    ("after the end", [*HISTORY, SOLD, (AMINA, Ended())], {}, Code.ALREADY_ENDED),
    ("a lot is open", HISTORY, {}, Code.LOT_OPEN),
    ("the next lot is open", [*HISTORY, SOLD, (AMINA, LotOpened(NECKLACE))], {}, Code.LOT_OPEN),
    ("nothing was awarded", LIVE, {}, Code.NOTHING_TO_REOPEN),
    ("another award is named", [*HISTORY, SOLD], {"award_seq": 6}, Code.NOTHING_TO_REOPEN),
    ("another round is named", [*HISTORY, SOLD], {"round": 2}, Code.ROUND_OVER),
]


@pytest.mark.parametrize(
    ("events", "fields", "code"),
    [case[1:] for case in REOPEN_REFUSED],
    ids=[case[0] for case in REOPEN_REFUSED],
)
def test_what_cannot_be_opened_again_is_refused(
    events: list[tuple[int | None, Event]], fields: dict[str, Any], code: Code
):
    refused = Sale(events).asks(reopen(**fields))
    assert isinstance(refused, Refusal)
    assert refused.code is code


def test_a_settled_winning_stays():
    assert Sale([*HISTORY, SOLD], settled=True).asks(reopen()).code is Code.WINNING_SETTLED


def test_a_reopening_that_was_sent_before_the_award_was_told_is_not_about_it():
    sale = Sale([*HISTORY, SOLD])
    assert sale.asks(reopen(), heard_seq=6).code is Code.NOTHING_TO_REOPEN
    assert isinstance(sale.asks(reopen(), heard_seq=7), Several)
    assert isinstance(sale.asks(reopen(award_seq=7), heard_seq=6), Several)


def test_round_and_earlier_names_are_as_before_the_award():
    opened = LotOpenedAgain(RING, 7, THIRD, 7, BILAL, None, (FIRST, SECOND, THIRD))
    before, after = Sale(HISTORY).state, Sale([*HISTORY, SOLD, (AMINA, opened)]).state
    for name in ("round", "lot", "high", "past", "live"):
        assert getattr(after, name) == getattr(before, name)
    assert after.award is None


def test_a_name_that_another_round_had_too_stays_among_the_earlier_ones():
    twice = [*ON_BLOCK, PASSED, (AMINA, LotOpened(RING)), PASSED]
    opened = LotOpenedAgain(RING, 6, None, None, None, None)
    assert Sale([*twice, (AMINA, opened)]).state.past == Sale(twice[:-1]).state.past != frozenset()


def test_a_bid_that_was_sent_before_the_hammer_counts_behind_a_reopening():
    opened = LotOpenedAgain(RING, 7, THIRD, 7, BILAL, None, (FIRST, SECOND, THIRD))
    late = Sale([*HISTORY, SOLD, (AMINA, opened)])
    assert late.asks(PlaceBid(auction_id=42, amount=2500), DINA, seen=Seen(1)) == BidPlaced(
        2500, paddle=1
    )


def test_a_lower_standing_bid_of_another_bidder_may_win():
    sold = Sale(HISTORY).asks(award(bid_id=2, runner_up=True))
    assert sold == RunnerUpAwarded(RING.product, None, SECOND, THIRD)


def test_a_runner_up_who_is_named_is_sold_to_although_another_bid_stands_than_before():
    sale = Sale([*HISTORY, (AMINA, ActUndone((3,), SECOND, THIRD))], standing=(SECOND, FIRST))
    assert sale.asks(award(bid_id=1, runner_up=True)).high == FIRST


@pytest.mark.parametrize(
    ("fields", "rows"),
    [
        ({"bid_id": 3}, ROWS),  # the leader
        ({"bid_id": 1}, ROWS),  # the leader's own lower bid
        ({"bid_id": 9}, ROWS),  # no such bid
        ({"bid_id": 2}, ()),  # its row is gone
        ({"bid_id": 0}, ROWS),
        ({}, ROWS),
    ],
)
def test_a_runner_up_is_a_standing_bid_of_another_bidder(fields: dict[str, int], rows: Any):
    refused = Sale(HISTORY, standing=rows).asks(award(runner_up=True, round=1, **fields))
    assert refused.code is Code.NOT_STANDING
    assert refused.message == "Auction could not be ended."
    assert refused.extra == {"standingBid": THIRD.named()}


FORGED: list[tuple[str, list[tuple[int | None, Event]], Event, int | None]] = [
    ("an undo of nothing", HISTORY, ActUndone((), SECOND, THIRD), AMINA),
    ("an undo that names another leader", HISTORY, ActUndone((3,), FIRST, SECOND), AMINA),
    ("an undo that raises the bid", HISTORY, ActUndone((3,), THIRD, THIRD), AMINA),
    ("an undo by a bidder", HISTORY, ActUndone((3,), SECOND, THIRD), BILAL),
    ("an undo behind the hammer", [*HISTORY, SOLD], ActUndone((3,), SECOND, THIRD), AMINA),
    ("a reopening of an open lot", HISTORY, LotOpenedAgain(RING, 7, None, None, None, None), AMINA),
    (
        "a reopening of another award",
        [*HISTORY, SOLD],
        LotOpenedAgain(RING, 6, THIRD, 7, None, None),
        AMINA,
    ),
    (
        "a reopening with other prices",
        [*HISTORY, SOLD],
        LotOpenedAgain(NECKLACE, 7, THIRD, 7, None, None),
        AMINA,
    ),
    (
        "a reopening by nobody",
        [*HISTORY, SOLD],
        LotOpenedAgain(RING, 7, THIRD, 7, None, None),
        None,
    ),
    ("the leader as runner-up", HISTORY, RunnerUpAwarded("R", None, FIRST, THIRD), AMINA),
    ("a runner-up behind another", HISTORY, RunnerUpAwarded("R", None, FIRST, SECOND), AMINA),
    (
        "a runner-up behind the hammer",
        [*HISTORY, SOLD],
        RunnerUpAwarded("R", None, SECOND, THIRD),
        AMINA,
    ),
]


@pytest.mark.parametrize(
    ("events", "event", "user_id"), [case[1:] for case in FORGED], ids=[case[0] for case in FORGED]
)
def test_entries_that_no_server_wrote_are_objected_to(
    events: list[tuple[int | None, Event]], event: Event, user_id: int | None
):
    state = Sale(events).state
    assert objection(state, next_entry(state, event, user_id, OPENING))
