"""Databases with users and auctions, each a copy of one that is made once in a process.

What migrations and seeds do has tests of its own; the others begin behind them.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from functools import cache
from pathlib import Path
from uuid import uuid4

from sqlalchemy import make_url

from baraka_server.store import migrate
from baraka_server.store.address import database_file
from baraka_server.store.seed import seed
from tests.support.servers.folders import own_folder
from tests.support.servers.mariadb import MariaDB


def copy_sale_to(url: str, server: MariaDB | None) -> None:
    """Fill the empty database at `url`: users 1 to 60, and auctions 1 to 3, which user 1 owns.

    `server` is that of a database on MariaDB.
    """
    file, name = database_file(make_url(url)), make_url(url).database
    if file is not None:
        shutil.copy(_file(), file)
    elif server is not None and name:
        server.load(name, _dump(server))


@cache
def _file() -> Path:
    file = Path(tempfile.mkdtemp(prefix="sale-", dir=own_folder())) / "baraka.db"
    asyncio.run(_prepare(f"sqlite+aiosqlite:///{file}"))
    return file


@cache
def _dump(server: MariaDB) -> str:
    name = f"baraka_{uuid4().hex}"
    asyncio.run(_prepare(server.create_database(name)))
    dump = server.dump(name)
    server.drop_database(name)
    return dump


async def bring_up_to_date(url: str) -> None:
    """As `migrate.upgrade`, and for a SQLite file that is not there a copy of one."""
    file = database_file(make_url(url))
    if file is None or file.exists():
        await migrate.upgrade(url)
        return
    if not _current:
        made = Path(tempfile.mkdtemp(prefix="current-", dir=own_folder())) / "baraka.db"
        await migrate.upgrade(f"sqlite+aiosqlite:///{made}")
        _current.append(made)
    shutil.copy(_current[0], file)


_current: list[Path] = []


async def _prepare(url: str) -> None:
    await migrate.upgrade(url)
    await seed(url, users=60, auctions=3)
