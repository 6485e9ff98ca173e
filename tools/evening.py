"""Makes the pictures of docs/hosting.md: an evening in the console, from the run list to the summary.

`make screenshot` runs this, behind tools/screenshot.py.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from baraka_server.contract.client_events import (
    JoinAuction,
    PlaceBid,
    PostComment,
)
from baraka_server.store import migrate
from baraka_server.store.seed import seed
from tests.support.clients.keyboard import Keyboard, seated
from tests.support.clients.phones import Phone, PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka
from tools.screenshot import drawn

SIZE = (120, 40)
HOLD_SECONDS = 4
LOTS: list[dict[str, Any]] = [
    {
        "product": "Gold Ring – 18K",
        "lotNumber": 101,
        "weight": "5.2g",
        "description": "Yellow gold, hallmarked 750, size 54",
        "minBidPrice": 800,
        "bidPrice": 800,
        "actualPrice": 1400,
        "increments": 50,
    },
    {
        "product": "خاتم ذهب عيار ٢١",
        "lotNumber": 102,
        "weight": "6.1g",
        "description": "خاتم نسائي مع حجر أخضر",
        "minBidPrice": 1000,
        "bidPrice": 1000,
        "actualPrice": 1900,
        "increments": 50,
        "reserve": 1200,
    },
    {
        "product": "Pearl Earrings",
        "lotNumber": 103,
        "weight": "6g",
        "description": "Freshwater pearls on hooks of gold-plated silver",
        "minBidPrice": 450,
        "bidPrice": 450,
        "actualPrice": 900,
        "increments": 25,
    },
    {
        "product": "Emerald Ring",
        "lotNumber": 104,
        "weight": "7g",
        "description": "Colombian emerald, 1.2 ct",
        "minBidPrice": 1500,
        "bidPrice": 1500,
        "actualPrice": 3000,
        "increments": 100,
    },
]


async def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["XDG_STATE_HOME"] = os.environ["XDG_CONFIG_HOME"] = name
        database = f"sqlite+aiosqlite:///{folder / 'baraka.db'}"
        await migrate.upgrade(database)
        await seed(database, users=20, auctions=3)
        async with Baraka(database, folder) as server, PythonPhones() as phones:
            people = [
                await phones.open(server.url, auth={"token": token(SECRET, user)})
                for user in (1, 2, 3, 4, 5)
            ]
            await people[0].emits("addLots", {"auctionId": 1, "lots": LOTS})
            async with seated(
                server.url, folder, lots=(), size=SIZE, hold_seconds=HOLD_SECONDS
            ) as host:
                await hold(host, people)


async def hold(host: Keyboard, people: list[Phone]) -> None:
    """Sell four lots, with what may happen on an evening, and take a picture of each."""
    await host.sees("NOT STARTED", "▲ online", "104 Emerald Ring")
    await take(host, "run-list")
    await host.confirms("s")
    await host.sees("● LIVE")
    await host.until(lambda: host.sale_screen.connection.joined, "the room")
    for person in people[1:]:
        await person.emits(JoinAuction(auction_id=1))

    await put_up(host, "Gold Ring")
    await bid(host, people, (1, 800), (2, 850), (3, 9000))
    await host.presses("d")
    await host.sees("Take back the bid of 9,000")
    await take(host, "undo")
    await host.presses("ctrl+y")
    await host.sees("850 +50")
    await sell(host, "1 sold")

    await put_up(host, "Lot 102")
    await bid(host, people, (1, 1000), (2, 1100))
    await host.sees("RESERVE NOT MET")
    await take(host, "reserve")
    await bid(host, people, (1, 1200))
    await sell(host, "2 sold")

    await put_up(host, "Lot 103")
    await bid(host, people, (1, 450), (2, 475))
    await people[3].emits(PostComment(auction_id=1, comment="Buy my coins instead!"))
    await host.sees("Buy my coins")
    await host.presses("c")
    await host.types("/block 3\n")
    await host.sees("Block 3")
    await take(host, "block")
    await host.presses("ctrl+y")
    await host.presses("O")
    await host.sees("awards the lot?")
    await host.types("12")
    await host.presses("ctrl+y")
    await host.sees("awards itself in 0:09")
    await take(host, "clock")
    await host.sees("3 sold")

    await put_up(host, "Lot 104")
    await bid(host, people, (1, 1500), (2, 1600))
    await host.confirms("a")
    await host.sees("Esc")
    await take(host, "hammer")
    await host.sees("4 sold")
    await host.presses("r")
    await host.sees("Buyer")
    await take(host, "summary")


async def put_up(host: Keyboard, lot: str) -> None:
    await host.confirms("n")
    await host.until(lambda: host.sale_screen.book.lot is not None, "a lot")
    await host.sees(lot)


async def bid(host: Keyboard, people: list[Phone], *bids: tuple[int, int]) -> None:
    for person, amount in bids:
        await people[person].emits(PlaceBid(auction_id=1, amount=amount))
    await host.sees(f"{bids[-1][1]:,}")


async def sell(host: Keyboard, sold: str) -> None:
    await host.confirms("a")
    await host.sees(sold)


async def take(host: Keyboard, picture: str) -> None:
    await drawn(host, f"hosting-{picture}", SIZE, "textual-dark")


if __name__ == "__main__":
    asyncio.run(main())
