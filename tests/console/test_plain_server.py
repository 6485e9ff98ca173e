"""The console on a server that speaks the guide alone: it works, and says what it cannot know."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from baraka_server.contract.client_events import JoinAuction, PlaceBid
from tests.support.clients.keyboard import Keyboard, seated
from tests.support.clients.phones import Phone, PythonPhones
from tests.support.servers.plain_server import PlainServer


@pytest.fixture(params=["silent", "empty"])
async def plain(request: pytest.FixtureRequest) -> AsyncIterator[PlainServer]:
    async with PlainServer(empty_acknowledgements=request.param == "empty") as server:
        yield server


async def bilal_with_a_lot_up(host: Keyboard, plain: PlainServer, phones: PythonPhones) -> Phone:
    await host.confirms("s")
    await host.sees("● LIVE", "plain server")
    await host.reads_in_the_log("This server does not acknowledge")
    await host.confirms("n")
    await host.sees("▶ Gold Ring – 18K")
    bilal = await phones.open(plain.url, 2, auth={"token": "bilal"})
    await bilal.says(JoinAuction(auction_id=1))
    await bilal.hears("userCountUpdate")
    return bilal


async def test_a_whole_sale_without_acknowledgements(
    plain: PlainServer, phones: PythonPhones, tmp_path: Path
) -> None:
    async with seated(plain.url, tmp_path, access_token="amina") as host:
        await host.sees("NOT STARTED", "▲ online")
        bilal = await bilal_with_a_lot_up(host, plain, phones)
        await bilal.says(PlaceBid(auction_id=1, amount=900))
        await host.sees("Bilal", "2 watching")
        await host.confirms("2")
        await host.sees("Amina: Any more bids?")
        await host.presses("a")
        await host.sees("Bilal wins", "This server cannot check it")
        await host.presses("ctrl+y")
        await host.sees("✓ Gold Ring – 18K  900 Bilal")
        assert plain.winnings == [(2, "Gold Ring – 18K", 900)]

        await host.confirms("n")
        await host.sees("▶ Silver Necklace – 925")
        await host.presses("p")
        await host.sees("This server cannot be told to award nobody")
        await host.presses("ctrl+y")
        await host.sees("– Silver Necklace – 925  passed")

        await host.presses("e")
        await host.sees("End the auction?")
        await host.types("end")
        await host.presses("ctrl+y")
        await host.sees("1 sold, 1 passed, total 900")
        await host.presses("ctrl+s")
        await host.sees("without telephone numbers")
        assert '"Gold Ring – 18K","5.2g",900,"Bilal","",' in (tmp_path / "sale-1.csv").read_text()


async def test_an_award_that_a_late_bid_overtook_is_called_out(
    plain: PlainServer, phones: PythonPhones, tmp_path: Path
) -> None:
    async with seated(plain.url, tmp_path, access_token="amina") as host:
        await host.sees("NOT STARTED", "▲ online")
        bilal = await bilal_with_a_lot_up(host, plain, phones)
        await bilal.says(PlaceBid(auction_id=1, amount=900))
        await host.sees("Bilal")
        plain.late_bid = (3, 950)
        await host.presses("a")
        await host.sees("Bilal wins")
        await host.presses("ctrl+y")
        await host.reads_in_the_log("✗ AWARDED TO ANOTHER: Dina for 950")


async def test_a_refusal_without_an_acknowledgement_is_still_one(
    plain: PlainServer, phones: PythonPhones, tmp_path: Path
) -> None:
    async with seated(plain.url, tmp_path, access_token="dina") as stranger:
        await stranger.sees("NOT STARTED", "▲ online")
        await stranger.confirms("s")
        await stranger.reads_in_the_log("✗ Start: You are not allowed to end the auction")


async def test_a_console_that_comes_late_says_that_it_does_not_know_what_was(
    plain: PlainServer, phones: PythonPhones, tmp_path: Path
) -> None:
    plain.auction.update(isLive=True, current_product="Ring")
    async with seated(plain.url, tmp_path, access_token="amina") as host:
        await host.sees("● LIVE", "plain server", "Nothing on the block")
        await host.reads_in_the_log("what happened before is unknown")


async def test_a_token_that_it_does_not_know_is_turned_away(
    plain: PlainServer, tmp_path: Path
) -> None:
    async with seated(plain.url, tmp_path, access_token="nobody") as host:
        await host.sees("The server turned us away: Invalid or expired token", "Ctrl+Q leaves")
