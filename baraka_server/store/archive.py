"""Archives: one file with everything of an ended auction, signed, that proves itself without the database (D56).

Lines of JSON. The first says what it is; then one for each row, `{"table": …, "row": {…}}`; the last has the
SHA-256 of all before it, and the checkpoint of the ledger. Of users it has the ids alone.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from baraka_server.contract.fields import iso_time
from baraka_server.contract.records import UserType
from baraka_server.contract.reports import Verdict
from baraka_server.store import audit, checkpoint
from baraka_server.store.checkpoint import Kept, Signer
from baraka_server.store.engine import open_engine
from baraka_server.store.errors import StoreError
from baraka_server.store.store import Store
from baraka_server.store.tables import (
    UtcTime,
    attendance,
    auctions,
    bids,
    categories,
    comments,
    events,
    lots,
    maxima,
    metadata,
    paddles,
    texts,
    users,
    winnings,
)

VERSION = 1
MARK = "baraka_archive"
ROWS_AT_ONCE = 500
CHECK_SECONDS_MAX = 3600

ARCHIVED: tuple[Table, ...] = (
    *(auctions, winnings, events, texts, lots, paddles, maxima, attendance),
    *(bids, comments),
)
"""The tables whose rows of an auction an archive has, all of them."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class BadArchive(StoreError):
    """A file that is not a whole archive; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Archive:
    """The end of an archive: of which ledger it is, and how many rows of each table it has."""

    auction_id: int
    seq: int
    hash: str
    checkpoint: str
    rows: dict[str, int]


def of_auction(table: Table, auction_id: int) -> Any:
    """The condition for an auction's rows of a table."""
    column = table.c.id if table is auctions else table.c.auction_id
    return column == auction_id


async def write(store: Store, signer: Signer, auction_id: int, draft: Path) -> Archive:
    """Write the archive of an auction, as it is at one moment. Raises `StoreError` and `OSError`."""
    now = datetime.now(UTC)
    digest, counted, people = hashlib.sha256(), Counter[str](), set[int]()
    end = (0, "")
    with draft.open("wb") as file:

        def line(said: dict[str, Any]) -> None:
            encoded = _encode(said).encode() + b"\n"
            digest.update(encoded)
            file.write(encoded)

        def add(table: Table, row: dict[str, Any]) -> None:
            counted[table.name] += 1
            line({"table": table.name, "row": row})

        line({MARK: VERSION, "auctionId": auction_id, "writtenAt": iso_time(now)})
        async with store.reading() as connection:
            for table in ARCHIVED:
                async for row in _rows(connection, table, auction_id):
                    if table is events and row["seq"] > end[0]:
                        end = (row["seq"], row["hash"])
                    people |= {row[name] for name in _USER_COLUMNS if row.get(name) is not None}
                    add(table, {name: _told(value) for name, value in row.items()})
            for user_id in await _existing(connection, people):
                add(users, {"id": user_id})
        signed = signer.signed(auction_id, *end, now)
        last = {"end": True, "rows": counted, "checkpoint": signed.text}
        file.write(_encode(last | {"sha256": digest.hexdigest()}).encode() + b"\n")
    return Archive(auction_id, *end, signed.text, dict(counted))


async def verify(file: Path, signer: Signer, more: Iterable[Kept] = ()) -> tuple[Archive, Verdict]:
    """Verify an archive as an auction in a database is verified, with the checkpoint in it and `more`.

    Raises `BadArchive`, and `OSError` where the file cannot be read.
    """
    archive, _ = _end_of(file)
    async with _laid_out(file) as store:
        verdict = await audit.verify(store, archive.auction_id)
        kept = list(checkpoint.found_in(archive.checkpoint))
        verdict = await checkpoint.with_checkpoints(store, signer, verdict, [*kept, *more])
        ends = await store.ends([archive.auction_id])
    if ends.get(archive.auction_id) != (archive.seq, archive.hash) or len(kept) != 1:
        raise BadArchive(f"{file}: its ledger does not end where its checkpoint says")
    return archive, verdict


def _end_of(file: Path) -> tuple[Archive, int]:
    """The last line of a file whose lines are all as they were written, and how many there are."""
    digest, counted, last, number = hashlib.sha256(), Counter[str](), b"", 0
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            digest.update(last)
            last = line
            if number > 1:
                with suppress(ValueError, TypeError):
                    counted[json.loads(line).get("table")] += 1
    try:
        said = json.loads(last)
        (kept,) = checkpoint.found_in(said["checkpoint"])
        whole = last.endswith(b"\n") and said["end"] is True
        same = said["sha256"] == digest.hexdigest()
        rows = dict(said["rows"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadArchive(f"{file} is not a whole archive: its last line is not an end") from error
    if not whole or not same or any(counted[name] != count for name, count in rows.items()):
        raise BadArchive(f"{file} is not what was written: its lines do not fit its last one")
    return Archive(kept.auction_id, kept.seq, kept.hash, said["checkpoint"], rows), number


@asynccontextmanager
async def _laid_out(file: Path) -> AsyncIterator[Store]:
    """A database of its own with the rows of an archive."""
    with tempfile.TemporaryDirectory(prefix="baraka-") as folder:
        engine = open_engine(f"sqlite:///{folder}/archive.db")
        store = Store(engine, timeout_seconds=CHECK_SECONDS_MAX)
        try:
            async with store.writing() as connection:
                await connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
                await connection.run_sync(metadata.create_all)
                await _lay_out(connection, file)
            yield store
        finally:
            await store.close()


async def _lay_out(connection: AsyncConnection, file: Path) -> None:
    tables = {table.name: table for table in (*ARCHIVED, users)}
    waiting: dict[str, list[dict[str, Any]]] = {}
    for number, said in _lines(file):
        try:
            table = tables[said["table"]]
            row = {name: _read(table.c[name], value) for name, value in said["row"].items()}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadArchive(f"{file}: line {number} is not a row of an auction") from error
        some = waiting.setdefault(table.name, [])
        some.append(_person(row["id"]) if table is users else row)
        if len(some) == ROWS_AT_ONCE:
            await connection.execute(insert(table), some)
            some.clear()
        if table is auctions:
            await connection.execute(insert(categories), [_category(row["category_id"])])
    for name, some in waiting.items():
        if some:
            await connection.execute(insert(tables[name]), some)


def _lines(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows in a file, with the numbers of their lines. Raises `BadArchive`."""
    with file.open("rb") as lines:
        try:
            first = json.loads(lines.readline())
            if first[MARK] != VERSION:
                raise BadArchive(f"{file} is of another version of Baraka: {first[MARK]}")
        except (ValueError, KeyError, TypeError) as error:
            raise BadArchive(f"{file} is not an archive of an auction") from error
        for number, line in enumerate(lines, 2):
            said = json.loads(line)
            if "end" in said:
                return
            yield number, said


_USER_COLUMNS = ("user_id", "winning_user_id")


async def _rows(
    connection: AsyncConnection, table: Table, auction_id: int
) -> AsyncIterator[dict[str, Any]]:
    query = select(table).where(of_auction(table, auction_id)).order_by(*table.primary_key.columns)
    for some in (await connection.execute(query)).mappings().partitions(ROWS_AT_ONCE):
        for row in some:
            yield dict(row)


async def _existing(connection: AsyncConnection, user_ids: set[int]) -> list[int]:
    wanted, found = sorted(user_ids), list[int]()
    for start in range(0, len(wanted), ROWS_AT_ONCE):
        some = users.c.id.in_(wanted[start : start + ROWS_AT_ONCE])
        found += (await connection.execute(select(users.c.id).where(some))).scalars()
    return sorted(found)


def _told(value: Any) -> Any:
    return iso_time(value) if isinstance(value, datetime) else value


def _read(column: Any, value: Any) -> Any:
    if isinstance(column.type, UtcTime) and isinstance(value, str):
        return datetime.fromisoformat(value)
    return value


_AT = datetime(1970, 1, 1, tzinfo=UTC)


def _person(user_id: int) -> dict[str, Any]:
    """A row for a user of whom an archive has the id alone."""
    times = {"createdAt": _AT, "updatedAt": _AT}
    return {"id": user_id, "name": f"user {user_id}", "number": "", "type": UserType.Normal} | times


def _category(category_id: int) -> dict[str, Any]:
    return {"id": category_id, "name": "-", "pic_url": "", "createdAt": _AT, "updatedAt": _AT}
