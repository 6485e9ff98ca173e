"""Servers and databases that die in the middle of a sale: what was acknowledged is there afterwards."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
import time
from contextlib import suppress

import aiohttp
import pytest

from tests.support.checks.proof import (
    as_heard,
    as_told,
    assert_answers_hold,
    assert_everybody_heard,
    assert_sale_holds,
    last_seq,
    news,
)
from tests.support.clients.crowd import join, open_sale, send
from tests.support.clients.phones import PATIENCE_SECONDS
from tests.support.clients.raw import RawSocket
from tests.support.servers.baraka import Baraka
from tests.support.servers.databases import only_mariadb, only_sqlite
from tests.support.servers.line import Cut, Line

AUCTION = {"auctionId": 1}
UNAVAILABLE = {
    "ok": False,
    "code": "unavailable",
    "message": (
        "The auction cannot be reached at the moment. Nothing was changed; please try again."
    ),
}
UNKNOWN = {
    "ok": False,
    "code": "outcome_unknown",
    "message": (
        "The server could not confirm this. Please look at the auction before you try again."
    ),
}
IMPATIENT = {"BARAKA_DATABASE_TIMEOUT_SECONDS": 1, "BARAKA_LEDGER_POLL_SECONDS": 0.1}

pytestmark = pytest.mark.chaos


async def status(baraka, path):
    async with aiohttp.ClientSession() as session, session.get(baraka.url + path) as response:
        return response.status


async def until_ready(baraka, ready=200):
    async def looks():
        while await status(baraka, "/readyz") != ready:
            await asyncio.sleep(0.05)

    await asyncio.wait_for(looks(), PATIENCE_SECONDS)


class Bidding:
    """People who go on bidding and commenting, each command with an id of its own, until told to stop."""

    def __init__(self, phones, answers, first=1):
        self.answers = answers
        self.asked = {}
        self._phones, self._next, self._over = phones, first, False

    async def __aenter__(self):
        self._tasks = [asyncio.create_task(self._go_on(phone)) for phone in self._phones]
        return self

    async def __aexit__(self, *_):
        self._over = True  # Python 3.11's wait_for loses a cancellation now and then
        for task in self._tasks:
            task.cancel()
        done = await asyncio.gather(*self._tasks, return_exceptions=True)
        assert all(one is None or isinstance(one, asyncio.CancelledError) for one in done), done

    async def accepted(self, more):
        """Wait until so many more commands were accepted."""
        before = self._yes()

        async def looks():
            while self._yes() < before + more:
                await asyncio.sleep(0.01)

        await asyncio.wait_for(looks(), PATIENCE_SECONDS)

    def _yes(self):
        return sum(answer["ok"] for _, answer in self.answers)

    async def _go_on(self, phone):
        while not self._over:
            number = self._next = self._next + 1
            fields = AUCTION | {"requestId": f"{number}"}
            if number % 3:
                event, fields = "placeBid", fields | {"amount": 10 * number}
            else:
                event, fields = "comment", fields | {"comment": f"comment {number}"}
            self.asked[fields["requestId"]] = phone, event, fields
            with suppress(TimeoutError):  # nobody answers a phone whose server died
                await send(phone, event, self.answers, **fields)

    def unanswered(self):
        answered = {asked["requestId"] for asked, _ in self.answers}
        return [self.asked[request_id] for request_id in self.asked.keys() - answered]


async def repeat(commands, answers):
    """Ask again what was never answered, or answered with a maybe; the answers take their place."""
    for phone, event, fields in commands:
        await send(phone, event, answers, **fields)


def heard_behind(phone, seq):
    return [one for one in news(phone.events) if one[0] > seq]


async def test_after_kill_9_every_accepted_bid_is_there_and_nobody_missed_one(
    sale_database, tmp_path, crowd, store
):
    answers = []
    async with Baraka(sale_database, tmp_path) as baraka:
        amina = await crowd.pick_up(baraka.url, 1)
        phones = await crowd.pick_up_many(
            baraka.url, range(2, 10), ("official websocket", "official polling")
        )
        await open_sale(amina)
        await join(phones)
        told = {phone: [] for phone in phones}
        joined_at = {phone: phone.states[1]["seq"] for phone in phones}
        for turn in (1, 2):
            async with Bidding(phones, answers, first=1000 * turn) as bidding:
                await bidding.accepted(15)
                await baraka.kill()
            for phone in phones:
                await phone.lives_through_again("disconnect", turn)
                told[phone] += heard_behind(phone, joined_at[phone])
            await baraka.start()
            for phone in phones:  # by itself (the official client)
                await phone.lives_through_again("connect", turn + 1)
            await repeat(bidding.unanswered(), answers)
            for phone in phones:
                since = told[phone][-1][0] if told[phone] else 3
                state = await phone.emits("joinAuction", AUCTION | {"lastSeq": since})
                assert state["missedComplete"]
                missed = [as_heard(one["event"], one["data"]) for one in state["missed"]]
                assert [one[0] for one in missed] == list(range(since + 1, state["seq"] + 1))
                told[phone] += missed
                joined_at[phone] = state["seq"]
        assert (await send(phones[0], "placeBid", answers, **AUCTION, amount=10**6))["ok"]
        ledger = await assert_sale_holds(store)
        whole = [as_told(entry) for entry in ledger]
        for phone in phones:
            await phone.until(lambda phone=phone: last_seq(phone) >= whole[-1][0], "the last bid")
            told[phone] += heard_behind(phone, joined_at[phone])
            assert told[phone] == whole[3:]
        assert_answers_hold(answers, ledger)
        restarted = [answer for _, answer in answers if answer["ok"]]
        print(f"{len(restarted)} accepted over 2 kills; {len(ledger)} entries")


@only_mariadb
@pytest.mark.parametrize("how", ["kill", "restart", "freeze"])
async def test_a_database_that_goes_away_costs_no_accepted_bid(
    sale_database, tmp_path, mariadb, crowd, store, how
):
    answers = []
    async with Baraka(sale_database, tmp_path, **IMPATIENT) as baraka:
        amina = await crowd.pick_up(baraka.url, 1)
        phones = await crowd.pick_up_many(baraka.url, range(2, 6))
        await open_sale(amina)
        await join(phones)
        await until_ready(baraka)
        async with Bidding(phones, answers) as bidding:
            await bidding.accepted(10)
            if how == "restart":
                await asyncio.to_thread(mariadb.restart)
            else:
                (mariadb.kill if how == "kill" else mariadb.freeze)()
                await until_ready(baraka, 503)
                assert await status(baraka, "/healthz") == 200
                for phone in phones:
                    await phone.until(
                        lambda phone=phone: any(
                            error["code"] == "unavailable" for error in phone.heard("error")
                        ),
                        "a refusal",
                    )
                before = [answer for _, answer in answers if answer["ok"]]
                late = await amina.emits("joinAuction", {"auctionId": 2})
                assert late == UNAVAILABLE
                assert before == [answer for _, answer in answers if answer["ok"]]
                await asyncio.to_thread(mariadb.revive)
            await until_ready(baraka)
            await bidding.accepted(10)  # by itself
        maybe = [
            bidding.asked[asked["requestId"]] for asked, answer in answers if answer == UNKNOWN
        ]
        refused = [answer for _, answer in answers if not answer["ok"]]
        assert {answer["code"] for answer in refused} <= {
            "bid_too_low",
            "unavailable",
            "outcome_unknown",
        }
        for answer in refused:
            if answer["code"] != "bid_too_low":
                assert answer in (UNAVAILABLE, UNKNOWN)
        await repeat(maybe + bidding.unanswered(), answers)
        # What was said to be unavailable did not happen: all that is in the ledger was accepted.
        ledger = await assert_sale_holds(store)
        assert_answers_hold(answers, ledger)
        await assert_everybody_heard(phones, ledger)
        print(f"{how}: {len(refused)} refused, {len(maybe)} unknown, {len(ledger)} entries")


@only_mariadb
@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.BEHIND])
async def test_a_connection_that_is_cut_at_a_commit_makes_no_false_answer(
    sale_database, tmp_path, mariadb, crowd, store, cut
):
    async with (
        Line(mariadb.port) as line,
        Baraka(line.over(sale_database), tmp_path, **IMPATIENT) as baraka,
    ):
        amina = await crowd.pick_up(baraka.url, 1)
        bilal, dina = await crowd.pick_up_many(baraka.url, [2, 3])
        await open_sale(amina)
        await join([bilal, dina])

        # The line is back at once: the server looks up what came of it.
        line.next_commit = cut
        first = await bilal.emits("placeBid", AUCTION | {"amount": 10})
        if cut is Cut.BEHIND:
            assert first["ok"]
        else:
            assert first == UNAVAILABLE
            assert (await bilal.emits("placeBid", AUCTION | {"amount": 10}))["ok"]
        assert (await dina.hears("newBid"))["newBid"]["bid"] == 10

        # The line stays cut: nobody can say what came of it.
        line.next_commit, line.stays_cut = cut, True
        bid = AUCTION | {"amount": 20, "requestId": "twenty"}
        assert await bilal.emits("placeBid", bid) == UNKNOWN
        error = await bilal.hears("error", lambda error: error["code"] == "outcome_unknown")
        assert error["message"] == UNKNOWN["message"]
        assert await bilal.emits("placeBid", AUCTION | {"amount": 30}) == UNAVAILABLE
        assert await status(baraka, "/readyz") == 503
        assert len(dina.heard("newBid")) == 1
        line.stays_cut = False
        line.mend()
        await until_ready(baraka)
        if cut is Cut.BEHIND:  # it did take place: everybody hears it, though nobody asks again
            assert (await dina.hears("newBid"))["newBid"]["bid"] == 20
        again = await bilal.emits("placeBid", bid)
        assert again["ok"]
        assert await bilal.emits("placeBid", bid) == again
        ledger = await assert_sale_holds(store)
        assert [entry.event.amount for entry in ledger if entry.event.kind == "bid"] == [10, 20]
        await assert_everybody_heard([bilal, dina], ledger)


@only_sqlite
async def test_a_database_file_that_another_program_keeps_locked(
    sale_database, tmp_path, crowd, store
):
    other = sqlite3.connect(sale_database.partition("///")[2], isolation_level=None)
    answers = []
    async with Baraka(sale_database, tmp_path, **IMPATIENT) as baraka:
        amina = await crowd.pick_up(baraka.url, 1)
        phones = await crowd.pick_up_many(baraka.url, range(2, 8))
        await open_sale(amina)
        await join(phones)
        async with Bidding(phones, answers) as bidding:
            await bidding.accepted(10)
            other.execute("BEGIN IMMEDIATE")
            await until_ready(baraka, 503)
            assert await status(baraka, "/healthz") == 200
            await phones[0].until(
                lambda: any(e["code"] == "unavailable" for e in phones[0].heard("error")), "a no"
            )
            other.execute("ROLLBACK")
            await until_ready(baraka)
            await bidding.accepted(10)
        await repeat(bidding.unanswered(), answers)
        ledger = await assert_sale_holds(store)
        assert_answers_hold(answers, ledger)
        await assert_everybody_heard(phones, ledger)
        assert {a["code"] for _, a in answers if not a["ok"]} <= {"bid_too_low", "unavailable"}
    other.close()


@only_sqlite
async def test_a_disk_that_is_full_and_is_cleared(sale_database, tmp_path, crowd, store):
    """The server may write no file larger than those it has: what a full disk is like."""
    answers = []
    async with Baraka(sale_database, tmp_path, **IMPATIENT) as baraka:
        amina = await crowd.pick_up(baraka.url, 1)
        phones = await crowd.pick_up_many(baraka.url, range(2, 6))
        await open_sale(amina)
        await join(phones)
        _, hard = resource.prlimit(baraka.pid, resource.RLIMIT_FSIZE)
        async with Bidding(phones, answers) as bidding:
            await bidding.accepted(10)
            resource.prlimit(baraka.pid, resource.RLIMIT_FSIZE, (8192, hard))
            for phone in phones:
                await phone.until(
                    lambda phone=phone: any(
                        error["code"] == "unavailable" for error in phone.heard("error")
                    ),
                    "a refusal",
                )
            resource.prlimit(baraka.pid, resource.RLIMIT_FSIZE, (hard, hard))
            await bidding.accepted(10)
        await repeat(bidding.unanswered(), answers)
        ledger = await assert_sale_holds(store)
        assert_answers_hold(answers, ledger)
        await assert_everybody_heard(phones, ledger)
        assert {a["code"] for _, a in answers if not a["ok"]} <= {"bid_too_low", "unavailable"}


@only_sqlite
async def test_a_server_that_is_told_to_stop_hangs_up_so_that_phones_come_back(
    sale_database, tmp_path, crowd, store
):
    delta = {"auth": {"updates": "delta"}}
    answers = []
    async with Baraka(sale_database, tmp_path) as baraka:
        amina = await crowd.pick_up(baraka.url, 1)
        phones = await crowd.pick_up_many(
            baraka.url, range(2, 40), ("official websocket", "official polling"), **delta
        )
        await open_sale(amina)
        await join(phones)
        silent = [RawSocket(baraka.url, user_id) for user_id in range(40, 50)]
        for raw in silent:  # they join, want the whole lists, and read nothing any more
            await raw.__aenter__()
            await raw.asks("joinAuction", AUCTION)
        async with Bidding(phones[:6], answers) as bidding:
            await bidding.accepted(60)
            began = time.monotonic()
            assert await baraka.stop() == 0
            took = time.monotonic() - began
            for phone in phones:
                gone = await phone.lives_through("disconnect")
                assert gone["active"], gone  # it connects again by itself
                assert gone["reason"] in {"transport close", "transport error"}
        print(f"stopped in {took:.2f} s with {len(phones) + 11} sockets open")
        for raw in silent:
            await raw.__aexit__()
        ledger = await assert_sale_holds(store)
        assert_answers_hold(answers, ledger, complete=False)
        await baraka.start()
        for phone in phones:
            await phone.lives_through_again("connect", 2)
        await repeat(bidding.unanswered(), answers)
        assert_answers_hold(answers, await assert_sale_holds(store))


@only_mariadb
async def test_a_server_stops_although_its_database_does_not_answer(
    sale_database, tmp_path, mariadb, crowd, store
):
    async with Baraka(sale_database, tmp_path) as baraka:
        amina = await crowd.pick_up(baraka.url, 1)
        bilal = await crowd.pick_up(baraka.url, 2)
        await open_sale(amina)
        await join([bilal])
        mariadb.freeze()
        bid = asyncio.create_task(bilal.emits("placeBid", AUCTION | {"amount": 10}))
        await bilal.emits("nonsense")  # what was said before this has arrived
        began = time.monotonic()
        assert await baraka.stop() == 0
        print(f"stopped in {time.monotonic() - began:.2f} s with a frozen database")
        bid.cancel()
        await asyncio.wait([bid])
        mariadb.thaw()
    ledger = await assert_sale_holds(store)
    assert len(ledger) in (3, 4)
