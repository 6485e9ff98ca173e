"""Notes of revisions: baraka_revisions

What each revision from this one on says of older programs: those that know `serves_since` may serve beside
it. `downgrade` drops it: older programs then take every newer database for one that they cannot serve.
"""

import sqlalchemy as sa
from alembic import op

from baraka_server.store.shape import REVISIONS, refuse_another

revision = "baraka_0010"
down_revision = "baraka_0009"
branch_labels = None
depends_on = None

loses = ("baraka_revisions",)
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


def upgrade() -> None:
    connection = op.get_bind()
    refuse_another(connection, "baraka_revisions", REVISIONS)
    table = sa.Table(
        "baraka_revisions",
        sa.MetaData(),
        sa.Column("revision", sa.String(32), primary_key=True),
        sa.Column("serves_since", sa.String(32), nullable=False),
        sa.Column("program", sa.String(32), nullable=False),
        **OPTIONS,
    )
    table.create(connection, checkfirst=True)


def downgrade() -> None:
    op.drop_table("baraka_revisions", if_exists=True)
