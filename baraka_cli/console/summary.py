"""After the sale: what was sold to whom, and the file that the office works with."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from baraka_cli.console.book import Hammer
from baraka_server.contract.text import printable

HEADER = ("product", "weight", "price", "winner", "number", "awarded_at")


@dataclass(frozen=True, slots=True)
class Sold:
    product: str
    weight: str
    price: int
    winner: str
    number: str
    at: str


@dataclass(frozen=True, slots=True)
class Summary:
    """`sold` as the server has it where it tells, else as the console heard it."""

    sold: Sequence[Sold]
    passed: int
    numbers_known: bool

    @property
    def total(self) -> int:
        return sum(lot.price for lot in self.sold)

    @property
    def best(self) -> list[tuple[str, int, int]]:
        """The winners by what they spent: name, lots, amount."""
        spent: dict[tuple[str, str], list[int]] = {}
        for lot in self.sold:
            spent.setdefault((lot.winner, lot.number), []).append(lot.price)
        ranked = sorted(spent.items(), key=lambda item: -sum(item[1]))
        return [(name, len(prices), sum(prices)) for (name, _), prices in ranked]


def summarise(
    hammers: Sequence[Hammer],
    winnings: Sequence[Mapping[str, Any]] | None,
    weights: Mapping[str, str] = MappingProxyType({}),
) -> Summary:
    """The server's `winnings`, or what the console heard, with its own `weights` by product."""
    passed = sum(hammer.winner is None for hammer in hammers)
    if winnings is None:
        heard = [
            Sold(
                hammer.product,
                weights.get(hammer.product, ""),
                hammer.amount or 0,
                hammer.winner,
                number="",
                at=_as_the_server_writes(hammer.at) if hammer.at else "",
            )
            for hammer in hammers
            if hammer.winner is not None
        ]
        return Summary(heard, passed, numbers_known=False)
    oldest_first = sorted(winnings, key=lambda won: won["id"])
    told = [
        Sold(
            won["product"],
            won.get("weight") or "",
            won["price"],
            won["user"]["name"],
            won["user"]["number"],
            won["createdAt"],
        )
        for won in oldest_first
    ]
    return Summary(told, passed, numbers_known=True)


def _as_the_server_writes(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def as_csv(summary: Summary) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(HEADER)
    for lot in summary.sold:
        cells = (lot.product, lot.weight, lot.price, lot.winner, lot.number, lot.at)
        writer.writerow([_harmless(cell) if isinstance(cell, str) else cell for cell in cells])
    return file.getvalue()


def save(summary: Summary, auction_id: int, folder: Path) -> Path:
    """Write the CSV beside those that are there; returns its path. Raises `OSError`."""
    for number in range(1, 1000):
        path = folder / f"sale-{auction_id}{f'-{number}' if number > 1 else ''}.csv"
        try:
            with path.open("x", encoding="utf-8", newline="") as file:
                file.write(as_csv(summary))
        except FileExistsError:
            continue
        return path
    raise OSError("there are a thousand summaries already")


def _harmless(text: str) -> str:
    """Text that a spreadsheet will not take for a formula; telephone numbers stay as they are."""
    text = printable(text)
    number = text[1:].replace(" ", "")
    is_number = text.startswith("+") and number.isascii() and number.isdigit()
    return f"'{text}" if text[:1] in "=+-@" and text and not is_number else text
