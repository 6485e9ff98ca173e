"""Announcements that did not come live: who may leave out which, whatever time the machine has."""

from __future__ import annotations

import pytest

from baraka_cli.simulator import awake
from baraka_cli.simulator.awake import AwakeClock
from baraka_cli.simulator.checks.proof import Proof
from baraka_cli.simulator.checks.seats import Seat
from baraka_cli.simulator.meter import Meter
from baraka_cli.simulator.result import Second
from tests.simulator.test_proof import AUCTION, Sale, broken, enters, hears

READERS = 6
LOST = f"did not hear number 3 of auction {AUCTION}, bid 102 of 7 by user 3, over a connection"


class Room:
    """Phones that read lists, in a sale with a lot and some bids. `now` is the crowd's own time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sale = Sale()
        self.proof = Proof(lambda: 0.0, awake=lambda: self.now)
        self.proof.numbered = True
        self.seats = [Seat(f"viewer {number}", lists=True) for number in range(READERS)]
        self.delta = Seat("one who reads no lists")
        for seat in (*self.seats, self.delta):
            enters(self.proof, seat, self.sale.states[0], None)
        self.sale.lot(5)
        for number in range(6):
            self.sale.bid(2 + number % 2, 1)
        self.told = 0
        self.tells(1, *self.seats)

    def tells(self, number: int, *seats: Seat) -> None:
        """To these, and everything up to it to one who reads no lists."""
        for before in range(self.told + 1, number + 1):
            hears(self.proof, self.delta, self.sale.told[before - 1])
        self.told = max(self.told, number)
        for seat in seats:
            hears(self.proof, seat, self.sale.told[number - 1])

    def finds(self) -> list[str]:
        self.proof.rooms.skipped.finish()
        return broken(self.proof)


@pytest.fixture
def room() -> Room:
    return Room()


def test_one_of_many_is_found_however_late_the_crowd_is(room):
    victim, *others = room.seats
    for number in (2, 3, 4):
        room.now += 60
        room.tells(number, *others, *([victim] if number != 3 else []))
    (found,) = room.finds()
    assert found.startswith("one_order: viewer 0 " + LOST)


def test_who_is_away_is_not_among_those_who_were_told_less(room):
    victim, other, *away = room.seats
    room.tells(2, *room.seats)
    for seat in away:
        seat.lost_line()
    room.tells(3, other)
    room.tells(4, victim, other)
    assert LOST in room.finds()[-1]


def test_a_whole_room_may_be_told_less_often_and_of_the_newest_as_late_as_it_takes(room):
    room.tells(2, *room.seats)
    room.now += 600
    room.tells(4, *room.seats)
    room.now += 600
    room.tells(5, *room.seats)
    assert room.finds() == []
    assert room.proof.rooms.skipped.superseded == READERS


def test_who_hears_everything_late_may_be_left_out(room):
    slow, *others = room.seats
    room.tells(2, *room.seats)
    room.tells(3, *others)
    room.tells(4, *others)
    room.now += 1.1
    room.tells(4, slow)
    assert room.finds() == []


def test_a_crowd_that_left_much_unread_cannot_tell(room):
    room.proof.rooms.skipped.crowd_left_unread = lambda: True
    victim, *others = room.seats
    for number in (2, 3, 4):
        room.tells(number, *others, *([victim] if number != 3 else []))
    assert room.finds() == []


def test_it_is_named_while_the_sale_goes_on_when_all_others_have_heard_it(room):
    victim, *others = room.seats
    for number in (2, 3, 4):
        room.tells(number, *others, *([victim] if number != 3 else []))
    room.proof.rooms.skipped.judge(5.0)
    assert LOST in broken(room.proof)[0]


def test_a_stall_of_the_event_loop_is_a_moment_on_its_own_clock(monkeypatch):
    now = 100.0
    monkeypatch.setattr(awake.time, "perf_counter", lambda: now)
    clock = AwakeClock()

    def passes(seconds: float) -> float:
        nonlocal now
        now += seconds
        clock.tick()
        return clock()

    assert passes(0.06) == pytest.approx(0.06)
    assert passes(30) == pytest.approx(0.16)
    clock.stood_still(0.1)
    assert passes(0.06) == pytest.approx(0.16), "another process reads first"
    assert passes(0.06) == pytest.approx(0.18)


def test_what_was_left_unread_is_what_came_while_the_loop_was_late():
    meter = Meter()
    meter.in_room_max = 10
    meter.timeline += [Second(at=0, lag_ms=500, bytes=3_000_000), Second(at=1, bytes=9_000_000)]
    assert meter.unread_bytes(30) == pytest.approx(150_000)
    assert meter.unread_bytes(1) == 0
