"""Pages of lists: a bounded read, with the id after which the rest begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select
from sqlalchemy.ext.asyncio import AsyncConnection

PAGE_ROWS_MAX = 1_000
"""The number of rows in the longest page, which is also the default."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Span:
    """The part of a list that is wanted, by the ids (or the `seq`) of its rows.

    `after` and `before` exclude their own row; None: no bound. Of the rows between them a list gives
    the first `limit` in its own order.
    """

    limit: int = PAGE_ROWS_MAX
    after: int | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list. `resume` is the last id in it, where more rows follow."""

    rows: list[T]
    resume: int | None = None

    def __iter__(self) -> Iterator[T]:
        return iter(self.rows)


async def read_page(
    connection: AsyncConnection,
    query: Select[Any],
    key: ColumnElement[int],
    span: Span,
    *,
    newest_first: bool,
) -> Page[Any]:
    """The rows of `query` within the span, as mappings, in the order of `key`.

    One row more than the limit is read, so that a page knows whether it is the last.
    """
    if span.after is not None:
        query = query.where(key > span.after)
    if span.before is not None:
        query = query.where(key < span.before)
    query = query.order_by(key.desc() if newest_first else key).limit(span.limit + 1)
    rows = (await connection.execute(query)).mappings().all()
    shown = rows[: span.limit]
    resume = shown[-1][key.key] if len(rows) > span.limit else None
    return Page([dict(row) for row in shown], resume)
