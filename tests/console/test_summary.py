"""The summary of a sale, and the file that the office opens in a spreadsheet."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from baraka_cli.console.book import Hammer
from baraka_cli.console.summary import as_csv, save, summarise


def won(row: int, **changes: Any) -> dict[str, Any]:
    user = {"name": changes.pop("name", "Dina"), "number": changes.pop("number", "+27820000042")}
    plain = {"id": row, "product": "Ring", "weight": None, "price": 100 * row, "user": user}
    return plain | {"createdAt": "2026-01-01T12:00:00.000Z"} | changes


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_it_counts_what_was_sold_and_ranks_who_spent_most() -> None:
    hammers = [Hammer("Ring", "Dina", 3, 300), Hammer("Chain", None, None, None)]
    told = [won(3), won(2, name="Bilal", number="+1"), won(1)]
    found = summarise(hammers, told)
    assert (len(found.sold), found.passed, found.total) == (3, 1, 600)
    assert found.best == [("Dina", 2, 400), ("Bilal", 1, 200)]
    assert [lot.price for lot in found.sold] == [100, 200, 300], "oldest first"


def test_numbers_are_written_whole_where_the_server_tells_them() -> None:
    assert rows(as_csv(summarise([], [won(1)])))[1] == [
        "Ring",
        "",
        "100",
        "Dina",
        "+27820000042",
        "2026-01-01T12:00:00.000Z",
    ]


def test_without_the_servers_list_it_has_what_the_console_heard() -> None:
    at = datetime(2026, 1, 1, 14, tzinfo=timezone(timedelta(hours=2)))
    hammers = [Hammer("Ring", "Dina", 3, 300, at), Hammer("Ring", None, None, None)]
    found = summarise(hammers, None, {"Ring": "5.2g"})
    assert not found.numbers_known
    assert (found.total, found.passed) == (300, 1)
    assert rows(as_csv(found))[1:] == [
        ["Ring", "5.2g", "300", "Dina", "", "2026-01-01T12:00:00.000Z"]
    ]


@pytest.mark.parametrize("nasty", ["=cmd|' /C calc'!A0", "+1+cmd|'!A", "-2+3", "@SUM(A1)", "\t=1"])
def test_no_cell_is_a_formula(nasty: str) -> None:
    """A bidder chooses the name that the office opens in a spreadsheet."""
    row = rows(as_csv(summarise([], [won(1, name=nasty, product=nasty)])))[1]
    for cell in (row[0], row[3]):
        assert cell.startswith(("'", " "))
        assert not cell.startswith(("=", "+", "-", "@", "\t"))


def test_quotes_commas_and_lines_stay_in_their_cell() -> None:
    row = rows(as_csv(summarise([], [won(1, name='A,"B"\nC')])))[1]
    assert row[3] == 'A,"B" C'


def test_a_summary_never_replaces_another(tmp_path: Path) -> None:
    found = summarise([], [won(1)])
    assert save(found, 7, tmp_path).name == "sale-7.csv"
    assert save(found, 7, tmp_path).name == "sale-7-2.csv"
