"""Strangers in a sale: told from a server that counts wrongly, by when the difference changes."""

from __future__ import annotations

from baraka_cli.simulator.checks.strangers import Strangers

STEADY = 0.5


class Room:
    """A sale that is sampled ten times a second."""

    def __init__(self, ours: int = 20, strangers: int = 0) -> None:
        self.strangers = Strangers(STEADY)
        self.strangers.begin(strangers)
        self.ours, self.count, self.now = ours, ours + strangers, 0.0
        self.rests()

    def rests(self, seconds: float = 1.0) -> None:
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            self.strangers.sample(self.now, self.count, self.ours)

    def moves(self, ours: int, count: int | None = None) -> None:
        """Some of ours come or go; the count goes with them unless `count` says otherwise."""
        self.ours += ours
        self.rests(0.1)
        self.count += ours if count is None else count
        self.rests()

    @property
    def explained(self) -> bool:
        return self.strangers.explain(self.count, self.ours)


def test_who_comes_while_nobody_of_ours_does_is_somebody():
    room = Room()
    room.count += 1
    room.rests()
    assert room.explained
    assert room.strangers.there == 1


def test_who_leaves_was_somebody():
    room = Room(strangers=2)
    room.moves(-1)
    room.count -= 1
    room.rests()
    assert room.explained
    assert room.strangers.there == 1


def test_who_comes_at_the_same_time_as_one_of_many_of_ours_is_somebody():
    room = Room()
    for _ in range(3):
        room.moves(-1)
        room.moves(1)
    room.moves(-1, count=0)
    assert room.explained


def test_a_difference_that_comes_with_ours_alone_is_the_server_s():
    room = Room()
    room.moves(4, count=5)
    assert not room.explained


def test_what_was_wrong_once_is_somebody_when_counting_again_is_right():
    room = Room()
    room.moves(-1, count=0)
    assert not room.explained
    assert room.strangers.windows < room.strangers.windows_wanted
    for _ in range(2):
        room.moves(-1)
        room.moves(1)
    assert room.strangers.windows >= room.strangers.windows_wanted
    assert room.explained


def test_what_is_right_for_a_moment_makes_nothing_of_before_forgotten():
    room = Room()
    room.count += 1
    room.rests()
    assert room.strangers.explain(room.count - 1, room.ours)
    assert room.explained
    assert room.strangers.there == 1


def test_a_server_that_forgets_who_vanishes_is_not_excused():
    room = Room()
    for _ in range(10):
        room.moves(-1, count=0)
        room.moves(1)
    assert not room.explained


def test_fewer_than_ours_are_never_explained():
    room = Room()
    room.count -= 1
    room.rests()
    assert not room.explained


def test_what_was_explained_is_the_beginning_of_what_follows():
    room = Room()
    room.count += 1
    room.rests()
    assert room.explained
    room.moves(-5)
    assert room.explained
    room.moves(-1, count=0)
    assert not room.explained
