"""The ledger: baraka_events

One row for each accepted action (D26). It has no foreign keys, since it outlives the rows that it
speaks of. `downgrade` drops it, and with it what was bid in every sale.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from baraka_server.store.shape import LEDGER, refuse_another

revision = "baraka_0002"
down_revision = "baraka_0001"
branch_labels = None
depends_on = None

loses = ("baraka_events",)

OPTIONS = {
    f"{dialect}_{name}": value
    for dialect in ("mysql", "mariadb")
    for name, value in {
        "engine": "InnoDB",
        "charset": "utf8mb4",
        "collate": "utf8mb4_unicode_ci",
    }.items()
}


def upgrade() -> None:
    connection = op.get_bind()
    refuse_another(connection, "baraka_events", LEDGER)
    baraka_events = sa.Table(
        "baraka_events",
        sa.MetaData(),
        sa.Column("auction_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("user_id", sa.Integer),
        sa.Column(
            "data", sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb"), nullable=False
        ),
        sa.Column(
            "at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql", "mariadb"),
            nullable=False,
        ),
        sa.Column("hash", sa.CHAR(64), nullable=False),
        **OPTIONS,
    )
    baraka_events.create(connection, checkfirst=True)


def downgrade() -> None:
    op.drop_table("baraka_events", if_exists=True)
