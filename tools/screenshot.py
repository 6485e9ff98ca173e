"""Makes the pictures of the console in docs/: a sale on a temporary database, at several sizes.

`make screenshot` runs this.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from baraka_cli.lots_file import read_lots  # noqa: E402
from baraka_server.contract.client_events import JoinAuction, PlaceBid, PostComment  # noqa: E402
from baraka_server.store import migrate  # noqa: E402
from baraka_server.store.seed import seed  # noqa: E402
from tests.support.clients.keyboard import Keyboard, seated  # noqa: E402
from tests.support.clients.phones import PythonPhones, token  # noqa: E402
from tests.support.servers.baraka import SECRET, Baraka  # noqa: E402

PICTURES = (
    ("console-80x24", (80, 24), "textual-dark"),
    ("console-200x50", (200, 50), "textual-dark"),
    ("console-light", (120, 40), "textual-light"),
    ("console", (120, 40), "textual-dark"),
)


async def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["XDG_STATE_HOME"] = os.environ["XDG_CONFIG_HOME"] = name
        database = f"sqlite+aiosqlite:///{folder / 'baraka.db'}"
        await migrate.upgrade(database)
        await seed(database, users=20, auctions=3)
        lots = tuple(read_lots(ROOT / "examples" / "lots.csv"))
        async with (
            Baraka(database, folder) as server,
            PythonPhones() as phones,
            seated(server.url, folder, lots=lots, size=(120, 40)) as host,
        ):
            await hold_sale(host, server, phones)
            for picture, size, theme in PICTURES:
                await drawn(host, picture, size, theme)


async def hold_sale(host: Keyboard, server: Baraka, phones: PythonPhones) -> None:
    """Sell the first lot, and be in the middle of the second."""
    await host.sees("NOT STARTED", "▲ online")
    await host.confirms("s")
    await host.sees("● LIVE")
    await host.until(lambda: host.sale_screen.connection.joined, "the room")
    people = [
        await phones.open(server.url, auth={"token": token(SECRET, user)}) for user in (2, 3, 4)
    ]
    for person in people:
        await person.emits(JoinAuction(auction_id=1))
    for amounts in ((800, 850, 900), (300, 350, 400, 500, 600, 850)):
        await host.confirms("n")
        await host.until(lambda: host.sale_screen.book.lot is not None, "a lot")
        await people[1].emits(PostComment(auction_id=1, comment="Is it hallmarked?"))
        for number, amount in enumerate(amounts):
            await people[number % 3].emits(PlaceBid(auction_id=1, amount=amount))
        await host.sees(f"{amounts[-1]:,} +")
        if amounts[0] == 800:
            await host.confirms("a")
            await host.sees("✓ Gold Ring", "1 sold")
    await host.presses("f3")
    await host.sees("Going once…", "4 watching")
    await host.until(lambda: len(host.sale_screen.book.chat.listed) == 2, "what the host said")


async def drawn(host: Keyboard, picture: str, size: tuple[int, int], theme: str) -> None:
    """Write what is on the screen, in this size and theme, to docs/."""
    host.app.theme = theme
    await host.pilot.resize_terminal(*size)
    # Bids at once keep a small machine busy for a moment, which is not what it is like.
    heartbeat = host.sale_screen.connection.heartbeat
    await host.until(lambda: (heartbeat.latency_ms or 99) < 20, "an answer at rest")
    await host.pilot.pause(1.2)  # until all of it is drawn in this size
    svg = host.app.export_screenshot(title="baraka console")
    # No fonts from elsewhere: a picture in a README must not call anybody.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"
    assert "url(http" not in svg
    (ROOT / "docs" / f"{picture}.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
