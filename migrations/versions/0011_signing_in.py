"""Signing in: baraka_codes, baraka_code_requests, baraka_sessions, baraka_refresh_tokens

One-time codes, who asked for them, and what came of it (D50, D51). A downgrade signs everybody out.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from baraka_server.store.shape import (
    CODE_REQUESTS,
    CODES,
    REFRESH_TOKENS,
    SESSIONS,
    refuse_another,
)

revision = "baraka_0011"
down_revision = "baraka_0010"
branch_labels = None
depends_on = None

loses = (
    *("baraka_codes", "baraka_code_requests"),
    *("baraka_sessions", "baraka_refresh_tokens"),
)
serves_since = "baraka_0010"

OPTIONS = {
    f"{dialect}_{name}": value
    for dialect in ("mysql", "mariadb")
    for name, value in {
        "engine": "InnoDB",
        "charset": "utf8mb4",
        "collate": "utf8mb4_unicode_ci",
    }.items()
}


def moment(name: str, *, nullable: bool = False) -> sa.Column:
    kind = sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql", "mariadb")
    return sa.Column(name, kind, nullable=nullable)


COLUMNS = {
    "baraka_codes": lambda: (
        sa.Column("number", sa.String(20), primary_key=True),
        sa.Column("challenge_hash", sa.CHAR(64), nullable=False),
        sa.Column("code_hash", sa.CHAR(64), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("user_id", sa.Integer),
        moment("sent_at"),
    ),
    "baraka_code_requests": lambda: (
        sa.Column("id", sa.CHAR(32), primary_key=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("number_hash", sa.CHAR(64), nullable=False),
        sa.Column("prefix", sa.String(20), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        moment("at"),
    ),
    "baraka_sessions": lambda: (
        sa.Column("id", sa.CHAR(32), primary_key=True),
        sa.Column("user_id", sa.Integer, nullable=False),
        moment("begun_at"),
        moment("used_at"),
        moment("ended_at", nullable=True),
        sa.Column("reason", sa.String(16)),
    ),
    "baraka_refresh_tokens": lambda: (
        sa.Column("hash", sa.CHAR(64), primary_key=True),
        sa.Column("session_id", sa.CHAR(32), nullable=False),
        sa.Column("parent", sa.CHAR(64)),
        moment("issued_at"),
        moment("replaced_at", nullable=True),
        sa.Column("siblings", sa.Integer, nullable=False),
    ),
}
SHAPES = {
    "baraka_codes": CODES,
    "baraka_code_requests": CODE_REQUESTS,
    "baraka_sessions": SESSIONS,
    "baraka_refresh_tokens": REFRESH_TOKENS,
}
INDEXES = {
    "baraka_codes": {"challenge": ("challenge_hash",)},
    "baraka_code_requests": {
        "number": ("kind", "number_hash", "at"),
        "prefix": ("kind", "prefix", "at"),
        "address": ("kind", "address", "at"),
        "at": ("kind", "at"),
    },
    "baraka_sessions": {"user": ("user_id", "ended_at"), "used": ("used_at",)},
    "baraka_refresh_tokens": {
        "session": ("session_id",),
        "parent": ("parent",),
        "replaced": ("replaced_at",),
    },
}


def upgrade() -> None:
    connection = op.get_bind()
    for name, columns in COLUMNS.items():
        refuse_another(connection, name, SHAPES[name])
        table = sa.Table(name, sa.MetaData(), *columns(), **OPTIONS)
        # Statements of their own: a run that was cut short may have left the table alone.
        indexes = [
            sa.Index(f"{name}_{index}_idx", *(table.c[column] for column in indexed))
            for index, indexed in sorted(INDEXES[name].items())
        ]
        table.indexes.clear()
        table.create(connection, checkfirst=True)
        for index in indexes:
            index.create(connection, checkfirst=True)


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_table(name, if_exists=True)
