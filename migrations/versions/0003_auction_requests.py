"""Answered requests: auction_requests

What a client asked for under an id of its own, and what came of it (D23). `downgrade` drops it: a
request that is repeated after that counts as a new one.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

loses = ("auction_requests",)

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
    auction_requests = sa.Table(
        "auction_requests",
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
    by_time = sa.Index("auction_requests_at_idx", auction_requests.c.at)
    auction_requests.create(connection, checkfirst=True)
    # Its own statement on every database: a run that was cut short may have left the table alone.
    by_time.create(connection, checkfirst=True)


def downgrade() -> None:
    op.drop_table("auction_requests", if_exists=True)
