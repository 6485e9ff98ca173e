"""A host who does the same again and again: the second time is told, those behind it are answered with it (D5)."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from baraka_server.contract.client_events import (
    BroadcasterLeave,
    CancelAuction,
    ChangeLot,
    EndAuction,
    JoinAuction,
    StartAuction,
)
from baraka_server.contract.refusals import Refusal
from baraka_server.live import just_done
from baraka_server.store import audit
from baraka_server.store.tables import auctions
from tests.support.checks.proof import the_ledger
from tests.support.clients.hall import Hall, open_house, viewer
from tests.support.servers.clock import Clock

START, LEAVE = StartAuction(auction_id=1), BroadcasterLeave(auction_id=1)
END, CANCEL = EndAuction(auction_id=1), CancelAuction(auction_id=1)


def change(product="Ring", price=5, **more):
    prices = {"minBidPrice": price, "bidPrice": price, "actualPrice": price}
    return ChangeLot.model_validate({"auctionId": 1, "product": product} | prices | more)


@pytest.fixture
def commits(store, monkeypatch):
    """How often an auction's row was locked."""
    locked, change = [], store.change

    async def counted(auction_id, work, **more):
        locked.append(auction_id)
        return await change(auction_id, work, **more)

    monkeypatch.setattr(store, "change", counted)
    return locked


def told(hall, listener):
    news = hall.news_of(listener)
    return [(event, payload["seq"]) for event, payload in news if event != "auctionState"]


async def kinds(store):
    return [entry.event.kind for entry in await the_ledger(store, 1)]


@pytest.mark.parametrize(("command", "kind"), [(START, "started"), (change(), "lot_repriced")])
async def test_what_is_said_again_is_told_once_more_and_then_neither_locked_nor_written(
    house, hall, store, commits, command, kind
):
    amina, bilal = viewer(1), viewer(2)
    await house.submit(amina, START)
    await house.submit(amina, change())
    await house.submit(bilal, JoinAuction(auction_id=1))
    answers = [await house.submit(amina, command) for _ in range(20)]
    first, second = 4, 5
    assert [answer["seq"] for answer in answers] == [first] + [second] * 19
    assert {answer["round"] for answer in answers} == {1}
    assert [seq for _, seq in told(hall, bilal)] == [first, second]
    assert len(commits) == 4  # of the two that opened, and of those that are told
    assert (await kinds(store))[3:] == [kind] * 2
    assert (await audit.verify(store, 1)).ok


async def test_a_broadcaster_who_leaves_all_the_time_is_told_twice(house, hall, store, commits):
    amina, bilal = viewer(1), viewer(2)
    await house.submit(amina, START)
    await house.submit(bilal, JoinAuction(auction_id=1))
    seqs = [(await house.submit(amina, LEAVE))["seq"] for _ in range(10)]
    assert seqs == [3, *[4] * 9]
    assert told(hall, bilal) == [("broadCasterLeft", 3), ("broadCasterLeft", 4)]
    assert len(commits) == 3


async def test_many_at_once_are_as_one_after_the_other(house, store):
    asked = [house.submit(viewer(1), START) for _ in range(30)]
    assert [(await answer)["seq"] for answer in asked] == [2, *[3] * 29]
    assert await kinds(store) == ["adopted", "started", "started"]


async def test_after_some_seconds_it_is_told_again(store):
    amina, clock = viewer(1), Clock()
    house = open_house(store, Hall(), clock=clock)
    first = [(await house.submit(amina, START))["seq"] for _ in range(4)]
    clock.now += just_done.SECONDS - 0.1
    within = (await house.submit(amina, START))["seq"]
    clock.now += 0.2
    assert (first, within) == ([2, 3, 3, 3], 3)
    assert (await house.submit(amina, START))["seq"] == 4
    await house.close()


@pytest.mark.parametrize("over", [END, CANCEL], ids=["ended", "canceled"])
@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "on another node"])
async def test_what_is_over_is_refused_however_often_it_was_started(house, store, over, elsewhere):
    amina = viewer(1)
    for _ in range(4):
        await house.submit(amina, START)
    there = open_house(store, Hall()) if elsewhere else house
    assert not isinstance(await there.submit(amina, over), Refusal)
    for _ in range(2):
        refusal = await house.submit(amina, START)
        assert refusal.code == ("already_ended" if over is END else "already_canceled")
    await there.close()


async def test_a_change_in_between_is_told_and_so_is_what_it_was_before(house, store):
    amina = viewer(1)
    await house.submit(amina, START)
    for _ in range(4):
        await house.submit(amina, change(price=5))
    changed = [
        (await house.submit(amina, change(price=price)))["seq"]
        for price in (6, 5, 6, 5)
        for _ in "ab"
    ]
    assert changed == sorted(set(changed))
    opened = [(await house.submit(amina, change(product))) for product in ("Pearl", "Ring")]
    assert [answer["round"] for answer in opened] == [2, 3]


async def test_somebody_else_is_refused_as_always(house):
    for _ in range(4):
        await house.submit(viewer(1), START)
    assert (await house.submit(viewer(2), START)).code == "not_owner"


async def test_a_repeated_request_gets_the_answer_that_it_had(house, store):
    """Also when it got the one of an earlier command, and the auction is over since (D23)."""
    amina, mine = viewer(1), StartAuction(auction_id=1, request_id="mine")
    for _ in range(3):
        await house.submit(amina, START)
    first = await house.submit(amina, mine)
    assert first["seq"] == 3
    other = await house.submit(amina, change(requestId="mine"))
    await house.submit(amina, END)
    assert await house.submit(amina, mine) == first
    assert other.code == "request_id_reused"
    assert (await kinds(store)).count("started") == 2


async def test_another_node_and_one_that_was_started_again_tell_it(house, store):
    """They do not know what was told here; nobody hears it more often than that."""
    amina = viewer(1)
    for _ in range(4):
        await house.submit(amina, START)
    there = open_house(store, Hall())
    assert [(await there.submit(amina, START))["seq"] for _ in range(4)] == [4, 5, 5, 5]
    await there.close()
    assert (await house.submit(amina, START))["seq"] == 3  # what was answered here stands here


async def test_a_command_that_is_refused_again_and_again_locks_nothing(house, commits):
    amina = viewer(1)
    await house.submit(amina, START)
    await house.submit(amina, END)
    before = len(commits)
    refusals = [await house.submit(amina, command) for command in (END, CANCEL, START, change())]
    assert [refusal.code for refusal in refusals] == [
        *("already_ended", "not_live", "already_ended", "already_ended")
    ]
    assert len(commits) == before


async def test_what_another_program_did_to_the_row_is_seen_before_it_is_refused_or_answered(
    house, store
):
    amina = viewer(1)
    for _ in range(4):
        await house.submit(amina, START)
    async with store.writing() as connection:
        await connection.execute(update(auctions).where(auctions.c.id == 1).values(isLive=False))
    assert (await house.submit(amina, START))["seq"] == 5
    assert (await kinds(store))[3:] == ["adopted", "started"]
