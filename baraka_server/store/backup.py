"""Backup of a SQLite database while a server works on it, and the file of any backup."""

from __future__ import annotations

import asyncio
import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

from baraka_server.store import audit, migrate
from baraka_server.store.engine import open_engine
from baraka_server.store.errors import StoreError, translated
from baraka_server.store.store import Store

PAGES_PER_STEP = 256
"""How many pages are copied between two checks whether the copy is still wanted."""
STEPS_PER_LOOK = 10_000
"""How many instructions of SQLite's virtual machine run between two such checks."""
CHECK_SECONDS_MAX = 3600
SIDECARS = ("", "-wal", "-shm", "-journal")
"""The suffixes of the files that SQLite has for a database."""

Progress = Callable[[int, int], None]
"""Takes how many bytes are done and how many it is in all; also from another thread."""


class BackupFailed(StoreError):
    """A backup failed; an earlier one is as it was. The text is for the operator."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of verifying a copy. Without `revision` this program cannot read its ledgers."""

    revision: str | None
    auctions: int
    disagreeing: list[int]
    """The auctions whose ledger was altered, in the database too."""


@contextmanager
def unfinished(target: Path) -> Iterator[Path]:
    """An empty file beside `target` that only its owner may read, gone at the end unless `finish`ed."""
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise BackupFailed(f"{target.parent} cannot be written: {error.strerror}") from error
    try:
        yield draft
    finally:
        for end in SIDECARS:
            draft.with_name(draft.name + end).unlink(missing_ok=True)


def finish(draft: Path, target: Path) -> None:
    """Rename the draft to `target`, once all of it is on the disk. An earlier file is replaced."""
    try:
        _sync(draft)
        draft.replace(target)
        _sync(target.parent)
    except OSError as error:
        raise BackupFailed(f"{target} cannot be written: {error.strerror}") from error


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


async def copy_file(source: Path, draft: Path, progress: Progress) -> None:
    """Copy the database of one moment, with what is in its log and not yet in its file.

    Servers read and write on meanwhile. Raises `BackupFailed`.
    """
    unwanted = threading.Event()
    work = asyncio.ensure_future(asyncio.to_thread(_copy, source, draft, progress, unwanted))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        unwanted.set()
        with suppress(BackupFailed, _Unwanted):
            await work
        raise


async def check(draft: Path) -> Checked:
    """Verify every ledger in the copy. Raises `StoreError`."""
    url = URL.create("sqlite", database=str(draft)).render_as_string()
    status = await migrate.current(url)
    if status.remedy is not None:
        return Checked(None, 0, [])
    store = Store(open_engine(url), timeout_seconds=CHECK_SECONDS_MAX)
    try:
        with translated():
            ids = await audit.audited_ids(store)
            bad = [id_ for id_ in ids if not (await audit.verify(store, id_)).ok]
    finally:
        await store.close()
    return Checked(status.current, len(ids), bad)


def make_single_file(draft: Path) -> None:
    """Make the copy one file without a log beside it."""
    with closing(sqlite3.connect(draft, isolation_level=None)) as ours:
        ours.execute("PRAGMA journal_mode = DELETE")


class _Unwanted(Exception):
    """The copy was cancelled."""


def _copy(source: Path, draft: Path, progress: Progress, unwanted: threading.Event) -> None:
    def step(_status: int, remaining: int, total: int) -> None:
        if unwanted.is_set():
            raise _Unwanted
        progress((total - remaining) * page_bytes, total * page_bytes)

    try:
        with closing(_reader(source)) as theirs, closing(sqlite3.connect(draft)) as ours:
            page_bytes = theirs.execute("PRAGMA page_size").fetchone()[0]
            # With a transaction of its own it stays at one moment: else a busy sale would make
            # SQLite begin again at every step.
            theirs.execute("BEGIN")
            theirs.execute("SELECT count(*) FROM sqlite_master").fetchone()
            theirs.backup(ours, pages=PAGES_PER_STEP, progress=step, sleep=0)
            ours.set_progress_handler(unwanted.is_set, STEPS_PER_LOOK)
            found = [row[0] for row in ours.execute("PRAGMA integrity_check(3)")]
    except sqlite3.Error as error:
        if unwanted.is_set():
            raise _Unwanted from None
        raise BackupFailed(f"{source} cannot be copied: {error}") from error
    if found != ["ok"]:
        raise BackupFailed(f"{source} is damaged, and so is a copy of it: {'; '.join(found)}")


def _reader(source: Path) -> sqlite3.Connection:
    # It neither makes nor changes a file.
    return sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, isolation_level=None)
