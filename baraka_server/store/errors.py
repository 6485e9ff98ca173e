"""What can go wrong with a database, in words that the rest of the house understands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout


class StoreError(Exception):
    """The store could not do what it was asked."""


class Unavailable(StoreError):
    """The database does not answer. Nothing was changed."""


class Contention(StoreError):
    """Another transaction was in the way: trying again may work. Nothing was changed."""


class OutcomeUnknown(StoreError):
    """The connection was lost during a commit, and the database cannot be asked what came of it."""


class NotThere(StoreError):
    """There is no such row. The text is for a person."""


class Unfit(StoreError):
    """A value that its column does not hold. The text is for a person and names the field."""


class Damaged(StoreError):
    """What is stored cannot be read. The text is for a person."""


# MySQL and MariaDB: record changed since last read, lock wait timeout, deadlock.
_CONTENTION_CODES = {1020, 1205, 1213}
# Too many connections, shutdown in progress, read-only, cannot connect, gone away, lost, …
_UNAVAILABLE_CODES = {1040, 1053, 1077, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1203, 1290}
_UNAVAILABLE_CODES |= {1836, 1927, 2002, 2003, 2005, 2006, 2012, 2013, 2055, 3024, 4031}
# Disk full, table full, access denied, no such database, host blocked or not allowed.
_UNAVAILABLE_CODES |= {1021, 1114, 1044, 1045, 1049, 1129, 1130}
_SQLITE_CONTENTION = ("database is locked", "database table is locked")
_SQLITE_UNAVAILABLE = ("unable to open", "disk I/O error", "disk is full", "readonly database")


@contextmanager
def translated() -> Iterator[None]:
    """Turn what drivers raise for a lost database or a lost race into the errors above."""
    try:
        yield
    except DBAPIError as error:
        raise _translation(error) or error from error
    except (OSError, PoolTimeout, TimeoutError) as error:
        raise Unavailable(str(error) or "the database did not answer in time") from error


def code_of(error: DBAPIError) -> object:
    """The driver's own number for what went wrong; None where it has none."""
    return error.orig.args[0] if error.orig is not None and error.orig.args else None


def _translation(error: DBAPIError) -> StoreError | None:
    code, words = code_of(error), str(error.orig)
    if code in _CONTENTION_CODES or any(text in words for text in _SQLITE_CONTENTION):
        return Contention(words)
    lost = error.connection_invalidated or code in _UNAVAILABLE_CODES
    if lost or (
        isinstance(error, OperationalError | InterfaceError)
        and any(text in words for text in _SQLITE_UNAVAILABLE)
    ):
        return Unavailable(words)
    return None
