"""Order in the room from the console: by the chat line, and by whoever has the role for it (D46, D47)."""

from __future__ import annotations

from pathlib import Path

from baraka_cli.console.chat_input import ChatInput
from baraka_server.contract.client_events import JoinAuction, PlaceBid, PostComment
from baraka_server.contract.people import SetRole
from tests.support.clients.keyboard import Keyboard, seated
from tests.support.clients.phones import PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka

AMINA, BILAL, DINA, MONA = 1, 2, 3, 7
RING = {"product": "Ring", "minBidPrice": 1, "bidPrice": 1, "actualPrice": 1}


async def writes(host: Keyboard, text: str) -> None:
    await host.presses("c")
    host.sale_screen.query_one(ChatInput).value = text
    await host.presses("enter")


async def test_a_moderator_s_console_keeps_order_and_sells_nothing(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    amina, bilal, dina = [
        await phones.open(baraka.url, user_id, auth={"token": token(SECRET, user_id)})
        for user_id in (AMINA, BILAL, DINA)
    ]
    assert (await amina.emits("startLiveAuction", {"auctionId": 1}))["ok"]
    assert (await amina.emits("changeCuurentProduct", {"auctionId": 1} | RING))["ok"]
    moderator = SetRole(auction_id=1, user_id=MONA, role="moderator")
    assert (await amina.emits(moderator))["ok"]
    for who, amount in ((dina, 10), (bilal, 20)):
        await who.emits(JoinAuction(auction_id=1))
        assert (await who.emits(PlaceBid(auction_id=1, amount=amount)))["ok"]
    assert (await bilal.emits(PostComment(auction_id=1, comment="rude")))["ok"]
    async with seated(baraka.url, tmp_path, user_id=MONA) as host:
        await host.sees("● LIVE", "2 Bilal A.: rude", "20 +10 2 Bilal A.")
        await host.presses("a")
        await host.reads_in_the_log("✗ Award: You moderate this auction")
        await writes(host, "/remove 2")
        await host.reads_in_the_log("✓ Remove “")
        await host.until(lambda: not host.sale_screen.book.comments, "the comment is gone")
        await writes(host, "/mute 2 5")
        await host.reads_in_the_log("✓ Mute 2 Bilal A. for 5 min")
        assert (await bilal.emits(PostComment(auction_id=1, comment="rude")))["code"] == "muted"
        await writes(host, "/slow 10")
        await host.reads_in_the_log("✓ One comment every 10 s")
        await writes(host, "/mute 9")
        await host.reads_in_the_log("✗ Mute paddle 9: There is no paddle 9 in this auction")
        await writes(host, "/block 2")
        await host.sees("Block 2 Bilal A.: out of the room")
        assert (await bilal.emits(PlaceBid(auction_id=1, amount=30)))["ok"], "it was not confirmed"
        await host.presses("ctrl+y")
        await host.reads_in_the_log("✓ Block 2 Bilal A.")
        await host.until(lambda: host.sale_screen.book.bids[0].amount == 10, "the next bid leads")
        assert (await bilal.emits(PlaceBid(auction_id=1, amount=40)))["code"] == "blocked"

        clerk = SetRole(auction_id=1, user_id=MONA, role="clerk")
        assert (await amina.emits(clerk))["ok"]
        await host.until(lambda: host.sale_screen.book.role == "clerk", "another role")
        await host.presses("e")
        await host.reads_in_the_log("✗ End: Only the owner ends or cancels it.")
        await writes(host, "/unblock 2")
        await host.reads_in_the_log("✓ Let 2 Bilal A. in")


async def test_the_owner_registers_who_asks_for_it_in_the_chat(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    amina, dina = [
        await phones.open(baraka.url, user_id, auth={"token": token(SECRET, user_id)})
        for user_id in (AMINA, DINA)
    ]
    assert (await amina.emits("startLiveAuction", {"auctionId": 1}))["ok"]
    assert (await amina.emits("changeCuurentProduct", {"auctionId": 1} | RING))["ok"]
    clerk = SetRole(auction_id=1, user_id=MONA, role="clerk")
    assert (await amina.emits(clerk))["ok"]
    await dina.emits(JoinAuction(auction_id=1))
    async with seated(baraka.url, tmp_path) as host:
        await host.sees("● LIVE")
        await host.until(lambda: host.sale_screen.connection.joined, "the room")
        rules = {"auctionId": 1, "registration": "approval"}
        assert (await amina.emits("setHouseRules", rules))["ok"]
        await host.reads_in_the_log("The rules were set: registered bidders may bid")
        assert (await dina.emits(PlaceBid(auction_id=1, amount=10)))["code"] == "not_registered"
        assert (await dina.emits(PostComment(auction_id=1, comment="let me in")))["ok"]
        await host.sees("#3: let me in")
        await writes(host, "/register 3")
        await host.reads_in_the_log("Nobody with paddle 3 was heard of; by the user's id: #3")
        await host.presses("ctrl+u")
        await writes(host, "/register #3 500")
        await host.reads_in_the_log("✓ Register ")
        await host.sees("1 Dina A.: let me in")
        assert (await dina.emits(PlaceBid(auction_id=1, amount=501)))["code"] == "over_limit"
        assert (await dina.emits(PlaceBid(auction_id=1, amount=10)))["ok"]
        await writes(host, "/unregister 1")
        await host.reads_in_the_log("✓ Take the registration of 1 Dina A. away")
        assert (await dina.emits(PlaceBid(auction_id=1, amount=20)))["code"] == "not_registered"
    async with seated(baraka.url, tmp_path, user_id=MONA) as host:
        await host.sees("● LIVE", "1 Dina A.: let me in")
        await writes(host, "/register #2")
        await host.reads_in_the_log("✗ Register user 2: Only the owner registers bidders.")
