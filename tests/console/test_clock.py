"""The clock on the console: what it shows, and the keys that start, hold, stop and warn."""

from __future__ import annotations

from typing import Any

import pytest

from baraka_cli.console.bidding import Bidding
from baraka_server.contract import clock as asked
from baraka_server.contract.client_events import JoinAuction, PlaceBid
from tests.console.test_sale import with_gold_up
from tests.support.clients.keyboard import Keyboard, seated
from tests.support.clients.phones import token
from tests.support.servers.baraka import SECRET
from tests.support.servers.clock import Clock

BILAL = 2


def told(left: float, **more: Any) -> dict[str, Any]:
    usual = {"remainingMs": round(1000 * left), "running": True, "award": None}
    return usual | more


def bidding(*heard: tuple[str, dict[str, Any]]) -> Bidding:
    found = Bidding(seconds=Clock())
    for event, data in heard:
        found.hear(event, data)
    return found


def test_a_clock_is_counted_from_when_it_was_heard():
    found = bidding(("auctionClock", told(90)))
    assert found.told() == "closes in 1:30"
    found.seconds.now += 79.5
    assert (found.told(), found.last_seconds) == ("closes in 0:11", None)
    found.seconds.now += 0.5
    assert (found.told(), found.last_seconds) == ("closes in 0:10", 10)
    found.seconds.now += 9.9
    assert found.last_seconds == 1
    found.seconds.now += 0.1
    assert (found.told(), found.last_seconds) == ("BIDDING CLOSED", None)
    assert not found.clock_is_on


@pytest.mark.parametrize(
    ("heard", "words"),
    [
        ([("auctionClock", told(60, award="auto"))], "awards itself in 1:00"),
        ([("auctionClock", told(42, running=False))], "clock paused at 0:42 · i"),
        (
            [("auctionClock", told(3, running=False, reason="interrupted"))],
            "STOPPED at 0:03 (interrupted) · i",
        ),
        ([("auctionClock", told(9)), ("auctionClock", {"remainingMs": None})], ""),
        ([("biddingPaused", {"clock": None})], "BIDDING PAUSED"),
        (
            [("biddingPaused", {"clock": told(9, running=False)})],
            "BIDDING PAUSED at 0:09",
        ),
        ([("biddingPaused", {"clock": None}), ("biddingResumed", {"clock": None})], ""),
        ([("auctionClock", told(5)), ("newBid", {"clock": told(10)})], "closes in 0:10"),
        ([("auctionClock", told(5)), ("auctionEnded", {"clock": None})], ""),
        ([("auctionState", {"bidding": "paused", "clock": None})], "BIDDING PAUSED"),
    ],
)
def test_what_is_heard_of_a_clock_is_told_in_words(heard, words):
    assert bidding(*heard).told() == words


def test_a_warning_is_over_with_the_next_bid():
    found = bidding(("fairWarning", {"stage": 2}))
    assert found.warned == 2
    found.hear("newBid", {"round": 1})
    assert found.warned == 0


async def test_a_lot_is_sold_by_the_clock_from_the_keyboard(baraka, phones, tmp_path):
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("NOT STARTED", "▲ online")
        await with_gold_up(host)
        bilal = await phones.open(baraka.url, BILAL, auth={"token": token(SECRET, BILAL)})
        await bilal.emits(JoinAuction(auction_id=1))

        await host.confirms("w")
        await host.reads_in_the_log("✓ Going once")
        assert (await bilal.hears("fairWarning"))["stage"] == 1
        await host.until(lambda: host.sale_screen.book.bidding.warned == 1, "the warning")
        await host.confirms("w")
        assert (await bilal.hears("fairWarning"))["stage"] == 2

        await host.confirms("h")
        await host.sees("BIDDING PAUSED")
        bid = PlaceBid(auction_id=1, amount=900)
        assert (await bilal.emits(bid))["code"] == "bidding_paused"
        await host.confirms("h")
        await host.sees_no_more("BIDDING PAUSED")
        assert (await bilal.emits(bid))["ok"]

        await host.presses("o")
        await host.sees("Start a clock?")
        await host.presses("ctrl+y")
        await host.sees("closes in")
        await host.presses("o")
        await host.reads_in_the_log("A clock is on already")
        await host.confirms("i")
        await host.sees("clock paused at")
        await host.confirms("z")
        await host.sees_no_more("clock paused")
        assert (await bilal.hears("auctionClock", lambda heard: heard["endsAt"] is None))["seq"]

        await host.sees("+50")
        await host.presses("o")
        await host.sees("Start a clock?")
        await set_to(host, seconds="1", window_seconds="0")
        await host.sees("BIDDING CLOSED")
        await host.sees_no_more("+50")  # nobody is to be asked for another bid

        await host.presses("O")
        await host.sees("a clock that awards")
        await set_to(host, seconds="3", window_seconds="0")
        await host.sees("CLOSES IN", "next ask")
        assert (await bilal.hears("auctionEnded"))["winningUser"]["id"] == BILAL
        await host.sees("Nothing on the block")


async def set_to(host: Keyboard, **fields: str) -> None:
    for name, text in fields.items():
        host.app.screen.query_one(f"#{name}").value = text
    await host.presses("ctrl+y")


async def test_a_clock_that_is_no_clock_is_asked_again(baraka, tmp_path):
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("NOT STARTED", "▲ online")
        await with_gold_up(host)
        await host.presses("o")
        await host.sees("Start a clock?")
        await set_to(host, seconds="0")
        await host.sees("Seconds must be a whole number from 1 to 604800")
        await host.presses("escape")
        await host.presses("i")
        await host.reads_in_the_log("No clock is on")


def test_every_warning_has_its_words():
    assert list(asked.GOING) == [1, 2, 3]
