"""Answered requests: baraka_requests

What a client asked for under an id of its own, and what came of it (D23). `downgrade` drops it: a
request that is repeated after that counts as a new one.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from baraka_server.store.shape import REQUESTS, refuse_another

revision = "baraka_0003"
down_revision = "baraka_0002"
branch_labels = None
depends_on = None

loses = ("baraka_requests",)

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
    refuse_another(connection, "baraka_requests", REQUESTS)
    baraka_requests = sa.Table(
        "baraka_requests",
        sa.MetaData(),
        sa.Column("user_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("request_hash", sa.CHAR(64), primary_key=True),
        sa.Column("auction_id", sa.Integer, nullable=False),
        sa.Column("fingerprint", sa.CHAR(64), nullable=False),
        sa.Column(
            "outcome", sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb"), nullable=False
        ),
        sa.Column(
            "at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql", "mariadb"),
            nullable=False,
        ),
        **OPTIONS,
    )
    by_time = sa.Index("baraka_requests_at_idx", baraka_requests.c.at)
    baraka_requests.create(connection, checkfirst=True)
    # Its own statement on every database: a run that was cut short may have left the table alone.
    by_time.create(connection, checkfirst=True)


def downgrade() -> None:
    op.drop_table("baraka_requests", if_exists=True)
