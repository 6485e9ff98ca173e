"""Rounds that the senders of bids and of host's commands have seen (D31, D32)."""

from __future__ import annotations

import itertools

import pytest

from baraka_server.contract.client_events import ChangeLot, ClientEvent, PlaceBid
from baraka_server.domain.decision import Seen
from baraka_server.live.audience import RoundShown, Viewer
from baraka_server.live.rounds_seen import REMEMBERED_SECONDS, SHOWN_MAX, RoundsSeen

BID = PlaceBid(auction_id=7, amount=1)
NEXT_LOT = ChangeLot(auction_id=7, product="B", minimum_price=0, start_price=0, market_price=0)
NUMBERS = itertools.count(1)
UNKNOWN = Seen(None)


class Room:
    """One auction on a clock of its own; announcements count after a second."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.rounds = RoundsSeen(1.0, clock=lambda: self.now)

    def joins(self, user_id: int, round_: int | None = 1) -> Viewer:
        """A viewer enters; the state that it is answered has left, unless there is no round."""
        viewer = Viewer(f"socket {next(NUMBERS)}", user_id, alive_at=self.now)
        self.rounds.entered(viewer, 7)
        if round_ is not None:
            self.shows(viewer, round_, at_once=True)
        return viewer

    def shows(self, viewer: Viewer, round_: int, *, at_once: bool = False) -> None:
        self.rounds.show(viewer, RoundShown(7, round_, at_once))

    def lives(self, viewer: Viewer) -> None:
        viewer.alive_at = self.now

    def leaves(self, viewer: Viewer) -> None:
        self.rounds.left(viewer, 7)

    def comes_back(self, user_id: int) -> Viewer:
        """A phone that has a connection again, and has not joined."""
        return Viewer(f"socket {next(NUMBERS)}", user_id, alive_at=self.now)

    def seen(self, viewer: Viewer, event: ClientEvent = BID) -> Seen:
        return self.rounds.seen_by(viewer, event)

    def somebody_passes(self) -> None:
        """Whoever leaves looks at what can be forgotten."""
        self.leaves(self.joins(999, round_=None))


@pytest.fixture
def room() -> Room:
    return Room()


def test_a_viewer_in_the_room_has_seen_what_has_been_out_for_a_while(room: Room) -> None:
    bilal = room.joins(2)
    assert room.seen(bilal) == Seen(1, here=True)
    room.shows(bilal, 2)
    room.now += 0.9
    assert room.seen(bilal) == Seen(1, here=True)  # on its way while the product changed
    room.now += 0.2
    assert room.seen(bilal) == Seen(2, here=True)


def test_a_later_message_of_the_same_round_does_not_begin_the_wait_anew(room: Room) -> None:
    bilal = room.joins(2)
    room.shows(bilal, 2)
    room.now += 0.9
    room.shows(bilal, 2)
    room.now += 0.1
    assert room.seen(bilal) == Seen(2, here=True)


def test_two_changes_right_behind_each_other_leave_the_first_one_seen(room: Room) -> None:
    bilal = room.joins(2)
    for round_ in (2, 3):
        room.shows(bilal, round_)
        room.now += 0.6
    assert room.seen(bilal) == Seen(2, here=True)


def test_a_join_tells_the_round_at_once(room: Room) -> None:
    bilal = room.joins(2)
    room.shows(bilal, 2)
    room.shows(bilal, 2, at_once=True)  # it joined again
    assert room.seen(bilal) == Seen(2, here=True)


def test_who_has_not_been_told_yet_has_seen_nothing(room: Room) -> None:
    """In the room, while the state that answers the join still waits for a poll."""
    bilal = room.joins(2, round_=None)
    assert room.seen(bilal) == UNKNOWN
    assert room.seen(room.comes_back(3)) == UNKNOWN


def test_a_phone_that_comes_back_bids_for_what_it_saw_before_it_was_cut_off(room: Room) -> None:
    bilal = room.joins(2)
    room.lives(bilal)
    room.now += 5
    room.shows(bilal, 2)  # nobody reads it any more
    room.now += 30
    back = room.comes_back(2)
    assert room.seen(back) == Seen(1)  # the old line has not been noticed to be dead
    room.leaves(bilal)
    assert room.seen(back) == Seen(1)
    assert room.seen(room.comes_back(3)) == UNKNOWN  # somebody else's socket says nothing of them


def test_a_sign_of_life_confirms_what_was_out_before_it(room: Room) -> None:
    bilal = room.joins(2)
    room.now += 1
    room.shows(bilal, 2)
    room.now += 1
    room.lives(bilal)
    room.leaves(bilal)
    assert room.seen(room.comes_back(2)) == Seen(2)


def test_of_two_tabs_the_one_that_saw_the_earlier_round_counts(room: Room) -> None:
    dead, alive = room.joins(2), room.joins(2)
    for viewer in (dead, alive):
        room.lives(viewer)
    room.now += 1
    room.shows(alive, 2)
    room.now += 1
    room.lives(alive)
    assert room.seen(alive) == Seen(2, here=True)
    assert room.seen(room.comes_back(2)) == Seen(1)
    room.leaves(dead)
    assert room.seen(room.comes_back(2)) == Seen(1)


def test_what_was_seen_is_remembered_for_ten_minutes_and_then_forgotten(room: Room) -> None:
    room.leaves(room.joins(2))
    room.now += REMEMBERED_SECONDS - 1
    assert room.seen(room.comes_back(2)) == Seen(1)
    room.now += 2
    assert room.seen(room.comes_back(2)) == UNKNOWN
    room.somebody_passes()
    assert room.rounds.size == 1  # when to forget the one who passed


def test_the_lowest_round_counts_until_its_own_time_is_over(room: Room) -> None:
    room.leaves(room.joins(2, 4))
    room.now += REMEMBERED_SECONDS / 2
    room.leaves(room.joins(2, 6))
    assert room.seen(room.comes_back(2)) == Seen(4)
    room.now += REMEMBERED_SECONDS / 2 + 1
    assert room.seen(room.comes_back(2)) == Seen(6)
    room.leaves(room.joins(2, 3))  # as low as can be, and remembered for longest
    assert room.seen(room.comes_back(2)) == Seen(3)


def test_somebody_who_stays_is_not_forgotten(room: Room) -> None:
    bilal = room.joins(2)
    room.leaves(room.joins(2))
    room.now += 3 * REMEMBERED_SECONDS
    room.somebody_passes()
    assert room.seen(bilal) == Seen(1, here=True)


def test_coming_and_going_without_end_is_remembered_once(room: Room) -> None:
    for _ in range(5_000):
        room.leaves(room.joins(2))
    assert room.rounds.size == 2  # what was seen, and when to forget it


def test_who_never_gives_a_sign_of_life_is_shown_rounds_in_bounded_memory(room: Room) -> None:
    bilal = room.joins(2)
    for round_ in range(2, 10 * SHOWN_MAX):
        room.now += 1
        room.shows(bilal, round_)
    assert len(bilal.shown[7]) <= SHOWN_MAX
    assert room.seen(room.comes_back(2)) == Seen(1)
    room.now += 2
    assert room.seen(bilal) == Seen(10 * SHOWN_MAX - 1, here=True)


def test_a_ledger_with_another_history_begins_anew(room: Room) -> None:
    """A restored backup is in an earlier round than what the viewer saw (D34)."""
    bilal = room.joins(2, 9)
    room.shows(bilal, 4)
    room.now += 2
    assert room.seen(bilal) == Seen(4, here=True)


def test_a_host_knows_the_round_of_the_own_deed_without_joining(room: Room) -> None:
    amina = room.comes_back(1)
    assert room.seen(amina, NEXT_LOT) == UNKNOWN
    room.rounds.answer(amina, 7, 2, at_once=True)
    assert room.seen(amina, NEXT_LOT) == Seen(2, here=True)
    room.rounds.answer(amina, 7, 1, at_once=True)  # the answer to a request that was repeated
    assert room.seen(amina, NEXT_LOT) == Seen(2, here=True)
    assert room.seen(room.comes_back(1), NEXT_LOT) == UNKNOWN
    assert room.seen(amina, BID) == UNKNOWN  # which is not a way into the room


def test_a_host_who_was_refused_knows_the_round_after_a_while(room: Room) -> None:
    """What was flushed behind the refused command is refused, too; what a person does then is not."""
    amina = room.joins(1)
    room.rounds.answer(amina, 7, 2, at_once=False)
    assert room.seen(amina, NEXT_LOT) == Seen(1, here=True)
    room.now += 1.1
    assert room.seen(amina, NEXT_LOT) == Seen(2, here=True)


def test_without_a_delay_what_is_out_counts() -> None:
    room = Room()
    room.rounds = RoundsSeen(0, clock=lambda: room.now)
    bilal = room.joins(2)
    room.shows(bilal, 2)
    assert room.seen(bilal) == Seen(2, here=True)
