"""Makes docs/console.svg: the console in the middle of a sale, on a temporary database.

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
from tests.support.clients.keyboard import seated  # noqa: E402
from tests.support.clients.phones import PythonPhones, token  # noqa: E402
from tests.support.servers.baraka import SECRET, Baraka  # noqa: E402

PICTURE = ROOT / "docs" / "console.svg"


async def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["XDG_STATE_HOME"] = name
        database = f"sqlite+aiosqlite:///{folder / 'baraka.db'}"
        await migrate.upgrade(database)
        await seed(database, users=20, auctions=3)
        lots = tuple(read_lots(ROOT / "examples" / "lots.csv"))
        async with (
            Baraka(database, folder) as server,
            PythonPhones() as phones,
            seated(server.url, folder, lots=lots, size=(120, 38)) as host,
        ):
            await host.sees("NOT STARTED", "▲ online")
            await host.confirms("s")
            await host.sees("● LIVE")
            await host.until(lambda: host.sale_screen.connection.joined, "the room")
            await host.confirms("n")
            await host.sees("▶ Gold Ring")
            people = [
                await phones.open(server.url, auth={"token": token(SECRET, user)})
                for user in (2, 3, 4)
            ]
            for person in people:
                await person.emits(JoinAuction(auction_id=1))
            await people[1].emits(PostComment(auction_id=1, comment="Is it hallmarked?"))
            for number, amount in enumerate((800, 850, 900, 1000, 1100, 1250)):
                await people[number % 3].emits(PlaceBid(auction_id=1, amount=amount))
            await host.confirms("3")
            await host.sees("1,250", "4 watching", "Going once…", "✓ ")
            await host.reads_in_the_log("✓ Say")
            # Six bids at once keep a small machine busy for a moment, which is not what it is like.
            heartbeat = host.sale_screen.connection.heartbeat
            await host.until(lambda: (heartbeat.latency_ms or 99) < 20, "an answer at rest")
            await host.pilot.pause(0.3)
            picture = host.app.export_screenshot(title="baraka console")
    # No fonts from elsewhere: a picture in a README must not call anybody.
    picture = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)
    picture = "\n".join(line.rstrip() for line in picture.splitlines()) + "\n"
    assert "url(http" not in picture
    PICTURE.write_text(picture, encoding="utf-8")


asyncio.run(main())
