"""Paddles of bidders: baraka_paddles

The numbers that an auction's bidders have (D36). The ledger counts: whatever it gave is put into the table
again, also after a downgrade, which drops it.
"""

import json

import sqlalchemy as sa
from alembic import op

from baraka_server.store.shape import PADDLES, refuse_another

revision = "baraka_0006"
down_revision = "baraka_0005"
branch_labels = None
depends_on = None

loses = ("baraka_paddles",)

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
    refuse_another(connection, "baraka_paddles", PADDLES)
    metadata = sa.MetaData()
    baraka_paddles = sa.Table(
        "baraka_paddles",
        metadata,
        sa.Column("auction_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("user_id", sa.Integer),
        sa.Column("seq", sa.Integer, nullable=False),
        **OPTIONS,
    )
    by_user = sa.Index(
        "baraka_paddles_user_id_key",
        baraka_paddles.c.auction_id,
        baraka_paddles.c.user_id,
        unique=True,
    )
    baraka_paddles.create(connection, checkfirst=True)
    # Its own statement on every database: a run that was cut short may have left the table alone.
    by_user.create(connection, checkfirst=True)
    connection.execute(baraka_paddles.delete())
    rows = _given(connection)
    if rows:
        connection.execute(baraka_paddles.insert(), rows)


def _given(connection: sa.Connection) -> list[dict[str, int | None]]:
    """The paddles that entries of the ledger gave: there are some where this was undone before."""
    ledger = sa.table(
        "baraka_events", *map(sa.column, ("auction_id", "seq", "kind", "user_id", "data"))
    )
    gave = ledger.c.kind.in_(["bid", "bidder_registered"]) & ledger.c.data.like('%"paddle":%')
    rows = [
        (row, json.loads(row.data)) for row in connection.execute(sa.select(ledger).where(gave))
    ]
    return [
        {
            "auction_id": row.auction_id,
            "number": said["paddle"],
            "user_id": said.get("target_id", row.user_id),
            "seq": row.seq,
        }
        for row, said in rows
    ]


def downgrade() -> None:
    op.drop_table("baraka_paddles", if_exists=True)
