"""Free text apart from the ledger: baraka_texts

The words of people whose salted hash an entry has, so that they can be erased (D56). `downgrade` drops it,
and with it these words; the ledger stays whole.
"""

import sqlalchemy as sa
from alembic import op

from baraka_server.store.shape import TEXTS, refuse_another

revision = "baraka_0004"
down_revision = "baraka_0003"
branch_labels = None
depends_on = None

loses = ("baraka_texts",)

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
    refuse_another(connection, "baraka_texts", TEXTS)
    baraka_texts = sa.Table(
        "baraka_texts",
        sa.MetaData(),
        sa.Column("auction_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.CHAR(64), primary_key=True),
        sa.Column("salt", sa.CHAR(32), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("user_id", sa.Integer),
        **OPTIONS,
    )
    by_user = sa.Index("baraka_texts_user_id_idx", baraka_texts.c.user_id)
    baraka_texts.create(connection, checkfirst=True)
    # Its own statement on every database: a run that was cut short may have left the table alone.
    by_user.create(connection, checkfirst=True)


def downgrade() -> None:
    op.drop_table("baraka_texts", if_exists=True)
