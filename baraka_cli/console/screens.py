"""Screens beside the sale: choice of an auction, trouble, and the summary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import DataTable, Label, OptionList, Static
from textual.widgets.option_list import Option

from baraka_cli.console import summary
from baraka_cli.console.mixed_text import isolated
from baraka_cli.console.records import phase_of
from baraka_cli.console.sale_book import SaleBook
from baraka_cli.console.text_widgets import Paragraph
from baraka_cli.csv_writing import CsvForm
from baraka_server.contract.text import printable


@dataclass(frozen=True, slots=True)
class Lots:
    """Numbers of lots that were not sold."""

    passed: int
    open: int
    all_known: bool = True
    """Whether none can have passed beside those."""


class Picked(Message):
    """The auction to run was chosen."""

    def __init__(self, auction_id: int) -> None:
        super().__init__()
        self.auction_id = auction_id


class PickScreen(Screen[None]):
    """The caller's auctions, to choose one from. `trouble` is why there is a choice at all."""

    def __init__(self, auctions: list[Mapping[str, Any]], trouble: str = "") -> None:
        super().__init__()
        self._auctions = auctions
        self._trouble = trouble

    def compose(self) -> ComposeResult:
        options = []
        for auction in self._auctions:
            line = Text(f"{auction['id']:>6}  ", no_wrap=True, overflow="ellipsis")
            line.append(f"{phase_of(auction).value:<12}", "bold" if auction["isLive"] else "")
            line.append(f"  {isolated(auction['title'] or '')}")
            options.append(Option(line, id=str(auction["id"])))
        with Vertical(id="pick"):
            if self._trouble:
                yield Static(Text(f"✗ {self._trouble}", "bold"))
            yield Label("Which auction?  ↑ ↓ and Enter, Ctrl+Q leaves")
            yield OptionList(*options)

    def on_mount(self) -> None:
        live = [place for place, auction in enumerate(self._auctions) if auction["isLive"]]
        self.query_one(OptionList).highlighted = live[0] if live else 0

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.app.post_message(Picked(int(event.option.id or 0)))


class TroubleScreen(Screen[None]):
    """Screen that says what keeps the console from working, and what to do about it."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__()
        self._what, self._remedy = what, remedy

    def compose(self) -> ComposeResult:
        with Vertical(id="trouble"):
            yield Static(Text(f"✗ {self._what}\n", "bold"))
            yield Static(Text(f"{self._remedy}\n"))
            yield Label("Ctrl+Q leaves")


class SummaryScreen(Screen[None]):
    """Summary of what was sold. Ctrl+S saves it, if all of it is known."""

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
        table: DataTable[Text] = DataTable(id="table", cursor_type="row")
        has_lots = any(lot.lot is not None for lot in found.sold)
        if has_lots:
            table.add_column(Text("Lot", justify="right"))
        for name in ("Product", "Weight", "Price", "Winner", "Number"):
            table.add_column(Text(name, justify="right" if name == "Price" else "left"))
        names = found.names
        for lot in found.sold:
            number = [Text(str(lot.lot or ""), justify="right")] if has_lots else []
            table.add_row(
                *number,
                Text(isolated(lot.product)),
                Text(isolated(lot.weight)),
                Text(f"{lot.price:,}", justify="right"),
                Text(isolated(names.called(lot.winner_id, lot.winner))),
                Text(printable(lot.number or "–")),
            )
        yield table
        best = ", ".join(
            f"{isolated(name)} {amount:,} ({lots})" for name, lots, amount in found.best[:3]
        )
        yield Paragraph(f" Best bidders: {best or '–'}")
        if found.checkpoint:
            yield Static(Text(f" {printable(found.checkpoint)}"), id="checkpoint")
        yield Static(id="saved")
        yield Label(" Ctrl+S saves as CSV, Esc goes back")

    def _head(self) -> Text:
        found, lots = self._found, self._lots
        head = Text(f" {isolated(self._book.title)}: ", "bold")
        if found.unknown and not found.sold:
            return head.append("what was sold is not known")
        count = len(found.sold) + lots.passed + lots.open
        head.append(f"{count} lot{'' if count == 1 else 's'}: ")
        passed = f"{'' if lots.all_known else 'at least '}{lots.passed} passed"
        head.append(f"{len(found.sold)} sold, {passed}, total {found.total:,}")
        if lots.open:
            head.append(f", {lots.open} not done")
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
