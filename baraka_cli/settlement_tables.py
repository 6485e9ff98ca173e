"""Settlement as tables for spreadsheets: one line a lot, or one line a change (D39, D54).

Each line names the head of the ledger that the table was made at, so that it is still known when lines
were sorted, copied or joined with others. A table without lines has one with nothing but the head.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from baraka_cli.csv_writing import Cell, CsvForm, Phone, csv_bytes
from baraka_server.contract.fields import iso_time
from baraka_server.contract.settlement import SaleChange, SaleLot, SaleSummary

LOT_COLUMNS = (
    *("lot", "product", "weight", "state", "price", "reached"),
    *("paddle", "winner", "number", "paid", "at", "winning", "head"),
)
CHANGE_COLUMNS = (
    *("seq", "at", "change", "lot", "product", "winning", "paddle", "winner", "price"),
    *("paddle_before", "winner_before", "price_before", "reason", "head"),
)


def lots_table(summary: SaleSummary, form: CsvForm) -> bytes:
    """What became of every lot: CSV with one line each."""
    numbers = {(one.userId, one.paddle): one.number for one in summary.buyers}
    lines = []
    for lot in summary.lots:
        number = numbers.get((lot.winnerId or 0, lot.paddle), "")
        lines.append(_lot_line(lot, number))
    return _table(LOT_COLUMNS, lines, summary, form)


def changes_table(summary: SaleSummary, form: CsvForm) -> bytes:
    """What happened since the head that the summary was asked about: CSV with one line each."""
    lines = [_change_line(change) for change in summary.changes]
    return _table(CHANGE_COLUMNS, lines, summary, form)


def _lot_line(lot: SaleLot, number: str) -> list[Cell]:
    paid = "" if lot.paid is None else "yes" if lot.paid else "no"
    return [
        *(_or_empty(lot.lot), lot.product, lot.weight or "", lot.state.value),
        *(_or_empty(lot.price), _or_empty(lot.reached), _or_empty(lot.paddle), lot.winner or ""),
        *(Phone(number), paid, _time(lot.at), _or_empty(lot.winningId)),
    ]


def _change_line(change: SaleChange) -> list[Cell]:
    return [
        *(change.seq, _time(change.at), change.change.value, _or_empty(change.lot)),
        *(change.product, _or_empty(change.winningId)),
        *(_or_empty(change.paddle), change.winner or "", _or_empty(change.price)),
        *(_or_empty(change.paddleBefore), change.winnerBefore or ""),
        *(_or_empty(change.priceBefore), change.reason or ""),
    ]


def _table(
    columns: Sequence[str], lines: list[list[Cell]], summary: SaleSummary, form: CsvForm
) -> bytes:
    head = str(summary.head)
    empty: list[list[Cell]] = [[""] * (len(columns) - 1)]
    return csv_bytes([columns, *([*line, head] for line in lines or empty)], form)


def _or_empty(value: int | None) -> int | str:
    return "" if value is None else value


def _time(at: datetime | None) -> str:
    return "" if at is None else iso_time(at)
