"""Automatic bids are worked out in at most three, as a room that bids one unit at a time would (D43)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baraka_server.contract.fields import INT_MAX
from baraka_server.domain.automatic_bids import (
    Maximum,
    Offer,
    Terms,
    WorkedOut,
    answers,
    bid_worked_out,
)
from baraka_server.domain.increments import Increments

A, B, C, D = 1, 2, 3, 4
NAMES = {"A": A, "B": B, "C": C, "D": D}


def terms(step: int = 10, first: int = 100, reserve: int | None = None) -> Terms:
    return Terms(first, Increments(((0, step),)).next, reserve)


def maxima_of(said: str) -> list[Maximum]:
    """`A 500, C 700`: earlier ones first."""
    return [
        Maximum(NAMES[name], int(reach), seq)
        for seq, (name, reach) in enumerate(
            (one.split() for one in said.split(", ") if one), start=10
        )
    ]


def offer(said: str) -> Offer | None:
    return Offer(NAMES[said.split(maxsplit=1)[0]], int(said.split()[1])) if said else None


def told(bids: tuple[Offer, ...]) -> str:
    by_id = {id_: name for name, id_ in NAMES.items()}
    return ", ".join(f"{by_id[bid.user_id]} {bid.amount}" for bid in bids)


# what stands, the maxima behind a new one, what is bid ("" for a maximum), reserve, the bids, refused
DOCUMENTED = [
    ("", "A 500", "", None, "A 100", False),
    ("A 100", "A 500", "B 200", None, "B 200, A 210", False),
    ("A 210", "A 500", "B 500", None, "A 500", True),
    ("A 210", "A 500", "B 600", None, "B 600", False),
    ("A 210", "A 500, B 500", "", None, "A 500", False),
    ("A 210", "A 500, B 495", "", None, "B 495, A 500", False),
    ("A 210", "A 500, B 800", "", None, "A 500, B 510", False),
    ("A 210", "A 900", "", 400, "A 400", False),
    ("A 210", "A 500", "A 300", None, "A 300", False),
    ("B 510", "B 800, A 500, C 700", "D 520", None, "D 520, C 700, B 710", False),
    ("A 2147483640", "B 2147483647", "", None, "B 2147483647", False),
]

MORE = [
    # a maximum above the bidder's own bid stays, and bids nothing
    ("A 210", "A 500", "", None, "", False),
    ("A 600", "A 500", "", None, "", False),  # the own bid went beyond it
    # what it meets is below a step, and its own whole maximum
    ("A 100", "A 105", "B 103", None, "B 103, A 105", False),
    ("", "A 500, B 500, C 500", "", None, "A 500", False),
    ("", "A 500, B 400, C 400", "", None, "B 400, A 410", False),
    # a reserve: reached, not reached, by whoever comes to lead
    ("", "A 399", "", 400, "A 100", False),
    ("", "A 400", "", 400, "A 400", False),
    ("A 210", "A 900", "", 215, "A 220", False),
    ("A 400", "A 900", "", 400, "", False),
    ("A 100", "A 390, B 800", "", 600, "A 390, B 600", False),
    ("A 210", "A 900", "B 300", 400, "B 300, A 400", False),
    # asleep maxima wake with a leader's own bid
    ("A 210", "A 500, B 400", "A 300", None, "A 300, B 400, A 410", False),
    # equal to a maximum of others: that one bids; the own one, which is higher, answers it
    ("A 210", "A 900, B 400", "A 400", None, "B 400, A 410", True),
    ("C 210", "A 900, B 400", "A 400", None, "B 400, A 410", True),
    ("A 100", "A 500, B 500", "C 500", None, "A 500", True),
    # below what would be a first bid nothing counts
    ("", "A 99", "", None, "", False),
    ("A 2147483647", "A 2147483647, B 2147483647", "", None, "", False),
    ("", "A 2147483647, B 2147483646", "", None, "B 2147483646, A 2147483647", False),
]


@pytest.mark.parametrize(
    ("stands", "maxima", "bid", "reserve", "bids", "refused"), DOCUMENTED + MORE
)
def test_an_act_is_worked_out_as_it_is_documented(stands, maxima, bid, reserve, bids, refused):
    behind, placed, by = offer(stands), offer(bid), terms(reserve=reserve)
    if placed is None:
        assert told(answers(behind, maxima_of(maxima), by)) == bids
    else:
        worked_out = bid_worked_out(behind, placed, maxima_of(maxima), by)
        assert (told(worked_out.bids), worked_out.refused) == (bids, refused)


# --- against a room where an auctioneer calls one unit more at a time


@dataclass(frozen=True)
class Room:
    """Who is ready to pay how much, in the order in which they said so; whoever stands is in it last."""

    stands: Offer | None
    maxima: list[Maximum]
    step: int
    first: int
    reserve: int | None

    def leader_and_price(self) -> tuple[int, int] | None:
        """Who has the lot when nobody goes on, and the price; None where nobody bids."""
        called = 0 if self.stands is None else self.stands.amount
        lowest = self.first if self.stands is None else called + 1
        stay = [one.user_id for one in sorted(self.maxima, key=lambda one: one.seq)]
        stay = [user for user in stay if self._limit(user) >= lowest]
        if not stay:
            return self.stands and (self.stands.user_id, self.stands.amount)
        out_at = called  # the last price at which somebody went out who could have led
        alone_from_the_beginning = stay
        while len(stay) > 1:
            called += 1
            left = [user for user in stay if self._limit(user) >= called]
            if not left:  # all went out at the last call: the first who said it has it
                return stay[0], out_at
            out_at, stay = called, left
        winner = stay[0]
        if alone_from_the_beginning != stay:
            price = min(self._limit(winner), out_at - 1 + self.step)
        elif self.stands and self.stands.user_id == winner:
            price = self.stands.amount
        else:
            behind = self.first if self.stands is None else self.stands.amount + self.step
            price = min(self._limit(winner), behind)
        if self.reserve is not None and self._limit(winner) >= self.reserve > price:
            least = self.first if self.stands is None else self.stands.amount + self.step
            price = max(self.reserve, min(least, self._limit(winner)))
        return winner, price

    def _limit(self, user: int) -> int:
        return next(one.reach for one in self.maxima if one.user_id == user)


def _rooms():
    amounts = range(1, 7)
    bidders = [()]
    for count in (1, 2, 3):
        bidders += itertools.product(amounts, repeat=count)
    standing = [None, *(Offer(user, amount) for user in (A, D) for amount in (1, 2, 4))]
    for reaches, stands, step, first, reserve in itertools.product(
        bidders, standing, (1, 2, 3), (1, 3), (None, 2, 4, 6)
    ):
        maxima = [Maximum(user, reach, 9 + user) for user, reach in enumerate(reaches, start=1)]
        yield Room(stands, maxima, step, first, reserve)


def test_whoever_would_have_the_lot_in_a_room_has_it_here_for_the_same_price():
    """All rooms of up to three maxima of up to 6, as they answer what stands."""
    count = 0
    for room in _rooms():
        by = terms(room.step, room.first, room.reserve)
        bids = answers(room.stands, room.maxima, by)
        ends = bids[-1] if bids else room.stands
        expected = room.leader_and_price()
        assert (ends and (ends.user_id, ends.amount)) == expected, (room, bids)
        assert len(bids) <= 2
        _rise(room.stands, bids, by, {one.user_id: one.reach for one in room.maxima})
        # nobody has anything to add behind it, and the reserve is not asked for twice
        assert answers(ends, room.maxima, by) == ()
        count += 1
    assert count > 40_000


def _rise(stands, bids, by, reaches):
    """Each bid is above the one before it, by a step or with all that its bidder has."""
    before = stands
    for bid in bids:
        least = by.first if before is None else by.next(before.amount)
        assert before is None or bid.amount > before.amount
        assert least is None or bid.amount >= least or bid.amount == reaches[bid.user_id]
        before = bid


# --- properties, also of large amounts

AMOUNTS = st.one_of(st.integers(1, 30), st.integers(INT_MAX - 30, INT_MAX), st.integers(1, INT_MAX))
STEPS = st.sampled_from([None, ((0, 1),), ((0, 10),), ((5, 3), (20, 7)), ((0, INT_MAX),)])


@st.composite
def acts(draw):
    users = draw(st.permutations(range(1, 7)))
    reaches = draw(st.lists(AMOUNTS, max_size=5))
    maxima = [
        Maximum(user, reach, seq)
        for seq, (user, reach) in enumerate(zip(users, reaches, strict=False))
    ]
    by = Terms(
        draw(st.integers(1, 20)),
        Increments(draw(STEPS)).next,
        draw(st.none() | AMOUNTS),
    )
    stands = draw(st.none() | st.builds(Offer, st.integers(1, 7), AMOUNTS))
    least = by.least_behind(stands)
    bid = None
    if least is not None and draw(st.booleans()):
        bid = Offer(draw(st.integers(1, 7)), draw(st.integers(least, INT_MAX) | st.just(least)))
        if maxima and draw(st.booleans()):
            bid = Offer(bid.user_id, max(least, draw(st.sampled_from(maxima)).reach))
    return stands, bid, maxima, by


@settings(max_examples=600, deadline=None)
@given(acts())
def test_an_act_never_pays_more_than_it_must_and_leaves_nobody_waiting(act):
    stands, bid, maxima, by = act
    if bid is None:
        done = WorkedOut(answers(stands, maxima, by))
    else:
        done = bid_worked_out(stands, bid, maxima, by)
    assert len(done.bids) <= 3
    reaches = {one.user_id: one.reach for one in maxima}
    automatic = done.bids if bid is None or done.refused else done.bids[1:]
    assert all(one.amount <= min(reaches[one.user_id], INT_MAX) for one in automatic)
    _rise(stands, done.bids, by, reaches if bid is None else {bid.user_id: bid.amount} | reaches)
    ends = done.bids[-1] if done.bids else stands
    others = [one.reach for one in maxima if ends is None or one.user_id != ends.user_id]
    if ends is None:
        assert all(reach < by.first for reach in reaches.values())
        return
    # nobody else would pay more
    assert all(reach <= ends.amount for reach in others)
    # who is answered pays no more than the next step above all others, or the reserve
    if automatic and automatic[-1] == ends:
        before = done.bids[-2].amount if len(done.bids) > 1 else stands and stands.amount
        rivals = [reach for reach in others if reach >= (by.first if before is None else 1)]
        rivals += [] if bid is None else [bid.amount]
        due = max([by.first, *([] if before is None else [by.next(before) or INT_MAX])])
        due = max([due, *((by.next(reach) or INT_MAX) for reach in rivals)])
        assert ends.amount <= max(due, by.reserve or 0)
        if by.reserve and reaches[ends.user_id] >= by.reserve:
            assert ends.amount >= by.reserve
    # an equal maximum of somebody else was there before the bid
    if bid is not None:
        best = max((one.reach for one in maxima if one.user_id != bid.user_id), default=0)
        assert done.refused == (best == bid.amount)
        assert done.refused or done.bids[0] == bid


@given(acts())
def test_of_equal_maxima_the_one_that_was_set_first_has_the_lot(act):
    stands, _bid, maxima, by = act
    bids = answers(stands, maxima, by)
    if bids:
        winner = next(one for one in maxima if one.user_id == bids[-1].user_id)
        equal = [one for one in maxima if one.reach == winner.reach]
        assert winner.seq == min(one.seq for one in equal)
        assert winner.reach == max(one.reach for one in maxima)


@given(acts(), st.randoms())
def test_the_order_in_which_the_rows_are_read_changes_nothing(act, random):
    stands, bid, maxima, by = act
    shuffled = maxima[:]
    random.shuffle(shuffled)
    assert answers(stands, shuffled, by) == answers(stands, maxima, by)
    if bid is not None:
        assert bid_worked_out(stands, bid, shuffled, by) == bid_worked_out(stands, bid, maxima, by)
