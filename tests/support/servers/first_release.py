"""A database of our first release, as its last version left it: a sale of 17 entries, one request."""

import sqlite3
from pathlib import Path

from sqlalchemy.engine import make_url

from tests.support.servers.mariadb import MariaDB

DUMPS = Path(__file__).parents[2] / "store" / "first_release"


def fill(url: str, mariadb: MariaDB | None) -> None:
    """Play the dump into the empty database at `url`, which is of `mariadb` or a SQLite file."""
    name = make_url(url).database or ""
    if mariadb:
        mariadb.sql((DUMPS / "mariadb.sql").read_text(), name)
        return
    connection = sqlite3.connect(name)
    connection.execute("PRAGMA journal_mode = WAL")  # as a server leaves its file
    connection.executescript((DUMPS / "sqlite.sql").read_text())
    connection.close()
