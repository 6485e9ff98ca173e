"""Shapes of tables, by which ours are told from another program's of the same name (D53)."""

from __future__ import annotations

from typing import Any

from alembic.util import CommandError
from sqlalchemy import Connection, inspect

Shape = tuple[str, ...]
"""Its columns in order, and then its primary key."""

LEDGER: Shape = (
    "auction_id INTEGER",
    "seq INTEGER",
    "round INTEGER",
    "kind VARCHAR(32)",
    "user_id INTEGER NULL",
    "data TEXT",
    "at DATETIME",
    "hash CHAR(64)",
    "PRIMARY KEY auction_id, seq",
)
REQUESTS: Shape = (
    "user_id INTEGER",
    "request_hash CHAR(64)",
    "auction_id INTEGER",
    "fingerprint CHAR(64)",
    "outcome TEXT",
    "at DATETIME",
    "PRIMARY KEY user_id, request_hash",
)
TEXTS: Shape = (
    "auction_id INTEGER",
    "hash CHAR(64)",
    "salt CHAR(32)",
    "text TEXT",
    "user_id INTEGER NULL",
    "PRIMARY KEY auction_id, hash",
)
ATTENDANCE: Shape = (
    "auction_id INTEGER",
    "node VARCHAR(32)",
    "run_seq INTEGER",
    "up_to_ms BIGINT",
    "clear_ms BIGINT NULL",
    "at DATETIME",
    "PRIMARY KEY auction_id, node",
)
PADDLES: Shape = (
    "auction_id INTEGER",
    "number INTEGER",
    "user_id INTEGER NULL",
    "seq INTEGER",
    "PRIMARY KEY auction_id, number",
)
LOTS: Shape = (
    "auction_id INTEGER",
    "lot_id INTEGER",
    "number INTEGER",
    "position BIGINT",
    "state VARCHAR(16)",
    "product VARCHAR(191)",
    "description TEXT NULL",
    "weight VARCHAR(191) NULL",
    "minBidPrice INTEGER",
    "bidPrice INTEGER",
    "actualPrice INTEGER",
    "increments TEXT NULL",
    "reserve INTEGER NULL",
    "image_url VARCHAR(191) NULL",
    "winning_id INTEGER NULL",
    "version INTEGER",
    "PRIMARY KEY auction_id, lot_id",
)
MAXIMA: Shape = (
    "auction_id INTEGER",
    "seq INTEGER",
    "round INTEGER",
    "user_id INTEGER",
    "amount INTEGER",
    "salt CHAR(32)",
    "PRIMARY KEY auction_id, seq",
)
BLOCKED_USERS: Shape = ("user_id INTEGER", "at DATETIME", "PRIMARY KEY user_id")
REVISIONS: Shape = (
    "revision VARCHAR(32)",
    "serves_since VARCHAR(32)",
    "program VARCHAR(32)",
    "PRIMARY KEY revision",
)
CODES: Shape = (
    "number VARCHAR(20)",
    "challenge_hash CHAR(64)",
    "code_hash CHAR(64)",
    "tries INTEGER",
    "user_id INTEGER NULL",
    "sent_at DATETIME",
    "PRIMARY KEY number",
)
CODE_REQUESTS: Shape = (
    "id CHAR(32)",
    "kind VARCHAR(8)",
    "number_hash CHAR(64)",
    "prefix VARCHAR(20)",
    "address VARCHAR(64)",
    "at DATETIME",
    "PRIMARY KEY id",
)
SESSIONS: Shape = (
    "id CHAR(32)",
    "user_id INTEGER",
    "begun_at DATETIME",
    "used_at DATETIME",
    "ended_at DATETIME NULL",
    "reason VARCHAR(16) NULL",
    "PRIMARY KEY id",
)
REFRESH_TOKENS: Shape = (
    "hash CHAR(64)",
    "session_id CHAR(32)",
    "parent CHAR(64) NULL",
    "issued_at DATETIME",
    "replaced_at DATETIME NULL",
    "siblings INTEGER",
    "PRIMARY KEY hash",
)
VERSION: Shape = ("version_num VARCHAR(32)", "PRIMARY KEY version_num")
"""Alembic's own, whoever uses it."""


def shape_of(connection: Connection, name: str) -> Shape | None:
    """The shape of the table, as the first revisions made theirs; None where there is no table."""
    inspector = inspect(connection)
    if not inspector.has_table(name):
        return None
    key = inspector.get_pk_constraint(name)["constrained_columns"]
    columns = map(_column, inspector.get_columns(name))
    return *columns, f"PRIMARY KEY {', '.join(key)}"


def refuse_another(connection: Connection, name: str, shape: Shape) -> None:
    """Raise `CommandError` where a table has the name and not the shape."""
    if shape_of(connection, name) not in (None, shape):
        raise CommandError(
            f"{name}: there is a table of this name which is not Baraka's. Rename it, "
            "and run this again."
        )


def _column(column: Any) -> str:
    kind = type(column["type"]).__name__.replace("LONGTEXT", "TEXT")
    length = getattr(column["type"], "length", None)
    text = f"{column['name']} {kind}" + (f"({length})" if length else "")
    return text + (" NULL" if column["nullable"] else "")
