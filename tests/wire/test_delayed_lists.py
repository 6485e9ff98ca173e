"""Lists over the budget of their room: sent less often, never wrong, and the last one always."""

from __future__ import annotations

import asyncio
import re

import pytest

from baraka_server.live.audience import RoundShown
from baraka_server.live.encoded import Superseding, encode
from baraka_server.wire import delayed_lists
from baraka_server.wire.delayed_lists import DelayedLists
from baraka_server.wire.fanout import FanOut, Subscriber
from baraka_server.wire.outgoing import OutgoingPacket
from tests.support.servers.neighbours import AUCTION, server_in_process

LISTS, DELTAS = ROOMS = ("auction_1", "auction_1:delta")


class Listener:
    """A viewer whose subscriber is clear, and the transport that it leads to."""

    def __init__(self, fan_out, room):
        self.told = []
        self.subscriber = Subscriber(None, 100, lambda _shown: None)
        self.subscriber.attach(self, compresses=False)
        self.subscriber.direct = True
        fan_out.enter(self.subscriber, room)

    def write(self, frames):
        said = re.findall(rb'42\["news","(\w+)"\]', frames)
        self.told += [text.decode() for text in said]

    def is_closing(self):
        return False

    def get_write_buffer_size(self):
        return 0


def says(fan_out, text, subject="bids", shows=None):
    whole = Superseding(f'"{text}"', subject) if subject else encode(text)
    fan_out.announce(ROOMS, "news", whole, encode(text), shows)
    fan_out.flush()


@pytest.fixture
def fan_out():
    """Whatever is told of lists is over the budget, and the next list waits for long."""
    return FanOut(lambda: (), list_bytes_per_second_max=1e-6)


async def test_over_the_budget_the_newest_list_waits_and_deltas_do_not(fan_out):
    lists, deltas = Listener(fan_out, LISTS), Listener(fan_out, DELTAS)
    for text in "abcd":
        says(fan_out, text)
    assert lists.told == ["a"]
    assert deltas.told == list("abcd")


async def test_what_waits_is_sent_by_itself_and_soon(fan_out, monkeypatch):
    monkeypatch.setattr(delayed_lists, "DELAY_SECONDS_MAX", 0.05)
    lists = Listener(fan_out, LISTS)
    for text in "abcd":
        says(fan_out, text)
    async with asyncio.timeout(20):
        while lists.told != ["a", "d"]:
            await asyncio.sleep(0.01)
    says(fan_out, "e")
    says(fan_out, "f")
    async with asyncio.timeout(20):
        while lists.told[-1] != "f":
            await asyncio.sleep(0.01)
    assert sorted(lists.told) == lists.told


@pytest.mark.parametrize("shows", [None, RoundShown(1, 2)])
async def test_whatever_else_is_announced_comes_behind_the_lists_before_it(fan_out, shows):
    lists = Listener(fan_out, LISTS)
    for text in "abc":
        says(fan_out, text)
    says(fan_out, "lot", "bids of another round" if shows else None, shows)
    assert lists.told == ["a", "c", "lot"]
    says(fan_out, "d", None)
    assert lists.told[-1] == "d"


async def test_bids_do_not_wait_for_comments_and_order_is_kept(fan_out):
    lists = Listener(fan_out, LISTS)
    for text in "abc":
        says(fan_out, text, "comments")
    says(fan_out, "d", "bids")
    assert lists.told == ["a", "c", "d"]


async def test_whoever_comes_meanwhile_hears_nothing_of_before(fan_out):
    lists = Listener(fan_out, LISTS)
    for text in "ab":
        says(fan_out, text)
    early, late = Listener(fan_out, LISTS), Listener(fan_out, LISTS)
    says(fan_out, "end", None)
    assert (lists.told, early.told, late.told) == (["a", "b", "end"], ["end"], ["end"])
    for text in "cd":
        says(fan_out, text)
    late = Listener(fan_out, LISTS)
    says(fan_out, "e")
    fan_out.release(LISTS)
    assert lists.told[-1] == "e"
    assert late.told == ["e"]


async def test_nothing_is_kept_of_a_room_that_is_empty(fan_out):
    lists = Listener(fan_out, LISTS)
    for text in "ab":
        says(fan_out, text)
    fan_out.leave_all(lists.subscriber)
    assert not fan_out.rooms_with_lists
    late = Listener(fan_out, LISTS)
    says(fan_out, "c")
    assert (lists.told, late.told) == (["a"], ["c"])


def test_a_budget_has_room_for_a_burst_and_is_never_owed_for_long():
    now = 100.0
    lists = DelayedLists(1_000, lambda: now)
    bids = [OutgoingPacket("x" * 10, "bids")]
    assert lists.wait(bids) == 0
    lists.spend(bids, 1_500)
    assert lists.wait(bids) == 0
    lists.spend(bids, 1_500)
    assert lists.wait(bids) == 1
    lists.spend(bids, 10**9)
    assert lists.wait(bids) == delayed_lists.DELAY_SECONDS_MAX
    assert lists.wait([OutgoingPacket("x", "comments")]) == 0
    now += delayed_lists.DELAY_SECONDS_MAX
    assert lists.wait(bids) == 0
    for number in range(100):
        lists.spend([OutgoingPacket("x", number)], 1)
    assert lists.subjects == delayed_lists.SUBJECTS_MAX


async def test_a_room_of_lists_costs_no_more_than_its_budget(tmp_path):
    """And at its end everybody has the whole list."""
    limits = {"list_bytes_per_second_max": 20_000, "comments_per_second_max": 0}
    limits |= {"events_per_second_max": 0}
    async with server_in_process(tmp_path, **limits) as neighbours:
        for number in range(200):
            await neighbours.amina.emits("comment", AUCTION | {"comment": f"{number}"})
        told = await neighbours.bilal.hears(
            "newComment", lambda heard: heard["newComment"]["comment"] == "199"
        )
        assert [row["comment"] for row in told["comments"]] == [f"{n}" for n in range(200)]
        heard = neighbours.bilal.heard("newComment")
        seqs = [one["seq"] for one in heard]
        assert seqs == sorted(set(seqs))
        assert len(heard) < 150
        await neighbours.bilal_bids()
