"""Scrolling lists: bids, chat, run list, log. Each follows the sale until somebody scrolls it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from baraka_cli.console.log import Entry
from baraka_cli.console.records import Bid
from baraka_cli.console.sale_book import SaleBook
from baraka_cli.run_list import MARKS, Fate, ListedLot, RunList

BIDDER_WIDTH_MIN = 8
"""Characters of a bidder's name that must have room beside the time of the bid."""
WHEEL_LINES = 3


class Panel(Widget, can_focus=True):
    """A framed list of lines. Tab goes to it, arrows and the wheel scroll it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_lines(-1)", "Up", show=False),
        Binding("down", "scroll_lines(1)", "Down", show=False),
        Binding("pageup", "scroll_pages(-1)", "Page up", show=False),
        Binding("pagedown", "scroll_pages(1)", "Page down", show=False),
        Binding("home", "scroll_lines(-1_000_000)", "To the top", show=False),
        Binding("end", "follow", "Follow the sale", show=False),
    ]

    top: int | None = None
    """The first line that is shown; None while the panel follows the sale."""

    def lines(self, room: int) -> Sequence[Text]:
        """Lines that are shown while it follows the sale."""
        raise NotImplementedError

    def all_lines(self) -> Sequence[Text]:
        """From the first to the last, as they are scrolled through."""
        raise NotImplementedError

    def followed_top(self, count: int, room: int) -> int:
        """First line that `lines` shows: there scrolling begins."""
        return max(0, count - room)

    def wrapped(self, texts: Sequence[Text]) -> list[Text]:
        width = max(1, self.size.width)
        return [line for text in texts for line in text.wrap(self.app.console, width)]

    def last_lines(self, texts: Sequence[Text], room: int) -> list[Text]:
        """The last of `texts`, wrapped, in `room` lines; what does not fit is cut at its end."""
        lines: list[Text] = []
        for text in reversed(texts):
            wrapped = list(text.wrap(self.app.console, max(1, self.size.width)))
            lines[:0] = wrapped[: room - len(lines)]
            if len(lines) == room:
                break
        return lines

    def render(self) -> RenderResult:
        room = max(1, self.size.height)
        if self.top is None:
            shown = self.lines(room)
        else:
            every = self.all_lines()
            shown = every[self.top : self.top + room]
        return Text("\n", no_wrap=True, overflow="ellipsis").join(shown)

    def action_scroll_lines(self, by: int) -> None:
        room = max(1, self.size.height)
        count = len(self.all_lines())
        top = self.followed_top(count, room) if self.top is None else self.top
        self.top = max(0, min(top + by, count - room))
        if self.top == self.followed_top(count, room):
            self.top = None
        self._drawn_anew()

    def action_scroll_pages(self, by: int) -> None:
        self.action_scroll_lines(by * max(1, self.size.height - 1))

    def action_follow(self) -> None:
        self.top = None
        self._drawn_anew()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_scroll_lines(-WHEEL_LINES)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_scroll_lines(WHEEL_LINES)

    def _drawn_anew(self) -> None:
        self.border_subtitle = "" if self.top is None else "scrolled: End follows again"
        self.refresh()


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
