"""Maximum bids through whole servers: what phones of the guide show, and that nothing tells an amount (D43)."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json

import aiohttp
from sqlalchemy import select

from baraka_server.contract.client_events import (
    AwardLot,
    ChangeLot,
    EndAuction,
    JoinAuction,
    PlaceBid,
)
from baraka_server.contract.hammer import UndoBid
from baraka_server.contract.maxima import SetMaximumBid, WithdrawMaximum
from baraka_server.contract.prices import SetIncrements
from baraka_server.store import audit
from baraka_server.store.tables import maxima, metadata
from tests.e2e.test_staff import POLLS, Web
from tests.support.checks.proof import assert_sale_holds
from tests.support.clients.command_line import invoke
from tests.support.clients.crowd import join, open_sale
from tests.support.clients.guide_screen import GuideScreen
from tests.support.servers.baraka import Baraka

BILAL, DINA = "Bilal A.", "Dina A."
SECRET_AMOUNT, OTHER_AMOUNT = 1_473_829_156, 1_473_829_567
"""No id, hash or time of the tests has these digits."""


def bid(amount):
    return PlaceBid(auction_id=1, amount=amount)


def up_to(amount, **more):
    return SetMaximumBid(auction_id=1, amount=amount, round=1, **more)


async def takes_maxima(http, amina):
    status, _ = await Web(http).posts(1, "setHouseRules", {"maxima": True})
    assert status == 200
    assert (await amina.emits(SetIncrements(auction_id=1, increments=10)))["ok"]


async def test_a_phone_of_the_guide_shows_both_bids_and_the_raise_before_its_refusal(
    baraka, crowd, store
):
    amina = await crowd.pick_up(baraka.url, 1)
    bilal, dina = await crowd.pick_up_many(
        baraka.url, [2, 3], ["official websocket", "official polling"]
    )
    await open_sale(amina, minimum=5)
    await join([amina, bilal, dina])
    async with aiohttp.ClientSession(baraka.url) as http:
        await takes_maxima(http, amina)
    screens = [GuideScreen(bilal), GuideScreen(dina)]

    async def all_show(**expected):
        for screen in screens:
            await screen.shows(**expected)

    assert (await bilal.emits(up_to(500)))["ok"]
    await all_show(price=5, bids=((BILAL, 5),))
    await dina.says(bid(200))
    answered = ((BILAL, 210), (DINA, 200), (BILAL, 5))
    await all_show(price=210, bids=answered)
    await dina.says(bid(500))  # equal to the maximum
    refused = await dina.hears("error")
    assert refused["message"] == "Bid must be higher than the current bid (500)"
    raised = ((BILAL, 500), *answered)
    assert screens[1].shown.bids == raised, "it heard the raise before the refusal"
    await all_show(price=500, bids=raised)
    standing = bilal.heard("newBid")[-1]["newBid"]
    assert (await amina.emits(UndoBid(auction_id=1, bid_id=standing["id"])))["ok"]
    await all_show(price=210, bids=answered)
    await assert_sale_holds(store)
    assert not [name for name, _ in dina.events if name == "maximumChanged"]


def everything_printed(database):
    words = [
        ("auction", "history", 1, "--json"),
        ("auction", "history", 1),
        ("auction", "show", 1, "--json"),
        ("auction", "list", "--json"),
        ("auction", "verify", 1, "--json"),
        ("auction", "checkpoint", 1),
        ("auction", "register", 1, "--json"),
        ("auction", "rules", 1, "--json"),
        ("winnings", "list", "--json"),
        ("winnings", "summary", 1),
        ("winnings", "export", 1),
        ("doctor",),
    ]
    for said in words:
        answer = invoke(*said, BARAKA_DATABASE_URL=database)
        yield " ".join(map(str, said)), answer.out + answer.err


async def other_tables(store):
    async with store.reading() as connection:
        for table in metadata.sorted_tables:
            if table is not maxima:
                yield table.name, str((await connection.execute(select(table))).all())


async def test_nothing_tells_the_amount_of_a_maximum_before_the_sale_is_over(
    sale_database, tmp_path, crowd, store
):
    """Its own user is told, on every server; the database has it in one table; nobody and nothing else."""
    settings = POLLS | {"BARAKA_LOG_LEVEL": "DEBUG"}
    async with (
        Baraka(sale_database, tmp_path, **settings) as here,
        Baraka(sale_database, tmp_path, **settings) as there,
    ):
        amina, dina = [await crowd.pick_up(here.url, user_id) for user_id in (1, 3)]
        bilal, his_other = [await crowd.pick_up(url, 2) for url in (here.url, there.url)]
        carla = await crowd.pick_up(there.url, 4, "official polling")
        strangers = [amina, dina, carla]
        await open_sale(amina, minimum=5)
        await join([bilal, his_other, *strangers])
        async with aiohttp.ClientSession(here.url) as http:
            await takes_maxima(http, amina)
            answers = [
                await bilal.emits(up_to(SECRET_AMOUNT, request_id="first")),
                await bilal.emits(up_to(OTHER_AMOUNT)),
                await bilal.emits(up_to(SECRET_AMOUNT)),
                await bilal.emits(up_to(SECRET_AMOUNT, request_id="same")),
                await bilal.emits(up_to(OTHER_AMOUNT, request_id="same")),
                await bilal.emits(up_to(1, request_id="low")),
                await bilal.emits("setMaximumBid", {"auctionId": 1, "amount": str(SECRET_AMOUNT)}),
                await bilal.emits("setMaximumBid", {"auctionId": 1, "amount": SECRET_AMOUNT}),
                await dina.emits(bid(200)),
                await amina.emits(AwardLot(auction_id=1, product="Gold Ring")),
                await amina.emits(
                    ChangeLot(
                        auction_id=1,
                        product="Pearl",
                        minimum_price=1,
                        start_price=1,
                        market_price=1,
                    )
                ),
                await bilal.emits(
                    SetMaximumBid(auction_id=1, amount=OTHER_AMOUNT, round=2, request_id="again")
                ),
                await bilal.emits(WithdrawMaximum(auction_id=1, round=2)),
                await bilal.emits(
                    SetMaximumBid(auction_id=1, amount=SECRET_AMOUNT, round=2, request_id="last")
                ),
            ]
            assert [one.get("code") for one in answers if not one["ok"]] == [
                "request_id_reused",
                "bid_too_low",
                "malformed",
                "malformed",
            ]
            told = await his_other.hears("maximumChanged", lambda one: one["reason"] == "withdrawn")
            assert told["maximum"] is None
            last = {"maximum": SECRET_AMOUNT, "reason": "set"}
            for phone in (bilal, his_other):
                await phone.hears(
                    "maximumChanged",
                    lambda one: (
                        one["seq"] == answers[-1]["seq"]
                        and {name: one[name] for name in last} == last
                    ),
                )
            again = await his_other.emits(JoinAuction(auction_id=1))
            assert again["maximum"] == SECRET_AMOUNT
            for phone in strangers:
                assert (await phone.emits(JoinAuction(auction_id=1, last_seq=1)))["maximum"] is None
            paths = ("history", "winnings", "lots", "summary", "checkpoint", "")
            answered = [await Web(http).gets(1, path) for path in paths if path]
            assert {status for status, _ in answered} == {200}
            for path in ("/healthz", "/readyz", "/metrics"):
                async with http.get(path) as answer:
                    answered.append((answer.status, await answer.text()))
        outputs = {
            "acknowledgements": str(answers),
            "what others heard": str([phone.events for phone in strangers]),
            "http": str(answered),
        }
        outputs |= dict(await asyncio.to_thread(lambda: list(everything_printed(sale_database))))
        outputs |= {name: text async for name, text in other_tables(store)}
        entries = [one.model_dump_json() async for one in audit.history(store, 1)]
        outputs["history"] = str(entries)
        for server in (here, there):
            outputs[f"log of {server.port}"] = json.dumps(server.log)
        assert len(outputs["log of " + str(here.port)]) > 1_000
        for (name, text), amount in itertools.product(
            outputs.items(), (SECRET_AMOUNT, OTHER_AMOUNT)
        ):
            for form in (str(amount), f"{amount:,}", f"{amount:_}"):
                assert form not in text, name
        # nor anything that is made of the amount and that somebody could try all amounts for
        for round_, amount in itertools.product((1, 2), (SECRET_AMOUNT, OTHER_AMOUNT)):
            body = {"amount": amount, "auction_id": 1, "round": round_}
            made = json.dumps(["setMaximumBid", body], sort_keys=True)
            assert hashlib.sha256(made.encode()).hexdigest() not in outputs["baraka_requests"]
        assert '"who":"Bilal' not in "".join(one for one in entries if "maximum bid was" in one)
        await assert_sale_holds(store)

        assert (await amina.emits(EndAuction(auction_id=1)))["ok"]
    opened = [one.what async for one in audit.history(store, 1) if one.kind == "maxima_opened"]
    assert [str(SECRET_AMOUNT) in one for one in opened] == [True, True]
    await assert_sale_holds(store)


async def test_phones_on_two_servers_hear_the_same_bids_while_all_of_them_set_maxima(
    sale_database, tmp_path, crowd, store
):
    async with (
        Baraka(sale_database, tmp_path, **POLLS) as here,
        Baraka(sale_database, tmp_path, **POLLS) as there,
    ):
        amina = await crowd.pick_up(here.url, 1)
        bidders = [
            await crowd.pick_up((here, there)[user_id % 2].url, user_id, "python websocket")
            for user_id in range(2, 8)
        ]
        await open_sale(amina, minimum=5)
        async with aiohttp.ClientSession(here.url) as http:
            await takes_maxima(http, amina)
        await join([amina, *bidders])

        async def plays(phone, first):
            for step in range(8):
                amount = first + 400 * step
                await phone.emits(up_to(amount) if step % 2 else bid(amount))

        await asyncio.gather(*(plays(phone, 100 + 7 * n) for n, phone in enumerate(bidders)))
        ledger = await assert_sale_holds(store)
        automatic = [one for one in ledger if getattr(one.event, "automatic", False)]
        assert len(automatic) > 5
        bids = [one for one in ledger if one.kind == "bid"]
        for phone in bidders:
            await phone.until(
                lambda phone=phone: phone.heard("newBid")[-1]["seq"] == bids[-1].seq,
                "the last bid",
            )
            heard = [(one["seq"], one["newBid"]["bid"]) for one in phone.heard("newBid")]
            assert heard == [(one.seq, one.event.amount) for one in bids]


async def test_maxima_count_as_bids_in_the_rate_of_a_user(sale_database, tmp_path, crowd):
    async with Baraka(sale_database, tmp_path, BARAKA_BIDS_PER_SECOND_MAX=0.2) as server:
        amina, bilal = [await crowd.pick_up(server.url, user_id) for user_id in (1, 2)]
        await open_sale(amina, minimum=5)
        await join([bilal])
        codes = [
            (await bilal.emits(one)).get("code")
            for one in (up_to(500), WithdrawMaximum(auction_id=1, round=1), bid(10))
        ]
        assert codes == ["maxima_off", "too_fast", "too_fast"]
