"""Bids from the room and the telephone, entered at the console by paddle or label (D40)."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from baraka_cli.client.access import Access
from baraka_cli.client.http import HttpApi
from baraka_cli.console.chat_input import ChatInput
from baraka_cli.console.floor_bids import FloorBidder, read_floor_bid
from baraka_server.contract.client_events import JoinAuction, PlaceBid
from baraka_server.contract.house_rules import SetHouseRules
from tests.support.checks.proof import assert_sale_holds
from tests.support.clients.keyboard import Keyboard, seated
from tests.support.clients.phones import token
from tests.support.servers.baraka import SECRET


async def writes(host: Keyboard, text: str) -> None:
    await host.presses("c")
    host.sale_screen.query_one(ChatInput).value = text
    await host.presses("enter")


TEL = FloorBidder(label="tel 1")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("1200 26", (1200, FloorBidder(paddle=26))),
        ("1,200,000 26", (1_200_000, FloorBidder(paddle=26))),
        ("26", (None, FloorBidder(paddle=26))),
        ('1200 "tel 1"', (1200, TEL)),
        ("1200 “tel 1”", (1200, TEL)),
        ("1200 tel 1", (1200, TEL)),
        ("tel 1", (None, TEL)),
        ('"26"', (None, FloorBidder(label="26"))),
        ('1200 "2nd row"', (1200, FloorBidder(label="2nd row"))),
    ],
)
def test_what_is_typed_is_an_amount_and_whose_it_is(typed: str, read: object):
    assert read_floor_bid(typed) == read


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("1.200 26", "could mean"),
        ("12x 26", "12x"),
        ("0 26", "from 1 to"),
        ("1,200", "is not a paddle"),
        ("1200 0", "not a paddle"),
        ("1200 99999999999", "not a paddle"),
        ('1200 ""', "whose bid"),
        (f"1200 {'x' * 41}", "at most 40 characters"),
    ],
)
def test_an_amount_that_cannot_be_read_does_not_become_a_label(typed: str, says: str):
    with pytest.raises(ValueError, match=says):
        read_floor_bid(typed)


async def test_a_clerk_enters_bids_of_the_room_and_the_telephone(baraka, phones, tmp_path, store):
    api = HttpApi(baraka.url, Access(token(SECRET, 1)))
    assert (await api.command(SetHouseRules(auction_id=1, floor_user_id=5))).ok
    async with seated(baraka.url, tmp_path, size=(120, 40), hold_seconds=0) as host:
        await host.sees("NOT STARTED", "▲ online")
        await host.confirms("s")
        await host.until(lambda: host.sale_screen.connection.joined, "the room")
        await host.presses("j")
        await host.reads_in_the_log("Floor bid: There is nothing on the block.")
        await host.confirms("n")
        await host.reads_in_the_log("✓ Put up")
        bilal = await phones.open(baraka.url, 2, auth={"token": token(SECRET, 2)})
        await bilal.emits(JoinAuction(auction_id=1))
        assert (await bilal.emits(PlaceBid(auction_id=1, amount=900)))["ok"]
        await host.sees("900", "1 ")

        await writes(host, '/floor 1000 "tel 1"')
        await host.reads_in_the_log("✓ Floor bid 1,000 for “tel 1”")
        told = await bilal.hears("newBid", lambda said: said["newBid"]["bid"] == 1000)
        assert (told["newBid"]["paddle"], told["newBid"]["floor"]) == (2, True)
        await host.sees("2 tel 1")

        await host.presses("j")
        await host.sees("Enter a bid from the floor?")
        await bilal.emits(PlaceBid(auction_id=1, amount=1200))
        ask = host.sale_screen.next_ask
        await host.until(lambda: ask() is not None and ask() > 1200, "the higher bid")
        amount = host.app.screen.query_one("#amount", Input)
        await host.until(lambda: amount.value == str(ask()), "the next ask in the field")
        asked = int(amount.value)
        await host.presses("ctrl+y")
        await host.sees("whose bid?")
        await host.types("2")
        await host.presses("ctrl+y")
        await host.reads_in_the_log(f"✓ Floor bid {asked:,} for 2 tel 1")

        await writes(host, "/floor 1.300 2")
        await host.reads_in_the_log("✗ Floor bid: '1.300'")
        await writes(host, "/floor 77")
        await host.reads_in_the_log("There is no paddle 77 in this auction")

        await host.confirms("d")
        await host.reads_in_the_log(f"✓ Take back {asked:,} by 2 tel 1")
        await host.presses("m")
        await host.sees("Sell to another bidder?", "2 tel 1")
        await host.presses("ctrl+y")
        won = await bilal.hears("auctionEnded")
        assert (won["winningUser"]["id"], won["winningBid"]["paddle"]) == (5, 2)
        await host.sees("sold to 2 tel 1 for 1,000")
    await assert_sale_holds(store)
