"""Order in the room from the console: by the chat line, and by whoever has the role for it (D46, D47)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.widgets import OptionList

from baraka_cli.console.chat_input import ChatInput
from baraka_cli.console.choosing import ChoicePanel
from baraka_cli.console.line_menu import LineMenu
from baraka_cli.console.lists import Bids, Chat
from baraka_cli.console.mixed_text import isolated
from baraka_server.contract.client_events import JoinAuction, PlaceBid, PostComment
from baraka_server.contract.people import SetRole
from tests.support.clients.keyboard import Keyboard, seated
from tests.support.clients.phones import Phone, PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka

AMINA, BILAL, DINA, MONA = 1, 2, 3, 7
CHEAP = isolated("رخيص جدا")
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
        await host.until(lambda: not host.sale_screen.book.chat.listed, "it is gone")
        await host.sees("✗ removed 2 Bilal A.: rude")
        await writes(host, "/restore")
        await host.reads_in_the_log("✓ Put back “rude” of 2 Bilal A.")
        await host.sees("2 Bilal A.: rude")
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


@asynccontextmanager
async def room(baraka: Baraka, phones: PythonPhones) -> AsyncIterator[tuple[Phone, Phone, Phone]]:
    """Amina, Bilal and Dina; the ring is up, Dina has bid 10 and Bilal 20 and written."""
    people = [
        await phones.open(baraka.url, user_id, auth={"token": token(SECRET, user_id)})
        for user_id in (AMINA, BILAL, DINA)
    ]
    amina, bilal, dina = people
    assert (await amina.emits("startLiveAuction", {"auctionId": 1}))["ok"]
    assert (await amina.emits("changeCuurentProduct", {"auctionId": 1} | RING))["ok"]
    for who, amount in ((dina, 10), (bilal, 20)):
        await who.emits(JoinAuction(auction_id=1))
        assert (await who.emits(PlaceBid(auction_id=1, amount=amount)))["ok"]
    for text in ("first", "رخيص جدا", "last"):
        assert (await bilal.emits(PostComment(auction_id=1, comment=text)))["ok"]
    yield amina, bilal, dina


def chat_of(host: Keyboard) -> Chat:
    return host.sale_screen.query_one(Chat)


async def chooses(host: Keyboard, panel: ChoicePanel, *keys: str) -> None:
    host.sale_screen.set_focus(panel)
    await host.presses(*keys)
    await host.until(lambda: panel.chosen is not None, "a line")
    await host.sees("Enter: what can be done")


async def picks(host: Keyboard, label: str) -> None:
    """Open the menu of the chosen line, and do what is called so."""
    await host.presses("enter")
    await host.until(lambda: isinstance(host.app.screen, LineMenu), "the menu")
    deeds = host.app.screen.query_one(OptionList)
    labels = [str(option.prompt) for option in deeds.options]
    assert label in labels, labels
    deeds.highlighted = labels.index(label)
    await host.presses("ctrl+y")


async def test_a_chosen_line_of_the_chat_opens_what_can_be_done_with_it(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    async with (
        room(baraka, phones) as (_, bilal, _),
        seated(baraka.url, tmp_path, size=(120, 40)) as host,
    ):
        await host.sees("2 Bilal A.: first", "2 Bilal A.: last")
        assert "Enter: what" not in host.screen
        chat = chat_of(host)
        await chooses(host, chat, "up", "up")
        assert (await bilal.emits(PostComment(auction_id=1, comment="later")))["ok"]
        await host.sees("2 Bilal A.: later")
        await picks(host, "Remove it")
        await host.reads_in_the_log(f"✓ Remove “{CHEAP}")
        await host.sees(f"✗ removed 2 Bilal A.: {CHEAP}")
        gone = await bilal.hears("commentRemoved")
        assert gone["commentId"] == 2, "the line that was chosen, wherever it stood by then"

        await host.presses("escape")
        assert chat.chosen is None
        await host.sees_no_more("Enter: what")
        at = next(row for row, line in enumerate(chat.shown) if line.id == 2)
        assert await host.pilot.click("#chat", offset=(3, at + 1))
        await host.until(lambda: chat.chosen == 2, "the line under the mouse")
        await picks(host, "Put it back")
        await host.reads_in_the_log(f"✓ Put back “{CHEAP}")
        await host.sees_no_more("✗ removed")

        await chooses(host, chat)
        await picks(host, "Mute 2 Bilal A. for 10 min")
        await host.reads_in_the_log("✓ Mute 2 Bilal A. for 10 min")
        refused = await bilal.emits(PostComment(auction_id=1, comment="rude"))
        assert refused["code"] == "muted"
        await picks(host, "Let 2 Bilal A. write again")
        await host.reads_in_the_log("✓ Let 2 Bilal A. write again")
        await picks(host, "Block 2 Bilal A.…")
        await host.sees("Block 2 Bilal A.?", "Out of the room")
        assert (await bilal.emits(PlaceBid(auction_id=1, amount=30)))["ok"], "it was not confirmed"
        await host.presses("ctrl+y")
        await host.reads_in_the_log("✓ Block 2 Bilal A.")
        await host.until(lambda: host.sale_screen.book.bids[0].amount == 10, "the next bid leads")


async def test_the_newest_bid_is_taken_back_by_its_line_where_the_role_may(
    baraka: Baraka, phones: PythonPhones, tmp_path: Path
) -> None:
    async with room(baraka, phones) as (amina, bilal, _):
        assert (await amina.emits(SetRole(auction_id=1, user_id=MONA, role="moderator")))["ok"]
        async with seated(baraka.url, tmp_path, user_id=MONA) as host:
            await host.sees("● LIVE", "20 +10 2 Bilal A.")
            bids = host.sale_screen.query_one(Bids)
            await chooses(host, bids, "down")
            await host.presses("enter")
            await host.sees("20 of 2 Bilal A.", "Mute 2 Bilal A. for good")
            assert "Take this bid back" not in host.screen, "a moderator sells nothing"
            await host.presses("escape")
            assert (await amina.emits(SetRole(auction_id=1, user_id=MONA, role="clerk")))["ok"]
            await host.until(lambda: host.sale_screen.book.role == "clerk", "another role")
            assert bids.chosen is not None
            await host.presses("enter")
            await host.sees("Take this bid back…")
            await host.presses("ctrl+y")
            await host.sees("Take back the bid of 20 by 2 Bilal A.?")
            await host.presses("escape")
            await picks(host, "Take this bid back…")
            await host.presses("ctrl+y")
            await host.reads_in_the_log("✓ Take back 20 by 2 Bilal A.")
            await host.until(lambda: bids.chosen is None, "nothing is chosen in its place")
            assert (await bilal.emits(PlaceBid(auction_id=1, amount=30)))["ok"]
            await chooses(host, bids, "down", "down")
            await host.presses("enter")
            await host.sees("10 of 1 Dina A.")
            assert "Take this bid back" not in host.screen, "it is not the newest"
