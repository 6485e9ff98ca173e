"""Objections to a revision that does more than add, so that older servers could not go on beside it (D55)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, inspect

from baraka_server.store.engine import open_engine

Schema = dict[str, dict[str, Any]]
"""By table: `columns`, `key`, `uniques`, `indexes`, `references` and `checks`, as text by their names."""


async def schema_of(url: str) -> Schema:
    engine = open_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(described)
    finally:
        await engine.dispose()


def not_only_added(before: Schema, after: Schema) -> list[str]:
    """What older servers would notice of the change; nothing where it only added."""
    return list(_objections(before, after))


def _objections(before: Schema, after: Schema) -> Iterator[str]:
    for name, table in before.items():
        if name not in after:
            yield f"{name} is gone"
            continue
        yield from _of_table(name, table, after[name])
    for name in after.keys() - before.keys():
        if not name.startswith("baraka_"):
            yield f"{name} has not our prefix (D53)"


def _of_table(name: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    for column, said in before["columns"].items():
        there = after["columns"].get(column)
        if there is None:
            yield f"{name}.{column} is gone"
        elif there != said:
            yield f"{name}.{column} was {said} and is {there}"
    for column in after["columns"].keys() - before["columns"].keys():
        _, nullable, default = after["columns"][column]
        if not nullable and default is None:
            yield f"{name}.{column} has to be filled, and older servers do not know it"
    for aspect in ("key", "uniques", "references", "checks"):
        if after[aspect] != before[aspect]:
            yield f"{name}: its {aspect} were {before[aspect]} and are {after[aspect]}"
    for index in before["indexes"] - after["indexes"]:
        yield f"{name} has no index {index} any more"


def described(connection: Connection) -> Schema:
    looker = inspect(connection)
    return {
        name: {
            "columns": {
                one["name"]: (str(one["type"]), bool(one["nullable"]), one["default"])
                for one in looker.get_columns(name)
            },
            "key": tuple(looker.get_pk_constraint(name)["constrained_columns"]),
            "uniques": {
                tuple(one["column_names"]) for one in looker.get_indexes(name) if one["unique"]
            },
            "indexes": {
                tuple(one["column_names"]) for one in looker.get_indexes(name) if not one["unique"]
            },
            "references": {
                (tuple(one["constrained_columns"]), one["referred_table"], str(one["options"]))
                for one in looker.get_foreign_keys(name)
            },
            "checks": {str(one["sqltext"]) for one in looker.get_check_constraints(name)},
        }
        for name in looker.get_table_names()
        if name != "baraka_version"
    }
