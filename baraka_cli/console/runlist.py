"""The run list: the lots of a sale in their order, and what became of each.

It is read from a CSV file and kept in a small JSON file, so that it survives the console.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from baraka_server.contract.fields import Price, Text, TextOrBlank
from baraka_server.contract.text import printable

COLUMNS = ("product", "description", "minimum", "start", "market", "weight")
OPTIONAL_COLUMNS = frozenset({"description", "weight"})
FILE_BYTES_MAX = 5_000_000

TEXT: TypeAdapter[str] = TypeAdapter(Text)
TEXT_OR_BLANK: TypeAdapter[str] = TypeAdapter(TextOrBlank)
PRICE: TypeAdapter[int] = TypeAdapter(Price)


class Fate(StrEnum):
    """What became of a lot; the value is what people read."""

    TO_COME = "to come"
    ON_BLOCK = "on the block"
    SOLD = "sold"
    PASSED = "passed"


OPEN = frozenset({Fate.TO_COME, Fate.ON_BLOCK})
"""The fates of lots that are not done with."""

MARKS = {Fate.TO_COME: "·", Fate.ON_BLOCK: "▶", Fate.SOLD: "✓", Fate.PASSED: "–"}


@dataclass(slots=True)
class ListedLot:
    """One lot; prices in whole units of the auction's currency."""

    product: str
    minimum: int
    start: int
    market: int
    weight: str = ""
    description: str = ""
    fate: Fate = Fate.TO_COME
    winner: str = ""
    amount: int | None = None


class BadLots(ValueError):
    """A lots file with mistakes: one line for each, with its row and column."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_lots(path: Path) -> list[ListedLot]:
    """The lots of a CSV file with a header. Raises `BadLots` with every mistake that is in it."""
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise BadLots([f"{path}: larger than {FILE_BYTES_MAX} bytes"])
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadLots([f"{path}: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise BadLots([f"{path}: not UTF-8 text"]) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise BadLots([f"{path}, line {reader.line_num}: {error}"]) from None
    names = [name.strip().lower() for name in rows[0]] if rows else []
    problems = [
        f"{path}: column {name} is missing; the header is {','.join(COLUMNS)}"
        for name in COLUMNS
        if name not in names and name not in OPTIONAL_COLUMNS
    ]
    problems += [
        f"{path}: column {name} is there twice" for name in COLUMNS if names.count(name) > 1
    ]
    if problems:
        raise BadLots(problems)
    lots: list[ListedLot] = []
    for number, row in enumerate(rows[1:], 2):  # as spreadsheets count
        if not any(cell.strip() for cell in row):
            continue
        if len(row) > len(names):
            problems.append(f"row {number}: {len(row)} cells, but {len(names)} columns")
            continue
        # On one line and without what a terminal obeys: that is also how the room hears of it.
        cells = {name: printable(cell).strip() for name, cell in zip(names, row, strict=False)}
        lot = _lot(cells, number, problems)
        if lot is not None:
            lots.append(lot)
    if not lots and not problems:
        problems.append(f"{path}: there is no lot in it")
    if problems:
        raise BadLots(problems)
    return lots


def _lot(cells: dict[str, str], number: int, problems: list[str]) -> ListedLot | None:
    mistakes = len(problems)

    def text(column: str, kind: TypeAdapter[str]) -> str:
        try:
            return kind.validate_python(cells.get(column, ""))
        except ValidationError as error:
            problems.append(f"row {number}, column {column}: {error.errors()[0]['msg']}")
            return ""

    def price(column: str) -> int:
        cell = cells.get(column, "").replace(",", "").replace("_", "")
        try:
            return PRICE.validate_python(int(cell))
        except ValueError:
            problems.append(
                f"row {number}, column {column}: '{cells.get(column, '')}' is not a whole number "
                "from 0 to 2147483647"
            )
            return 0

    lot = ListedLot(
        product=text("product", TEXT),
        description=text("description", TEXT_OR_BLANK),
        minimum=price("minimum"),
        start=price("start"),
        market=price("market"),
        weight=text("weight", TEXT_OR_BLANK),
    )
    return lot if len(problems) == mistakes else None


class RunList:
    """The lots and their fates. Every change is kept at once, whole or not at all."""

    def __init__(self, lots: list[ListedLot], keep_in: Path | None = None) -> None:
        self.lots = lots
        self._file = keep_in

    @classmethod
    def opened(cls, lots: list[ListedLot], url: str, auction_id: int) -> RunList:
        """A copy of `lots` with the fates that were kept for them, by product and place in the list."""
        keep_in = state_folder() / f"{_key(url, auction_id)}.json"
        kept = _kept(keep_in)
        lots = [replace(lot) for lot in lots]
        for place, lot in enumerate(lots):
            was = kept.get(f"{place}:{lot.product}")
            if was:
                with suppress(KeyError, TypeError, ValueError):
                    lot.fate, lot.winner = Fate(was["fate"]), str(was["winner"])
                    lot.amount = was["amount"] if isinstance(was["amount"], int) else None
        return cls(lots, keep_in)

    @property
    def next(self) -> ListedLot | None:
        return next((lot for lot in self.lots if lot.fate is Fate.TO_COME), None)

    @property
    def on_block(self) -> ListedLot | None:
        return next((lot for lot in self.lots if lot.fate is Fate.ON_BLOCK), None)

    def put_up(self, product: str) -> None:
        """Note that `product` is on the block; what was there without an award has passed."""
        if self.on_block and self.on_block.product != product:
            self.on_block.fate = Fate.PASSED
        fates = (Fate.ON_BLOCK, Fate.TO_COME, Fate.PASSED)  # what passed may come up again
        same = [lot for lot in self.lots if lot.product == product and lot.fate in fates]
        if same:
            min(same, key=lambda lot: fates.index(lot.fate)).fate = Fate.ON_BLOCK
        self._keep()

    def hammered(self, product: str, winner: str | None, amount: int | None) -> None:
        """Note what became of the lot on the block; no winner means that it passed."""
        lot = self.on_block
        if lot is None or lot.product != product:
            return
        lot.fate = Fate.SOLD if winner is not None else Fate.PASSED
        lot.winner, lot.amount = winner or "", amount
        self._keep()

    def sold(self, product: str) -> int:
        """How many lots of this product were sold."""
        return sum(lot.product == product and lot.fate is Fate.SOLD for lot in self.lots)

    def was_sold(self, product: str, winner: str, amount: int) -> None:
        """Mend what was taken for passed."""
        for lot in self.lots:
            if lot.product == product and lot.fate is Fate.PASSED:
                lot.fate, lot.winner, lot.amount = Fate.SOLD, winner, amount
                break
        self._keep()

    def _keep(self) -> None:
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fates = {f"{place}:{lot.product}": asdict(lot) for place, lot in enumerate(self.lots)}
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(fates, ensure_ascii=False, indent=1), encoding="utf-8")
        new.replace(self._file)


def state_folder() -> Path:
    """Where the console keeps what must survive it (XDG_STATE_HOME)."""
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "baraka" / "console"


def _key(url: str, auction_id: int) -> str:
    return hashlib.sha256(f"{url} {auction_id}".encode()).hexdigest()[:24]


def _kept(file: Path) -> dict[str, dict[str, Any]]:
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}
