"""Rings of the bell: one for a first bid, two for another leader, three for a lost connection."""

from __future__ import annotations

from collections.abc import Callable

from baraka_cli.console.records import Bid
from baraka_cli.console.sounds import BETWEEN_LEADS_SECONDS, Sound, Sounds
from tests.console.test_tally import NOON

BILAL, DINA = (Bid(user, user, "", 100 * user, NOON) for user in (2, 3))


class Room:
    def __init__(self, *silent: Sound) -> None:
        self.rings: list[float] = []
        self.now = 0.0
        self.sounds = Sounds(
            lambda: self.rings.append(0), self._later, frozenset(silent), lambda: self.now
        )

    def _later(self, seconds: float, _ring: Callable[[], object]) -> None:
        self.rings.append(seconds)

    def heard(self) -> int:
        """Number of rings since it was asked last."""
        count = len(self.rings)
        assert len(set(self.rings)) == count, "two rings at once are one"
        self.rings.clear()
        return count


def test_the_first_bid_rings_once_and_a_lead_that_changes_hands_twice() -> None:
    room = Room()
    room.sounds.led(None, BILAL)
    assert room.heard() == 1
    room.sounds.led(BILAL, BILAL)
    assert room.heard() == 0, "who raises the own bid leads as before"
    room.sounds.led(BILAL, DINA)
    assert room.heard() == 2
    room.sounds.led(DINA, None)
    assert room.heard() == 0


def test_two_who_take_turns_are_not_heard_each_time() -> None:
    room = Room()
    room.sounds.led(BILAL, DINA)
    assert room.heard() == 2
    room.now += BETWEEN_LEADS_SECONDS / 2
    room.sounds.led(DINA, BILAL)
    assert room.heard() == 0
    room.now += BETWEEN_LEADS_SECONDS
    room.sounds.led(BILAL, DINA)
    assert room.heard() == 2


def test_each_is_turned_off_by_itself_and_on_again() -> None:
    room = Room(Sound.LEAD)
    room.sounds.led(BILAL, DINA)
    assert room.heard() == 0
    room.sounds.play(Sound.LOST)
    assert room.heard() == 3
    assert room.sounds.switch(Sound.LEAD)
    assert not room.sounds.switch(Sound.LOST)
    room.now += BETWEEN_LEADS_SECONDS
    room.sounds.led(BILAL, DINA)
    assert room.heard() == 2
    room.sounds.play(Sound.LOST)
    assert room.heard() == 0
