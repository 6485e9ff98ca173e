"""Creation of the file of a SQLite database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from baraka_server.store.address import missing_file
from baraka_server.store.errors import translated


@contextmanager
def no_empty_file(url: str) -> Iterator[None]:
    """Create the file of a SQLite database where there is none; it is removed again if left empty."""
    file = missing_file(url)
    if file is not None:
        with translated():
            file.touch(mode=0o600)  # people's numbers will be in it
    try:
        yield
    except BaseException:
        if file is not None:
            _remove_if_empty(file)
        raise


def _remove_if_empty(file: Path) -> None:
    with suppress(sqlite3.Error, OSError), closing(sqlite3.connect(file, timeout=0)) as connection:
        connection.execute("BEGIN IMMEDIATE")  # nobody else is filling it
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
            for end in ("", "-wal", "-shm"):
                file.with_name(file.name + end).unlink(missing_ok=True)
