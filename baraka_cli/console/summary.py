"""`Summary`: what came of a sale, to whom and for how much; and the CSV file of what was sold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from baraka_cli.console.people_names import Names
from baraka_cli.console.records import Hammer, paddle_of, winner_of
from baraka_cli.csv_writing import FOR_PEOPLE, CsvForm, Phone, csv_bytes, save_beside
from baraka_server.contract.fields import iso_time
from baraka_server.contract.settlement import SaleSummary

HEADER = ("product", "weight", "price", "winner", "number", "awarded_at", "lot")


class NotWhole(ValueError):
    """A summary that is not all that was sold: in a file it would pass for it."""


CHECKPOINTS = "checkpoints.txt"
"""File of the signed ends of all sales, for `baraka auction verify --checkpoint`."""


@dataclass(frozen=True, slots=True)
class Sold:
    product: str
    weight: str
    price: int
    winner: str
    number: str
    at: str
    winner_id: int | None = None
    paddle: int | None = None
    lot: int | None = None
    """The number of the lot, where the auction has a run list."""


@dataclass(frozen=True, slots=True)
class Summary:
    """`sold` as the server has it where it tells, else as the console heard it.

    `told` is the server's own summary, which knows all of the sale (D39); older servers have none.
    """

    sold: Sequence[Sold]
    passed: int
    numbers_known: bool
    unknown: str = ""
    """Why the server's list could not be read, where it has one: then this is not all."""
    checkpoint: str = ""
    """The end of the ledger as the server signed it, where it did (D56)."""
    told: SaleSummary | None = None

    @property
    def total(self) -> int:
        return sum(lot.price for lot in self.sold)

    @property
    def best(self) -> list[tuple[str, int, int]]:
        """The winners by what they spent: name, lots, amount."""
        spent: dict[tuple[int | None, str, int | None], list[int]] = {}
        for lot in self.sold:
            spent.setdefault((lot.winner_id, lot.winner, lot.paddle), []).append(lot.price)
        ranked = sorted(spent.items(), key=lambda item: -sum(item[1]))
        names = self.names
        return [(names.called(*winner), len(prices), sum(prices)) for winner, prices in ranked]

    @property
    def names(self) -> Names:
        """The winners, so that two of one name are two."""
        names = Names()
        for lot in self.sold:
            names.hear(lot.winner_id, lot.winner, lot.paddle)
        return names


def of_server(told: SaleSummary) -> Summary:
    """The server's summary, which is the same to every console."""
    numbers = {(one.userId, one.paddle): one.number for one in told.buyers}
    sold = [
        Sold(
            lot.product,
            lot.weight or "",
            lot.price or 0,
            lot.winner or "",
            numbers.get((lot.winnerId or 0, lot.paddle), ""),
            iso_time(lot.at) if lot.at else "",
            lot.winnerId,
            lot.paddle,
            lot.lot,
        )
        for lot in sorted(told.sold, key=lambda lot: lot.winningId or 0)
    ]
    return Summary(sold, told.totals.passed, not told.numbersMasked, told=told)


def summarise(
    hammers: Sequence[Hammer],
    winnings: Sequence[Mapping[str, Any]] | None,
    weights: Mapping[str, str] = MappingProxyType({}),
    unknown: str = "",
    lots: Mapping[int, int | None] = MappingProxyType({}),
) -> Summary:
    """The server's `winnings`, or what the console heard, with its own `weights` by product.

    `lots` are the numbers of lots by the winnings that they were sold by. `unknown` is why the server did not tell its winnings this time.
    """
    passed = sum(hammer.winner is None for hammer in hammers)
    if winnings is None:
        heard = [
            Sold(
                hammer.product,
                weights.get(hammer.product, ""),
                hammer.amount or 0,
                hammer.winner,
                number="",
                at=iso_time(hammer.at) if hammer.at else "",
                winner_id=hammer.winner_id,
                paddle=hammer.paddle,
                lot=hammer.number,
            )
            for hammer in hammers
            if hammer.winner is not None
        ]
        return Summary(heard, passed, numbers_known=False, unknown=unknown)
    oldest_first = sorted(winnings, key=lambda won: won["id"])
    told = [
        Sold(
            won["product"],
            won.get("weight") or "",
            won["price"],
            winner_of(won),
            won["user"]["number"] or "",
            won["createdAt"],
            won["user"].get("id"),
            paddle_of(won),
            lots.get(won["id"]),
        )
        for won in oldest_first
    ]
    return Summary(told, passed, numbers_known=True)


def as_csv(summary: Summary, form: CsvForm = FOR_PEOPLE) -> bytes:
    """CSV file of what was sold, the first award first."""
    names = summary.names
    rows = []
    for lot in summary.sold:
        winner = names.called(lot.winner_id, lot.winner, lot.paddle)
        number = "" if lot.lot is None else lot.lot
        rows.append((lot.product, lot.weight, lot.price, winner, Phone(lot.number), lot.at, number))
    return csv_bytes([HEADER, *rows], form)


def save(summary: Summary, auction_id: int, folder: Path, form: CsvForm = FOR_PEOPLE) -> Path:
    """Write the CSV beside those that are there; returns its path.

    Raises `NotWhole` for what is not all that was sold, and for nothing; and `OSError`.
    """
    if summary.unknown:
        raise NotWhole(summary.unknown)
    if not summary.sold:
        raise NotWhole("nothing was sold")
    return save_beside(folder, f"sale-{auction_id}", as_csv(summary, form))


def keep_checkpoint(summary: Summary, folder: Path) -> None:
    """Put the checkpoint behind those that are kept already. Raises `OSError`."""
    if summary.checkpoint:
        with (folder / CHECKPOINTS).open("a", encoding="utf-8") as kept:
            kept.write(f"{summary.checkpoint}\n")
