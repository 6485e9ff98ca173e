"""Acts of a round: which one is the newest, and what stands behind an undo and a reopening (D37, D38)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baraka_server.domain.acts import RoundActs, objection
from baraka_server.domain.bid_entries import BidPlaced, StandingBidChanged
from baraka_server.domain.events import Adopted, Awarded, Event, LedgerEntry, LotOpened
from baraka_server.domain.hammer import ActUndone, LotOpenedAgain, RunnerUpAwarded
from baraka_server.domain.parts import StandingBid
from baraka_server.domain.state import State, apply, next_entry
from tests.domain.phases import AMINA, BILAL, DINA, NECKLACE, OPENING, RING, adopted


def standing(bid_id: int, user_id: int, amount: int) -> StandingBid:
    return StandingBid(bid_id, user_id, amount, OPENING)


FIRST, SECOND, THIRD = standing(1, BILAL, 100), standing(2, DINA, 200), standing(3, BILAL, 300)
THEIRS = standing(9, DINA, 250)
"""A bid that another program wrote."""

ON_BLOCK = [adopted(live=True), (AMINA, LotOpened(RING))]
BIDS = [(one.user_id, BidPlaced(one.amount, one.bid_id)) for one in (FIRST, SECOND, THIRD)]


def entries(events: Sequence[tuple[int | None, Event]]) -> list[LedgerEntry]:
    state, made = State(), []
    for user_id, event in events:
        made.append(next_entry(state, event, user_id, OPENING))
        state = apply(state, made[-1])
    return made


def folded(*events: tuple[int | None, Event]) -> RoundActs:
    acts = RoundActs()
    for entry in entries([*ON_BLOCK, *events]):
        acts.take(entry)
    return acts


def undone(*bids: StandingBid, leaves: StandingBid | None) -> tuple[int, ActUndone]:
    return AMINA, ActUndone(tuple(one.bid_id for one in bids), leaves, bids[-1])


def award(high: StandingBid | None) -> tuple[int, Awarded]:
    return AMINA, Awarded("Ring", None, high, 1)


def opened_again(*bids: StandingBid) -> tuple[int, LotOpenedAgain]:
    return AMINA, LotOpenedAgain(RING, 6, THIRD, 1, BILAL, None, bids)


CASES: list[tuple[str, list[tuple[int | None, Event]], list[StandingBid]]] = [
    ("bids", BIDS, [FIRST, SECOND, THIRD]),
    ("an undo", [*BIDS, undone(THIRD, leaves=SECOND)], [FIRST, SECOND]),
    (
        "two undos",
        [*BIDS, undone(THIRD, leaves=SECOND), undone(SECOND, leaves=FIRST)],
        [FIRST],
    ),
    ("an undo of the only one", [BIDS[0], undone(FIRST, leaves=None)], []),
    (
        "an undo that shows that another program took away the one below",
        [*BIDS, undone(THIRD, leaves=FIRST)],
        [FIRST],
    ),
    (
        "an undo that shows a bid of another program",
        [BIDS[0], BIDS[2], undone(THIRD, leaves=THEIRS)],
        [FIRST, THEIRS],
    ),
    (
        "another program took the highest away",
        [*BIDS, (None, StandingBidChanged(RING, SECOND, THIRD))],
        [FIRST, SECOND],
    ),
    ("another program took all away", [*BIDS, (None, StandingBidChanged(RING, None, THIRD))], []),
    (
        "another program wrote a bid",
        [*BIDS[:2], (None, StandingBidChanged(RING, THEIRS, SECOND))],
        [FIRST, SECOND, THEIRS],
    ),
    (
        "an award refused once",
        [*BIDS, (AMINA, StandingBidChanged(RING, THIRD, None, True))],
        [FIRST, SECOND, THIRD],
    ),
    ("an award", [*BIDS, award(THIRD)], []),
    (
        "a reopening",
        [*BIDS, award(THIRD), opened_again(FIRST, SECOND, THIRD)],
        [FIRST, SECOND, THIRD],
    ),
    ("a reopening without some", [*BIDS, award(THIRD), opened_again(SECOND)], [SECOND]),
    (
        "a reopening behind an undo",
        [*BIDS, undone(THIRD, leaves=SECOND), award(SECOND), opened_again(FIRST, SECOND)],
        [FIRST, SECOND],
    ),
    ("another lot", [*BIDS, (AMINA, LotOpened(NECKLACE))], []),
    ("another lot behind an award", [*BIDS, award(THIRD), (AMINA, LotOpened(NECKLACE))], []),
    (
        "another program's lot",
        [*BIDS, (None, Adopted(AMINA, True, False, False, NECKLACE, THEIRS))],
        [THEIRS],
    ),
    (
        "another program's lot is none",
        [*BIDS, (None, Adopted(AMINA, True, False, False, None, None))],
        [],
    ),
    (
        "another program's prices",
        [*BIDS, (None, Adopted(AMINA, True, False, False, RING, THIRD))],
        [FIRST, SECOND, THIRD],
    ),
]


@pytest.mark.parametrize(
    ("events", "left"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_is_on_the_list_follows_from_the_ledger(
    events: list[tuple[int | None, Event]], left: list[StandingBid]
):
    acts = folded(*events)
    assert [one.bid_id for one in acts.bids] == [one.bid_id for one in left]
    assert (acts.newest.ids if acts.newest else ()) == tuple(one.bid_id for one in left[-1:])


def test_the_bids_of_an_award_are_known_until_a_lot_opens():
    assert folded(*BIDS, award(THIRD)).sold == [
        replace(one, at=OPENING) for one in (FIRST, SECOND, THIRD)
    ]
    assert folded(*BIDS, award(THIRD), (AMINA, LotOpened(NECKLACE))).sold == []


def test_a_bid_of_another_program_that_is_sold_to_comes_back_in_its_place():
    runner_up = RunnerUpAwarded("Ring", None, standing(9, DINA, 150), SECOND)
    assert [one.bid_id for one in folded(*BIDS[:2], (AMINA, runner_up)).sold] == [1, 9, 2]


OBJECTED: list[tuple[str, list[tuple[int | None, Event]], tuple[int, Event], str]] = [
    ("nothing to undo", [], undone(FIRST, leaves=None), "there was no bid to take back"),
    ("not the newest", BIDS, undone(FIRST, leaves=None), "the newest were bid 3"),
    ("more than the newest", BIDS, undone(SECOND, THIRD, leaves=FIRST), "the newest were bid 3"),
    (
        "a bid that was undone comes back",
        [*BIDS, undone(THIRD, leaves=SECOND), award(SECOND)],
        opened_again(FIRST, SECOND, THIRD),
        "bid 3, which it brings back, did not stand",
    ),
    (
        "a bid comes back with another amount",
        [*BIDS, award(THIRD)],
        opened_again(FIRST, replace(SECOND, amount=201)),
        "bid 2, which it brings back, did not stand",
    ),
    (
        "bids come back in another order",
        [*BIDS, award(THIRD)],
        opened_again(SECOND, FIRST),
        "in another order",
    ),
    (
        "sold to a bid that was undone",
        [*BIDS, undone(THIRD, leaves=SECOND)],
        (AMINA, RunnerUpAwarded("Ring", None, THIRD, SECOND)),
        "it sells to bid 3, which did not stand",
    ),
]


@pytest.mark.parametrize(
    ("events", "entry", "reason"),
    [case[1:] for case in OBJECTED],
    ids=[case[0] for case in OBJECTED],
)
def test_an_entry_of_the_hammer_that_no_server_wrote_is_objected_to(
    events: list[tuple[int | None, Event]], entry: tuple[int, Event], reason: str
):
    last = entries([*ON_BLOCK, *events, entry])[-1]
    assert reason in (objection(folded(*events), last) or "")


@given(st.lists(st.sampled_from(["bid", "undo", "award", "reopen", "lot"]), max_size=30))
def test_undo_after_undo_walks_back_whatever_came_in_between(steps: list[str]):
    """A stack in plain lists: a bid is put on it, an undo takes the last one off."""
    stack: list[StandingBid] = []
    sold: list[StandingBid] | None = None
    events: list[tuple[int | None, Event]] = []
    open_, number = True, 0
    for step in steps:
        high = stack[-1] if stack else None
        if step == "bid" and open_:
            number += 1
            stack.append(standing(number, BILAL, (high.amount if high else 0) + 10))
            events.append((BILAL, BidPlaced(stack[-1].amount, number)))
        elif step == "undo" and open_ and stack:
            gone = stack.pop()
            events.append(undone(gone, leaves=stack[-1] if stack else None))
        elif step == "award" and open_:
            events.append(award(high))
            open_, sold, stack = False, stack, []
        elif step == "reopen" and not open_ and sold is not None:
            events.append(opened_again(*sold))
            open_, sold, stack = True, None, sold
        elif step == "lot":
            events.append((AMINA, LotOpened(NECKLACE)))
            open_, sold, stack = True, None, []
        acts = folded(*events)
        assert [one.bid_id for one in acts.bids] == [one.bid_id for one in stack]
        assert [one.bid_id for one in acts.sold] == [one.bid_id for one in sold or ()]
