"""Schema of a database as text, by which two databases can be compared."""

from typing import Any

from sqlalchemy import text

from baraka_server.store.engine import open_engine

ADDED = {
    "baraka_0001": (),
    "baraka_0002": ("baraka_events",),
    "baraka_0003": ("baraka_requests",),
    "baraka_0004": ("baraka_texts",),
    "baraka_0005": ("baraka_attendance",),
    "baraka_0006": ("baraka_paddles",),
    "baraka_0007": ("baraka_lots",),
    "baraka_0008": ("baraka_maxima",),
    "baraka_0009": ("baraka_blocked_users",),
    "baraka_0010": ("baraka_revisions",),
    "baraka_0011": (
        *("baraka_codes", "baraka_code_requests"),
        *("baraka_sessions", "baraka_refresh_tokens"),
    ),
}
"""Each revision and the tables of ours that it adds."""
REVISIONS = tuple(ADDED)
BEFORE_HEAD, HEAD = REVISIONS[-2:]
OURS = {name for names in ADDED.values() for name in names}
NEWEST_TABLES = ADDED[HEAD]

# Order is left out on purpose: columns and keys are compared as sets.
COLUMNS = """
    SELECT table_name, column_name, column_type, is_nullable, column_default, extra,
           character_set_name, collation_name
    FROM information_schema.columns WHERE table_schema = DATABASE()
"""
KEYS = """
    SELECT table_name, index_name, non_unique, seq_in_index, column_name, index_type
    FROM information_schema.statistics WHERE table_schema = DATABASE()
"""
REFERENCES = """
    SELECT used.table_name, used.constraint_name, used.column_name, used.referenced_table_name,
           used.referenced_column_name, rules.update_rule, rules.delete_rule
    FROM information_schema.key_column_usage AS used
    JOIN information_schema.referential_constraints AS rules
      ON rules.constraint_schema = used.constraint_schema
     AND rules.constraint_name = used.constraint_name
    WHERE used.table_schema = DATABASE()
"""
TABLES = """
    SELECT table_name, engine, table_collation
    FROM information_schema.tables WHERE table_schema = DATABASE()
"""
ASPECTS = {"columns": COLUMNS, "keys": KEYS, "references": REFERENCES, "tables": TABLES}


async def query(url: str, statement: str) -> list[tuple[Any, ...]]:
    """The rows of `statement`; what it changes is committed."""
    engine = open_engine(url)
    try:
        async with engine.begin() as connection:
            result = await connection.execute(text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []
    finally:
        await engine.dispose()


async def aspects(url: str, tables: set[str]) -> dict[str, set[tuple[Any, ...]]]:
    """Everything that information_schema says about `tables`, which are on MySQL or MariaDB."""
    return {
        aspect: {row for row in await query(url, statement) if row[0] in tables}
        for aspect, statement in ASPECTS.items()
    }


async def table_names(url: str) -> set[str]:
    if url.startswith("sqlite"):
        rows = await query(url, "SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name for (name,) in rows if not name.startswith("sqlite_")}
    return {name for (name,) in await query(url, "SHOW TABLES")}


async def definitions(url: str) -> dict[str, str]:
    """How each table was made, as the database itself tells it."""
    if url.startswith("sqlite"):
        rows = await query(url, "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {name: " ".join(sql.split()) for name, sql in rows if "baraka_version" not in name}
    return {
        name: _in_order((await query(url, f"SHOW CREATE TABLE `{name}`"))[0][1])
        for name in await table_names(url)
        if "baraka_version" not in name
    }


def _in_order(made: str) -> str:
    """The statement with its further keys by name: it is a matter of chance which was made first."""
    lines = [line.rstrip(",") for line in made.splitlines()]
    keys = sorted(line for line in lines if line.startswith("  KEY "))
    return "\n".join([line for line in lines if not line.startswith("  KEY ")] + keys)


async def contents(url: str, tables: set[str]) -> dict[str, list[tuple[Any, ...]]]:
    return {
        name: await query(url, f"SELECT * FROM {quoted(url, name)} ORDER BY id") for name in tables
    }


def quoted(url: str, name: str) -> str:
    return f'"{name}"' if url.startswith("sqlite") else f"`{name}`"
