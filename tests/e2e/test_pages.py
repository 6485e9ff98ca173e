"""The pages of a sale in a real browser: what they show, what one thumb does, and who can use them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from baraka_server.contract.client_events import (
    AwardLot,
    ChangeLot,
    EndAuction,
    PlaceBid,
    PostComment,
)
from baraka_server.contract.clock import FairWarning, PauseBidding, ResumeBidding, StartClock
from baraka_server.contract.hammer import ReopenLot, UndoBid
from baraka_server.contract.moderation import MuteUser
from baraka_server.domain.decision import Command
from baraka_server.minting import Minting
from tests.support.clients.crowd import join, open_sale
from tests.support.clients.page_visitor import SCREEN, barriers, part
from tests.support.clients.phones import Phone, token
from tests.support.servers.baraka import SECRET, Baraka
from tests.support.servers.databases import only_sqlite
from tests.support.servers.sales import take

pytestmark = [pytest.mark.slow, only_sqlite]

AMINA, BILAL, DINA, EMAN = 1, 2, 3, 4
RING = "Gold Ring"
HOSTILE = '<img src=x onerror="document.title=1">'


CUT = """[...document.querySelectorAll("body, main, main *")].filter((one) => {
  const box = one.getBoundingClientRect();
  return box.width && one.className !== "unseen" && (box.left < -1 || box.right > innerWidth + 1);
}).map((one) => one.outerHTML.slice(0, 120))"""
"""The parts of a page that reach beyond its screen."""


@pytest.fixture
async def baraka(
    request: pytest.FixtureRequest, sale_database: str, tmp_path: Path
) -> AsyncIterator[Baraka]:
    """A running server. Its parameter, if any, is the currency of its amounts."""
    currency = getattr(request, "param", None)
    async with Baraka(sale_database, tmp_path, BARAKA_CURRENCY=currency) as server:
        yield server


@pytest.fixture
async def amina(baraka: Baraka, crowd: Any) -> Phone:
    """The host, in the room, with a ring on the block that nobody bid for."""
    host = await crowd.pick_up(baraka.url, AMINA, "python websocket")
    await open_sale(host, product=RING, minimum=5)
    await join([host])
    return host


@pytest.fixture
async def bilal(baraka: Baraka, crowd: Any, amina: Phone) -> Phone:
    """A bidder with an app."""
    phone = await crowd.pick_up(baraka.url, BILAL, "python websocket")
    await join([phone])
    return phone


async def done(phone: Phone, command: Any) -> dict[str, Any]:
    answer = await phone.emits(command)
    assert answer["ok"], answer
    return answer


async def bids(phone: Phone, amount: int) -> dict[str, Any]:
    return await done(phone, PlaceBid(auction_id=1, amount=amount))


async def test_all_pages_show_the_sale_as_it_goes_and_as_a_late_one_finds_it(
    baraka, amina, bilal, visitor
):
    """Each step is seen by pages that were there, and by one that is opened behind it."""
    mine = token(SECRET, DINA)
    watch = await visitor.opens(f"{baraka.url}/watch/1", token=mine)
    link = Minting(SECRET, {}, None).guest(timedelta(hours=1), 1)
    others = [
        await visitor.opens(f"{baraka.url}/watch/1"),
        await visitor.opens(f"{baraka.url}/overlay/1", token=link, size=SCREEN),
        await visitor.opens(f"{baraka.url}/board/1", size=SCREEN),
    ]

    async def show(name: str, text: str) -> None:
        for page in (watch, *others):
            await expect(part(page, name)).to_have_text(text)
        late = await visitor.opens(f"{baraka.url}/watch/1", token=mine)
        await expect(part(late, name)).to_have_text(text)
        await late.context.close()

    await show("price", "5")
    first = await bids(bilal, 1200)
    await show("price", "1,200")
    await show("leader", "1Bilal A.")
    second = await bids(bilal, 1300)
    await show("price", "1,300")
    await done(amina, UndoBid(auction_id=1, bid_id=second["bidId"]))
    await show("price", "1,200")
    await done(amina, PauseBidding(auction_id=1))
    await show("notice", "Bidding is paused")
    await done(amina, ResumeBidding(auction_id=1))
    await done(amina, FairWarning(auction_id=1, stage=2))
    for page in (watch, *others):  # a warning is of its moment: who comes later did not hear it
        await expect(part(page, "notice")).to_have_text("Going twice")
    await done(amina, StartClock(auction_id=1, seconds=3600))
    for page in (watch, *others):
        await expect(part(page, "clock-time")).to_have_text(re.compile("59:[0-5][0-9]"))
    award = AwardLot(auction_id=1, product=RING, bid_id=first["bidId"])
    await done(amina, award)
    for page in (watch, *others):
        await expect(part(page, "notice")).to_have_text(f"{RING}: Sold to 1Bilal A. for 1,200")
    await done(amina, ReopenLot(auction_id=1))
    for page in (watch, *others):
        await expect(part(page, "notice")).not_to_contain_text("Sold")
    await show("price", "1,200")
    await done(amina, award)
    pearl = {"product": "Pearl", "minimum_price": 7, "start_price": 7, "market_price": 90}
    await done(amina, ChangeLot(auction_id=1, **pearl))
    await show("product", "Pearl")
    await show("price", "7")
    await done(amina, EndAuction(auction_id=1))
    for page in (watch, *others):
        await expect(part(page, "notice")).to_contain_text("The sale is over")


async def test_one_thumb_bids_is_outbid_and_bids_again(baraka, amina, bilal, visitor):
    page = await visitor.opens(f"{baraka.url}/watch/1", token=token(SECRET, DINA))
    button = page.locator("#bid")
    await expect(button).to_have_text("Bid 5")
    await button.tap()
    await expect(button).to_have_text("You lead")
    await expect(button).to_be_disabled()
    heard = await bilal.hears("newBid", lambda told: told["newBid"]["bid"] == 5)
    assert heard["newBid"]["user_id"] == DINA
    await bids(bilal, 70)
    await expect(button).to_have_text("Bid 71")
    await expect(part(page, "leader")).to_have_text("2Bilal A. · You were outbid")
    await page.evaluate("new Promise((settled) => setTimeout(settled, 400))")
    await button.tap()  # one at the moment of a change bids nothing
    await bilal.hears("newBid", lambda told: told["newBid"]["bid"] == 71)
    await expect(page.locator("#told")).to_have_text("")


async def test_a_tap_at_the_moment_of_another_bid_bids_nothing_new(baraka, amina, bilal, visitor):
    """The finger was on its way to 6 when the button became 71."""
    page = await visitor.opens(f"{baraka.url}/watch/1", token=token(SECRET, DINA))
    await bids(bilal, 5)
    await expect(page.locator("#bid")).to_have_text("Bid 6")
    await page.evaluate(
        """() => {
          const button = document.getElementById("bid");
          new MutationObserver(() => button.click()).observe(button, {childList: true, characterData: true, subtree: true});
        }"""
    )
    await bids(bilal, 70)
    await expect(page.locator("#bid")).to_have_text("Bid 71")
    await expect(page.locator("#told")).to_have_text("The price has just changed. Nothing was bid.")
    await bids(bilal, 80)
    await expect(page.locator("#bid")).to_have_text("Bid 81")
    await bids(bilal, 90)
    await done(amina, AwardLot(auction_id=1, product=RING))  # nor does one as the next lot comes
    pearl = {"product": "Pearl", "minimum_price": 7, "start_price": 7, "market_price": 90}
    await done(amina, ChangeLot(auction_id=1, **pearl))
    await expect(page.locator("#bid")).to_have_text("Bid 7")
    await bids(bilal, 80)
    await expect(page.locator("#bid")).to_have_text("Bid 81")
    assert {told["newBid"]["user_id"] for told in bilal.heard("newBid")} == {BILAL}


async def test_an_amount_of_ones_own_is_read_as_people_write_it_and_asked_about(
    baraka, amina, bilal, visitor
):
    page = await visitor.opens(f"{baraka.url}/watch/1", token=token(SECRET, DINA))
    await page.locator("#more").tap()
    amount, place = page.locator("#amount"), page.locator("#amount-place")
    for unread in ("1.500", "1,500", "3", "-4", "one", ""):
        await amount.fill(unread)
        await place.tap()
        await expect(page.locator("#amount-help")).to_have_text("Next bid: 5")
    await amount.fill("١٥٠")  # 150
    await place.tap()
    await expect(page.locator("#amount-help")).to_contain_text("Bid 150? That is far above")
    assert not bilal.heard("newBid")
    await amount.press("Enter")
    told = await bilal.hears("newBid")
    assert told["newBid"]["bid"] == 150
    await expect(page.locator("#amount-dialog")).to_be_hidden()


async def test_who_comes_back_sees_what_was_bid_meanwhile(baraka, store, amina, bilal, visitor):
    """The server is killed under the page, and another one of the house takes a bid."""
    page = await visitor.opens(f"{baraka.url}/watch/1", token=token(SECRET, DINA))
    await expect(part(page, "price")).to_have_text("5")
    await done(amina, MuteUser(auction_id=1, user_id=DINA))
    await page.locator("#comment input").fill("Good evening")
    await page.locator("#comment button").tap()
    await expect(page.locator("#told")).to_have_text("You cannot write at the moment.")
    await baraka.kill()  # why a command was refused is not why the connection is gone
    await expect(part(page, "line")).to_have_text("Connection lost. Coming back…")
    await expect(page.locator("#bid")).to_be_disabled()
    await take(store, 1, [Command(PlaceBid(auction_id=1, amount=20), BILAL)])
    await baraka.start()
    await expect(part(page, "line")).to_have_text("")
    await expect(part(page, "price")).to_have_text("20")
    await expect(page.locator("#bid")).to_have_text("Bid 21")
    await expect(page.locator("#bid")).to_be_enabled()
    await page.evaluate("new Promise((settled) => setTimeout(settled, 400))")
    await page.locator("#bid").tap()
    await expect(page.locator("#bid")).to_have_text("You lead")


async def test_what_people_wrote_is_text(baraka, amina, bilal, visitor):
    pages = [
        await visitor.opens(f"{baraka.url}/{page}/1", token=token(SECRET, DINA), size=SCREEN)
        for page in ("watch", "overlay", "board")
    ]
    hostile = {"product": HOSTILE, "minimum_price": 7, "start_price": 7, "market_price": 90}
    await done(amina, ChangeLot(auction_id=1, **hostile))
    await done(bilal, PostComment(auction_id=1, comment=HOSTILE))
    for page in pages:
        await expect(part(page, "product")).to_have_text(HOSTILE)
        assert await page.title() != "1"
    for page in pages[:2]:
        await expect(part(page, "comments").locator("li")).to_contain_text([HOSTILE])
    page = pages[0]
    await page.locator("#comment input").fill("  Is it 21k?  ")
    await page.locator("#comment input").press("Enter")
    told = await bilal.hears("newComment", lambda told: told["newComment"]["user_id"] == DINA)
    assert told["newComment"]["comment"] == "Is it 21k?"


async def test_five_hundred_bids_are_shown_and_few_are_read_aloud(
    baraka, amina, bilal, crowd, visitor
):
    page = await visitor.opens(f"{baraka.url}/watch/1", token=token(SECRET, DINA))
    await expect(part(page, "price")).to_have_text("5")
    await page.evaluate(
        """() => {
          window.said = 0;
          const status = document.querySelector('[data-part="status"]');
          new MutationObserver(() => { window.said += 1; }).observe(status, {childList: true, characterData: true, subtree: true});
        }"""
    )
    began = await page.evaluate("performance.now()")
    for first in range(10, 510, 50):
        await asyncio.gather(*(bids(bilal, amount) for amount in range(first, first + 50)))
    await expect(part(page, "price")).to_have_text("509")
    rows = part(page, "bids").locator("li")
    await expect(rows.first).to_have_text("1Bilal A.509")
    assert await rows.count() <= 12
    seconds = (await page.evaluate("performance.now()") - began) / 1000
    assert await page.evaluate("window.said") <= seconds / 2.5 + 2
    await expect(part(page, "status")).to_have_text("509, Bilal A.")


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("baraka", ["AED"], indirect=True)
async def test_nobody_is_kept_out(baraka, amina, bilal, visitor, language):
    """axe-core finds nothing with a lot on the block and with a dialog open, and nothing is cut."""
    await bids(bilal, 1_000_050)
    await done(bilal, PostComment(auction_id=1, comment="ما شاء الله 24k"))
    await done(amina, StartClock(auction_id=1, seconds=3600))
    mine = token(SECRET, DINA)
    for name in ("watch", "overlay", "board"):
        size = {} if name == "watch" else {"size": SCREEN}
        page = await visitor.opens(f"{baraka.url}/{name}/1", token=mine, language=language, **size)
        await expect(part(page, "price")).to_contain_text("1,000,050")
        direction = "rtl" if language == "ar" else "ltr"
        assert await page.evaluate("document.documentElement.dir") == direction
        assert await barriers(page) == []
        assert await page.evaluate(CUT) == [], name
        if name != "watch":
            continue
        await page.locator("#more").tap()
        assert await barriers(page) == []
        await page.keyboard.press("Escape")
        await page.locator("#language").tap()
        assert await page.evaluate("document.documentElement.dir") != direction
        await expect(part(page, "price")).to_contain_text("1,000,050")


async def test_a_sale_can_be_bid_in_by_keyboard_alone_and_without_motion(
    baraka, amina, bilal, visitor
):
    page = await visitor.opens(
        f"{baraka.url}/watch/1", token=token(SECRET, DINA), reduced_motion="reduce"
    )
    await expect(page.locator("#bid")).to_have_text("Bid 5")
    for _ in range(12):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.id") == "bid":
            break
    outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    await page.keyboard.press("Enter")
    await expect(page.locator("#bid")).to_have_text("You lead")
    moving = "getComputedStyle(document.querySelector('[data-part=price]')).animationName"
    assert await page.evaluate(moving) == "none"
