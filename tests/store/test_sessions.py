"""Sessions: refresh tokens are replaced when they are used, and an old one ends its family (D51)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select

from baraka_server.store import accounts, sessions
from baraka_server.store.sessions import Ended, Over, Renewed, SessionLimits, hash_of
from baraka_server.store.tables import refresh_tokens, users
from tests.support.checks.schema import query

NOW = datetime(2027, 1, 31, tzinfo=UTC)
LIMITS = SessionLimits(per_user_max=3)
BILAL, LONER = 2, 60


class Book:
    """Sessions of a database, at a time that stands until a test moves it."""

    def __init__(self, store):
        self.store = store
        self.now = NOW

    def later(self, **span):
        self.now += timedelta(**span)

    async def begin(self, user_id=BILAL):
        return await sessions.begin_for(self.store, user_id, LIMITS, self.now)

    async def renew(self, token):
        return await sessions.renew(self.store, token, LIMITS, self.now)

    async def renewed(self, token):
        found = await self.renew(token)
        assert isinstance(found, Renewed), found
        return found.refresh_token

    async def reasons(self, user_id=BILAL):
        return [one.reason for one in await sessions.list_of(self.store, user_id)]


@pytest.fixture
def book(store):
    return Book(store)


async def test_a_token_is_replaced_when_it_is_used_and_only_its_hash_is_kept(book, sale_database):
    first = await book.begin()
    book.later(minutes=15)
    second = await book.renewed(first)
    assert second != first
    assert len({first, second, await book.renewed(second)}) == 3
    assert len(first) == len(second) == 43  # 256 bits
    kept = str(await query(sale_database, "SELECT * FROM baraka_refresh_tokens"))
    assert hash_of(first) in kept
    assert first not in kept
    assert second not in kept


async def test_an_old_token_ends_its_family_and_no_other(book):
    first, elsewhere = await book.begin(), await book.begin()
    second = await book.renewed(first)
    third = await book.renewed(second)
    assert await book.renew(first) == Over(Ended.REUSE, now=True, user_id=BILAL)
    assert await book.renew(third) == Over(Ended.REUSE, user_id=BILAL)
    assert isinstance(await book.renew(elsewhere), Renewed)


async def test_a_second_tab_gets_a_sibling_once_and_both_go_on(book):
    first = await book.begin()
    one = await book.renewed(first)
    book.later(seconds=30)
    other = await book.renewed(first)
    assert one != other
    one, other = await book.renewed(one), await book.renewed(other)
    assert (await book.renew(first)).reason is Ended.REUSE
    assert (await book.renew(one)).reason is Ended.REUSE


async def test_a_third_tab_ends_the_family(book):
    first = await book.begin()
    for _ in range(2):
        await book.renewed(first)
    assert (await book.renew(first)).reason is Ended.REUSE


async def test_the_predecessor_is_good_for_half_a_minute(book):
    first = await book.begin()
    await book.renewed(first)
    book.later(seconds=30, milliseconds=1)
    assert (await book.renew(first)).reason is Ended.REUSE


async def test_a_predecessor_whose_successor_was_used_is_not_the_immediate_one(book):
    first = await book.begin()
    await book.renewed(await book.renewed(first))
    assert (await book.renew(first)).reason is Ended.REUSE


async def test_of_many_tabs_at_once_two_go_on_and_then_the_family_is_over(book):
    first = await book.begin()
    found = await asyncio.gather(*(book.renew(first) for _ in range(5)))
    assert sum(isinstance(one, Renewed) for one in found) == 2
    assert sum(one == Over(Ended.REUSE, now=True, user_id=BILAL) for one in found) == 1
    for one in found:
        if isinstance(one, Renewed):
            assert (await book.renew(one.refresh_token)).reason is Ended.REUSE


async def test_two_tabs_at_once_both_go_on(book):
    first = await book.begin()
    tabs = await asyncio.gather(book.renewed(first), book.renewed(first))
    assert len({await book.renewed(tab) for tab in tabs}) == 2


async def test_sessions_end_when_they_are_idle_and_at_their_age(book):
    idle, used = await book.begin(), await book.begin()
    for _ in range(6):
        book.later(days=29)
        used = await book.renewed(used)
    assert (await book.renew(idle)).reason is Ended.IDLE
    book.later(days=7)
    assert (await book.renew(used)).reason is Ended.AGE


async def test_a_user_who_is_blocked_or_deleted_has_no_sessions(book):
    blocked, other, gone = await book.begin(), await book.begin(3), await book.begin(LONER)
    await accounts.block(book.store, BILAL)
    assert await book.renew(blocked) == Over(Ended.BLOCKED, user_id=BILAL)
    await accounts.unblock(book.store, BILAL)
    assert await book.renew(blocked) == Over(Ended.BLOCKED, user_id=BILAL)
    async with book.store.writing() as connection:
        await connection.execute(delete(users).where(users.c.id == LONER))
    assert await book.renew(gone) == Over(Ended.DELETED, now=True, user_id=LONER)
    assert isinstance(await book.renew(other), Renewed)
    # Whose session was begun beside the block, and was not among those that it ended.
    await accounts.block(book.store, BILAL)
    beside = await book.begin()
    assert await book.renew(beside) == Over(Ended.BLOCKED, now=True, user_id=BILAL)


async def test_a_user_has_so_many_sessions_and_the_oldest_give_way(book):
    tokens, of_another = [], await book.begin(3)
    for _ in range(5):
        tokens.append(await book.begin())
        book.later(seconds=1)
    kinds = [type(await book.renew(token)) for token in tokens]
    assert kinds == [Over, Over, Renewed, Renewed, Renewed]
    assert isinstance(await book.renew(of_another), Renewed)


async def test_logging_out_and_revoking_end_what_they_name(book):
    mine, second, third = [await book.begin() for _ in range(3)]
    newest = await book.renewed(mine)
    assert await sessions.log_out(book.store, mine, NOW)  # the family ends, by whichever of it
    assert not await sessions.log_out(book.store, newest, NOW)
    assert not await sessions.log_out(book.store, "unknown", NOW)
    listed = await sessions.list_of(book.store, BILAL)
    one = next(each for each in listed if each.ended_at is None)
    assert await sessions.revoke(book.store, 3, one.id[:8], NOW) == 0
    assert await sessions.revoke(book.store, BILAL, "%", NOW) == 0
    assert await sessions.revoke(book.store, BILAL, one.id[:8], NOW) == 1
    assert await sessions.revoke(book.store, 3, None, NOW) == 0
    assert await sessions.revoke(book.store, BILAL, None, NOW) == 1
    assert sorted(await book.reasons()) == ["logout", "revoked", "revoked"]
    for token in (second, third):
        assert (await book.renew(token)).reason is Ended.REVOKED


async def test_a_session_whose_time_is_over_is_listed_as_ended_before_anybody_uses_it(book):
    await book.begin()
    (one,) = await sessions.list_of(book.store, BILAL)
    assert one.as_of(one.used_at + LIMITS.idle, LIMITS) is one
    idle = one.as_of(one.used_at + LIMITS.idle + timedelta(seconds=1), LIMITS)
    assert (idle.ended_at, idle.reason) == (one.used_at + LIMITS.idle, Ended.IDLE)
    used = replace(one, used_at=one.begun_at + LIMITS.age)
    old = used.as_of(used.used_at + timedelta(seconds=1), LIMITS)
    assert (old.ended_at, old.reason) == (one.begun_at + LIMITS.age, Ended.AGE)
    ended = replace(one, ended_at=NOW, reason=Ended.LOGOUT)
    assert ended.as_of(NOW + LIMITS.age * 2, LIMITS) is ended


async def test_what_is_over_is_forgotten_in_steps(book, monkeypatch):
    monkeypatch.setattr(sessions, "ROWS_PER_STEP", 2)
    kept, token = await book.begin(3), await book.begin()
    for _ in range(4):
        token = await book.renewed(token)
    await sessions.revoke(book.store, BILAL, None, book.now)
    assert not await sessions.forget_sessions(book.store, LIMITS, book.now)
    book.later(days=8)
    while await sessions.forget_sessions(book.store, LIMITS, book.now):
        pass
    assert await sessions.list_of(book.store, BILAL) == []
    async with book.store.reading() as connection:
        left = (await connection.execute(select(refresh_tokens.c.hash))).scalars().all()
    assert left == [hash_of(kept)]


async def test_an_old_token_ends_its_family_also_when_older_ones_were_forgotten(book):
    first = await book.begin()
    second = await book.renewed(first)
    book.later(days=29)
    third = await book.renewed(second)
    while await sessions.forget_sessions(book.store, LIMITS, book.now):
        pass
    assert (await book.renew(first)).reason is Ended.REUSE
    assert (await book.renew(third)).reason is Ended.REUSE
