"""A database as the existing system leaves it: Prisma's tables, and rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from tests.support.servers.mariadb import MariaDB

PRISMA = Path(__file__).parents[2] / "store" / "prisma"


@contextmanager
def existing_database(mariadb: MariaDB) -> Iterator[str]:
    """The URL of a new one, for as long as the context lasts."""
    mariadb.revive()
    name = f"existing_{uuid4().hex}"
    url = mariadb.create_database(name)
    mariadb.sql((PRISMA / "prisma7.sql").read_text(), name)
    mariadb.sql((PRISMA / "rows.sql").read_text(), name)
    yield url
    mariadb.drop_database(name)
