"""Oddities in the schema of the documented tables on a MySQL or MariaDB server (D52).

Everything is read from information_schema, in columns that both servers have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Boolean, Column, Integer, String, Table, text
from sqlalchemy.dialects import mysql
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import CreateColumn

from baraka_server.contract.fields import TEXT_CHARS_MAX
from baraka_server.store.oddity import WRITTEN_WHILE_LIVE, Oddity, quoted
from baraka_server.store.tables import (
    DOCUMENTED_TABLES,
    FoundChoice,
    FoundTime,
    auctions,
    bids,
    comments,
    winnings,
)

_CLEARED = (bids.name, comments.name)
"""The tables that an award empties (D14)."""

_COLUMNS = """
    SELECT TABLE_NAME, COLUMN_NAME, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, DATA_TYPE, COLUMN_TYPE,
           CHARACTER_SET_NAME, COLLATION_NAME, CHARACTER_MAXIMUM_LENGTH, DATETIME_PRECISION
    FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()
"""
_TABLES = """
    SELECT TABLE_NAME, TABLE_TYPE, TABLE_COLLATION
    FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()
"""
_KEYS = """
    SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, SEQ_IN_INDEX, COLUMN_NAME
    FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE()
"""
_TRIGGERS = """
    SELECT EVENT_OBJECT_TABLE, TRIGGER_NAME
    FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = DATABASE()
"""
_REFERENCES = """
    SELECT used.TABLE_SCHEMA, used.TABLE_NAME, used.COLUMN_NAME, used.CONSTRAINT_NAME,
           used.REFERENCED_TABLE_NAME, rules.DELETE_RULE, rules.UPDATE_RULE, their.IS_NULLABLE,
           their.COLUMN_TYPE
    FROM information_schema.KEY_COLUMN_USAGE AS used
    JOIN information_schema.REFERENTIAL_CONSTRAINTS AS rules
      ON rules.CONSTRAINT_SCHEMA = used.CONSTRAINT_SCHEMA
     AND rules.CONSTRAINT_NAME = used.CONSTRAINT_NAME AND rules.TABLE_NAME = used.TABLE_NAME
    JOIN information_schema.COLUMNS AS their
      ON their.TABLE_SCHEMA = used.TABLE_SCHEMA AND their.TABLE_NAME = used.TABLE_NAME
     AND their.COLUMN_NAME = used.COLUMN_NAME
    WHERE used.REFERENCED_TABLE_SCHEMA = DATABASE() AND used.REFERENCED_COLUMN_NAME = 'id'
"""

_EMPTIED = {
    (auctions.name, "current_product"),
    (auctions.name, "product_description"),
    (winnings.name, "weight"),
}
"""The columns into which a sale writes NULL (D14, D29)."""

UTF8 = " CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"

_SMALL_INTEGERS = {"tinyint", "smallint", "mediumint"}
_INTEGERS = {"int", "bigint"}
_LONG_TEXTS = {"text", "mediumtext", "longtext"}


@dataclass(slots=True)
class _Found:
    """One of the documented tables as it is there, its rows of information_schema by column."""

    table: Table
    columns: dict[str, Any] = field(default_factory=dict)
    is_view: bool = False
    charset: str = ""
    keys: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    triggers: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.table.name


async def look_at_schema(connection: AsyncConnection) -> list[Oddity]:
    """The oddities of the documented tables that exist."""
    found = {table.name.lower(): _Found(table) for table in DOCUMENTED_TABLES}

    async def rows(query: str) -> Iterator[tuple[_Found, Any]]:
        read = (await connection.execute(text(query))).all()
        return ((found[row[0].lower()], row) for row in read if row[0].lower() in found)

    for one, row in await rows(_COLUMNS):
        one.columns[row.COLUMN_NAME.lower()] = row
    for one, row in await rows(_TABLES):
        one.is_view = row.TABLE_TYPE != "BASE TABLE"
        one.charset = str(row.TABLE_COLLATION or "").partition("_")[0]
    for one, row in await rows(_KEYS):
        one.keys[row.INDEX_NAME].append(row)
    for one, row in await rows(_TRIGGERS):
        one.triggers.append(row.TRIGGER_NAME)
    oddities = [
        oddity
        for one in found.values()
        if one.columns
        for oddity in (*_of_columns(one), *_of_extra_columns(one), *_of_table(one))
    ]
    return oddities + [
        oddity
        for row in (await connection.execute(text(_REFERENCES))).all()
        if (oddity := _of_reference(row))
    ]


def _of_columns(found: _Found) -> Iterator[Oddity]:
    changed = found.name in (*WRITTEN_WHILE_LIVE, auctions.name)
    for column in found.table.columns:
        there = found.columns.get(column.name.lower())
        place = (found.name, column.name)
        documented = _modify(found, _definition(column))
        if there is None:
            mend = f"ALTER TABLE {quoted(found.name)} ADD {_definition(column)}"
            yield Oddity(*place, "is missing", "no sale can be held", (mend,), True)
            continue
        if unfit := _unfit(column, there):
            what = f"is {there.COLUMN_TYPE}, not {unfit}"
            yield Oddity(*place, what, "what does not fit is refused", (documented,), changed)
        if place in _EMPTIED and there.IS_NULLABLE == "NO":
            yield Oddity(
                *place, "does not allow NULL", "no lot can be awarded", (documented,), True
            )
        if found.is_view:
            continue
        if not column.nullable and there.IS_NULLABLE == "YES":
            effect = "a row without it is shown with something else, or left out"
            mend = documented if column.server_default is not None else _as_it_is(found, there)
            yield Oddity(*place, "allows NULL", effect, (mend,), False)
        if there.CHARACTER_SET_NAME not in {None, "utf8mb4"} and found.charset == "utf8mb4":
            what = f"has the character set {there.CHARACTER_SET_NAME}"
            mend = _as_it_is(found, there, UTF8, nullable=there.IS_NULLABLE == "YES")
            yield Oddity(*place, what, "text with other characters is refused", (mend,), changed)
        if column.primary_key and "auto_increment" not in there.EXTRA.lower():
            yield _without_counter(found, there)


def _without_counter(found: _Found, there: Any) -> Oddity:
    stops = found.name in WRITTEN_WHILE_LIVE
    mend = _modify(found, f"`id` {there.COLUMN_TYPE} NOT NULL AUTO_INCREMENT")
    return Oddity(
        found.name,
        "id",
        "is not AUTO_INCREMENT",
        "no row can be added" if stops else "Baraka cannot add rows; sales are held",
        # A key that other tables reference is not changed otherwise.
        ("SET foreign_key_checks = 0", mend, "SET foreign_key_checks = 1"),
        stops,
    )


def _unfit(column: Column[Any], there: Any) -> str | None:
    """The type that the column must have, where it does not fit; else None."""
    kind, length = there.DATA_TYPE.lower(), there.CHARACTER_MAXIMUM_LENGTH or 0
    match column.type:
        case FoundChoice():
            return None  # what it has is for the look at values
        case String():
            short = kind not in _LONG_TEXTS and (kind != "varchar" or length < TEXT_CHARS_MAX)
            return f"VARCHAR({TEXT_CHARS_MAX})" if short else None
        case Boolean():
            return None if kind in _SMALL_INTEGERS | _INTEGERS else "TINYINT(1)"
        case Integer():
            return None if kind in _INTEGERS else "INT"
        case FoundTime():
            fits = kind in {"datetime", "timestamp"} and (there.DATETIME_PRECISION or 0) >= 3
            return None if fits else "DATETIME(3)"
    return None


def _of_extra_columns(found: _Found) -> Iterator[Oddity]:
    ours = {column.name.lower() for column in found.table.columns}
    for name, there in found.columns.items():
        filled = there.COLUMN_DEFAULT is not None or any(
            word in there.EXTRA.lower() for word in ("auto_increment", "generated")
        )
        if name in ours or there.IS_NULLABLE == "YES" or filled:
            continue
        stops = found.name in WRITTEN_WHILE_LIVE
        yield Oddity(
            found.name,
            there.COLUMN_NAME,
            "is not known, does not allow NULL and has no default",
            "no row can be added" if stops else "Baraka cannot add rows; sales are held",
            (_as_it_is(found, there, nullable=True),),
            stops,
        )


def _of_table(found: _Found) -> Iterator[Oddity]:
    written = found.name in WRITTEN_WHILE_LIVE
    if found.is_view:
        effect = "ids of new rows may be lost" if written else "rows that it hides are not there"
        mend = f"SHOW CREATE VIEW {quoted(found.name)}"
        yield Oddity(found.name, None, "is a view", effect, (mend,), written)
        return
    if written:
        yield from _of_unique_keys(found)
    if found.name in _CLEARED and not any(
        one.COLUMN_NAME.lower() == "auction_id" and one.SEQ_IN_INDEX == 1
        for columns in found.keys.values()
        for one in columns
    ):
        index, name = quoted(f"{found.name}_auction_id_idx"), quoted(found.name)
        mend = f"CREATE INDEX {index} ON {name} (`auction_id`)"
        effect = "an award locks the rows of all auctions"
        yield Oddity(found.name, "auction_id", "has no index", effect, (mend,), False)
    if written or found.table is auctions:
        for trigger in found.triggers:
            effect = "what it changes is not in the ledger and is told to nobody"
            mend = f"SHOW CREATE TRIGGER {quoted(trigger)}"
            yield Oddity(found.name, None, f"has a trigger {trigger}", effect, (mend,), False)


def _of_unique_keys(found: _Found) -> Iterator[Oddity]:
    for name, columns in found.keys.items():
        if name == "PRIMARY" or columns[0].NON_UNIQUE:
            continue
        what = f"has a unique key {name} ({', '.join(one.COLUMN_NAME for one in columns)})"
        plain = ", ".join(quoted(one.COLUMN_NAME) for one in columns)  # a foreign key may need it
        mend = (
            f"ALTER TABLE {quoted(found.name)} DROP INDEX {quoted(name)}, "
            f"ADD INDEX {quoted(name)} ({plain})"
        )
        yield Oddity(found.name, None, what, "a second such row is refused", (mend,), True)


def _of_reference(row: Any) -> Oddity | None:
    """A foreign key of another table onto rows that an award deletes."""
    name = next((name for name in _CLEARED if name.lower() == row[4].lower()), None)
    if name is None:
        return None
    holds = row.DELETE_RULE in {"RESTRICT", "NO ACTION"}
    place = f"{quoted(row.TABLE_SCHEMA)}.{quoted(row.TABLE_NAME)}"
    key, column = quoted(row.CONSTRAINT_NAME), quoted(row.COLUMN_NAME)
    mend = [
        f"ALTER TABLE {place} DROP FOREIGN KEY {key}",
        f"ALTER TABLE {place} ADD CONSTRAINT {key} FOREIGN KEY ({column}) "
        f"REFERENCES {quoted(name)} (`id`) ON DELETE SET NULL ON UPDATE {row.UPDATE_RULE}",
    ]
    if row.IS_NULLABLE == "NO":
        mend.insert(1, f"ALTER TABLE {place} MODIFY {column} {row.COLUMN_TYPE} NULL")
    what = f"is referenced by {row.TABLE_NAME}.{row.COLUMN_NAME} (ON DELETE {row.DELETE_RULE})"
    if holds:
        effect = "a lot with such a row cannot be awarded"
        return Oddity(name, None, what, effect, tuple(mend), True)
    effect = f"each award deletes these rows and so changes {row.TABLE_NAME}"
    return Oddity(name, None, what, effect, (f"SHOW CREATE TABLE {place}",), False)


def _definition(column: Column[Any]) -> str:
    return str(CreateColumn(column).compile(dialect=mysql.dialect()))


def _as_it_is(found: _Found, there: Any, charset: str = "", *, nullable: bool = False) -> str:
    """A statement that changes nothing of a column but whether it allows NULL, or its charset."""
    if not charset and there.CHARACTER_SET_NAME:
        charset = f" CHARACTER SET {there.CHARACTER_SET_NAME} COLLATE {there.COLLATION_NAME}"
    null = "NULL" if nullable else "NOT NULL"
    return _modify(found, f"{quoted(there.COLUMN_NAME)} {there.COLUMN_TYPE}{charset} {null}")


def _modify(found: _Found, definition: str) -> str:
    return f"ALTER TABLE {quoted(found.name)} MODIFY {definition}"
