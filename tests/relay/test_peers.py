"""Peers of a node: their viewers, and when they are believed to be gone."""

from __future__ import annotations

from baraka_server.relay.messages import Beat
from baraka_server.relay.peers import Peers
from tests.support.servers.clock import Clock

EXPIRY = 5


def beat(node: str, boot: str = "", server: str = "", **counts: int) -> Beat:
    seen = {int(auction[1:]): count for auction, count in counts.items()}
    return Beat(node, boot or node, "1", "", seen, server)


def test_viewers_of_all_peers_are_counted() -> None:
    peers = Peers(EXPIRY, Clock())

    assert peers.beat(beat("b", a42=3, a7=1)) == {42, 7}
    assert peers.beat(beat("c", a42=2)) == {42}

    assert (peers.count(42), peers.count(7), peers.count(8)) == (5, 1, 0)


def test_a_beat_replaces_what_was_said_before() -> None:
    peers = Peers(EXPIRY, Clock())
    peers.beat(beat("b", a42=3, a7=1))

    assert peers.beat(beat("b", a7=1)) == {42}

    assert peers.count(42) == 0


def test_counts_between_two_beats_change_only_what_they_name() -> None:
    peers = Peers(EXPIRY, Clock())
    peers.beat(beat("b", a42=3, a7=1))

    assert peers.counts("b", {42: 9}) == {42}
    assert peers.counts("b", {42: 9}) == set()
    assert (peers.count(42), peers.count(7)) == (9, 1)

    assert peers.counts("b", {42: 0}) == {42}
    assert peers.count(42) == 0


def test_counts_of_a_stranger_wait_for_its_beat() -> None:
    peers = Peers(EXPIRY, Clock())

    assert peers.counts("b", {42: 9}) == set()
    assert peers.count(42) == 0


def test_a_silent_peer_expires_and_no_other() -> None:
    clock = Clock()
    peers = Peers(EXPIRY, clock)
    peers.beat(beat("b", a42=3))
    clock.now += EXPIRY - 1
    peers.beat(beat("c", a42=2, a7=1))

    assert peers.expire() == set()
    clock.now += 1
    assert peers.expire() == {42}

    assert (peers.count(42), peers.count(7)) == (2, 1), "those of c alone"


def test_after_being_deaf_every_peer_has_its_whole_time_to_be_heard() -> None:
    clock = Clock()
    peers = Peers(EXPIRY, clock)
    peers.beat(beat("b", a42=3))
    clock.now += 60
    peers.hears_again()

    assert peers.expire() == set()
    clock.now += EXPIRY - 1
    assert peers.expire() == set()
    assert peers.count(42) == 3

    clock.now += 1
    assert peers.expire() == {42}


def test_a_server_that_was_started_again_takes_the_place_of_itself_with_all_of_its_workers() -> (
    None
):
    peers = Peers(EXPIRY, Clock())
    peers.beat(beat("b.1", "process 1", "start 1", a42=3))
    peers.beat(beat("b.2", "process 2", "start 1", a42=4))
    assert peers.count(42) == 7

    assert peers.beat(beat("b.1", "process 3", "start 2", a42=1)) == {42}

    assert peers.count(42) == 1
    assert not peers.is_twice("b")


def test_two_servers_of_one_name_are_both_counted_and_noticed_until_one_is_gone() -> None:
    clock = Clock()
    peers = Peers(EXPIRY, clock)

    for _ in range(3):
        peers.beat(beat("b.1", "process 1", "start 1", a42=3))
        peers.beat(beat("b.7", "process 2", "start 2", a42=4))
        clock.now += 1
    assert peers.count(42) == 7
    assert peers.is_twice("b")

    for _ in range(2 * EXPIRY):
        peers.beat(beat("b.1", "process 1", "start 1", a42=3))
        peers.expire()
        clock.now += 1
    assert peers.count(42) == 3
    assert not peers.is_twice("b")


def test_another_server_with_our_own_name_is_noticed_and_our_other_workers_are_not() -> None:
    peers = Peers(EXPIRY, Clock(), name="b", server="start 1")

    peers.beat(beat("b.2", "process 2", "start 1", a42=4))
    assert not peers.is_twice("b")

    peers.beat(beat("b.1", "process 3", "start 2", a42=1))
    assert peers.is_twice("b")
