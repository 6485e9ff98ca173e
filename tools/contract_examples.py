"""Plays an evening on a real server and keeps its payloads as the examples of the contract.

Run it when a test says that an example has another shape by now; then tools/contract_docs.py.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the tests are no package that is installed

from baraka_cli.contract_documents.documents import as_json  # noqa: E402
from baraka_cli.contract_documents.examples import FILE  # noqa: E402
from baraka_server.store import migrate  # noqa: E402
from baraka_server.store.seed import seed  # noqa: E402
from tests.support.servers.recorded_evening import evening_at  # noqa: E402


async def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        database = f"sqlite+aiosqlite:///{Path(name) / 'baraka.db'}"
        await migrate.upgrade(database)
        await seed(database, users=60, auctions=3)
        async with evening_at(database, Path(name)) as evening:
            await evening.is_played()
    FILE.write_text(as_json(evening.examples()), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
