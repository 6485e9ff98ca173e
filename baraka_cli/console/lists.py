"""Scrolling lists of a sale: bids, chat, run list, next lot, log."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice

from rich.style import Style
from rich.text import Text

from baraka_cli.console.log import Entry
from baraka_cli.console.mixed_text import isolated
from baraka_cli.console.records import Bid, Comment, Hammer, numbered
from baraka_cli.console.sale_book import SaleBook
from baraka_cli.console.scrolling import Panel
from baraka_cli.run_list import MARKS, Fate, ListedLot, RunList

BIDDER_WIDTH_MIN = 8
"""Characters of a bidder's name that must have room beside the time of the bid."""
HOST_MARK = "◆"
"""Stands before what a host of the sale says."""


class Bids(Panel):
    """Newest first: time, amount, rise, bidder."""

    BORDER_TITLE = "Bids"
    book: SaleBook | None = None

    def lines(self, room: int) -> Sequence[Text]:
        if self.book is None or not self.book.bids:
            return [Text("none yet", self.quiet)]
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
                line.append(f"{bid.at.astimezone():%H:%M:%S} ", self.quiet)
            line.append(f"{bid.amount:>{amount_width},}", "bold" if bid is high else "")
            line.append(f" {_rise(bid):>{rise_width}} ")
            if bid.automatic:
                line.append("auto ", self.quiet)
            line.append(isolated(book.called(bid)), "bold" if bid is high else "")
            shown.append(line)
        return shown


class Chat(Panel):
    """Oldest first, the newest at the bottom; a line across it for each lot that was hammered down."""

    BORDER_TITLE = "Chat"
    book: SaleBook | None = None
    user_id: int | None = None
    """Whose console it is."""

    def lines(self, room: int) -> Sequence[Text]:
        if self.book is None or not (self.book.comments or self.book.earlier):
            return [Text("quiet", self.quiet)]
        newest_first = chain(reversed(self.book.comments), reversed(self.book.earlier))
        said = list(islice(newest_first, room))[::-1]
        return self.last_lines(self._told(self.book, said), room)

    def all_lines(self) -> Sequence[Text]:
        if self.book is None:
            return []
        return self.wrapped(self._told(self.book, [*self.book.earlier, *self.book.comments]))

    def _told(self, book: SaleBook, said: Sequence[Comment | Hammer]) -> list[Text]:
        host = self.get_component_rich_style("panel--host", partial=True)
        return [
            self._fallen(book, one) if isinstance(one, Hammer) else self._said(book, one, host)
            for one in said
        ]

    def _said(self, book: SaleBook, one: Comment, host: Style) -> Text:
        is_host = one.user_id is not None and one.user_id in {book.owner_id, self.user_id}
        author = isolated(book.names.called(one.user_id, one.author))
        name = Text(f"{HOST_MARK} {author}: " if is_host else f"{author}: ", "bold")
        if is_host:
            name.stylize(host)
        return name.append(isolated(one.text), "not bold")

    def _fallen(self, book: SaleBook, hammer: Hammer) -> Text:
        return Text(f"── {hammer.told(book.names)}", self.quiet)


class Lots(Panel):
    """The run list, around the lot on the block."""

    BORDER_TITLE = "Lots"
    run_list: RunList | None = None

    def lines(self, room: int) -> Sequence[Text]:
        lots = self.run_list.lots if self.run_list else []
        if not lots:
            return [Text("no run list: f, or start with --lots FILE", self.quiet)]
        first = self.followed_top(len(lots), room)
        return self._told(lots[first : first + room])

    def all_lines(self) -> Sequence[Text]:
        return self._told(self.run_list.lots if self.run_list else [])

    def followed_top(self, count: int, room: int) -> int:
        lots = self.run_list.lots if self.run_list else []
        done = [place for place, lot in enumerate(lots) if lot.fate is not Fate.TO_COME]
        return max(0, min((done[-1] if done else 0) - room // 2, count - room))

    def _told(self, lots: Sequence[ListedLot]) -> list[Text]:
        shown = []
        digits = max((len(str(lot.number or "")) for lot in lots), default=0)
        styles = {Fate.ON_BLOCK: Style.parse("bold reverse"), Fate.TO_COME: Style.null()}
        for lot in lots:
            style = styles.get(lot.fate, self.quiet)
            number = "" if lot.number is None else f"{lot.number:>{digits}} "
            name = f"{MARKS[lot.fate]} {number}{isolated(lot.product)}"
            line = Text(name, style, no_wrap=True)
            if lot.fate is Fate.SOLD and lot.amount is not None:
                line.append(f"  {lot.amount:,} {isolated(lot.winner)}")
            elif lot.fate is Fate.TO_COME:
                reserve = f" · reserve {lot.reserve:,}" if lot.reserve else ""
                line.append(f"  from {lot.minimum:,}{reserve}")
            elif lot.fate is Fate.ON_BLOCK and lot.reserve:
                line.append(f"  reserve {lot.reserve:,}")
            else:
                line.append(f"  {lot.fate.value}")
            shown.append(line)
        return shown


class NextLot(Panel):
    """Lot that `n` puts up, with its description: what the host tells the room about next."""

    BORDER_TITLE = "Next lot"
    run_list: RunList | None = None

    def lines(self, room: int) -> Sequence[Text]:
        return self.all_lines()[:room]

    def followed_top(self, count: int, room: int) -> int:
        return 0

    def all_lines(self) -> Sequence[Text]:
        lot = self.run_list.next if self.run_list else None
        if lot is None:
            return [Text("none: the list is at its end", self.quiet)]
        facts = [lot.weight and isolated(lot.weight), f"from {lot.minimum:,}"]
        facts += [f"start {lot.start:,}", f"market {lot.market:,}"]
        facts += [f"reserve {lot.reserve:,}"] if lot.reserve else []
        about = [Text(isolated(lot.description))] if lot.description else []
        return [
            Text(numbered(lot.number, lot.product), "bold"),
            Text(" · ".join(filter(None, facts)), self.quiet),
            *self.wrapped(about),
        ]


class LogLines(Panel):
    """List of the log's entries, the newest at the bottom."""

    BORDER_TITLE = "Log"

    def __init__(self, entries: list[Entry], *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._entries = entries

    def lines(self, room: int) -> Sequence[Text]:
        shown = [entry.line for entry in self._entries[-room:]]
        return self.last_lines(shown, room) or [Text("nothing done yet", self.quiet)]

    def all_lines(self) -> Sequence[Text]:
        return self.wrapped([entry.line for entry in self._entries])


def _rise(bid: Bid) -> str:
    return f"{bid.rise:+,}" if bid.rise else ""
