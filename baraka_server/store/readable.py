"""Conversion of rows to records, with stand-ins for values that cannot be read (D52).

A value that the schema does not allow affects only its row. Where a stand-in is enough for people,
`STAND_INS` has it; a row without its essential values is left out. Nothing here is ever written back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import ValidationError

from baraka_server.contract.records import AuctionType, Record, UserType
from baraka_server.store.tables import auctions, bids, categories, comments, users, winnings

R = TypeVar("R", bound=Record)

log = logging.getLogger(__name__)

ROWS_TOLD_MAX = 1_000
"""How many unreadable rows are named before the log says that it stops."""

UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands for an expiry date that cannot be read: phones hide an auction that has expired."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """A value that is shown in place of one that cannot be read.

    `of` makes it from the row, `told` describes it, `sql` is a value to mend the row with.
    """

    of: Callable[[Mapping[str, Any]], Any]
    told: str
    sql: str


def _fixed(value: Any, told: str, sql: str) -> StandIn:
    return StandIn(lambda _row: value, told, sql)


def _named(kind: str) -> StandIn:
    return StandIn(
        lambda row: f"{kind} {row['id']}", f"shown as '{kind} ID'", f"CONCAT('{kind} ', `id`)"
    )


_EMPTY = _fixed("", "shown as empty", "''")
_NONE = _fixed(None, "shown as none", "NULL")
_ZERO = _fixed(0, "taken for 0", "0")
_NO = _fixed(False, "taken for no", "0")
_TIME = _fixed(UNKNOWN_TIME, "shown as 1970-01-01", "CURRENT_TIMESTAMP(3)")
_TIMES = {"createdAt": _TIME, "updatedAt": _TIME}

STAND_INS: dict[str, dict[str, StandIn]] = {
    users.name: {
        "name": _named("user"),
        "type": _fixed(UserType.Normal, "shown as Normal", "'Normal'"),
        "category_id": _NONE,
        "number": _EMPTY,
        "otpCode": _NONE,
        **_TIMES,
    },
    auctions.name: {
        "title": _named("auction"),
        "description": _EMPTY,
        "type": _fixed(AuctionType.Live, "shown as Live", "'Live'"),
        "current_product": _NONE,
        "product_description": _NONE,
        "actualPrice": _ZERO,
        "minBidPrice": _ZERO,
        "bidPrice": _ZERO,
        "quantity": _fixed(1, "taken for 1", "1"),
        "expiryDate": _fixed(NEVER, "shown as 9999-12-31", "`createdAt` + INTERVAL 30 DAY"),
        "startDate": _NONE,
        "isLive": _NO,
        "isExpired": _NO,
        "isCanceled": _NO,
        "isEnded": _NO,
        "image_url": _EMPTY,
        "user_id": _NONE,
        "winning_user_id": _NONE,
        "category_id": _ZERO,
        **_TIMES,
    },
    bids.name: _TIMES,
    comments.name: _TIMES,
    winnings.name: {"auction_id": _NONE, "product": _EMPTY, "weight": _NONE, "sold": _NO, **_TIMES},
    categories.name: {"name": _named("category"), "pic_url": _EMPTY, **_TIMES},
}
"""For each table the columns that a row can do without. A row cannot do without any other."""


def _warn(line: str) -> None:
    log.warning(line, extra={"event": "unreadable_row"})


class RowLog:
    """Logs each row that cannot be read as it is documented, once. `tell` takes a line."""

    def __init__(self, tell: Callable[[str], None] = _warn) -> None:
        self._tell = tell
        self._told: set[tuple[str, Any, str]] = set()

    def note(self, table: str, row_id: Any, what: str) -> None:
        key = (table, row_id, what)
        if key in self._told or len(self._told) > ROWS_TOLD_MAX:
            return
        self._told.add(key)
        if len(self._told) > ROWS_TOLD_MAX:
            self._tell(f"more than {ROWS_TOLD_MAX} rows cannot be read; see: baraka doctor")
        else:
            self._tell(f"{table} row {row_id}: {what}; see: baraka doctor")


def readable(kind: type[R], table: str, row: Mapping[str, Any], row_log: RowLog) -> R | None:
    """The record of a row, with stand-ins for values that cannot be read; None for a row to leave out.

    A user in the row is read with the stand-ins of users.
    """
    try:
        return kind.model_validate(row)
    except ValidationError as error:
        return _with_stand_ins(kind, table, row, error, row_log)


def _with_stand_ins(
    kind: type[R], table: str, row: Mapping[str, Any], error: ValidationError, row_log: RowLog
) -> R | None:
    whole = dict(row)
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        first, *rest = problem["loc"]
        place, name, part = (users.name, str(rest[0]), dict(whole["user"])) if rest else (
            table, str(first), whole
        )  # fmt: skip
        stand_in = STAND_INS[place].get(name)
        if stand_in is None:
            row_log.note(place, part.get("id"), f"{name} cannot be read, so it is left out")
            return None
        row_log.note(place, part.get("id"), f"{name} cannot be read and is {stand_in.told}")
        part[name] = stand_in.of(part)
        if rest:
            whole["user"] = part
    return kind.model_validate(whole)


def moment(value: Any) -> datetime:
    """The time, or its stand-in where `value` is not a time."""
    return value if isinstance(value, datetime) else UNKNOWN_TIME
