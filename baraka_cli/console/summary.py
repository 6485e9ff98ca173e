"""After the sale: what was sold to whom, and the file that the office works with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from baraka_cli.console.book import Hammer
from baraka_cli.csvfiles import FOR_PEOPLE, CsvForm, Phone, csv_bytes, save_beside

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


def as_csv(summary: Summary, form: CsvForm = FOR_PEOPLE) -> bytes:
    """What was sold as a CSV file, the first award first."""
    rows = [
        (lot.product, lot.weight, lot.price, lot.winner, Phone(lot.number), lot.at)
        for lot in summary.sold
    ]
    return csv_bytes([HEADER, *rows], form)


def save(summary: Summary, auction_id: int, folder: Path, form: CsvForm = FOR_PEOPLE) -> Path:
    """Write the CSV beside those that are there; returns its path. Raises `OSError`."""
    return save_beside(folder, f"sale-{auction_id}", as_csv(summary, form))
