"""Reader of run lists in CSV files, with a message for each mistake in one (D54)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from baraka_cli.amounts import BadAmount, read_amount, trimmed
from baraka_cli.csv_reading import NoTable, plain_name, read_table
from baraka_cli.run_list import ListedLot
from baraka_server.contract.fields import (
    Description,
    Increments,
    Steps,
    Text,
    TextOrBlank,
    WebAddress,
)
from baraka_server.contract.text import printable

COLUMNS = ("product", "description", "minimum", "start", "market", "weight")
OPTIONAL_COLUMNS = frozenset({"description", "weight"})
MORE_COLUMNS = ("number", "increment", "reserve", "image")
"""What a run list on the server has besides (D35)."""

MISTAKES_SHOWN = 10
CELL_CHARS_SHOWN = 60

TEXT: TypeAdapter[str] = TypeAdapter(Text)
TEXT_OR_BLANK: TypeAdapter[str] = TypeAdapter(TextOrBlank)
DESCRIPTION: TypeAdapter[str] = TypeAdapter(Description)
WEB_ADDRESS: TypeAdapter[str] = TypeAdapter(WebAddress)
INCREMENTS: TypeAdapter[Steps | None] = TypeAdapter(Increments)

MISREAD = re.compile("[\x80-\x9f\ufffd]")
"""Characters that nobody writes, and that text has which was read in a wrong encoding."""


class BadLots(ValueError):
    """A lots file with mistakes: a line for each of the first, and how many more there are."""

    def __init__(self, mistakes: Sequence[str], count: int | None = None) -> None:
        more = (count or len(mistakes)) - len(mistakes)
        self.problems = [*mistakes, *([f"and {more:,} more mistakes"] if more else [])]
        super().__init__("\n".join(self.problems))


class _Mistakes:
    """The first mistakes of a file, and how many there are in all."""

    def __init__(self) -> None:
        self.first: list[str] = []
        self.count = 0

    def add(self, mistake: str) -> None:
        self.count += 1
        if self.count <= MISTAKES_SHOWN:
            self.first.append(mistake)


def read_lots(path: Path, encoding: str | None = None) -> list[ListedLot]:
    """The lots of a CSV file with a header. Raises `BadLots` with what is wrong in it.

    See `sheets.read_table` for encodings and separators. Other columns than ours are left alone.
    """
    try:
        rows = read_table(path, (*COLUMNS, *MORE_COLUMNS), encoding)
    except NoTable as error:
        raise BadLots([f"{path}: {error}"]) from None
    names = [plain_name(name) for name in rows[0]] if rows else []
    mistakes = _Mistakes()
    for name in (*COLUMNS, *MORE_COLUMNS):
        if name in COLUMNS and name not in names and name not in OPTIONAL_COLUMNS:
            mistakes.add(f"{path}: column {name} is missing; the header is {','.join(COLUMNS)}")
        if names.count(name) > 1:
            mistakes.add(f"{path}: column {name} is there twice")
    lots: list[ListedLot] = []
    if not mistakes.count:
        for number, row in enumerate(rows[1:], 2):  # as spreadsheets count
            if any(map(trimmed, row)):
                lots += _lot(_Row(names, row, number, mistakes))
        if not lots and not mistakes.count:
            mistakes.add(f"{path}: there is no lot in it")
    if mistakes.count:
        raise BadLots(mistakes.first, mistakes.count)
    return lots


class _Row:
    """The cells of one row by their columns. What is wrong with one is told to `mistakes`."""

    def __init__(
        self, names: Sequence[str], row: Sequence[str], number: int, mistakes: _Mistakes
    ) -> None:
        self._cells = dict(zip(names, row, strict=False))
        self._number = number
        self._mistakes = mistakes
        self._mistakes_before = mistakes.count
        if any(map(trimmed, row[len(names) :])):
            mistakes.add(f"row {number}: {len(row)} cells, but {len(names)} columns")

    def is_wrong(self) -> bool:
        return self._mistakes.count > self._mistakes_before

    def text(self, column: str, kind: TypeAdapter[str]) -> str:
        """On one line and without what a terminal obeys: that is also how the room hears of it."""
        cell = self._cells.get(column, "")
        if misread := MISREAD.search(cell):
            code = f"U+{ord(misread[0]):04X}"
            return self._wrong(column, f"has {code}, which is in no text: is the encoding right?")
        try:
            return kind.validate_python(trimmed(printable(cell)))
        except ValidationError as error:
            return self._wrong(column, error.errors()[0]["msg"])

    def amount(self, column: str) -> int:
        cell = self._cells.get(column, "")
        try:
            return read_amount(cell)
        except BadAmount as error:
            self._wrong(column, f"{quoted(cell)}{error}")
            return 0

    def number(self, column: str, least: int = 1) -> int | None:
        """The number in a cell that may be empty."""
        if not trimmed(self._cells.get(column, "")):
            return None
        cell = self._cells[column]
        try:
            return read_amount(cell, least=least)
        except BadAmount as error:
            self._wrong(column, f"{quoted(cell)}{error}")
            return None

    def steps(self, column: str) -> Steps | None:
        """A step, or steps with the amounts from which they hold: `10`, or `0:10 1000:50`."""
        written = trimmed(self._cells.get(column, ""))
        try:
            return read_steps(written) if written else None
        except ValueError as error:
            self._wrong(column, f"{quoted(written)}{error}")
            return None

    def address(self, column: str) -> str:
        written = trimmed(self._cells.get(column, ""))
        try:
            return WEB_ADDRESS.validate_python(written) if written else ""
        except ValidationError as error:
            return self._wrong(column, error.errors()[0]["msg"])

    def _wrong(self, column: str, reason: str) -> str:
        self._mistakes.add(f"row {self._number}, column {column}: {reason}")
        return ""


def _lot(row: _Row) -> list[ListedLot]:
    """The lot of one row, or none when there is a mistake in it."""
    if row.is_wrong():
        return []
    lot = ListedLot(
        product=row.text("product", TEXT),
        description=row.text("description", DESCRIPTION),
        minimum=row.amount("minimum"),
        start=row.amount("start"),
        market=row.amount("market"),
        weight=row.text("weight", TEXT_OR_BLANK),
        number=row.number("number"),
        increments=row.steps("increment"),
        reserve=row.number("reserve", least=0),
        image_url=row.address("image"),
    )
    return [] if row.is_wrong() else [lot]


def read_steps(written: str) -> Steps:
    """The steps that `10` or `0:10 1000:50` says. Raises `ValueError` with the reason."""
    parts = written.split()
    if ":" not in written:
        return ((0, read_amount(written, least=1)),)
    try:
        rows = [
            {"from": int(since), "step": int(step)} for since, step in (p.split(":") for p in parts)
        ]
    except ValueError:
        raise ValueError("is not like 10, or 0:10 1000:50") from None
    try:
        return INCREMENTS.validate_python(rows) or ()
    except ValidationError as error:
        raise ValueError(error.errors()[0]["msg"]) from None


def written_steps(steps: Steps | None) -> str:
    """The steps as `read_steps` reads them; empty for none."""
    if not steps:
        return ""
    if len(steps) == 1 and steps[0][0] == 0:
        return str(steps[0][1])
    return " ".join(f"{since}:{step}" for since, step in steps)


def quoted(text: str) -> str:
    """Quotation of a cell, before what is wrong with it; empty for an empty cell."""
    shown = trimmed(printable(text))
    if len(shown) > CELL_CHARS_SHOWN:
        shown = f"{shown[:CELL_CHARS_SHOWN]}…"
    return f"'{shown}' " if shown else ""
