"""Demo data: users who bid, and jewellery auctions that user 1 owns.

Row N is the same on every machine except for its times. The users have first names only; their telephone
numbers are of the country code 999, which is not assigned.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Table, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from baraka_server.contract.records import AuctionType, UserType
from baraka_server.store import tables
from baraka_server.store.engine import WRITES, open_engine
from baraka_server.store.errors import Contention, translated

ROWS_PER_BATCH = 1000
OWNER_ID = 1
AUCTION_DAYS = 30

_FIRST_NAMES = """
Amina Bilal Dina Elias Farah Ghassan Hana Idris Jumana Karim Layla Malik Nadia Omar Petra Qasim
Rania Salma Tariq Umaima Viktor Widad Xenia Yusuf Zahra Anton Beatriz Chiara Daniel Emeka Freya
Grace Hugo Ingrid Jonas Keiko Lucia Mateo Noor Olga Pavel Quentin Rosa Sven Thandi Ulla Vera
Wanjiru Yara Zoltan
"""
_NAMES = _FIRST_NAMES.split()
_INITIALS = "ABCDEFGHIJKLMNOPQRSTUVWYZ"

_CATEGORIES = (
    ("Rings", "rings"),
    ("Necklaces & Pendants", "necklaces"),
    ("Bracelets & Bangles", "bracelets"),
    ("Earrings", "earrings"),
    ("Watches", "watches"),
    ("Loose Stones", "stones"),
)

_OCCASIONS = (
    "Friday Night",
    "Spring",
    "Estate",
    "Collector's",
    "Golden Hour",
    "Bridal Season",
    "Midsummer",
    "Old Town",
)
_THEMES = (
    ("Gold", "Hallmarked gold of 18 and 21 karat, weighed in front of the camera."),
    ("Emeralds", "Colombian and Zambian stones, each with its laboratory report."),
    ("Pearls", "Akoya, Tahitian and freshwater pearls, strung and loose."),
    ("Silver", "Sterling silver by hand: filigree, niello and plain."),
    ("Diamonds", "Certified brilliants from half a carat up, set and unset."),
    ("Sapphires", "Ceylon blue, padparadscha and star sapphires."),
    ("Art Déco", "Platinum, onyx and coral between 1920 and 1939."),
)

Seeding = Callable[[str, int], None]
"""Takes the name of a table and the rows of it that are there now, after each batch."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """The rows that were added."""

    categories: int
    users: int
    auctions: int


async def seed(
    database: str | AsyncEngine, *, users: int, auctions: int, progress: Seeding | None = None
) -> Seeded:
    """Make sure that users 1 to `users` and auctions 1 to `auctions` exist.

    Only rows whose id is free are added, so it can be run again and on a database that is in use.
    Categories are added where there are none at all. Raises `Unavailable` or `Contention`: what was
    added by then stays, and running it again goes on from there.
    """
    tell = progress or (lambda _table, _rows: None)
    now = datetime.now(UTC).replace(microsecond=0)
    async with _engine(database) as engine:
        with translated():
            async with engine.begin() as connection:
                categories, added = await _categories(connection, now)

            async def fill(table: Table, last_id: int, row: Callable[[int], Any]) -> int:
                count = 0
                for first in range(1, last_id + 1, ROWS_PER_BATCH):
                    ids = range(first, min(first + ROWS_PER_BATCH, last_id + 1))
                    async with engine.begin() as connection:
                        count += await _add_missing(connection, table, ids, row)
                    tell(table.name, ids[-1])
                return count

            return Seeded(
                added,
                # Auctions need somebody who owns them.
                await fill(
                    tables.users,
                    max(users, OWNER_ID) if auctions else users,
                    lambda user_id: _user(user_id, categories, now),
                ),
                await fill(
                    tables.auctions,
                    auctions,
                    lambda auction_id: _auction(auction_id, categories, now),
                ),
            )


async def _categories(connection: AsyncConnection, now: datetime) -> tuple[list[int], int]:
    """The ids of all categories, and how many were added."""
    query = select(tables.categories.c.id).order_by(tables.categories.c.id)
    if there := list((await connection.execute(query)).scalars()):
        return there, 0
    ids = range(1, len(_CATEGORIES) + 1)
    added = await _add_missing(
        connection, tables.categories, ids, lambda row_id: _category(row_id, now)
    )
    return list(ids), added


async def _add_missing(
    connection: AsyncConnection, table: Table, ids: range, row: Callable[[int], Any]
) -> int:
    query = select(table.c.id).where(table.c.id.between(ids[0], ids[-1]))
    missing = _without(ids, (await connection.execute(query)).scalars())
    if missing:
        try:
            await connection.execute(insert(table), [row(row_id) for row_id in missing])
        except IntegrityError as error:
            raise Contention(f"somebody else wrote rows of {table.name} meanwhile") from error
    return len(missing)


def _without(ids: range, there: Iterable[int]) -> list[int]:
    taken = set(there)
    return [row_id for row_id in ids if row_id not in taken]


def _category(category_id: int, now: datetime) -> dict[str, Any]:
    name, picture = _CATEGORIES[category_id - 1]
    return {
        "id": category_id,
        "name": name,
        "pic_url": f"https://cdn.example.com/categories/{picture}.jpg",
        "createdAt": now,
        "updatedAt": now,
    }


def _user(user_id: int, categories: list[int], now: datetime) -> dict[str, Any]:
    place = user_id - 1
    expert = place % 25 == 0
    initial = _INITIALS[place // len(_NAMES) % len(_INITIALS)]
    return {
        "id": user_id,
        "name": f"{_NAMES[place % len(_NAMES)]} {initial}.",
        "type": UserType.Expert if expert else UserType.Normal,
        "category_id": categories[place // 25 % len(categories)] if expert else None,
        "number": f"+99950{user_id:07d}",
        "otpCode": None,
        "createdAt": now,
        "updatedAt": now,
    }


def _auction(auction_id: int, categories: list[int], now: datetime) -> dict[str, Any]:
    place = auction_id - 1
    theme, description = _THEMES[place % len(_THEMES)]
    return {
        "id": auction_id,
        "title": f"{_OCCASIONS[place % len(_OCCASIONS)]} {theme}",
        "description": description,
        "type": AuctionType.Live,
        "actualPrice": 0,
        "minBidPrice": 0,
        "bidPrice": 0,
        "quantity": 1,
        "isLive": False,
        "isExpired": False,
        "isCanceled": False,
        "isEnded": False,
        "expiryDate": now + timedelta(days=AUCTION_DAYS),
        "image_url": f"https://cdn.example.com/auctions/{auction_id}.jpg",
        "user_id": OWNER_ID,
        "category_id": categories[place % len(categories)],
        "createdAt": now,
        "updatedAt": now,
    }


@asynccontextmanager
async def _engine(database: str | AsyncEngine) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database) if isinstance(database, str) else database
    try:
        yield engine.execution_options(**WRITES)
    finally:
        if isinstance(database, str):
            await engine.dispose()
