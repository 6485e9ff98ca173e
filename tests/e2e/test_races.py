"""Many commands at once: one order, the same for everybody, in the tables and in the ledger."""

from __future__ import annotations

import asyncio
import itertools
import random

import pytest

from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.events import Awarded
from tests.support.checks.proof import (
    as_told,
    assert_answers_hold,
    assert_everybody_heard,
    assert_sale_holds,
    news,
    the_ledger,
)
from tests.support.clients.crowd import (
    WAYS,
    join,
    on_each_path_and_database,
    open_sale,
    put_on_block,
    send,
    storm,
)
from tests.support.clients.raw import ACK, RawSocket
from tests.support.servers.baraka import Baraka
from tests.support.servers.databases import only_sqlite

AUCTION = {"auctionId": 1}
AWARD = AUCTION | {"product": "Gold Ring", "weight": "5.2g"}
DELTA = {"auth": {"updates": "delta"}}


async def test_of_fifty_equal_bids_exactly_one_stands(baraka, crowd, store):
    amina = await crowd.pick_up(baraka.url, 1)
    bidders = await crowd.pick_up_many(baraka.url, range(2, 52), WAYS[:2])
    await open_sale(amina, minimum=500)
    await join(bidders)

    answers = await asyncio.gather(
        *(bidder.emits("placeBid", AUCTION | {"amount": 500}) for bidder in bidders)
    )

    accepted = [answer for answer in answers if answer["ok"]]
    assert len(accepted) == 1
    message = "Bid must be higher than the current bid (500)"
    refused = {"ok": False, "code": "bid_too_low", "message": message}
    assert sum(answer == refused for answer in answers) == 49
    for bidder, answer in zip(bidders, answers, strict=True):
        if answer["ok"]:
            winner = bidder
        else:
            assert await bidder.hears_error(message)
    ledger = await assert_sale_holds(store)
    await assert_everybody_heard(bidders, ledger)
    assert winner.heard("error") == []
    for bidder in bidders:
        (heard,) = bidder.heard("newBid")
        assert heard["newBid"]["user_id"] == winner.user_id


@on_each_path_and_database
async def test_a_storm_has_one_order_for_everybody(baraka, crowd, store):
    dice = random.Random(1)
    amina = await crowd.pick_up(baraka.url, 1)
    phones = await crowd.pick_up_many(baraka.url, range(2, 14))
    phones += await crowd.pick_up_many(baraka.url, range(14, 16), WAYS[:2], **DELTA)
    await open_sale(amina)
    await join(phones)

    answers = []
    await asyncio.gather(*storm(phones, answers, commands=250, dice=dice))

    ledger = await assert_sale_holds(store)
    assert_answers_hold(answers, ledger)
    await assert_everybody_heard(phones, ledger)
    for phone in phones:
        for heard in phone.heard("newBid"):
            if phone in phones[-2:]:
                assert "auctionBids" not in heard  # only the new row (D24)
                continue
            amounts = [row["bid"] for row in heard["auctionBids"]]
            assert heard["auctionBids"][0] == heard["newBid"]
            assert amounts == sorted(set(amounts), reverse=True)
    assert {answer["code"] for _, answer in answers if not answer["ok"]} == {"bid_too_low"}


@on_each_path_and_database
@pytest.mark.parametrize("finish", ["cancelAuction", "endAuction"])
async def test_the_hammer_falls_on_the_highest_bid_of_its_round(baraka, crowd, store, finish):
    """Lots change and are awarded in the middle of a storm; then the auction is over in one."""
    dice = random.Random(finish)
    amina = await crowd.pick_up(baraka.url, 1)
    phones = await crowd.pick_up_many(baraka.url, range(2, 12))
    await open_sale(amina)
    await join([amina, *phones])
    answers, host_answers = [], []
    for turn, what_next in enumerate(("award", "change", "award", "reprice", "award"), 1):
        round_ = (await put_on_block(amina, f"Lot {turn}"))["round"]

        def of_a_round(number, round_=round_):  # half of them say which product they look at
            return {"round": round_} if number % 2 else {}

        heard = len(amina.events)
        start = {"dice": dice, "first_amount": 100 * turn, "more": of_a_round}
        bids = storm(phones, answers, commands=80, patient=True, **start)
        await amina.until(lambda heard=heard: len(amina.events) > heard + 5, "some bids")
        if what_next == "award":
            # Twice at once, by a nervous finger: the second finds no product.
            award = AWARD | {"product": f"Lot {turn}"}
            both = await asyncio.gather(*(amina.emits("awardingAuction", award) for _ in "12"))
            assert sorted(answer["ok"] for answer in both) == [False, True]
            host_answers += both
        elif what_next == "reprice":
            assert (await put_on_block(amina, f"Lot {turn}", minimum=5))["round"] == round_
        else:
            await put_on_block(amina, f"Not lot {turn}")
        late = storm(phones, answers, commands=20, **start)  # of a host who was quicker than all
        await asyncio.gather(*bids, *late)
    await put_on_block(amina, "The last lot")
    heard = len(amina.events)
    last = storm(phones, answers, commands=100, dice=dice, first_amount=9000, patient=True)
    await amina.until(lambda: len(amina.events) > heard + 5, "some bids")
    assert (await amina.emits(finish, AUCTION))["ok"]
    await asyncio.gather(*last, *storm(phones, answers, commands=20, dice=dice))

    ledger = await assert_sale_holds(store)
    assert_answers_hold(answers, ledger)
    await assert_everybody_heard([amina, *phones], ledger)
    awarded = [entry for entry in ledger if isinstance(entry.event, Awarded)]
    assert [event.seq for event in awarded] == [
        answer["seq"] for answer in host_answers if answer["ok"]
    ]
    assert len({event.round for event in awarded}) == len(awarded) == 3
    codes = {answer["code"] for _, answer in answers if not answer["ok"]}
    assert (
        {"no_lot", "round_over", "not_live"}
        <= codes
        <= {
            "no_lot",
            "round_over",
            "not_live",
            "bid_too_low",
        }
    )


async def test_two_servers_on_one_database_keep_one_order(sale_database, tmp_path, crowd, store):
    dice = random.Random(4)
    settings = {"BARAKA_LEDGER_POLL_SECONDS": 0.1}
    async with (
        Baraka(sale_database, tmp_path, **settings) as here,
        Baraka(sale_database, tmp_path, **settings) as there,
    ):
        amina = await crowd.pick_up(here.url, 1)
        phones = await crowd.pick_up_many(here.url, range(2, 8))
        phones += await crowd.pick_up_many(there.url, range(8, 14))
        await open_sale(amina)
        await join([amina, *phones])
        answers = []
        # Whoever is faster in the storm: both take one bid.
        await send(phones[0], "placeBid", answers, auctionId=1, amount=1)
        await send(phones[-1], "placeBid", answers, auctionId=1, amount=2)
        bids = storm(phones, answers, commands=120, dice=dice, patient=True)
        heard = len(amina.events)
        await amina.until(lambda: len(amina.events) > heard + 5, "some bids")
        assert (await amina.emits("awardingAuction", AWARD))["ok"]
        await put_on_block(amina, "Silver Necklace")
        bids += storm(phones, answers, commands=80, dice=dice, first_amount=2000)
        await asyncio.gather(*bids)

        ledger = await assert_sale_holds(store)
        assert_answers_hold(answers, ledger)
        await assert_everybody_heard([amina, *phones], ledger)
        for half in (phones[:6], phones[6:]):  # both took bids
            users = {phone.user_id for phone in half}
            bids_of = [e for e in ledger if e.user_id in users]
            assert any(isinstance(entry.event, BidPlaced) for entry in bids_of)
        late = await crowd.pick_up(there.url, 20)
        (state,) = await join([late])
        assert state["seq"] == ledger[-1].seq


@on_each_path_and_database
async def test_the_answer_to_a_join_is_never_behind_a_newer_event(baraka, crowd, store):
    """Who joins in a storm hears the state, and after it every newer event: no older, none twice."""
    dice = random.Random(9)
    amina = await crowd.pick_up(baraka.url, 1)
    bidders = await crowd.pick_up_many(baraka.url, range(2, 8))
    await open_sale(amina)
    await join(bidders)
    answers = []

    async def bid_until_all_have_joined(joins):
        amounts = itertools.count(1, 300)
        while not joins.done():
            start = {"first_amount": next(amounts), "patient": True}
            await asyncio.gather(*storm(bidders, answers, commands=30, dice=dice, **start))

    async def joins_again_and_again(user_id):
        async with RawSocket(baraka.url, user_id) as raw:
            log = []
            for _ in range(8):
                await raw.asks("joinAuction", AUCTION)
                while (heard := await raw.heard())[0] != ACK:
                    log.append(heard)
                log.append(heard)
                await raw.asks("leaveAuction", AUCTION)
                while (heard := await raw.heard())[0] != ACK:
                    log.append(heard)
            return log

    joins = asyncio.gather(*(joins_again_and_again(user_id) for user_id in range(8, 14)))
    await bid_until_all_have_joined(joins)
    logs = await joins
    ledger = await assert_sale_holds(store)
    assert_answers_hold(answers, ledger)
    amounts = {e.seq: e.event.amount for e in ledger if isinstance(e.event, BidPlaced)}
    joined_late = 0
    for log in logs:
        known = None
        for event, payload in log:
            assert event != "auctionState", "the state is sent once"
            if event == ACK:
                known = payload["seq"]
                joined_late += known < ledger[-1].seq
                of_ledger = [amount for seq, amount in amounts.items() if seq <= known]
                assert [row["bid"] for row in payload["auctionBids"]] == of_ledger[::-1]
            elif told := news([(event, payload)]):
                known += 1
                assert told[0] == as_told(ledger[known - 1])
    assert joined_late, "nobody joined during the storm"


async def test_a_repeated_request_gets_its_first_outcome_and_changes_nothing(baraka, crowd, store):
    amina = await crowd.pick_up(baraka.url, 1)
    bilal = await crowd.pick_up(baraka.url, 2)
    bilals_tablet = await crowd.pick_up(baraka.url, 2, "official polling")
    dina = await crowd.pick_up(baraka.url, 3)
    await open_sale(amina, minimum=100)
    await join([bilal, bilals_tablet, dina])
    bid = AUCTION | {"amount": 500, "requestId": "a"}

    # In one batch, from two of his phones.
    answers = await asyncio.gather(
        *(phone.emits("placeBid", bid) for phone in [bilal, bilals_tablet] * 5)
    )
    first = answers[0]
    assert first["ok"]
    assert answers == [first] * 10
    assert len(await the_ledger(store)) == first["seq"]

    # Another body is another request.
    reused = await bilal.emits("placeBid", bid | {"amount": 501})
    assert reused["code"] == "request_id_reused"
    reused = await bilal.emits("comment", AUCTION | {"comment": "Hi", "requestId": "a"})
    assert reused["code"] == "request_id_reused"
    other = await bilal.emits("placeBid", {"auctionId": 2, "amount": 500, "requestId": "a"})
    assert other["code"] == "request_id_reused"

    # Another user's id is that user's own.
    hers = await dina.emits("placeBid", bid | {"amount": 600})
    assert hers["ok"]

    # A refusal is an outcome too: it does not become a bid when the way is free later.
    low = AUCTION | {"amount": 600, "requestId": "b"}
    refused = await bilal.emits("placeBid", low)
    assert refused["message"] == "Bid must be higher than the current bid (600)"
    await amina.emits("awardingAuction", AWARD)
    await put_on_block(amina, "Silver Necklace")
    await bilal.hears("auction_change_product", lambda told: told["round"] == 2)
    assert await bilal.emits("placeBid", low) == refused

    # And the first outcome of a past round is still that one.
    assert await bilal.emits("placeBid", bid) == first
    assert await dina.emits("placeBid", bid | {"amount": 600}) == hers
    assert (await bilal.emits("placeBid", bid | {"requestId": "c"}))["ok"]

    before = await the_ledger(store)
    await baraka.stop()
    await baraka.start()
    again = await crowd.pick_up(baraka.url, 2, "python websocket")
    assert await again.emits("placeBid", bid) == first
    assert await again.emits("placeBid", low) == refused
    assert await the_ledger(store) == before
    await assert_sale_holds(store)


async def test_the_same_requests_in_a_storm_on_two_servers_count_once(
    sale_database, tmp_path, crowd, store
):
    async with Baraka(sale_database, tmp_path) as here, Baraka(sale_database, tmp_path) as there:
        amina = await crowd.pick_up(here.url, 1)
        phones = [await crowd.pick_up(one.url, 2) for one in (here, there)]
        await open_sale(amina)
        answers = await asyncio.gather(
            *(
                phone.emits(
                    "comment", AUCTION | {"comment": f"number {n}", "requestId": f"request {n}"}
                )
                for n in range(30)
                for phone in phones
            )
        )
        assert answers[::2] == answers[1::2]
        assert len({answer["commentId"] for answer in answers}) == 30
        ledger = await assert_sale_holds(store)
        assert len(ledger) == 33  # with the opening, the start and the lot


@only_sqlite
async def test_what_was_missed_is_told_within_the_limit_and_the_state_is_whole(
    sale_database, tmp_path, crowd, store
):
    settings = {"BARAKA_RESUME_EVENTS_MAX": 20}
    async with Baraka(sale_database, tmp_path, **settings) as baraka:
        amina = await crowd.pick_up(baraka.url, 1)
        witness = await crowd.pick_up(baraka.url, 4, **DELTA)
        await open_sale(amina)
        await join([witness])
        answers = []
        await asyncio.gather(
            *(send(amina, "comment", answers, auctionId=1, comment=f"{n}") for n in range(40))
        )
        ledger = await assert_sale_holds(store)
        await assert_everybody_heard([witness], ledger)

        async def resumes(last_seq, server):
            phone = await crowd.pick_up(server.url, 5)
            return await phone.emits("joinAuction", AUCTION | {"lastSeq": last_seq})

        async def assert_resumes(server):
            last = ledger[-1].seq
            heard = [{"event": name, "data": data} for name, data in witness.events]
            heard = [told for told in heard if told["data"]["seq"] > 3 and "newC" in told["event"]]
            for missed in (0, 1, 19, 20, 21, last):
                state = await resumes(last - missed, server)
                assert state["seq"] == last
                assert len(state["auctionComments"]) == 40
                assert (
                    state["missed"] == heard[-min(missed, 20) :] if missed else not state["missed"]
                )
                assert state["missedComplete"] == (missed <= 20)
            ahead = await resumes(last + 5, server)
            assert ahead["missed"] == []

        await assert_resumes(baraka)
        await amina.hangs_up()
        await baraka.stop()
        await baraka.start()  # nothing in memory any more: the ledger says the same
        await assert_resumes(baraka)
