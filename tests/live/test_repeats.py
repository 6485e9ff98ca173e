"""A host who starts again and again: the room hears each, everybody else one now and then (D5)."""

from __future__ import annotations

import asyncio

import pytest

from baraka_server.contract.client_events import JoinAuction, PlaceBid, StartAuction
from baraka_server.live import just_done, repeats
from tests.support.clients.hall import viewer
from tests.support.servers.databases import only_sqlite

pytestmark = only_sqlite


@pytest.fixture(autouse=True)
def every_repetition_is_an_entry(monkeypatch):
    monkeypatch.setattr(just_done, "SECONDS", 0)


def starts(hall, listener):
    return [payload["seq"] for event, payload in hall.heard[listener] if event == "auctionStarted"]


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_who_is_not_in_the_room_hears_the_first_repetition_and_no_more_for_a_while(
    house, hall, monkeypatch
):
    monkeypatch.setattr(repeats, "PAUSE_SECONDS", 600)
    amina, bilal, farah = viewer(1), viewer(2), viewer(6)
    hall.heard[farah].clear()
    first = await house.submit(amina, StartAuction(auction_id=1))
    state = await house.submit(bilal, JoinAuction(auction_id=1))
    seqs = [(await house.submit(amina, StartAuction(auction_id=1)))["seq"] for _ in range(30)]
    for auction_id in (2, 2):  # the first of another auction is news
        other = await house.submit(amina, StartAuction(auction_id=auction_id))
    await until(lambda: len(starts(hall, farah)) == 3)
    assert seqs == list(range(state["seq"] + 1, state["seq"] + 31))
    assert starts(hall, bilal)[:30] == seqs
    assert starts(hall, farah) == [first["seq"], seqs[0], other["seq"] - 1]


async def test_the_last_repetition_is_told_when_its_turn_comes(house, hall, monkeypatch):
    amina, bilal, farah = viewer(1), viewer(2), viewer(6)
    hall.heard[farah].clear()
    await house.submit(amina, StartAuction(auction_id=1))
    await house.submit(bilal, JoinAuction(auction_id=1))
    monkeypatch.setattr(repeats, "PAUSE_SECONDS", 0.2)
    for _ in range(20):
        last = await house.submit(amina, StartAuction(auction_id=1))
    await until(lambda: starts(hall, farah)[-1] == last["seq"])
    assert starts(hall, bilal) == sorted(set(starts(hall, bilal)))
    await until(lambda: not house.repeats_wait)
    again = await house.submit(amina, StartAuction(auction_id=1))
    await until(lambda: starts(hall, farah)[-1] == again["seq"])


async def test_a_start_that_is_told_again_is_paid_for_by_the_size_of_its_room(house):
    start = StartAuction(auction_id=1)
    assert house.chars_for(start) == 0
    await house.submit(viewer(1), start)
    for _ in range(5):
        await house.submit(viewer(2), JoinAuction(auction_id=1))
    assert house.chars_for(start) == 5 * 1_000
    assert house.chars_for(PlaceBid(auction_id=1, amount=5)) == 0
