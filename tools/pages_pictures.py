"""Makes the pictures of docs/pages.md: the pages of a sale, on a phone, over a stream and on a screen.

`make screenshot` runs this.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from aiohttp import web  # noqa: E402
from playwright.async_api import Page, expect  # noqa: E402

from baraka_server.contract.client_events import JoinAuction, PlaceBid, PostComment  # noqa: E402
from baraka_server.contract.clock import StartClock  # noqa: E402
from baraka_server.store import migrate  # noqa: E402
from baraka_server.store.seed import seed  # noqa: E402
from tests.support.clients.page_visitor import PHONE, SCREEN, PageVisitor  # noqa: E402
from tests.support.clients.phones import Phone, PythonPhones, token  # noqa: E402
from tests.support.servers.baraka import SECRET, Baraka  # noqa: E402
from tests.support.servers.free_port import listen  # noqa: E402

RING = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 300"><defs><linearGradient id="gold"
 x1="0" y1="0" x2="1" y2="1"><stop stop-color="#fbe7a1"/><stop offset=".5" stop-color="#d8a235"/><stop
 offset="1" stop-color="#f7d67a"/></linearGradient></defs><rect width="400" height="300" fill="#2a241b"/>
<circle cx="200" cy="180" r="78" fill="none" stroke="url(#gold)" stroke-width="22"/><path fill="#eaf6ff"
 stroke="#9cc5e0" stroke-width="3" d="M165 62h70l24 28-59 52-59-52zM165 62l35 80 35-80M141 90h118"/></svg>"""
"""The picture of a ring, which the owner of the sale has on a server of its own."""
SAID = ((2, "Good evening from Muscat!"), (3, "ما شاء الله"), (4, "Is it hallmarked?"))


async def main() -> None:
    pictures = web.Application()
    pictures.router.add_get("/ring.svg", _ring)
    runner, pictures_url = await listen(pictures)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = f"sqlite+aiosqlite:///{folder / 'baraka.db'}"
        await migrate.upgrade(database)
        await seed(database, users=20, auctions=3)
        async with (
            Baraka(database, folder, BARAKA_CURRENCY="AED") as server,
            PythonPhones() as phones,
            PageVisitor() as visitor,
        ):
            await hold_sale(server, phones, f"{pictures_url}/ring.svg")
            await draw(visitor, server.url)
    await runner.cleanup()


async def _ring(_: web.Request) -> web.Response:
    return web.Response(text=RING, content_type="image/svg+xml")


async def hold_sale(server: Baraka, phones: PythonPhones, picture: str) -> None:
    """A ring is on the block, three people bid, and a clock runs."""
    host, *people = [
        await phones.open(server.url, auth={"token": token(SECRET, user)}) for user in range(1, 5)
    ]
    lot: dict[str, Any] = {
        "product": "Gold Ring – 18K",
        "lotNumber": 101,
        "description": "Yellow gold, hallmarked 750, size 54",
        "imageUrl": picture,
        "minBidPrice": 800,
        "bidPrice": 800,
        "actualPrice": 1400,
        "increments": 50,
    }
    await done(host, "startLiveAuction", auctionId=1)
    await done(host, "addLots", auctionId=1, lots=[lot])
    for phone in (host, *people):
        await phone.emits(JoinAuction(auction_id=1))
    await done(host, "openLot", auctionId=1, lotId=1)
    for user, text in SAID:
        await people[user - 2].emits(PostComment(auction_id=1, comment=text))
    for number, amount in enumerate((800, 850, 950, 1000, 1100)):
        answer = await people[number % 3].emits(PlaceBid(auction_id=1, amount=amount))
        assert answer["ok"], answer
    await host.emits(StartClock(auction_id=1, seconds=95))


async def done(phone: Phone, event: str, **payload: Any) -> dict[str, Any]:
    answer = await phone.emits(event, payload)
    assert answer["ok"], answer
    return answer


async def draw(visitor: PageVisitor, url: str) -> None:
    bidder = token(SECRET, 5)
    for picture, path, size, options in (
        ("pages-watch", "watch", PHONE, {"device_scale_factor": 1.5}),
        ("pages-watch-ar", "watch", PHONE, {"device_scale_factor": 1.5, "language": "ar"}),
        ("pages-board", "board", SCREEN, {}),
        ("pages-overlay", "overlay", SCREEN, {}),
    ):
        page = await visitor.opens(f"{url}/{path}/1", token=bidder, size=size, **options)
        await _whole(page, path)
        file = ROOT / "docs" / f"{picture}.png"
        await page.screenshot(path=file, omit_background=path == "overlay")
        print(file.relative_to(ROOT))


async def _whole(page: Page, path: str) -> None:
    await expect(page.locator('[data-part="price"]')).to_contain_text("1,100")
    if path != "overlay":
        await expect(page.locator('[data-part="picture"]')).to_be_visible()
    await page.evaluate("Promise.all(document.getAnimations().map(({finished}) => finished))")


if __name__ == "__main__":
    asyncio.run(main())
