"""Pages for one viewer: as whom one bids, a sale before and after it, and when no bid is asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import update

from baraka_server.store.tables import auctions
from tests.support.clients.crowd import join, open_sale
from tests.support.clients.page_visitor import SCREEN, part
from tests.support.clients.phones import Phone, token
from tests.support.servers.baraka import SECRET
from tests.support.servers.databases import only_sqlite

pytestmark = [pytest.mark.slow, only_sqlite]

AMINA, BILAL, DINA = 1, 2, 3
RING = "Gold Ring"
LINES = """(selector) => {
  const range = document.createRange();
  range.selectNodeContents(document.querySelector(selector));
  return new Set([...range.getClientRects()].map(({ bottom }) => Math.round(bottom / 10))).size;
}"""
"""In how many lines the text of an element is."""
ALONE = """(text) => {
  const row = document.querySelector("footer .row");
  row.querySelector("#bid:nth-child(3)")?.remove();
  const copy = row.firstElementChild.cloneNode();
  copy.textContent = text;
  for (const one of row.children) one.style.display = "none";
  copy.style.display = "";
  row.append(copy);
}"""
"""The button of the next bid, alone in its row, with this text."""


async def says(phone: Phone, event: str, **payload: Any) -> dict[str, Any]:
    answer = await phone.emits(event, {"auctionId": 1} | payload)
    assert answer["ok"], (event, answer)
    return answer


async def two(baraka: Any, crowd: Any) -> tuple[Phone, Phone]:
    """The host and a bidder, in the room of a sale with a ring on the block."""
    amina, bilal = [
        await crowd.pick_up(baraka.url, user, "python websocket") for user in (AMINA, BILAL)
    ]
    await open_sale(amina, product=RING, minimum=5)
    await join([amina, bilal])
    return amina, bilal


async def leave_a_maximum(page: Page, amount: int) -> None:
    await page.locator("#more").tap()
    await page.locator("#amount").fill(str(amount))
    await page.locator("#as-maximum").check()
    await expect(page.locator("#amount-place")).to_have_text("Set maximum")
    await page.locator("#amount-place").tap()


async def test_a_guest_sees_what_is_to_come_and_that_it_is_over(baraka, store, crowd, visitor):
    begins = datetime.now(UTC) + timedelta(days=3)
    async with store.writing() as connection:
        planned = {"title": "Friday Night Gold", "startDate": begins}
        await connection.execute(update(auctions).where(auctions.c.id == 1).values(**planned))
    watch = await visitor.opens(f"{baraka.url}/watch/1", timezone_id="Asia/Kuwait")
    board = await visitor.opens(f"{baraka.url}/board/1", size=SCREEN, timezone_id="Asia/Kuwait")
    there = f"{begins + timedelta(hours=3):%A, %B}"
    for page in (watch, board):
        await expect(part(page, "title")).to_have_text("Friday Night Gold")
        await expect(part(page, "phase")).to_have_text("Not started")
        await expect(part(page, "notice")).to_contain_text(
            f"It begins here by itself. Planned for {there}"
        )
    amina, _ = await two(baraka, crowd)
    for page in (watch, board):
        await expect(part(page, "product")).to_have_text(RING)
    await says(amina, "endAuction")
    late = await visitor.opens(f"{baraka.url}/watch/1")
    await expect(part(late, "phase")).to_have_text("Ended")
    await expect(part(late, "notice")).to_have_text("The sale is over. Thank you for coming.")
    missing = await visitor.opens(f"{baraka.url}/watch/77")
    await expect(part(missing, "notice")).to_have_text("There is no such sale.")
    await expect(part(missing, "phase")).to_have_text("")


async def test_a_bidder_sees_as_whom_and_takes_a_maximum_away(baraka, crowd, visitor):
    """By the link of a user, whose name the page knows from the first bid on; a reopened lot has its maximum again."""
    amina, bilal = await two(baraka, crowd)
    await says(amina, "setHouseRules", maxima=True)
    page = await visitor.opens(f"{baraka.url}/watch/1", token=token(SECRET, DINA))
    who, mine, bid = page.locator("#who"), page.locator("#mine"), page.locator("#bid")
    await expect(who).to_have_text("Signed in by a link")
    await leave_a_maximum(page, 50)
    await expect(mine).to_have_text("Your maximum is 50")
    await expect(who).to_have_text("Signed in as 1Dina A.")
    sold = await says(amina, "awardingAuction", product=RING)
    await expect(bid).to_have_text("Next lot soon")
    await expect(mine).to_have_text("")
    await expect(who).to_have_text("Signed in as 1")
    await says(amina, "reopenLot", awardSeq=sold["seq"])
    await expect(part(page, "notice")).to_have_text("This lot is open again.")
    await expect(mine).to_have_text("Your maximum is 50")
    await page.locator("#withdraw").tap()
    await expect(mine).to_have_text("")
    await expect(page.locator("#withdraw")).to_be_hidden()
    await says(bilal, "placeBid", amount=6)
    await expect(part(page, "leader")).to_have_text("2Bilal A. · You were outbid")
    await leave_a_maximum(page, 70)
    await expect(mine).to_have_text("Your maximum is 70")
    prices = {"minBidPrice": 7, "bidPrice": 7, "actualPrice": 90}
    await says(amina, "changeCuurentProduct", product="Pearl", **prices)
    await expect(part(page, "product")).to_have_text("Pearl")
    await expect(mine).to_have_text("")  # it was for the ring


async def test_nobody_is_asked_for_a_bid_that_would_be_refused(baraka, crowd, visitor):
    """While bidding is paused, once the clock ran out until that is taken back, and without a registration."""
    amina, bilal = await two(baraka, crowd)
    page = await visitor.opens(f"{baraka.url}/watch/1", token=token(SECRET, DINA))
    board = await visitor.opens(f"{baraka.url}/board/1", size=SCREEN)
    bid, following = page.locator("#bid"), part(board, "next")
    first = await says(bilal, "placeBid", amount=5)
    second = await says(bilal, "placeBid", amount=20)
    await says(amina, "pauseBidding")
    await expect(bid).to_have_text("Bidding is paused")
    await expect(following).to_have_text("")
    await says(amina, "resumeBidding")
    await expect(bid).to_have_text("Bid 21")
    await expect(following).to_have_text("21")
    await says(amina, "startClock", seconds=1, windowSeconds=0, extendSeconds=600)
    await expect(bid).to_have_text("Bidding is closed")
    await expect(bid).to_be_disabled()
    await expect(page.locator("#more")).to_be_hidden()
    await expect(part(page, "status")).to_contain_text("Bidding is closed")
    await expect(following).to_have_text("")
    await says(amina, "undoBid", bidId=second["bidId"])  # the clock runs again
    for shown in (page, board):
        await expect(part(shown, "notice")).to_have_text("A bid was taken back.")
    await expect(bid).to_have_text("Bid 6")
    await expect(following).to_have_text("6")
    await says(amina, "setHouseRules", registration="approval")
    await expect(bid).to_have_text("Registered bidders only")
    await expect(bid).to_be_disabled()
    await says(amina, "registerBidder", userId=DINA, approved=True)
    await expect(bid).to_have_text("Bid 6")
    await expect(page.locator("#who")).to_have_text("Signed in as 2")
    await says(amina, "undoBid", bidId=first["bidId"])
    await says(amina, "stopClock")
    await says(amina, "startClock", seconds=1, windowSeconds=0)
    await expect(part(board, "price-label")).to_have_text("No bids yet")
    await expect(part(board, "price")).to_have_text("")  # nobody is asked for a first bid either
    await says(amina, "passLot")
    pearl = {"product": "Pearl", "lotNumber": 7, "minBidPrice": 7, "bidPrice": 7, "actualPrice": 9}
    await says(amina, "addLots", lots=[pearl])
    await says(amina, "openLot", lotId=1)
    await says(amina, "passLot")
    await expect(part(board, "notice")).to_have_text("Lot 7 Pearl: Passed")
    await expect(part(board, "bids")).to_be_hidden()


async def test_who_was_put_out_is_shown_nothing_of_the_sale(baraka, crowd, visitor):
    amina, _ = await two(baraka, crowd)
    page = await visitor.opens(f"{baraka.url}/watch/1", token=token(SECRET, DINA))
    await page.locator("#bid").tap()
    await expect(page.locator("#bid")).to_have_text("You lead")
    await says(amina, "blockUser", userId=DINA)
    await expect(part(page, "line")).to_have_text("You were put out of this sale by its host.")
    await expect(page.locator("#bidding")).to_be_hidden()
    await expect(part(page, "price")).to_have_text("")
    await page.reload()
    await expect(part(page, "line")).to_have_text("You were put out of this sale by its host.")
    await expect(part(page, "notice")).to_have_text("")


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_what_has_one_line_keeps_it_on_a_phone(baraka, crowd, visitor, language):
    """The number of many viewers, and whatever the button of the next bid may say."""
    await two(baraka, crowd)
    mine = token(SECRET, DINA)
    page = await visitor.opens(f"{baraka.url}/watch/1", token=mine, language=language)
    await expect(part(page, "price")).to_have_text("5")
    texts = await page.evaluate(
        f"""async () => {{
          const {{ LANGUAGES }} = await import("/pages/texts.js");
          const words = LANGUAGES["{language}"];
          document.getElementById("account").hidden = false;
          document.getElementById("account").textContent = words.signOut;
          document.querySelector('[data-part="watchers"]').textContent = words.watchers(98765);
          return [words.noLot, words.unregistered, words.paused, words.closed, words.youLead, words.sending];
        }}"""
    )
    assert await page.evaluate(LINES, ".facts") == 1
    assert await page.evaluate("document.body.scrollWidth") <= 360
    header = "document.querySelector('.facts').getBoundingClientRect()"
    buttons = "document.querySelector('nav').getBoundingClientRect()"
    apart = f"{header}.right <= {buttons}.left || {buttons}.right <= {header}.left"
    assert await page.evaluate(apart)
    for text in texts:
        await page.evaluate(ALONE, text)  # a copy, which the page does not change
        assert await page.evaluate(LINES, "#bid:nth-child(3)") == 1, text
