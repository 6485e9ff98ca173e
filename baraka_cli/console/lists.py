"""Scrolling lists of a sale: bids, chat, run list, log."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from rich.text import Text

from baraka_cli.console.log import Entry
from baraka_cli.console.records import Bid
from baraka_cli.console.sale_book import SaleBook
from baraka_cli.console.scrolling import Panel
from baraka_cli.run_list import MARKS, Fate, ListedLot, RunList

BIDDER_WIDTH_MIN = 8
"""Characters of a bidder's name that must have room beside the time of the bid."""


class Bids(Panel):
    """Newest first: time, amount, rise, bidder."""

    BORDER_TITLE = "Bids"
    book: SaleBook | None = None

    def lines(self, room: int) -> Sequence[Text]:
        if self.book is None or not self.book.bids:
            return [Text("none yet", "dim")]
        return self._told(self.book, list(islice(self.book.bids, room)))

    def all_lines(self) -> Sequence[Text]:
        return self._told(self.book, list(self.book.bids)) if self.book else []

    def followed_top(self, count: int, room: int) -> int:
        return 0

    def _told(self, book: SaleBook, bids: list[Bid]) -> list[Text]:
        high, shown = book.high, list[Text]()
        if not bids:
            return shown
        amount_width = max(len(f"{bid.amount:,}") for bid in bids)
        rise_width = max(len(_rise(bid)) for bid in bids)
        bidder_width = self.size.width - (amount_width + rise_width + len("▶ 00:00:00   "))
        for bid in bids:
            line = Text("▶ " if bid is high else "  ")
            if bidder_width >= BIDDER_WIDTH_MIN:  # who bids matters more than when
                line.append(f"{bid.at.astimezone():%H:%M:%S} ")
            line.append(f"{bid.amount:>{amount_width},}", "bold" if bid is high else "")
            line.append(f" {_rise(bid):>{rise_width}} ")
            line.append(book.called(bid), "bold" if bid is high else "")
            shown.append(line)
        return shown


class Chat(Panel):
    """Oldest first, the newest at the bottom."""

    BORDER_TITLE = "Chat"
    book: SaleBook | None = None

    def lines(self, room: int) -> Sequence[Text]:
        if self.book is None or not self.book.comments:
            return [Text("quiet", "dim")]
        return self.last_lines(self._said(self.book, room), room)

    def all_lines(self) -> Sequence[Text]:
        return self.wrapped(self._said(self.book, 0)) if self.book else []

    def _said(self, book: SaleBook, newest: int) -> list[Text]:
        """The `newest` comments; all of them for 0."""
        return [
            Text.assemble((f"{book.names.called(one.user_id, one.author)}: ", "bold"), one.text)
            for one in list(book.comments)[-newest:]
        ]


class Lots(Panel):
    """The run list, around the lot on the block."""

    BORDER_TITLE = "Lots"
    run_list: RunList | None = None

    def lines(self, room: int) -> Sequence[Text]:
        lots = self.run_list.lots if self.run_list else []
        if not lots:
            return [Text("no run list: start with --lots FILE", "dim")]
        first = self.followed_top(len(lots), room)
        return self._told(lots[first : first + room])

    def all_lines(self) -> Sequence[Text]:
        return self._told(self.run_list.lots if self.run_list else [])

    def followed_top(self, count: int, room: int) -> int:
        lots = self.run_list.lots if self.run_list else []
        done = [place for place, lot in enumerate(lots) if lot.fate is not Fate.TO_COME]
        return max(0, min((done[-1] if done else 0) - room // 2, count - room))

    @staticmethod
    def _told(lots: Sequence[ListedLot]) -> list[Text]:
        shown = []
        for lot in lots:
            style = {Fate.ON_BLOCK: "bold reverse", Fate.TO_COME: ""}.get(lot.fate, "dim")
            line = Text(f"{MARKS[lot.fate]} {lot.product}", style, no_wrap=True)
            if lot.fate is Fate.SOLD and lot.amount is not None:
                line.append(f"  {lot.amount:,} {lot.winner}")
            elif lot.fate in {Fate.PASSED, Fate.ON_BLOCK}:
                line.append(f"  {lot.fate.value}")
            else:
                line.append(f"  from {lot.minimum:,}")
            shown.append(line)
        return shown


class LogLines(Panel):
    """List of the log's entries, the newest at the bottom."""

    BORDER_TITLE = "Log"

    def __init__(self, entries: list[Entry], *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._entries = entries

    def lines(self, room: int) -> Sequence[Text]:
        shown = [entry.line for entry in self._entries[-room:]]
        return self.last_lines(shown, room) or [Text("nothing done yet", "dim")]

    def all_lines(self) -> Sequence[Text]:
        return self.wrapped([entry.line for entry in self._entries])


def _rise(bid: Bid) -> str:
    return f"{bid.rise:+,}" if bid.rise else ""
