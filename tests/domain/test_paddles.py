"""Paddles are given once, in the order of first bids, and nobody sees another's grow (D36)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from baraka_server.contract.client_events import PlaceBid
from baraka_server.domain.bid_entries import BidPlaced, StandingBidChanged
from baraka_server.domain.decide import decide
from baraka_server.domain.decision import Command, HouseRules
from baraka_server.domain.events import LotOpened
from baraka_server.domain.paddles import NONE_GIVEN, Paddles
from baraka_server.domain.parts import StandingBid
from baraka_server.domain.replay import objection
from baraka_server.domain.state import State, next_entry
from tests.domain.phases import AMINA, BILAL, DINA, NECKLACE, ON_THE_BLOCK, OPENING, RING, after

TWO_BID = [
    *ON_THE_BLOCK,
    (DINA, BidPlaced(1000, 1, paddle=1)),
    (BILAL, BidPlaced(1500, 2, paddle=2)),
]


def bid_of(state: State, user_id: int, amount: int = 2000) -> object:
    return decide(state, Command(PlaceBid(auction_id=42, amount=amount), user_id), HouseRules())


def test_numbers_begin_at_one_in_the_order_of_first_bids() -> None:
    paddles = NONE_GIVEN.given_to(DINA).given_to(BILAL)
    assert (paddles.of(DINA), paddles.of(BILAL), paddles.of(99)) == (1, 2, None)
    assert [paddles.user_of(number) for number in (0, 1, 2, 3)] == [None, DINA, BILAL, None]


def test_who_has_a_paddle_gets_no_other_one() -> None:
    paddles = NONE_GIVEN.given_to(DINA)
    assert paddles.next_for(DINA) is None
    assert paddles.next_for(BILAL) == 2


def test_a_paddle_on_the_floor_has_no_user_and_takes_a_number() -> None:
    paddles = NONE_GIVEN.given_to(None).given_to(DINA)
    assert paddles.user_of(1) is None
    assert paddles.was_given(1)
    assert paddles.of(DINA) == 2


def test_what_was_decided_and_never_committed_is_not_seen_by_what_is_decided_next() -> None:
    """A transaction that failed gave a paddle: the next one gives the same number to another."""
    before = NONE_GIVEN.given_to(DINA)
    failed = before.given_to(BILAL)
    again = before.given_to(4)
    assert (before.of(BILAL), before.of(4), before.count) == (None, None, 1)
    assert (failed.of(BILAL), failed.of(4)) == (2, None)
    assert (again.of(BILAL), again.of(4)) == (None, 2)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 6)), max_size=40))
def test_values_that_share_what_they_grow_from_are_as_if_each_had_its_own(
    steps: list[tuple[int, int]],
) -> None:
    """Each step goes on from one of the values before it, as retried transactions do."""
    values, models = [NONE_GIVEN], [dict[int, int]()]
    for place, user_id in steps:
        value, model = values[place % len(values)], models[place % len(models)]
        number = value.next_for(user_id)
        assert number == (None if user_id in model else len(model) + 1)
        if number is not None:
            values.append(value.given_to(user_id))
            models.append(model | {user_id: number})
    for value, model in zip(values, models, strict=True):
        assert {user_id: value.of(user_id) for user_id in range(1, 7)} == {
            user_id: model.get(user_id) for user_id in range(1, 7)
        }
        assert value == Paddles(model)
        assert value.count == len(model)


def test_a_first_bid_gives_the_next_number_and_a_later_one_none() -> None:
    assert bid_of(after(*ON_THE_BLOCK), DINA) == BidPlaced(2000, paddle=1)
    assert bid_of(after(*TWO_BID), 4) == BidPlaced(2000, paddle=3)
    assert bid_of(after(*TWO_BID), DINA) == BidPlaced(2000)


def test_a_refused_bid_gives_no_number() -> None:
    state = after(*TWO_BID)
    bid_of(state, 4, amount=1)
    assert state.paddles.of(4) is None


def test_paddles_stay_through_rounds_and_when_a_bid_is_gone() -> None:
    gone = StandingBidChanged(RING, None, StandingBid(2, BILAL, 1500, OPENING))
    state = after(*TWO_BID, (None, gone), (AMINA, LotOpened(NECKLACE)))
    assert (state.paddles.of(DINA), state.paddles.of(BILAL)) == (1, 2)
    assert bid_of(state, 4) == BidPlaced(2000, paddle=3)


def test_who_bid_while_an_older_program_decided_gets_a_number_with_the_next_bid() -> None:
    state = after(*ON_THE_BLOCK, (DINA, BidPlaced(1000, 1)), (BILAL, BidPlaced(1500, 2, paddle=1)))
    assert state.paddles.of(DINA) is None
    assert bid_of(state, DINA) == BidPlaced(2000, paddle=2)


def test_a_ledger_that_gives_a_wrong_number_was_not_written_by_a_server() -> None:
    def reason(user_id: int, paddle: int | None) -> str | None:
        state = after(*TWO_BID)
        event = BidPlaced(2000, 3, paddle=paddle)
        return objection(state, next_entry(state, event, user_id, OPENING))

    assert reason(4, 3) is None
    assert reason(4, None) is None  # an older program's
    assert reason(4, 2) == "it gives paddle 2, and 2 were given"
    assert reason(4, 4) == "it gives paddle 4, and 2 were given"
    assert reason(DINA, 3) == f"it gives user {DINA} paddle 3, who has 1"


def test_an_entry_says_the_number_only_where_it_gives_one() -> None:
    assert BidPlaced(900, 7).data() == {"amount": 900, "bid_id": 7}
    assert BidPlaced(900, 7, paddle=26).data() == {"amount": 900, "bid_id": 7, "paddle": 26}
