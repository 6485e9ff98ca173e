"""Attendance of servers at a clock that runs out: baraka_attendance

Which servers may hold a bid from before the end of an auction's clock (D44). `downgrade` drops it: a
clock that runs then is paused.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from baraka_server.store.shape import ATTENDANCE, refuse_another

revision = "baraka_0005"
down_revision = "baraka_0004"
branch_labels = None
depends_on = None

loses = ("baraka_attendance",)

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
    refuse_another(connection, "baraka_attendance", ATTENDANCE)
    baraka_attendance = sa.Table(
        "baraka_attendance",
        sa.MetaData(),
        sa.Column("auction_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("node", sa.String(32), primary_key=True),
        sa.Column("run_seq", sa.Integer, nullable=False),
        sa.Column("up_to_ms", sa.BigInteger, nullable=False),
        sa.Column("clear_ms", sa.BigInteger),
        sa.Column(
            "at",
            sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql", "mariadb"),
            nullable=False,
        ),
        **OPTIONS,
    )
    baraka_attendance.create(connection, checkfirst=True)


def downgrade() -> None:
    op.drop_table("baraka_attendance", if_exists=True)
