"""The six documented tables

Each that is missing is created, each that exists is adopted as it stands (D27): it is looked at,
never altered. A table that cannot serve is refused before anything is changed. What may be mended
while it serves is not a reason to refuse it: the command line and `baraka doctor` list it (D52).

There is no way down: the documented tables are the business's data and may be older than Baraka.
`downgrade` leaves them where they are, and `upgrade` adopts them again.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError
from sqlalchemy.dialects import mysql

revision = "baraka_0001"
down_revision = None
branch_labels = None
depends_on = None

loses: tuple[str, ...] = ()

TEXT_CHARS = 191
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
    report = op.get_context().opts["report"]
    tables = _documented_tables(connection.dialect.name)
    inspector = sa.inspect(connection)
    views = set(inspector.get_view_names())
    names = {*inspector.get_table_names(), *views}
    existing = {name.lower(): name for name in names}
    existing |= {table.name.lower(): table.name for table in tables if table.name in names}

    problems = [
        problem
        for table in tables
        if table.name.lower() in existing
        for problem in _problems(connection, table, existing[table.name.lower()])
    ]
    problems += _missing_beside_views(tables, existing, views)
    if problems:
        op.drop_table("baraka_version")  # made a moment ago; on MySQL no rollback takes it back
        raise CommandError("\n".join(problems))

    for table in tables:
        if table.name.lower() in existing:
            report(f"{table.name}: adopted as it stands")
        else:
            table.create(connection)
            report(f"{table.name}: created")


def downgrade() -> None:
    pass


def _documented_tables(dialect: str) -> tuple[sa.Table, ...]:
    """In the order in which they can be created."""
    time = sa.DateTime().with_variant(mysql.DATETIME(fsp=3), "mysql", "mariadb")
    now = sa.text(
        "(strftime('%Y-%m-%d %H:%M:%f', 'now'))" if dialect == "sqlite" else "CURRENT_TIMESTAMP(3)"
    )
    metadata = sa.MetaData()

    def table(name: str, *columns: sa.Column[Any]) -> sa.Table:
        return sa.Table(
            name,
            metadata,
            sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
            *columns,
            sa.Column("createdAt", time, nullable=False, server_default=now),
            sa.Column("updatedAt", time, nullable=False),
            sqlite_autoincrement=True,  # else the id of a deleted bid is given to the next one
            **OPTIONS,
        )

    def string(name: str, *, nullable: bool = False) -> sa.Column[Any]:
        return sa.Column(name, sa.String(TEXT_CHARS), nullable=nullable)

    def integer(name: str, default: str | None = None) -> sa.Column[Any]:
        return sa.Column(
            name, sa.Integer, nullable=False, server_default=sa.text(default) if default else None
        )

    def flag(name: str) -> sa.Column[Any]:
        return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.text("0"))

    def choice(enum: str, *values: str) -> sa.Column[Any]:
        return sa.Column(
            "type", sa.Enum(*values, name=enum, create_constraint=True), nullable=False
        )

    def reference(table: str, column: str, target: str, on_delete: str) -> sa.Column[Any]:
        key = sa.ForeignKey(
            f"{target}.id", name=f"{table}_{column}_fkey", ondelete=on_delete, onupdate="CASCADE"
        )
        return sa.Column(column, sa.Integer, key, nullable=on_delete == "SET NULL")

    return (
        table("categories", string("name"), string("pic_url")),
        table(
            "users",
            string("name"),
            choice("usertype", "Normal", "Expert"),
            reference("users", "category_id", "categories", "SET NULL"),
            string("number"),
            string("otpCode", nullable=True),
        ),
        table(
            "Auction",
            string("title"),
            string("description"),
            choice("auctiontype", "Live", "Open"),
            string("current_product", nullable=True),
            string("product_description", nullable=True),
            integer("actualPrice"),
            integer("minBidPrice"),
            integer("bidPrice"),
            integer("quantity", default="1"),
            sa.Column("expiryDate", time, nullable=False),
            sa.Column("startDate", time),
            flag("isLive"),
            flag("isExpired"),
            flag("isCanceled"),
            flag("isEnded"),
            string("image_url"),
            reference("Auction", "user_id", "users", "SET NULL"),
            reference("Auction", "winning_user_id", "users", "SET NULL"),
            reference("Auction", "category_id", "categories", "RESTRICT"),
        ),
        table(
            "Auction_bids",
            reference("Auction_bids", "auction_id", "Auction", "CASCADE"),
            reference("Auction_bids", "user_id", "users", "CASCADE"),
            integer("bid"),
        ),
        table(
            "Auction_comments",
            reference("Auction_comments", "auction_id", "Auction", "CASCADE"),
            reference("Auction_comments", "user_id", "users", "CASCADE"),
            string("comment"),
        ),
        table(
            "winnings",
            reference("winnings", "user_id", "users", "RESTRICT"),
            reference("winnings", "auction_id", "Auction", "SET NULL"),
            string("product"),
            integer("price"),
            string("weight", nullable=True),
            flag("sold"),
        ),
    )


def _problems(connection: sa.Connection, table: sa.Table, found_name: str) -> Iterator[str]:
    """The reasons why the existing table cannot serve as `table`, for the operator."""
    on_mysql = connection.dialect.name != "sqlite"
    if found_name != table.name and _tells_case_apart(connection):
        yield (
            f"{found_name}: this server tells it from {table.name}; "
            f"rename it: RENAME TABLE `{found_name}` TO `{table.name}`"
        )
        return
    inspector = sa.inspect(connection)
    if on_mysql:
        options = inspector.get_table_options(found_name)
        engine = options.get(f"{connection.dialect.name}_engine", "InnoDB")
        if engine.lower() != "innodb":
            yield f"{table.name}: its engine {engine} has no transactions, it must be InnoDB"
    found = {column["name"].lower(): column for column in inspector.get_columns(found_name)}
    for column in table.columns:
        there = found.pop(column.name.lower(), None)
        if there is None:
            yield f"{table.name}.{column.name}: this column is missing"
            continue
        if not _serves(there["type"], column.type):
            has, needs = (
                kind.compile(dialect=connection.dialect) for kind in (there["type"], column.type)
            )
            yield f"{table.name}.{column.name}: its type is {has}, it must be {needs}"
        if column.nullable and not there["nullable"]:
            yield f"{table.name}.{column.name}: it must allow NULL"


def _missing_beside_views(
    tables: tuple[sa.Table, ...], existing: dict[str, str], views: set[str]
) -> Iterator[str]:
    """The tables that cannot be created, since they would reference a view."""
    for table in tables:
        if table.name.lower() not in existing:
            for key in table.foreign_keys:
                target = key.column.table.name
                if existing.get(target.lower()) in views:
                    yield f"{table.name}: it is missing, and cannot reference {target}, a view"


def _tells_case_apart(connection: sa.Connection) -> bool:
    if connection.dialect.name == "sqlite":
        return False
    return connection.scalar(sa.text("SELECT @@lower_case_table_names")) == 0


def _serves(found: Any, needed: Any) -> bool:
    """Whether every value of a documented column fits into what is there, and comes back as it was."""
    too_small = (sa.SmallInteger, mysql.TINYINT, mysql.MEDIUMINT)
    match needed:
        case sa.Boolean():
            return isinstance(found, sa.Integer | sa.Boolean)
        case sa.Enum():
            if isinstance(found, sa.Enum):  # a row with another member is shown with a stand-in
                return set(found.enums) >= set(needed.enums)
            return isinstance(found, sa.VARCHAR) and (found.length or 0) >= max(
                map(len, needed.enums)
            )
        case sa.String():
            texts = (sa.VARCHAR, sa.TEXT, mysql.MEDIUMTEXT, mysql.LONGTEXT)
            return isinstance(found, texts) and (found.length or TEXT_CHARS) >= TEXT_CHARS
        case sa.DateTime():
            milliseconds = (getattr(found, "fsp", 3) or 0) >= 3
            return isinstance(found, sa.DateTime) and milliseconds
        case _:
            return isinstance(found, sa.Integer) and not isinstance(found, too_small)
