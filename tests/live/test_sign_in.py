"""Signing in without a server: what a code is, what is kept of it, and what is answered (D49, D50)."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from baraka_server.contract.refusals import Code, Refusal
from baraka_server.live.code_delivery import AT_ONCE_MAX, CodeDelivery, Number, ToSend
from baraka_server.live.sign_in import Challenge, SignIn
from baraka_server.store import codes as store_codes
from baraka_server.store.codes import CodeLimits
from baraka_server.store.errors import Unavailable
from baraka_server.store.sessions import Renewed, SessionLimits
from baraka_server.store.sign_ins import SignedIn
from baraka_server.store.tables import code_requests, codes, sessions, users

NOW = datetime(2027, 1, 31, tzinfo=UTC)
HIS, HERS = "+96555550002", "+96555550003"
KEY, ANOTHER_KEY = b"a" * 32, b"b" * 32
ADDRESS = "192.0.2.1"


@pytest.fixture
def database_url(tmp_path):
    """One database is enough: tests/store has what depends on its kind."""
    return f"sqlite:///{tmp_path / 'baraka.db'}"


class Desk:
    """Signing in at a time that stands until a test moves it. It is the channel of its codes too."""

    def __init__(self, store, key=KEY, **options):
        self.now, self.sent, self.ids, self.fault = NOW, [], set(), None
        self.sending = self.sending_most = 0
        counts = Counter()
        self.delivery = CodeDelivery(
            store, self, counts, sign_up=True, in_users=False, clock=self.clock, **options
        )
        limits = CodeLimits(), SessionLimits()
        self.sign_in = SignIn(
            store, key, self.delivery, counts, *limits, sign_up=True, clock=self.clock
        )

    def clock(self):
        return self.now

    async def send(self, sending):
        if self.fault:
            raise self.fault
        self.sending += 1
        self.sending_most = max(self.sending, self.sending_most)
        for _ in range(20):  # whoever need not wait for a turn begins meanwhile
            await asyncio.sleep(0)
        self.sending -= 1
        self.sent.append(sending.code)
        self.ids.add(sending.id)

    async def asks(self, number, challenge=None):
        found = await self.sign_in.ask(number_of(number), ADDRESS, challenge)
        await self.delivery.drained()
        return found

    async def tries(self, number, code):
        return await self.sign_in.verify(number_of(number), code, "Noor", ADDRESS)


def number_of(e164):
    return Number(e164, (e164,), e164[:-4])


async def kept(store):
    """The rows of codes by number, and those of counts."""
    async with store.reading() as connection:
        rows = await connection.execute(select(codes).where(codes.c.number != ""))
        counted = await connection.execute(select(code_requests).order_by(code_requests.c.at))
        return {row.number: row for row in rows}, counted.all()


async def test_a_code_is_one_of_a_million_with_the_zeros_before_it(store, monkeypatch):
    desk = Desk(store)
    monkeypatch.setattr(secrets, "randbelow", lambda below: below - 1)
    await desk.asks(HIS)
    monkeypatch.setattr(secrets, "randbelow", lambda _: 7)
    await desk.asks(HERS)
    assert desk.sent == ["999999", "000007"]
    assert len(desk.ids) == 2  # a receiver sends one message for each


async def test_what_is_kept_tells_no_code_and_no_number_without_the_key(store, monkeypatch):
    """There are a million codes, and ten thousand numbers of a range: any other hash is soon undone."""
    monkeypatch.setattr(secrets, "randbelow", lambda _: 123456)
    desk, other = Desk(store), Desk(store, ANOTHER_KEY)
    await desk.asks(HIS)
    await desk.asks(HERS)
    before, _ = await kept(store)
    assert before[HIS].code_hash != before[HERS].code_hash
    other.now = NOW + timedelta(minutes=2)
    await other.asks(HIS)
    after, counted = await kept(store)
    assert after[HIS].code_hash != before[HIS].code_hash
    assert len({row.number_hash for row in counted}) == 3
    assert HIS not in str(counted)
    assert "123456" not in str((before, after, counted))


async def test_neither_codes_nor_tokens_are_in_what_a_fault_may_show(store):
    desk = Desk(store)
    challenge = await desk.asks(HIS)
    signed_in = await desk.tries(HIS, desk.sent[0])
    assert isinstance(challenge, Challenge)
    assert isinstance(signed_in, SignedIn)
    renewed = await desk.sign_in.refresh(signed_in.refresh_token)
    assert isinstance(renewed, Renewed)
    assert challenge.token not in repr(challenge)
    assert signed_in.refresh_token not in repr(signed_in)
    assert renewed.refresh_token not in repr(renewed)
    shown = repr(ToSend("1", number_of(HIS), "123456", "", NOW))
    assert "123456" not in shown
    assert HIS not in shown


async def test_codes_counts_and_sessions_that_are_over_are_forgotten(store):
    desk = Desk(store)
    await desk.asks(HIS)
    await desk.tries(HIS, desk.sent[0])
    await desk.asks(HERS)
    desk.now += timedelta(days=38)
    while await desk.sign_in.forget():
        pass
    assert await kept(store) == ({}, [])
    async with store.reading() as connection:
        assert not (await connection.execute(select(sessions))).all()


async def test_a_challenge_stays_the_same_and_is_not_guessed(store):
    desk = Desk(store)
    first = await desk.asks(HIS)
    assert isinstance(first, Challenge)
    assert len(first.token) >= 22  # 128 bits
    desk.now += timedelta(minutes=2)
    again = await desk.asks(HIS, first.token)
    assert again == first
    assert await desk.sign_in.number_of(first.token) == HIS


async def test_a_number_that_a_second_user_has_since_is_answered_as_a_wrong_code(store):
    desk = Desk(store)
    await desk.asks(HIS)
    async with store.writing() as connection:
        await connection.execute(update(users).where(users.c.id.in_([2, 3])).values(number=HIS))
    found = await desk.tries(HIS, desk.sent[0])
    assert isinstance(found, Refusal)
    assert (found.code, found.extra) == (Code.WRONG_CODE, {})


async def test_while_too_many_codes_wait_none_is_made(store):
    desk = Desk(store, waiting_max=0)
    found = await desk.asks(HIS)
    assert isinstance(found, Refusal)
    assert found.code is Code.SIGN_IN_UNAVAILABLE
    assert await kept(store) == ({}, [])


async def test_the_text_of_a_fault_may_name_a_number_and_is_not_logged(store, caplog):
    desk = Desk(store)
    desk.fault = ValueError(f"{HIS} has no route")
    await desk.asks(HIS)
    assert "ValueError" in caplog.text
    assert HIS not in caplog.text


async def test_a_code_waits_for_the_database_to_come_back(store, monkeypatch):
    still_good, failures = store_codes.still_good, [Unavailable("gone")]

    async def fails_once(*asked):
        if failures:
            raise failures.pop()
        return await still_good(*asked)

    monkeypatch.setattr(store_codes, "still_good", fails_once)
    desk = Desk(store, pauses=(0,))
    await desk.asks(HIS)
    assert len(desk.sent) == 1


async def test_the_receiver_of_codes_has_so_many_at_once_and_no_more(store, monkeypatch):
    async def is_good(*_):
        return True

    async def nobodys(*_):
        return []

    monkeypatch.setattr(store_codes, "still_good", is_good)
    monkeypatch.setattr(store_codes, "find_users", nobodys)
    desk = Desk(store)
    for count in range(AT_ONCE_MAX + 2):
        number, until = number_of(f"+9655555{count:04}"), NOW + timedelta(minutes=5)
        desk.delivery.put(ToSend(str(count), number, "123456", "", until))
    await desk.delivery.drained()
    assert (len(desk.sent), desk.sending_most) == (AT_ONCE_MAX + 2, AT_ONCE_MAX)
