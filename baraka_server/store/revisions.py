"""Notes of each revision in the database: which older programs may serve beside it (D53).

A program does not know the revisions of newer ones. What they changed is only known to whoever wrote
them, so each revision says in `serves_since` the oldest revision whose programs may serve on, and
the upgrade notes that in `baraka_revisions`, in the transaction that notes the revision itself.
"""

from __future__ import annotations

from collections.abc import Collection
from importlib.metadata import version
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from baraka_server.store.shape import REVISIONS, shape_of
from baraka_server.store.tables import revisions

PROGRAM_CHARS_MAX = 32


def note(connection: Connection, revision: str, module: Any, *, up: bool) -> None:
    """Note a revision that was made, or forget one that was taken back.

    Earlier ones, whose programs read no notes, say nothing of others.
    """
    if shape_of(connection, revisions.name) is None:
        return
    connection.execute(delete(revisions).where(revisions.c.revision == revision))
    if up and (since := getattr(module, "serves_since", None)):
        row = {"revision": revision, "serves_since": since, "program": _program()}
        connection.execute(insert(revisions).values(row))


def made_by(connection: Connection, found: Collection[str], known: Collection[str]) -> str | None:
    """The program that made a newer database beside which one that knows `known` may serve.

    None where it may not: a revision that it does not know has no note, as another program's has
    none, or asks for more. A newer program may have added columns to the notes.
    """
    shape = shape_of(connection, revisions.name)
    if shape is None or not set(REVISIONS) <= set(shape):
        return None
    columns = (revisions.c.revision, revisions.c.serves_since, revisions.c.program)
    notes = {row.revision: row for row in connection.execute(select(*columns))}
    newer = [row for row in notes.values() if row.revision not in known]
    if not all(one in notes or one in known for one in found):
        return None
    if not newer or any(row.serves_since not in known for row in newer):
        return None
    return next(str(row.program) for row in newer if row.revision in found)


def _program() -> str:
    return version("baraka")[:PROGRAM_CHARS_MAX]
