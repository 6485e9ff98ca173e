"""`LotRows`: the run list as a table, in which a lot is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text
from textual.app import RenderResult
from textual.widget import Widget

from baraka_cli.console.mixed_text import cut, isolated
from baraka_cli.run_list import MARKS, Fate, ListedLot, RunList

DONE = frozenset({Fate.SOLD, Fate.PASSED, Fate.WITHDRAWN})


class LotRows(Widget):
    """The chosen lot is kept by its id, however the list changes around it."""

    DEFAULT_CSS = "LotRows { width: 100%; height: 1fr; min-height: 3; }"

    def __init__(self, run_list: RunList, chosen: int | None) -> None:
        super().__init__()
        self._run_list = run_list
        self._place = 0
        self.chosen_id = chosen
        self.moved_before: ListedLot | None = None
        self.is_moved = False
        """Whether the chosen lot is shown in front of `moved_before`, or at the end, where it is not yet."""

    @property
    def chosen(self) -> ListedLot | None:
        return self._run_list.with_id(self.chosen_id)

    @property
    def order(self) -> list[ListedLot]:
        """The lots as they are shown."""
        lots, chosen = list(self._run_list.lots), self.chosen
        if not self.is_moved or chosen is None:
            return lots
        lots.remove(chosen)
        before = self._run_list.with_id(self.moved_before.lot_id) if self.moved_before else None
        lots.insert(lots.index(before) if before in lots else len(lots), chosen)
        return lots

    def choose(self, by: int) -> None:
        lots = self.order
        if lots:
            self._place = max(0, min(self._at(lots) + by, len(lots) - 1))
            self.chosen_id = lots[self._place].lot_id
        self.refresh()

    def shift(self, by: int) -> None:
        """Show the chosen lot further up or down; nothing is moved by that."""
        lots, chosen = self.order, self.chosen
        if chosen is None:
            return
        at = max(0, min(self._at(lots) + by, len(lots) - 1))
        lots.remove(chosen)
        self.moved_before = lots[at] if at < len(lots) else None
        self.is_moved = True
        self.refresh()

    def put_back(self) -> None:
        self.is_moved, self.moved_before = False, None
        self.refresh()

    def _at(self, lots: Sequence[ListedLot]) -> int:
        return next(
            (place for place, lot in enumerate(lots) if lot.lot_id == self.chosen_id),
            min(self._place, len(lots) - 1),
        )

    def render(self) -> RenderResult:
        lots = self.order
        if not lots:
            return Text("There are no lots yet: + adds one")
        room = max(1, self.size.height)
        at = self._at(lots)
        first = max(0, min(at - room // 2, len(lots) - room))
        lines = [self._line(lots, place) for place in range(first, min(first + room, len(lots)))]
        return Text("\n", no_wrap=True).join(
            line if place + first != at else _filled(line, self.size.width)
            for place, line in enumerate(lines)
        )

    def _line(self, lots: Sequence[ListedLot], place: int) -> Text:
        lot = lots[place]
        digits = max(len(str(one.number or "")) for one in lots)
        style = Style(bold=lot.fate is Fate.ON_BLOCK)
        line = Text(f" {MARKS[lot.fate]} {lot.number or '':>{digits}} ", style, no_wrap=True)
        facts = self._facts(lot)
        name = cut(Text(isolated(lot.product)), max(8, self.size.width - line.cell_len - 30))
        line.append_text(name)
        line.append(" " * max(1, self.size.width - line.cell_len - facts.cell_len - 1))
        return cut(line.append_text(facts), self.size.width)

    @staticmethod
    def _facts(lot: ListedLot) -> Text:
        if lot.fate is Fate.SOLD and lot.amount is not None:
            return cut(Text(f"sold {lot.amount:,} {isolated(lot.winner)}"), 28)
        reserve = f"reserve {lot.reserve:,} · " if lot.reserve else ""
        if lot.fate is Fate.ON_BLOCK:
            return Text(f"{reserve}{lot.fate.value}")
        if lot.fate is not Fate.TO_COME:
            return Text(lot.fate.value)
        return Text(f"{reserve}from {lot.minimum:,}")


def _filled(line: Text, width: int) -> Text:
    line = line.copy()
    line.append(" " * max(0, width - line.cell_len))
    line.stylize("reverse")
    return line
