"""Fold of what a page is told, against what a late one finds; and what it does about what is lost."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import WebSocketRoute, expect

from tests.support.clients.crowd import join, open_sale
from tests.support.clients.page_visitor import part
from tests.support.clients.phones import Phone, token
from tests.support.servers.baraka import SECRET
from tests.support.servers.databases import only_sqlite

pytestmark = [pytest.mark.slow, only_sqlite]

AMINA, BILAL, DINA = 1, 2, 3
PRICES = {"minBidPrice": 5, "bidPrice": 6, "actualPrice": 90}
WEBSOCKETS = "**/socket.io/**"

FOLD = """async ([steps, reader]) => {
  const { heard, ofState } = await import("/pages/sale.js");
  const shown = ({ phase, lot, bids, comments, clock, ...sale }) => JSON.stringify({
    phase, lot,
    bids: bids.map(({ id }) => id),
    comments: comments.map(({ id }) => id),
    clock: clock && clock.running,
    ...Object.fromEntries(
      ["round", "nextBid", "reserveMet", "bidding", "maxima", "registration", "own", "seq", "ledger"].map((name) => [name, sale[name]])),
  });
  const faults = [];
  const past = [];
  let before = []; // the award takes comments off the server's list, and the page keeps them
  let sale = ofState(steps[0].state, 0, undefined, reader);
  for (const { name, events, state } of steps.slice(1)) {
    for (const [event, data] of events) {
      sale = heard(sale, event, data, 0);
      past.push([event, data]);
      if (event === "auctionEnded") before = sale.comments.map(({ id }) => id);
    }
    for (const [event, data] of past)
      if (data.seq < sale.seq && event !== "userCountUpdate" && heard(sale, event, data, 0) !== sale)
        faults.push([name, "is changed by what came late", event]);
    const late = ofState(state, 0, undefined, reader);
    sale = { ...sale, comments: sale.comments.filter(({ id }) => !before.includes(id)) };
    if (shown(sale) !== shown(late)) faults.push([name, shown(sale), shown(late)]);
  }
  return faults;
}"""
"""What a page that was there shows, and one that comes behind each step, where they are not the same."""


async def test_what_is_told_adds_up_to_what_a_late_one_finds(baraka, crowd, visitor):
    """Steps of a whole evening, folded by the page's own script in a browser."""
    amina, bilal = [
        await crowd.pick_up(baraka.url, user, "python websocket") for user in (AMINA, BILAL)
    ]
    dina = await crowd.pick_up(baraka.url, DINA, "python websocket", auth={"updates": "delta"})
    await open_sale(amina, minimum=5)
    await join([amina, bilal])
    steps: list[dict[str, Any]] = []

    async def step(name: str) -> None:
        """What Dina heard since the last one, and the state that she would get now."""
        before = len(dina.events) if not steps else steps[-1]["heard"]
        (state,) = await join([dina])
        heard = dina.events[before:]
        events = [[event, data] for event, data in heard if event != "error"]
        steps.append({"name": name, "events": events, "state": state, "heard": len(dina.events)})

    async def says(phone: Phone, event: str, **payload: Any) -> dict[str, Any]:
        answer = await phone.emits(event, {"auctionId": 1} | payload)
        assert answer["ok"], (event, answer)
        await step(event)
        return answer

    await step("join")
    first = await says(bilal, "placeBid", amount=10)
    second = await says(dina, "placeBid", amount=20)
    third = await says(bilal, "placeBid", amount=30)
    await says(amina, "undoBid", bidId=third["bidId"])
    comment = await says(bilal, "comment", comment="Is it 21k?")
    await says(dina, "comment", comment="It is.")
    await says(amina, "removeComment", commentId=comment["commentId"])
    await says(amina, "restoreComment", commentId=comment["commentId"])
    await says(amina, "pauseBidding")
    await says(amina, "resumeBidding")
    for clock in ({"startClock": 3600}, {"pauseClock": 0}, {"resumeClock": 0}, {"stopClock": 0}):
        ((event, seconds),) = clock.items()
        await says(amina, event, **({"seconds": seconds} if seconds else {}))
    await says(amina, "setIncrements", increments=10)
    await says(amina, "setHouseRules", maxima=True)
    await says(dina, "setMaximumBid", amount=500, round=steps[-1]["state"]["round"])
    held = await says(amina, "awardingAuction", product="Gold Ring", bidId=second["bidId"])
    await says(amina, "reopenLot", awardSeq=held["seq"])
    await says(dina, "withdrawMaximum", round=steps[-1]["state"]["round"])
    sold = await says(
        amina, "awardingAuction", product="Gold Ring", bidId=first["bidId"], runnerUp=True
    )
    await says(amina, "reopenLot", awardSeq=sold["seq"])
    # The product changes over bids that stand.
    await says(amina, "changeCuurentProduct", product="Pearl", **PRICES)
    await says(bilal, "placeBid", amount=40)
    await says(dina, "setMaximumBid", amount=500, round=steps[-1]["state"]["round"])
    await says(amina, "changeCuurentProduct", product="Coral", **PRICES)
    await says(bilal, "placeBid", amount=40)
    await says(amina, "changeCuurentProduct", product="Coral", **(PRICES | {"actualPrice": 80}))
    await says(amina, "awardingAuction", product="Coral")
    await says(
        amina, "addLots", lots=[PRICES | {"product": "Chain", "description": "Gold", "reserve": 70}]
    )
    lots = steps[-1]["events"][-1][1]["lots"]
    await says(amina, "openLot", lotId=lots[-1]["lotId"])
    await says(bilal, "placeBid", amount=60)
    await says(amina, "repriceLot", **{**PRICES, "actualPrice": 70})
    await says(amina, "blockUser", userId=BILAL)
    await says(amina, "passLot")
    await says(amina, "setHouseRules", registration="approval")
    await says(amina, "registerBidder", userId=DINA, approved=True)
    page = await visitor.opens(f"{baraka.url}/watch/1", token=token(SECRET, DINA))
    assert await page.evaluate(FOLD, [steps, DINA]) == []


def is_answer(message: str | bytes) -> bool:
    return str(message).startswith("43")


async def test_an_event_that_was_lost_is_made_up_for(baraka, crowd, visitor):
    """The line to the page swallows one bid: the next one shows that something was not heard."""
    amina, bilal = [
        await crowd.pick_up(baraka.url, user, "python websocket") for user in (AMINA, BILAL)
    ]
    await open_sale(amina, minimum=5)
    await join([amina, bilal])
    swallowed = []

    def line(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def to_page(message: str | bytes) -> None:
            if '"newBid"' in str(message) and not swallowed:
                swallowed.append(message)
            else:
                route.send(message)

        server.on_message(to_page)

    page = await visitor.opens(
        f"{baraka.url}/watch/1", token=token(SECRET, DINA), websockets=(WEBSOCKETS, line)
    )
    await expect(part(page, "price")).to_have_text("5")
    for amount in (10, 20):
        assert (await bilal.emits("placeBid", {"auctionId": 1, "amount": amount}))["ok"]
    await expect(part(page, "bids").locator("li .amount")).to_have_text(["20", "10"])
    assert swallowed


async def test_a_bid_whose_answer_was_lost_is_asked_for_again_and_bid_once(baraka, crowd, visitor):
    """Under the same id: a second bid of the same amount would be refused, and the viewer told so."""
    amina = await crowd.pick_up(baraka.url, AMINA, "python websocket")
    await open_sale(amina, minimum=5)
    await join([amina])
    asked: list[str] = []

    def line(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def to_server(message: str | bytes) -> None:
            if '"placeBid"' in str(message):
                asked.append(str(message).partition("[")[2])
            server.send(message)

        def to_page(message: str | bytes) -> None:
            if not (is_answer(message) and len(asked) == 1):
                route.send(message)

        route.on_message(to_server)
        server.on_message(to_page)

    page = await visitor.opens(
        f"{baraka.url}/watch/1", token=token(SECRET, DINA), websockets=(WEBSOCKETS, line)
    )
    await page.clock.install()
    button = page.locator("#bid")
    await expect(button).to_have_text("Bid 5")
    await button.tap()
    assert (await amina.hears("newBid"))["newBid"]["user_id"] == DINA
    await expect(button).to_have_text("Sending…")
    await page.clock.run_for(12_000)
    await expect(button).to_have_text("You lead")
    assert len(asked) == 2
    assert asked[0] == asked[1]
    assert '"requestId"' in asked[0]
    await expect(page.locator("#told")).to_have_text("")
    assert len(amina.heard("newBid")) == 1
