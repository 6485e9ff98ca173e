"""Users who are blocked everywhere: baraka_blocked_users

They connect to no server (D47). The table is the only place that says so: a downgrade drops it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from baraka_server.store.shape import BLOCKED_USERS, refuse_another

revision = "baraka_0009"
down_revision = "baraka_0008"
branch_labels = None
depends_on = None

loses = ("baraka_blocked_users",)

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
    refuse_another(connection, "baraka_blocked_users", BLOCKED_USERS)
    table = sa.Table(
        "baraka_blocked_users",
        sa.MetaData(),
        sa.Column("user_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column(
            "at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql", "mariadb"),
            nullable=False,
        ),
        **OPTIONS,
    )
    table.create(connection, checkfirst=True)


def downgrade() -> None:
    op.drop_table("baraka_blocked_users", if_exists=True)
