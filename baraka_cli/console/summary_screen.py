"""`SummaryScreen`: what came of the sale, lot by lot and buyer by buyer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import DataTable, Label, Static

from baraka_cli.console import summary
from baraka_cli.console.mixed_text import isolated
from baraka_cli.console.records import numbered
from baraka_cli.console.sale_book import SaleBook
from baraka_cli.console.text_widgets import Paragraph
from baraka_cli.csv_writing import CsvForm
from baraka_server.contract import names
from baraka_server.contract.lots import LotState
from baraka_server.contract.settlement import SaleChange, SaleLot, SaleSummary
from baraka_server.contract.text import printable

CHANGES_SHOWN_MAX = 3
UNSOLD = {
    LotState.PASSED: "passed",
    LotState.WITHDRAWN: "withdrawn",
    LotState.WAITING: "not done",
    LotState.OPEN: "on the block",
}


@dataclass(frozen=True, slots=True)
class Lots:
    """Numbers of lots that were not sold."""

    passed: int
    open: int
    withdrawn: int = 0
    all_known: bool = True
    """Whether none can have passed beside those."""


class SummaryScreen(Screen[None]):
    """Summary of the sale. Ctrl+S saves what was sold, if all of it is known."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,r", "app.pop_screen", "Back"),
        Binding("ctrl+s", "save", "Save as CSV"),
    ]

    def __init__(
        self, found: summary.Summary, book: SaleBook, folder: Path, form: CsvForm, lots: Lots
    ) -> None:
        super().__init__()
        self._found, self._book, self._lots = found, book, lots
        self._folder, self._form = folder, form

    def compose(self) -> ComposeResult:
        found = self._found
        yield Paragraph(self._head())
        if found.unknown:
            yield Static(Text(f" ✗ {found.unknown}", "bold"), id="unknown")
        if found.told is None:
            yield self._sold_table()
            best = ", ".join(
                f"{isolated(name)} {amount:,} ({lots})" for name, lots, amount in found.best[:3]
            )
            yield Paragraph(f" Best bidders: {best or '–'}")
        else:
            yield _lots_table(found.told)
            if found.told.buyers:
                yield _buyers_table(found.told)
            if found.told.changes:
                yield Paragraph(_changes(found.told.changes))
        if found.checkpoint:
            yield Static(Text(f" {printable(found.checkpoint)}"), id="checkpoint")
        yield Static(id="saved")
        yield Label(" Ctrl+S saves as CSV, Esc goes back")

    def _sold_table(self) -> DataTable[Text]:
        """What was sold, as far as a server tells that has no summary."""
        found = self._found
        has_lots = any(lot.lot is not None for lot in found.sold)
        table = _table("table", *(["Lot"] if has_lots else []), *["Product", "Weight", "Price"])
        for name in ("Winner", "Number"):
            table.add_column(Text(name))
        called = found.names
        for lot in found.sold:
            number = [_amount(lot.lot)] if has_lots else []
            table.add_row(
                *number,
                Text(isolated(lot.product)),
                Text(isolated(lot.weight)),
                _amount(lot.price),
                Text(isolated(called.called(lot.winner_id, lot.winner))),
                Text(printable(lot.number or "–")),
            )
        return table

    def _head(self) -> Text:
        found, lots = self._found, self._lots
        head = Text(f" {isolated(self._book.title)}: ", "bold")
        if found.unknown and not found.sold:
            return head.append("what was sold is not known")
        count = len(found.sold) + lots.passed + lots.withdrawn + lots.open
        head.append(f"{count} lot{'' if count == 1 else 's'}: ")
        passed = f"{'' if lots.all_known else 'at least '}{lots.passed} passed"
        head.append(f"{len(found.sold)} sold, {passed}, total {found.total:,}")
        if lots.withdrawn:
            head.append(f", {lots.withdrawn} withdrawn")
        if lots.open:
            head.append(f", {lots.open} not done")
        if found.told is not None and found.told.totals.paidLots:
            head.append(f"; paid {found.told.totals.paid:,}, due {found.told.totals.due:,}")
        if found.unknown:
            head.append(", as far as this console heard")
        return head

    def action_save(self) -> None:
        try:
            path = summary.save(self._found, self._book.auction_id, self._folder, self._form)
            summary.keep_checkpoint(self._found, self._folder)
        except summary.NotWhole as error:
            said = f" ✗ Not saved: {error}"
        except OSError as error:
            said = f" ✗ Not saved: {error.strerror or error}"
        else:
            said = f" ✓ Saved as {path}"
            if self._found.checkpoint:
                said += f"\n   and the checkpoint in {self._folder / summary.CHECKPOINTS}"
            if not self._found.numbers_known:
                said += "\n   without telephone numbers: the server does not tell them"
        self.query_one("#saved", Static).update(Text(said))


RIGHT = frozenset({"Lot", "Price", "Paddle", "Lots", "Total", "Paid", "Due"})
"""Columns of numbers."""


def _table(id_: str, *columns: str) -> DataTable[Text]:
    table: DataTable[Text] = DataTable(id=id_, cursor_type="none")
    for name in columns:
        table.add_column(Text(name, justify="right" if name in RIGHT else "left"))
    return table


def _lots_table(told: SaleSummary) -> DataTable[Text]:
    """All lots; what became of those that were not sold stands where the winner would."""
    has_lots = any(lot.lot is not None for lot in told.lots)
    columns = ("Product", "Weight", "Price", "Winner", "Number", "Paid")
    table = _table("table", *(["Lot"] if has_lots else []), *columns)
    numbers = {(one.userId, one.paddle): one.number for one in told.buyers}
    for lot in told.lots:
        number = numbers.get((lot.winnerId or 0, lot.paddle), "")
        table.add_row(*([_amount(lot.lot)] if has_lots else []), *_cells(lot, number))
    return table


def _cells(lot: SaleLot, number: str) -> Iterator[Text]:
    yield Text(isolated(lot.product))
    yield Text(isolated(lot.weight or ""))
    yield _amount(lot.price)
    if lot.state is LotState.SOLD:
        yield Text(isolated(names.numbered(lot.paddle, lot.winner or "")))
    else:
        reached = f" at {lot.reached:,}" if lot.reached is not None else ""
        yield Text(f"{UNSOLD[lot.state]}{reached}")
    yield Text(printable(number or "–"))
    yield Text({True: "yes", False: "no", None: ""}[lot.paid], justify="right")


def _buyers_table(told: SaleSummary) -> DataTable[Text]:
    table = _table("buyers", "Paddle", "Buyer", "Lots", "Total", "Paid", "Due")
    for one in told.buyers:
        table.add_row(
            _amount(one.paddle),
            Text(isolated(one.name)),
            *map(_amount, (one.lots, one.total, one.paid, one.due)),
        )
    return table


def _amount(value: int | None) -> Text:
    return Text("–" if value is None else f"{value:,}", justify="right")


def _changes(changes: Sequence[SaleChange]) -> str:
    """The last of them; all are in `baraka winnings summary`."""
    shown = "; ".join(map(_changed, changes[-CHANGES_SHOWN_MAX:]))
    more = len(changes) - CHANGES_SHOWN_MAX
    return f" Changed behind the hammer: {shown}{f'; and {more} more' if more > 0 else ''}"


def _changed(change: SaleChange) -> str:
    """Such as "Lot 4, Chain: 1 Bilal for 55, before that 1 Bilal for 60 (agreed)"."""
    now = _sale(change.paddle, change.winner, change.price)
    before = _sale(change.paddleBefore, change.winnerBefore, change.priceBefore)
    why = f" ({isolated(change.reason)})" if change.reason else ""
    return f"{numbered(change.lot, change.product)}: {now}, before that {before}{why}"


def _sale(paddle: int | None, name: str | None, price: int | None) -> str:
    if name is None:
        return "nobody"
    return f"{isolated(names.numbered(paddle, name))} for {price or 0:,}"
