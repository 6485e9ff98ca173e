"""Tables of the database: six of the existing system (D27), those of ours (D23, D26, D35, D36, D43, D44, D47, D50, D51, D53, D56).

Names, types, keys and defaults of the six are those that Prisma makes of the documented models
on MySQL, so that a database of the existing system and one that we created are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    CHAR,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from baraka_server.contract.fields import TEXT_CHARS_MAX
from baraka_server.contract.records import AuctionType, UserType

metadata = MetaData()

MYSQL: dict[str, Any] = {
    f"{dialect}_{name}": value
    for dialect in ("mysql", "mariadb")
    for name, value in {
        "engine": "InnoDB",
        "charset": "utf8mb4",
        "collate": "utf8mb4_unicode_ci",
    }.items()
}
"""Options of every table, under both names that SQLAlchemy has for the same dialect."""


def _table(name: str, *columns: Any) -> Table:
    # SQLite would give the id of a deleted row to the next one: a bid's id is that bid's for ever.
    return Table(name, metadata, *columns, sqlite_autoincrement=True, **MYSQL)


class UtcTime(TypeDecorator[datetime]):
    """An aware moment in UTC with milliseconds; DATETIME(3) on MySQL, text on SQLite."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(mysql.DATETIME(fsp=3))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class FoundTime(UtcTime):
    """A time in a table that others write too: a value that is not one is returned as stored (D52)."""

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], Any]:
        strict: Any = super().result_processor(dialect, coltype)

        def read(value: Any) -> Any:
            try:
                return strict(value)
            except (AttributeError, TypeError, ValueError):  # a zero date, or any text on SQLite
                return value

        return read


class FoundChoice(TypeDecorator[str]):
    """An enum's value in a table that others write too, returned as stored: it may be unknown (D52)."""

    impl = Enum
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: Any) -> None:
        return None


class CurrentTime(FunctionElement[Any]):
    """The database's clock as a column default, in the resolution of `UtcTime`."""

    inherit_cache = True


@compiles(CurrentTime, "mysql")
@compiles(CurrentTime, "mariadb")
def _current_time_mysql(_element: CurrentTime, _compiler: Any, **_options: Any) -> str:
    return "CURRENT_TIMESTAMP(3)"


@compiles(CurrentTime, "sqlite")
def _current_time_sqlite(_element: CurrentTime, _compiler: Any, **_options: Any) -> str:
    return "(strftime('%Y-%m-%d %H:%M:%f', 'now'))"


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True, autoincrement=True)


def _string(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, String(TEXT_CHARS_MAX), nullable=nullable)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=text("0"))


def _choice(name: str, kind: type[AuctionType | UserType]) -> Column[Any]:
    return Column(name, FoundChoice(kind, create_constraint=True), nullable=False)


def _times() -> tuple[Column[datetime], Column[datetime]]:
    return (
        Column("createdAt", FoundTime, nullable=False, server_default=CurrentTime()),
        Column("updatedAt", FoundTime, nullable=False),
    )


def _reference(table: str, column: str, target: str, on_delete: str) -> Column[int]:
    return Column(
        column,
        Integer,
        ForeignKey(
            f"{target}.id", name=f"{table}_{column}_fkey", ondelete=on_delete, onupdate="CASCADE"
        ),
        nullable=on_delete == "SET NULL",
    )


categories = _table("categories", _id(), _string("name"), _string("pic_url"), *_times())

users = _table(
    "users",
    _id(),
    _string("name"),
    _choice("type", UserType),
    _reference("users", "category_id", "categories", "SET NULL"),
    _string("number"),
    _string("otpCode", nullable=True),
    *_times(),
)

auctions = _table(
    "Auction",
    _id(),
    _string("title"),
    _string("description"),
    _choice("type", AuctionType),
    _string("current_product", nullable=True),
    _string("product_description", nullable=True),
    Column("actualPrice", Integer, nullable=False),
    Column("minBidPrice", Integer, nullable=False),
    Column("bidPrice", Integer, nullable=False),
    Column("quantity", Integer, nullable=False, server_default=text("1")),
    Column("expiryDate", FoundTime, nullable=False),
    Column("startDate", FoundTime),
    _flag("isLive"),
    _flag("isExpired"),
    _flag("isCanceled"),
    _flag("isEnded"),
    _string("image_url"),
    _reference("Auction", "user_id", "users", "SET NULL"),
    _reference("Auction", "winning_user_id", "users", "SET NULL"),
    _reference("Auction", "category_id", "categories", "RESTRICT"),
    *_times(),
)

bids = _table(
    "Auction_bids",
    _id(),
    _reference("Auction_bids", "auction_id", "Auction", "CASCADE"),
    _reference("Auction_bids", "user_id", "users", "CASCADE"),
    Column("bid", Integer, nullable=False),
    *_times(),
)

comments = _table(
    "Auction_comments",
    _id(),
    _reference("Auction_comments", "auction_id", "Auction", "CASCADE"),
    _reference("Auction_comments", "user_id", "users", "CASCADE"),
    _string("comment"),
    *_times(),
)

winnings = _table(
    "winnings",
    _id(),
    _reference("winnings", "user_id", "users", "RESTRICT"),
    _reference("winnings", "auction_id", "Auction", "SET NULL"),
    _string("product"),
    Column("price", Integer, nullable=False),
    _string("weight", nullable=True),
    _flag("sold"),
    *_times(),
)

DOCUMENTED_TABLES = (categories, users, auctions, bids, comments, winnings)
"""In the order in which they can be created."""

events = _table(
    "baraka_events",
    # No foreign keys: the ledger outlives the rows that it speaks of (D26).
    Column("auction_id", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("round", Integer, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("user_id", Integer),
    Column("data", Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb"), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("hash", CHAR(64), nullable=False),
)

requests = _table(
    "baraka_requests",
    # The hash of the id, since a collation may take two ids for the same one.
    Column("user_id", Integer, primary_key=True, autoincrement=False),
    Column("request_hash", CHAR(64), primary_key=True),
    Column("auction_id", Integer, nullable=False),
    Column("fingerprint", CHAR(64), nullable=False),
    Column("outcome", Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb"), nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("baraka_requests_at_idx", "at"),
)

texts = _table(
    "baraka_texts",
    Column("auction_id", Integer, primary_key=True, autoincrement=False),
    Column("hash", CHAR(64), primary_key=True),
    Column("salt", CHAR(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("user_id", Integer),
    Index("baraka_texts_user_id_idx", "user_id"),
)

attendance = _table(
    "baraka_attendance",
    Column("auction_id", Integer, primary_key=True, autoincrement=False),
    Column("node", String(32), primary_key=True),
    Column("run_seq", Integer, nullable=False),
    Column("up_to_ms", BigInteger, nullable=False),
    Column("clear_ms", BigInteger),
    Column("at", UtcTime, nullable=False),
)

paddles = _table(
    "baraka_paddles",
    Column("auction_id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("user_id", Integer),
    Column("seq", Integer, nullable=False),
    Index("baraka_paddles_user_id_key", "auction_id", "user_id", unique=True),
)

lots = _table(
    "baraka_lots",
    Column("auction_id", Integer, primary_key=True, autoincrement=False),
    Column("lot_id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    _string("product"),
    Column("description", Text),
    _string("weight", nullable=True),
    Column("minBidPrice", Integer, nullable=False),
    Column("bidPrice", Integer, nullable=False),
    Column("actualPrice", Integer, nullable=False),
    Column("increments", Text),
    Column("reserve", Integer),
    _string("image_url", nullable=True),
    Column("winning_id", Integer),
    Column("version", Integer, nullable=False),
    Index("baraka_lots_number_key", "auction_id", "number", unique=True),
)

maxima = _table(
    "baraka_maxima",
    Column("auction_id", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("round", Integer, nullable=False),
    Column("user_id", Integer, nullable=False),
    Column("amount", Integer, nullable=False),
    Column("salt", CHAR(32), nullable=False),
    Index("baraka_maxima_round_idx", "auction_id", "round"),
)

blocked_users = Table(
    "baraka_blocked_users",
    metadata,
    Column("user_id", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcTime, nullable=False),
    **MYSQL,
)

revisions = Table(
    "baraka_revisions",
    metadata,
    Column("revision", String(32), primary_key=True),
    Column("serves_since", String(32), nullable=False),
    Column("program", String(32), nullable=False),
    **MYSQL,
)

codes = Table(
    "baraka_codes",
    metadata,
    Column("number", String(20), primary_key=True),
    Column("challenge_hash", CHAR(64), nullable=False),
    Column("code_hash", CHAR(64), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("user_id", Integer),
    Column("sent_at", UtcTime, nullable=False),
    Index("baraka_codes_challenge_idx", "challenge_hash"),
    **MYSQL,
)

code_requests = Table(
    "baraka_code_requests",
    metadata,
    Column("id", CHAR(32), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("number_hash", CHAR(64), nullable=False),
    Column("prefix", String(20), nullable=False),
    Column("address", String(64), nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("baraka_code_requests_number_idx", "kind", "number_hash", "at"),
    Index("baraka_code_requests_prefix_idx", "kind", "prefix", "at"),
    Index("baraka_code_requests_address_idx", "kind", "address", "at"),
    Index("baraka_code_requests_at_idx", "kind", "at"),
    **MYSQL,
)

sessions = Table(
    "baraka_sessions",
    metadata,
    Column("id", CHAR(32), primary_key=True),
    Column("user_id", Integer, nullable=False),
    Column("begun_at", UtcTime, nullable=False),
    Column("used_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("reason", String(16)),
    Index("baraka_sessions_user_idx", "user_id", "ended_at"),
    Index("baraka_sessions_used_idx", "used_at"),
    **MYSQL,
)

refresh_tokens = Table(
    "baraka_refresh_tokens",
    metadata,
    Column("hash", CHAR(64), primary_key=True),
    Column("session_id", CHAR(32), nullable=False),
    Column("parent", CHAR(64)),
    Column("issued_at", UtcTime, nullable=False),
    Column("replaced_at", UtcTime),
    Column("siblings", Integer, nullable=False),
    Index("baraka_refresh_tokens_session_idx", "session_id"),
    Index("baraka_refresh_tokens_parent_idx", "parent"),
    Index("baraka_refresh_tokens_replaced_idx", "replaced_at"),
    **MYSQL,
)

OUR_TABLES = (
    *(events, requests, texts, attendance, paddles, lots, maxima, blocked_users),
    revisions,
    *(codes, code_requests, sessions, refresh_tokens),
)
