"""Errors of the store, and the translation of drivers' errors into them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout


class Trouble(StrEnum):
    """The kind of trouble of a database that cannot be used: the value for programs, `words` for people."""

    UNREACHABLE = "unreachable"
    SILENT = "silent"
    BUSY = "busy"
    READ_ONLY = "read_only"
    DISK = "disk"
    DAMAGED = "damaged"
    NOT_ALLOWED = "not_allowed"
    SCHEMA = "schema"
    FILE = "file"

    @property
    def words(self) -> str:
        """The rest of the sentence that begins "the database"."""
        return _WORDS[self]

    @property
    def only_writes(self) -> bool:
        """Whether reading may still work: then only a write shows that the trouble is over."""
        return self in _ONLY_WRITES

    @property
    def passes(self) -> bool:
        """Whether it may be over by itself, so that trying again is of use."""
        return self in _PASSING


_ONLY_WRITES = {
    *(Trouble.READ_ONLY, Trouble.DISK, Trouble.DAMAGED),
    *(Trouble.NOT_ALLOWED, Trouble.SCHEMA),
}

_PASSING = {Trouble.UNREACHABLE, Trouble.SILENT, Trouble.BUSY, Trouble.READ_ONLY}

_WORDS = {
    Trouble.UNREACHABLE: "cannot be reached",
    Trouble.SILENT: "does not answer in time",
    Trouble.BUSY: "is too busy",
    Trouble.READ_ONLY: "only reads",
    Trouble.DISK: "cannot write to its disk",
    Trouble.DAMAGED: "is damaged",
    Trouble.NOT_ALLOWED: "does not allow its user what a sale needs",
    Trouble.SCHEMA: "lacks tables or columns that a sale needs",
    Trouble.FILE: "is not the file any more that was opened",
}


class StoreError(Exception):
    """An expected error of the store."""


class Unavailable(StoreError):
    """The database cannot be used, and `trouble` says why. Nothing was changed."""

    def __init__(self, text: str, trouble: Trouble = Trouble.UNREACHABLE) -> None:
        super().__init__(text)
        self.trouble = trouble


class Contention(StoreError):
    """Another transaction was in the way: trying again may work. Nothing was changed."""


class OutcomeUnknown(StoreError):
    """The connection was lost during a commit, and it cannot be found out whether it took place."""


class NotThere(StoreError):
    """A row that was named does not exist. The text is for a person."""


class OtherHistory(StoreError):
    """What was named is of another history of the auction (D34). The text is for a person."""


class InUse(StoreError):
    """A row cannot be deleted, since rows of other tables refer to it. The text is for a person."""


class Unfit(StoreError):
    """A value that its column does not hold. The text is for a person and names the field."""


class Damaged(StoreError):
    """Stored data cannot be read. The text is for a person."""


# MySQL and MariaDB. Record changed since last read, lock wait timeout, deadlock, a table altered since
# the transaction began; 3101: another member of a replicated group was quicker.
_CONTENTION_CODES = {1020, 1205, 1213, 1412, 3101}
_CODES = {
    Trouble.UNREACHABLE: (
        # Shutting down, aborted, network, killed, cannot connect, lost, idle for too long.
        *(1053, 1077, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1927),
        *(2002, 2003, 2005, 2006, 2012, 2013, 2055, 3032, 3168, 3169, 4031),
        # A member of a cluster that is not ready; a hook of replication that failed.
        *(1047, 3100),
        # ProxySQL: no server behind it that can be reached.
        *(9001, 9002, 9003, 9004, 9005, 9006),
        # Too many failures of this host, which may not connect.
        *(1129, 1130),
    ),
    Trouble.SILENT: (1969, 3024),  # the server's own limit of a statement's time
    # Connections, those of the user, threads, memory, what a user may do in an hour.
    Trouble.BUSY: (1037, 1038, 1040, 1041, 1135, 1203, 1226),
    # An option, the transaction's mode, InnoDB's mode, a table, a lock for a backup.
    Trouble.READ_ONLY: (1036, 1223, 1290, 1792, 1836, 1874, 1881),
    Trouble.DISK: (1021, 1114),
    Trouble.DAMAGED: (1194, 1195, 1712),  # a table, twice; an index
    Trouble.NOT_ALLOWED: (1044, 1045, 1142, 1143, 1227, 1370, 1698),
    Trouble.SCHEMA: (1049, 1054, 1146, 1932),
}
_TROUBLES: dict[object, Trouble] = {
    code: trouble for trouble, codes in _CODES.items() for code in codes
}
_DISK_CODES = {3, 1004, 1026, 1030, 1180, 1296}
"""Errors that carry one of the system's: those of a full disk and of a quota are 28 and 122."""
_NO_ROOM = re.compile(r"no space left|err(?:no|code|or):? ?\"?(?:28|122)\b", re.IGNORECASE)

_SQLITE_CONTENTION = ("database is locked", "database table is locked")
_SQLITE_TROUBLES = {
    "unable to open": Trouble.UNREACHABLE,
    "disk I/O error": Trouble.DISK,
    "disk is full": Trouble.DISK,
    "is malformed": Trouble.DAMAGED,
    "is not a database": Trouble.DAMAGED,
    "readonly database": Trouble.READ_ONLY,
    "no such table": Trouble.SCHEMA,
    "no such column": Trouble.SCHEMA,
    "has no column": Trouble.SCHEMA,
}

_CONDEMNED = {Trouble.UNREACHABLE, Trouble.READ_ONLY}


@contextmanager
def translated() -> Iterator[None]:
    """Turn drivers' errors for an unusable database or a lost race into the errors above."""
    try:
        yield
    except DBAPIError as error:
        raise _translation(error) or error from error
    except PoolTimeout as error:
        raise Unavailable("all of our connections to it are in use", Trouble.BUSY) from error
    except TimeoutError as error:
        raise Unavailable("the database did not answer in time", Trouble.SILENT) from error
    except OSError as error:
        raise Unavailable(str(error)) from error


def code_of(error: BaseException | None) -> object:
    """The driver's own number for what went wrong; None where it has none."""
    original = error.orig if isinstance(error, DBAPIError) else error
    return original.args[0] if original is not None and original.args else None


def condemns(error: BaseException) -> bool:
    """Whether a driver's error says that this server can no longer serve a sale.

    A primary that was demoted keeps its connections, but its name or its proxy may lead to the new one,
    so new connections may be good.
    """
    return _TROUBLES.get(code_of(error)) in _CONDEMNED


def _translation(error: DBAPIError) -> StoreError | None:
    code, words = code_of(error), str(error.orig)
    if code in _CONTENTION_CODES or any(text in words for text in _SQLITE_CONTENTION):
        return Contention(words)
    trouble = _trouble(error, code, words)
    return Unavailable(words, trouble) if trouble else None


def _trouble(error: DBAPIError, code: object, words: str) -> Trouble | None:
    if code in _TROUBLES:
        return _TROUBLES[code]
    if code in _DISK_CODES and _NO_ROOM.search(words):
        return Trouble.DISK
    # SQLite has no class of its own for a damaged file.
    if isinstance(error, OperationalError | InterfaceError) or type(error) is DatabaseError:
        for text, trouble in _SQLITE_TROUBLES.items():
            if text in words:
                return trouble
    return Trouble.UNREACHABLE if error.connection_invalidated else None
