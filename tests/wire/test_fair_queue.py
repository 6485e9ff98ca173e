"""The fair queue, without a server."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest

from baraka_server.wire.fair_queue import FairQueue, TooManyWaiting

BILAL, DINA, EVE = 2, 3, 4


class Desk:
    """Users who wait for turns and keep them until they are released; `had` are all turns in order."""

    def __init__(self, at_once, waiting_max=100):
        self.queue = FairQueue(at_once, waiting_max)
        self.had = []
        self.having = []

    async def asks(self, user_id):
        task = asyncio.create_task(self._has(user_id))
        await settled()
        return task

    async def _has(self, user_id):
        async with self.queue.turn(user_id):
            self.had.append(user_id)
            done = asyncio.Event()
            self.having.append((user_id, done))
            await done.wait()

    async def lets_go(self, user_id):
        (done, *_) = [done for user, done in self.having if user == user_id]
        self.having.remove((user_id, done))
        done.set()
        await settled()


async def settled():
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_user_has_one_turn_at_a_time_however_many_are_free():
    desk = Desk(3)
    for user in (BILAL, BILAL, BILAL, DINA):
        await desk.asks(user)
    assert desk.had == [BILAL, DINA]
    await desk.lets_go(BILAL)
    assert desk.had == [BILAL, DINA, BILAL]


async def test_nobody_waits_behind_all_that_another_one_asked_for():
    desk = Desk(1)
    for user in [EVE] * 10 + [BILAL, DINA, BILAL]:
        await desk.asks(user)
    for user in (EVE, EVE, BILAL, DINA, EVE, BILAL):
        assert desk.having[0][0] == user, desk.had
        await desk.lets_go(user)


async def test_the_room_to_wait_is_shared_and_the_greediest_gives_way():
    desk = Desk(1, waiting_max=4)
    asked = [await desk.asks(EVE) for _ in range(6)]
    assert [task.done() for task in asked] == [False] * 5 + [True]
    for user in (BILAL, DINA):
        assert not (await desk.asks(user)).done()
    assert [task.done() for task in asked] == [False] * 3 + [True] * 3
    for task in asked[3:]:
        with pytest.raises(TooManyWaiting):
            await task
    assert desk.queue.waiting == 4
    with pytest.raises(TooManyWaiting):  # or Bilal would have as many as the greediest
        await (await desk.asks(BILAL))
    for _ in range(5):
        await desk.lets_go(desk.having[0][0])
    assert (desk.queue.waiting, len(desk.had)) == (0, 5)


async def test_whoever_goes_away_keeps_no_turn_and_no_place():
    desk = Desk(1)
    having, waiting, last = [await desk.asks(user) for user in (BILAL, BILAL, DINA)]
    waiting.cancel()
    await settled()
    assert desk.queue.waiting == 1
    having.cancel()
    await settled()
    assert desk.had == [BILAL, DINA]
    last.cancel()
    await settled()
    await desk.asks(BILAL)
    assert desk.had == [BILAL, DINA, BILAL]


async def test_a_turn_that_is_given_to_somebody_who_goes_away_at_that_moment_is_not_lost():
    desk = Desk(1)
    await desk.asks(BILAL)
    gone, other = await desk.asks(DINA), await desk.asks(EVE)
    (_, done) = desk.having.pop()
    done.set()
    await asyncio.sleep(0)  # the turn is Dina's, who does not know yet
    gone.cancel()
    await settled()
    assert desk.had == [BILAL, EVE]
    assert not other.done()


async def test_what_a_refused_one_held_is_freed_without_a_collection():
    class Held:
        pass

    async def asks(held):
        async with queue.turn(EVE):
            await asyncio.Event().wait()

    queue = FairQueue(1, waiting_max=3)
    gc.collect()
    gc.disable()
    try:
        tasks, held = [], []
        for _ in range(4):
            one = Held()
            held.append(weakref.ref(one))
            tasks.append(asyncio.create_task(asks(one)))
        del one
        await settled()
        bilal = asyncio.create_task(
            queue.turn(BILAL).__aenter__()
        )  # takes the place of Eve's last one
        await settled()
        assert isinstance(tasks.pop().exception(), TooManyWaiting)
        assert [one() is None for one in held] == [False, False, False, True]
    finally:
        gc.enable()
        for task in [bilal, *tasks]:
            task.cancel()
