"""Codes by a webhook: signed, tried again, bounded, and beside the requests that asked for them (D49)."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import hmac
import ssl
import time
from collections import Counter

import pytest
from sqlalchemy import delete, insert, update

from baraka_server.live.code_delivery import CodeDelivery, Number, ToSend
from baraka_server.live.sign_in_counts import Outcome
from baraka_server.store.tables import codes
from baraka_server.wire.webhook import WebhookChannel
from tests.support.servers.certificates import self_signed
from tests.support.servers.sms_gateway import SmsGateway

SECRET = "a secret that the gateway has too, of 32 bytes"
SIX = "+999500000006"
"""The number of user 6 in demo data."""
SEVEN, NOBODYS = "+999500000007", "+999500009999"
ASKED_FOR = "a" * 64
"""The hash of every code here."""


@pytest.fixture
def database_url(tmp_path):
    """One database is enough: what is tested here does not depend on its kind."""
    return f"sqlite:///{tmp_path / 'baraka.db'}"


def to_send(number=SIX, code="012345", seconds=300):
    until = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
    return ToSend("d" * 32, Number(number, (number,), number[:-4]), code, ASKED_FOR, until)


async def ask_for(store, *numbers):
    """Have a code of these numbers be the one that was asked for last."""
    row = {
        "challenge_hash": "",
        "code_hash": ASKED_FOR,
        "tries": 0,
        "sent_at": dt.datetime.now(dt.UTC),
    }
    async with store.writing() as connection:
        await connection.execute(delete(codes).where(codes.c.number.in_(numbers)))
        await connection.execute(insert(codes), [row | {"number": number} for number in numbers])


@pytest.fixture
async def deliver(store):
    """`deliver(url)`: a delivery to this receiver, whose pauses are short."""
    opened: list[CodeDelivery] = []
    await ask_for(store, SIX, SEVEN, NOBODYS)

    def to(url, *, seconds_max=5.0, pauses=(0.01,) * 4, clock=time.time, **options):
        channel = WebhookChannel(url, SECRET, seconds_max=seconds_max, clock=clock)
        options = {"sign_up": True, "in_users": False} | options
        delivery = CodeDelivery(store, channel, Counter(), pauses=pauses, **options)
        opened.append(delivery)
        return delivery

    yield to
    for delivery in opened:
        await delivery.close()


async def test_a_code_comes_signed_with_the_time_and_through_no_proxy(deliver, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # which would read codes
    monkeypatch.setenv("no_proxy", "")
    sending = to_send()
    at = sending.expires_at.timestamp() - 200.5
    async with SmsGateway() as gateway:
        delivery = deliver(gateway.url, clock=lambda: at)
        delivery.put(sending)
        got = await gateway.hears()
        await delivery.drained()
    assert got.payload == {
        "type": "one_time_code",
        "id": "d" * 32,
        "number": SIX,
        "code": "012345",
        "expiresIn": 200,
    }
    assert got.headers["Baraka-Delivery"] == "d" * 32
    assert got.headers["Content-Type"] == "application/json"
    said, signed = (part.split("=")[1] for part in got.headers["Baraka-Signature"].split(","))
    expected = hmac.new(SECRET.encode(), said.encode() + b"." + got.body, hashlib.sha256)
    assert signed == expected.hexdigest()
    assert said == str(int(at))
    assert delivery.counts == {Outcome.CODE_SENT: 1}


async def test_a_receiver_that_fails_or_hangs_up_is_tried_again_with_the_same_id(deliver):
    async with SmsGateway(500, 0, 408, 425, 429, 200) as gateway:
        delivery = deliver(gateway.url, pauses=(0.01,) * 5)
        delivery.put(to_send())
        await delivery.drained()
    assert len(gateway.received) == 6
    assert {one.payload["id"] for one in gateway.received} == {"d" * 32}
    assert delivery.counts == {Outcome.CODE_SENT_AGAIN: 1}


@pytest.mark.parametrize(("answer", "said"), [(400, "answered 400"), (307, "answered 307")])
async def test_a_refusal_and_a_redirect_are_final(deliver, caplog, answer, said):
    async with SmsGateway(answer) as gateway:
        delivery = deliver(gateway.url)
        delivery.put(to_send())
        await delivery.drained()
    assert [one.path for one in gateway.received] == ["/codes"]
    assert delivery.counts == {Outcome.CODE_NOT_SENT: 1}
    assert said in caplog.text
    assert SIX not in caplog.text
    assert "012345" not in caplog.text


async def test_a_receiver_that_is_slow_or_gone_is_given_up_when_the_code_is_over(deliver, caplog):
    async with SmsGateway() as gateway:
        gateway.silent.set()
        delivery = deliver(gateway.url, seconds_max=0.05, pauses=(0.01,) * 2)
        delivery.put(to_send())
        await delivery.drained()
        gateway.silent.clear()
    assert len(gateway.received) == 3
    assert "did not answer in time" in caplog.text
    gone = deliver(gateway.url, pauses=(0.01,) * 2)
    gone.put(to_send())
    gone.put(to_send("+999500000007", seconds=-1))
    await gone.drained()
    assert gone.counts == {Outcome.CODE_NOT_SENT: 2}
    assert "cannot be reached" in caplog.text
    assert "it is over" in caplog.text


async def test_a_newer_code_of_a_number_takes_the_place_of_one_that_is_tried_again(deliver):
    async with SmsGateway(500) as gateway:
        delivery = deliver(gateway.url, pauses=(600,))
        delivery.put(to_send(code="111111"))
        await gateway.hears()
        gateway.silent.set()
        delivery.put(to_send(code="222222"))
        await gateway.hears(lambda one: one.payload["code"] == "222222")
        assert delivery.waiting == 1
        gateway.silent.clear()
        await delivery.drained()
    assert [one.payload["code"] for one in gateway.received] == ["111111", "222222"]
    trying = {getattr(task.get_coro(), "__name__", "") for task in asyncio.all_tasks()}
    assert "_deliver" not in trying


async def test_a_code_that_was_used_or_replaced_on_another_server_is_not_tried_again(
    deliver, store
):
    used, replaced = delete(codes), update(codes).values(code_hash="b" * 64)
    async with SmsGateway(503, 503) as gateway:
        for code, over in {"111111": used, "222222": replaced}.items():
            await ask_for(store, SIX)
            delivery = deliver(gateway.url)
            gateway.silent.set()
            delivery.put(to_send(code=code))
            await gateway.hears(lambda one: one.payload["code"] == code)  # noqa: B023
            async with store.writing() as connection:
                await connection.execute(over)
            gateway.silent.clear()
            await delivery.drained()
            assert delivery.counts == {}
    assert [one.payload["code"] for one in gateway.received] == ["111111", "222222"]


async def test_a_receiver_with_a_certificate_of_its_own_is_sent_nothing(deliver, tmp_path, caplog):
    async with SmsGateway(tls=tls_of(self_signed(tmp_path / "gateway.pem"))) as gateway:
        delivery = deliver(gateway.url, pauses=())
        delivery.put(to_send())
        await delivery.drained()
    assert gateway.received == []
    assert "certificate is not valid" in caplog.text


async def test_no_more_than_so_many_codes_wait(deliver):
    async with SmsGateway() as gateway:
        gateway.silent.set()
        delivery = deliver(gateway.url, waiting_max=2)
        delivery.put(to_send())
        assert not delivery.full
        delivery.put(to_send(SEVEN))
        assert delivery.full
        gateway.silent.clear()
        await delivery.drained()
        assert not delivery.full


async def test_a_number_of_nobody_costs_nothing_where_nobody_signs_up(deliver, caplog):
    async with SmsGateway() as gateway:
        delivery = deliver(gateway.url, sign_up=False)
        delivery.put(to_send(NOBODYS))
        await delivery.drained()
    assert gateway.received == []
    assert delivery.counts == {Outcome.CODE_FOR_NOBODY: 1}


def tls_of(file) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
