"""Signing in on the viewers' page, in a real browser: a code, a session, and a lot that is bought (D49 to D51)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import expect
from sqlalchemy import update

from baraka_server.contract.client_events import AwardLot
from baraka_server.store.store import Store
from baraka_server.store.tables import users
from tests.support.clients.crowd import join, open_sale
from tests.support.clients.page_visitor import barriers, part
from tests.support.servers.baraka import Baraka
from tests.support.servers.databases import only_sqlite
from tests.support.servers.sms_gateway import SmsGateway

pytestmark = [pytest.mark.slow, only_sqlite]

AMINA, DINA = 1, 3
RING = "Gold Ring"
HER_NUMBER = "+96555550003"


@asynccontextmanager
async def signing_in(
    sale_database: str, folder: Path, store: Store
) -> AsyncIterator[tuple[Baraka, SmsGateway]]:
    """A server that signs Dina in by her number, and the gateway that sends its codes."""
    async with store.writing() as connection:
        await connection.execute(update(users).where(users.c.id == DINA).values(number=HER_NUMBER))
    async with SmsGateway() as gateway:
        settings = {
            "BARAKA_SIGN_IN": "webhook",
            "BARAKA_SIGN_IN_WEBHOOK_URL": gateway.url,
            "BARAKA_SIGN_IN_WEBHOOK_SECRET": "a secret that the gateway has too, of 32 bytes",
            "BARAKA_PHONE_REGION": "KW",
        }
        async with Baraka(sale_database, folder, **settings) as baraka:
            yield baraka, gateway


async def test_a_viewer_signs_in_on_a_phone_and_buys_what_the_host_sells(
    sale_database, tmp_path, store, crowd, visitor
):
    """As a guest first; the code comes by the house's gateway. The session outlives the page, not its end."""
    async with signing_in(sale_database, tmp_path, store) as (baraka, gateway):
        amina = await crowd.pick_up(baraka.url, AMINA, "python websocket")
        await open_sale(amina, product=RING, minimum=5)
        await join([amina])
        page = await visitor.opens(f"{baraka.url}/watch/1")
        bid, dialog = page.locator("#bid"), page.locator("#sign-in-dialog")
        await expect(bid).to_have_text("Sign in to bid")
        await bid.tap()
        await page.locator("#number").fill("my mother's")
        await page.locator("#number").press("Enter")
        told = "This is not a telephone number with the country's code."
        await expect(page.locator("#sign-in-told")).to_have_text(told)
        await page.locator("#number").fill("٠٠٩٦٥ ٥٥٥٥ ٠٠٠٣")
        await page.locator("#sign-in-go").tap()
        await expect(page.locator("#code")).to_be_focused()
        assert await barriers(page) == []
        code = await gateway.code_for(HER_NUMBER)
        wrong = "000000" if code != "000000" else "111111"
        await page.locator("#code").fill(wrong)
        await page.locator("#code").press("Enter")
        await expect(page.locator("#sign-in-told")).to_have_text("This code is wrong, or too old.")
        await page.locator("#code").fill(code)
        await page.locator("#code").press("Enter")
        await expect(dialog).to_be_hidden()
        await expect(bid).to_have_text("Bid 5")
        await expect(page.locator("#who")).to_have_text("Signed in as Dina A.")
        await bid.tap()
        await expect(bid).to_have_text("You lead")
        await expect(page.locator("#who")).to_have_text("Signed in as 1Dina A.")
        told = await amina.hears("newBid")
        assert told["newBid"]["user_id"] == DINA
        await page.reload()
        await expect(bid).to_have_text("You lead")
        award = AwardLot(auction_id=1, product=RING, bid_id=told["newBid"]["id"])
        assert (await amina.emits(award))["ok"]
        await expect(part(page, "notice")).to_contain_text("You won it for 5")
        kept = await page.evaluate("localStorage.getItem('baraka.session')")
        await page.locator("#account").tap()
        await expect(page.locator("#account")).to_have_text("Sign in")
        assert await page.evaluate("localStorage.getItem('baraka.session')") is None
        await expect(page.locator("#who")).to_have_text("")
        # Who kept a copy of the session has nothing of it: it ended on the server.
        answer = await page.request.post(
            f"{baraka.url}/auth/refresh", data={"refreshToken": json.loads(kept)["refreshToken"]}
        )
        assert answer.status == 401


async def test_a_session_is_renewed_behind_the_page_and_two_tabs_keep_it(
    sale_database, tmp_path, store, crowd, visitor
):
    """The access token is over when the line comes back; one tab renews it, and neither is signed out."""
    async with signing_in(sale_database, tmp_path, store) as (baraka, gateway):
        amina = await crowd.pick_up(baraka.url, AMINA, "python websocket")
        await open_sale(amina, product=RING, minimum=5)
        page = await visitor.opens(f"{baraka.url}/watch/1")
        await page.locator("#account").tap()
        await page.locator("#number").fill(HER_NUMBER)
        await page.locator("#number").press("Enter")
        await expect(page.locator("#code")).to_be_focused()
        await page.locator("#code").fill(await gateway.code_for(HER_NUMBER))
        await page.locator("#code").press("Enter")
        await expect(page.locator("#bid")).to_have_text("Bid 5")
        other = await page.context.new_page()
        await other.goto(page.url)
        await expect(other.locator("#bid")).to_have_text("Bid 5")
        before = await page.evaluate(
            """() => {
              const kept = JSON.parse(localStorage.getItem("baraka.session"));
              localStorage.setItem("baraka.session", JSON.stringify({...kept, expiresAt: 0}));
              return kept.refreshToken;
            }"""
        )
        await baraka.stop()
        for tab in (page, other):
            await expect(part(tab, "line")).to_have_text("Connection lost. Coming back…")
        await baraka.start()
        for tab in (page, other):
            await expect(part(tab, "line")).to_have_text("")
            await expect(tab.locator("#bid")).to_have_text("Bid 5")
        kept = "JSON.parse(localStorage.getItem('baraka.session')).refreshToken"
        assert await page.evaluate(kept) != before
