"""Writer of CSV files for spreadsheets: text stays text, and nothing becomes a formula (D54)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from baraka_cli.amounts import trimmed
from baraka_cli.whole_file import draft_of, name_new
from baraka_server.contract.text import printable

FILES_OF_A_NAME_MAX = 1000

FORMULA_SIGNS = tuple("=+-@＝＋－＠")
"""Beginnings of cells that spreadsheets take for formulas, also in the wide forms of East Asia."""

TEXT_MARK = "'"
"""Mark by which spreadsheets know a text."""


@dataclass(frozen=True, slots=True)
class CsvForm:
    """Form of a CSV file that is written.

    `plain` is for programs: no mark of byte order, which Excel needs to read anything but ASCII, and
    no mark at telephone numbers. Excel splits cells at the `separator` of its region alone: in most
    Arabic and European ones that is the semicolon.
    """

    plain: bool = False
    separator: str = ","


FOR_PEOPLE = CsvForm()


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone number: a spreadsheet would take it for a large number and drop `+` and zeros."""

    number: str


Cell = str | int | Phone


def csv_bytes(rows: Iterable[Sequence[Cell]], form: CsvForm) -> bytes:
    """The file's content."""
    file = io.StringIO()
    # Every text is quoted: one with a semicolon could begin a cell, and a formula, in other regions.
    writer = csv.writer(
        file,
        delimiter=form.separator,
        lineterminator="\n",
        quoting=csv.QUOTE_MINIMAL if form.plain else csv.QUOTE_NONNUMERIC,
    )
    for row in rows:
        writer.writerow([_cell(cell, form) for cell in row])
    return file.getvalue().encode("utf-8" if form.plain else "utf-8-sig")


def save_beside(folder: Path, stem: str, content: bytes) -> Path:
    """Write `stem.csv`, or `stem-2.csv` and so on beside those that are there; returns its path.

    The file is there whole or not at all. Raises `OSError`.
    """
    with draft_of(folder / stem, content) as draft:
        for number in range(1, FILES_OF_A_NAME_MAX):
            path = folder / f"{stem}{f'-{number}' if number > 1 else ''}.csv"
            with suppress(FileExistsError):
                name_new(draft, path)
                return path
    raise OSError(f"there are {FILES_OF_A_NAME_MAX:,} files of that name already")


def _cell(cell: Cell, form: CsvForm) -> str | int:
    if isinstance(cell, int):
        return cell
    if isinstance(cell, Phone):
        number = printable(cell.number)
        if form.plain and _is_number(number):
            return number
        return f"{TEXT_MARK}{number}" if number else ""
    text = printable(cell)
    return f"{TEXT_MARK}{text}" if trimmed(text).startswith(FORMULA_SIGNS) else text


def _is_number(text: str) -> bool:
    digits = text.removeprefix("+").replace(" ", "")
    return digits.isascii() and digits.isdigit()
