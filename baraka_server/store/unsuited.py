"""Errors for rows that a database refuses because of how its tables were made (D52)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from baraka_server.store.errors import StoreError, code_of


class Unsuited(StoreError):
    """The tables do not accept what was to be written, now or later. Nothing was changed.

    The text is for the operator. It has names of tables, columns and keys, and no values of rows.
    """


_REASONS = {
    1048: "a column that must not be NULL",
    1062: "a unique key that allows only one such row",
    1264: "a number that its column is too small for",
    1265: "a value that its column does not have",
    1288: "a view that cannot be written",
    1364: "a column that is not known and has no default",
    1366: "a text with characters that its character set lacks",
    1369: "a view that does not show what is written",
    1406: "a text that its column is too short for",
    1451: "a row that a foreign key of another table holds",
    1452: "a foreign key to a row that is not there",
    1467: "an id: the counter of the table is at its end",
    1471: "a view that takes no new rows",
    1644: "a trigger that refuses it",
    3819: "a check of the table",
    4025: "a check of the table",
}
"""The meaning of error numbers of MySQL and MariaDB."""

_SQLITE = {
    "NOT NULL constraint failed": "a column that must not be NULL",
    "UNIQUE constraint failed": "a unique key that allows only one such row",
    "CHECK constraint failed": "a check of the table",
}
_NAMES = re.compile(r"`([^`]+)`|(?:column|field|key) '([\w.]+)'", re.IGNORECASE)


@contextmanager
def suited() -> Iterator[None]:
    """Turn drivers' errors for tables that do not suit into `Unsuited`."""
    try:
        yield
    except DBAPIError as error:
        raise _unsuited(error) or error from error


def _unsuited(error: DBAPIError) -> Unsuited | None:
    code, words = code_of(error), str(error.orig)
    for text, reason in _SQLITE.items():
        if text in words:
            return Unsuited(f"{reason} ({words.rpartition(': ')[2]})")
    known = _REASONS.get(code) if isinstance(code, int) else None
    if known is None:
        return None
    # What people wrote stands before the last "' for ", in quotation marks.
    names = [one or other for one, other in _NAMES.findall(words.rpartition("' for ")[2])]
    return Unsuited(f"{known} ({', '.join([*names, f'error {code}'])})")
