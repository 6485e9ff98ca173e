"""The run lists: baraka_lots

One row for each lot of an auction (D35), as the ledger says. `downgrade` drops it; the ledger keeps what it
says of lots.
"""

import sqlalchemy as sa
from alembic import op

from baraka_server.store.shape import LOTS, refuse_another

revision = "baraka_0007"
down_revision = "baraka_0006"
branch_labels = None
depends_on = None

loses = ("baraka_lots",)

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
    refuse_another(connection, "baraka_lots", LOTS)
    baraka_lots = sa.Table(
        "baraka_lots",
        sa.MetaData(),
        sa.Column("auction_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("lot_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("product", sa.String(191), nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("weight", sa.String(191)),
        sa.Column("minBidPrice", sa.Integer, nullable=False),
        sa.Column("bidPrice", sa.Integer, nullable=False),
        sa.Column("actualPrice", sa.Integer, nullable=False),
        sa.Column("increments", sa.Text),
        sa.Column("reserve", sa.Integer),
        sa.Column("image_url", sa.String(191)),
        sa.Column("winning_id", sa.Integer),
        sa.Column("version", sa.Integer, nullable=False),
        **OPTIONS,
    )
    by_number = sa.Index(
        "baraka_lots_number_key", baraka_lots.c.auction_id, baraka_lots.c.number, unique=True
    )
    baraka_lots.create(connection, checkfirst=True)
    # Its own statement on every database: a run that was cut short may have left the table alone.
    by_number.create(connection, checkfirst=True)


def downgrade() -> None:
    op.drop_table("baraka_lots", if_exists=True)
