"""Mistakes mended at the console: the hammer is held, a bid is taken back, a lot is opened again (D37 to D39)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from baraka_cli.client.access import Access
from baraka_cli.client.http import HttpApi
from baraka_cli.console.sale_screen import SaleScreen
from baraka_cli.console.taking_back import TakingBack
from baraka_server.contract.client_events import AwardLot, JoinAuction, PlaceBid
from baraka_server.contract.lots import AddLots, NewLot
from tests.support.checks.proof import assert_sale_holds, the_ledger
from tests.support.clients.keyboard import Keyboard, seated
from tests.support.clients.phones import Phone, PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka

RING = "Gold Ring – 18K"


@asynccontextmanager
async def hosting(
    baraka: Baraka,
    phones: PythonPhones,
    folder: Path,
    *,
    hold_seconds: float = 0,
    vase_reserve: int | None = None,
) -> AsyncIterator[tuple[Keyboard, Phone, Phone]]:
    """The gold ring is up; Bilal has bid 900 and Dina 950.

    With `vase_reserve` it is a vase of the server's run list with that reserve.
    """
    if vase_reserve is not None:
        lot = {"product": "Vase", "minimum_price": 1, "start_price": 1, "market_price": 1}
        vase = NewLot.model_construct(**lot, reserve=vase_reserve)
        api = HttpApi(baraka.url, Access(token(SECRET, 1)))
        assert (await api.command(AddLots(auction_id=1, lots=(vase,)))).ok
    async with seated(baraka.url, folder, size=(120, 40), hold_seconds=hold_seconds) as host:
        await host.sees("NOT STARTED", "▲ online")
        await host.confirms("s")
        await host.sees("● LIVE")
        await host.until(lambda: host.sale_screen.connection.joined, "the room")
        await host.confirms("n")
        await host.reads_in_the_log("✓ Put up")
        bilal, dina = [
            await phones.open(baraka.url, user, auth={"token": token(SECRET, user)})
            for user in (2, 3)
        ]
        for phone, amount in ((bilal, 900), (dina, 950)):
            await phone.emits(JoinAuction(auction_id=1))
            assert (await phone.emits(PlaceBid(auction_id=1, amount=amount)))["ok"]
        await leads(host, 950)
        yield host, bilal, dina


async def leads(host: Keyboard, amount: int | None) -> None:
    def is_so() -> bool:
        high = host.sale_screen.book.high
        return (high.amount if high else None) == amount

    await host.until(is_so, f"{amount} to lead")


async def test_the_newest_bid_is_taken_back_behind_a_question_that_names_it(
    baraka, phones, tmp_path, store
):
    async with hosting(baraka, phones, tmp_path) as (host, _, dina):
        await host.presses("d")
        await host.sees("Take back the bid of 950 by", "leads with 900")
        await host.presses("escape")
        await leads(host, 950)
        await host.confirms("d")
        await host.reads_in_the_log("✓ Take back 950 by")
        await leads(host, 900)
        await dina.hears("bidUndone")
        await host.confirms("d")
        await leads(host, None)
        await host.presses("d")
        await host.reads_in_the_log("Undo: There is no bid to take back.")
    await assert_sale_holds(store)


async def test_a_bid_that_came_while_the_question_was_open_is_not_taken_back(
    baraka, phones, tmp_path
):
    async with hosting(baraka, phones, tmp_path) as (host, bilal, _):
        await host.presses("d")
        await host.sees("Take back the bid of 950")
        await bilal.emits(PlaceBid(auction_id=1, amount=990))
        await leads(host, 990)
        await host.presses("ctrl+y")
        await host.reads_in_the_log("Undo: another bid came in")
        await leads(host, 990)


async def test_a_held_award_is_taken_back_by_one_key_before_it_is_sent(
    baraka, phones, tmp_path, store
):
    async with hosting(baraka, phones, tmp_path, hold_seconds=600) as (host, _, _):
        await host.confirms("a")
        await host.sees("for 950 in ")
        await host.presses("n")
        await host.reads_in_the_log("waits: Esc takes it back")
        await host.presses("escape")
        await host.reads_in_the_log("not sent, you took it back")
        assert host.sale_screen.book.lot is not None
    assert "awarded" not in {entry.kind for entry in await the_ledger(store)}


async def test_a_held_award_is_not_sent_when_a_higher_bid_comes_in(baraka, phones, tmp_path, store):
    async with hosting(baraka, phones, tmp_path, hold_seconds=600) as (host, bilal, _):
        await host.confirms("a")
        await host.sees("for 950 in ")
        await bilal.emits(PlaceBid(auction_id=1, amount=990))
        await host.reads_in_the_log("not sent, a higher bid came in")
    assert "awarded" not in {entry.kind for entry in await the_ledger(store)}


async def test_an_award_that_nobody_takes_back_is_sent_when_its_seconds_are_over(
    baraka, phones, tmp_path
):
    async with hosting(baraka, phones, tmp_path, hold_seconds=0.3) as (host, _, dina):
        await host.confirms("a")
        won = await dina.hears("auctionEnded")
        assert won["winningBid"]["bid"] == 950
        await host.reads_in_the_log("✓ Award")


async def test_a_console_that_is_closed_while_it_holds_an_award_has_not_awarded(
    baraka, phones, tmp_path, store
):
    async with hosting(baraka, phones, tmp_path, hold_seconds=600) as (host, _, _):
        await host.confirms("a")
        await host.sees("for 950 in ")
    assert "awarded" not in {entry.kind for entry in await the_ledger(store)}


async def test_a_dispute_ends_with_the_runner_up(baraka, phones, tmp_path, store):
    """Dina has won and does not want it: the lot is opened again, and sold to Bilal at his own bid."""
    async with hosting(baraka, phones, tmp_path) as (host, bilal, _):
        await host.confirms("a")
        await host.reads_in_the_log("sold to")
        await host.until(lambda: host.sale_screen.clerk.tally.sold == 1, "one sold lot")
        await host.presses("v")
        await host.sees(f"Open {RING} again?", "for 950")
        await host.presses("ctrl+y")
        await host.reads_in_the_log("is open again")
        await leads(host, 950)
        assert host.sale_screen.book.hammers == []
        assert host.sale_screen.run_list.on_block is not None
        await host.until(lambda: host.sale_screen.clerk.tally.sold == 0, "no sold lot")
        await host.presses("m")
        await host.sees("Sell to another bidder?", "900")
        await host.presses("ctrl+y")
        won = await bilal.hears("auctionEnded", lambda told: told["winningBid"]["bid"] == 900)
        assert (won["winningUser"]["id"], won["runnerUp"]) == (2, True)
        await host.until(lambda: host.sale_screen.clerk.tally.total == 900, "what was sold")
        assert host.sale_screen.run_list.lots[0].amount == 900
    await assert_sale_holds(store)


async def test_nobody_else_has_bid_so_nobody_else_is_sold_to(baraka, phones, tmp_path):
    async with hosting(baraka, phones, tmp_path) as (host, _, _):
        await host.confirms("d")
        await leads(host, 900)
        await host.presses("m")
        await host.reads_in_the_log("Runner-up: Nobody else has bid.")
        await host.presses("v")
        await host.reads_in_the_log("is on the block.")


async def test_a_second_console_follows_what_the_first_takes_back(baraka, phones, tmp_path):
    async with hosting(baraka, phones, tmp_path) as (host, _, _):
        other = await phones.open(baraka.url, 1, auth={"token": token(SECRET, 1)})
        await other.emits(JoinAuction(auction_id=1))
        await other.emits("undoBid", {"auctionId": 1, "bidId": host.sale_screen.book.bids[0].id})
        await host.reads_in_the_log("The bid of 950 by")
        await leads(host, 900)
        bid_id = host.sale_screen.book.bids[0].id
        await other.emits(AwardLot(auction_id=1, product=RING, bid_id=bid_id))
        await host.reads_in_the_log("sold to")
        await other.emits("reopenLot", {"auctionId": 1})
        await host.reads_in_the_log("is open again")
        await leads(host, 900)


def test_the_console_holds_an_award_for_three_seconds():
    assert issubclass(SaleScreen, TakingBack)
    assert TakingBack.hold_seconds == 3


async def test_a_lot_below_its_reserve_is_sold_behind_a_question_of_its_own(
    baraka, phones, tmp_path, store
):
    async with hosting(baraka, phones, tmp_path, vase_reserve=2000) as (host, bilal, dina):
        await host.sees("RESERVE NOT MET", "reserve 2,000")
        await host.presses("a")
        await host.sees("Award this lot?", "Below the reserve: you are asked once more.")
        await host.presses("ctrl+y")
        await host.sees("below its reserve?", "for 950", "type: below")
        await host.presses("ctrl+y")
        await host.sees("⚠ First type: below")
        await host.presses("escape")
        assert host.sale_screen.book.lot is not None
        assert (await bilal.emits(PlaceBid(auction_id=1, amount=2000)))["ok"]
        await host.sees("reserve met")
        assert (await dina.emits(PlaceBid(auction_id=1, amount=2010)))["ok"]
        await leads(host, 2010)
        # What the console knows of the reserve may be old: the server's refusal asks too.
        host.sale_screen.run_list.on_block.reserve = None
        await host.presses("m")
        await host.sees("Sell to another bidder?")
        await host.presses("down", "ctrl+y")  # Bilal's 900
        await host.sees("below its reserve?", "for 900")
        await host.types("below")
        await host.presses("ctrl+y")
        won = await dina.hears("auctionEnded")
        assert (won["winningBid"]["bid"], won["reserveMet"], won["runnerUp"]) == (900, False, True)
    awards = [entry for entry in await the_ledger(store) if entry.kind == "runner_up_awarded"]
    assert [one.event.below_reserve for one in awards] == [True]
    await assert_sale_holds(store)
