"""The sealed maximum bids: baraka_maxima

One row for each maximum bid that was ever set (D43), with its amount and its salt, of which the ledger has a
hash. `downgrade` drops it: the amounts of auctions that are not over are lost, and no ledger has them.
"""

import sqlalchemy as sa
from alembic import op

from baraka_server.store.shape import MAXIMA, refuse_another

revision = "baraka_0008"
down_revision = "baraka_0007"
branch_labels = None
depends_on = None

loses = ("baraka_maxima",)

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
    refuse_another(connection, "baraka_maxima", MAXIMA)
    baraka_maxima = sa.Table(
        "baraka_maxima",
        sa.MetaData(),
        sa.Column("auction_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("user_id", sa.Integer, nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("salt", sa.CHAR(32), nullable=False),
        **OPTIONS,
    )
    by_round = sa.Index(
        "baraka_maxima_round_idx", baraka_maxima.c.auction_id, baraka_maxima.c.round
    )
    baraka_maxima.create(connection, checkfirst=True)
    # Its own statement on every database: a run that was cut short may have left the table alone.
    by_round.create(connection, checkfirst=True)


def downgrade() -> None:
    op.drop_table("baraka_maxima", if_exists=True)
