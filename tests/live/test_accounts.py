"""Looks for users who were deleted or blocked everywhere: who is put out, and who is not (D4, D47)."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from baraka_server.contract.refusals import Code
from baraka_server.live.accounts import Accounts
from baraka_server.store import accounts
from baraka_server.store.tables import users

DINA, FARAH, NOBODY = 3, 6, 4711


class Connected:
    """Who is connected, and who was put out, with the code."""

    def __init__(self, *connected):
        self.connected = set(connected)
        self.put_out = []

    def users(self):
        return set(self.connected)

    async def close(self, user_id, refusal):
        self.connected.discard(user_id)
        self.put_out.append((user_id, refusal.code))


async def test_a_user_is_put_out_who_was_there_and_is_missing_twice(store):
    looks, here = Accounts(store, 0), Connected(DINA, FARAH, NOBODY)
    await looks.look(here.users, here.close)
    async with store.writing() as connection:
        row = (await connection.execute(select(users).where(users.c.id == DINA))).mappings().one()
        await connection.execute(delete(users).where(users.c.id == DINA))
    await looks.look(here.users, here.close)
    async with store.writing() as connection:  # filled anew by another program
        await connection.execute(insert(users).values(dict(row)))
    await looks.look(here.users, here.close)
    assert here.put_out == []
    async with store.writing() as connection:
        await connection.execute(delete(users).where(users.c.id == DINA))
    for _ in range(2):
        await looks.look(here.users, here.close)
    assert here.put_out == [(DINA, Code.USER_NOT_FOUND)]
    here.connected.add(DINA)  # with the token that is still good: as somebody who never was there
    for _ in range(3):
        await looks.look(here.users, here.close)
    assert here.connected == {DINA, FARAH, NOBODY}


async def test_whoever_is_blocked_everywhere_is_put_out_at_the_next_look(store):
    looks, here = Accounts(store, 0), Connected(DINA, FARAH)
    assert await accounts.block(store, FARAH)
    assert not await accounts.block(store, FARAH)
    await looks.look(here.users, here.close)
    assert here.put_out == [(FARAH, Code.BLOCKED_EVERYWHERE)]
    refusal = looks.refusal(FARAH)
    assert refusal is not None
    assert refusal.code is Code.BLOCKED_EVERYWHERE
    assert await accounts.unblock(store, FARAH)
    assert not await accounts.unblock(store, FARAH)
    await looks.look(here.users, here.close)
    assert looks.refusal(FARAH) is None


async def test_more_users_than_one_look_asks_for_are_all_found(store, monkeypatch):
    monkeypatch.setattr(accounts, "USERS_PER_LOOK", 7)
    assert await accounts.existing(store, set(range(1, 70))) == set(range(1, 61))
