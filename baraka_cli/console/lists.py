"""Scrolling lists of a sale: bids, chat, run list, next lot, log."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from rich.style import Style
from rich.text import Text

from baraka_cli.console.chat_book import Said
from baraka_cli.console.choosing import ChoicePanel, Row
from baraka_cli.console.log import Entry
from baraka_cli.console.mixed_text import cut, isolated
from baraka_cli.console.records import Bid, Comment, Hammer, numbered
from baraka_cli.console.sale_book import SaleBook
from baraka_cli.console.scrolling import Panel
from baraka_cli.run_list import MARKS, Fate, ListedLot, RunList
from baraka_cli.shown import in_console

BIDDER_WIDTH_MIN = 8
"""Characters of a bidder's name that must have room beside the time of the bid."""
HOST_MARK = "◆"
"""Stands before what a host of the sale says."""
REMOVED = "✗ removed "
"""Stands before a comment that the room no longer sees."""


class Bids(ChoicePanel):
    """Newest first: time, amount, rise, bidder."""

    BORDER_TITLE = "Bids"
    book: SaleBook | None = None

    def things(self) -> Sequence[Bid]:
        return list(self.book.bids) if self.book else ()

    def id_of(self, thing: Bid) -> int | None:
        return thing.id

    def followed(self, room: int) -> list[Row]:
        return self.rows(list(islice(self.book.bids, room)) if self.book else [])

    def when_empty(self) -> Text:
        return Text("none yet", self.quiet)

    def followed_top(self, count: int, room: int) -> int:
        return 0

    def rows(self, things: Sequence[Bid]) -> list[Row]:
        if self.book is None or not things:
            return []
        amount_width = max(len(f"{bid.amount:,}") for bid in things)
        rise_width = max(len(_rise(bid)) for bid in things)
        bidder_width = self.size.width - (amount_width + rise_width + len("▶ 00:00:00   "))
        rows, high = list[Row](), self.book.high
        for bid in things:
            line = Text("▶ " if bid is high else "  ")
            if bidder_width >= BIDDER_WIDTH_MIN:  # who bids matters more than when
                line.append(f"{in_console.get().local(bid.at):%H:%M:%S} ", self.quiet)
            line.append(f"{bid.amount:>{amount_width},}", "bold" if bid is high else "")
            line.append(f" {_rise(bid):>{rise_width}} ")
            if bid.automatic:
                line.append("auto ", self.quiet)
            line.append(isolated(self.book.called(bid)), "bold" if bid is high else "")
            rows.append(Row(bid.id, line))
        return rows


class Chat(ChoicePanel):
    """Oldest first, the newest at the bottom; a line across it for each lot that came off the block."""

    BORDER_TITLE = "Chat"
    book: SaleBook | None = None
    user_id: int | None = None
    """Whose console it is."""

    def things(self) -> Sequence[Said]:
        return list(self.book.chat) if self.book else ()

    def id_of(self, thing: Said) -> int | None:
        return thing.id if isinstance(thing, Comment) else None

    def followed(self, room: int) -> list[Row]:
        """The last rows; of what does not fit the end is cut."""
        rows: list[Row] = []
        for said in reversed(self.book.chat) if self.book else ():
            rows[:0] = self.rows([said])[: room - len(rows)]
            if len(rows) == room:
                break
        return rows

    def when_empty(self) -> Text:
        return Text("quiet", self.quiet)

    def rows(self, things: Sequence[Said]) -> list[Row]:
        if self.book is None:
            return []
        host = self.get_component_rich_style("panel--host", partial=True)
        return [
            Row(self.id_of(one), line)
            for one in things
            for line in self.wrapped([self._told(self.book, one, host)])
        ]

    def _told(self, book: SaleBook, one: Said, host: Style) -> Text:
        if isinstance(one, Hammer):
            return Text(f"── {one.told(book.names)}", self.quiet)
        is_host = one.user_id is not None and one.user_id in {book.owner_id, self.user_id}
        author = isolated(book.names.called(one.user_id, one.author))
        name = Text(f"{HOST_MARK} {author}: " if is_host else f"{author}: ", "bold")
        if is_host:
            name.stylize(host)
        if one.removed:
            name = Text.assemble((REMOVED, "bold"), name)
            return name.append(isolated(one.text), self.quiet + Style(strike=True, bold=False))
        return name.append(isolated(one.text), "not bold")


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
            name = Text(f"{MARKS[lot.fate]} {number}{isolated(lot.product)}", no_wrap=True)
            # Of a long name the end is cut, and not numbers; the state is told by its mark too.
            facts, width = f"  {_facts(lot)}", self.size.width
            room = width - Text(facts).cell_len
            if name.cell_len > room and lot.fate.value in facts:
                facts, room = "", width
            name = cut(name, max(room, width // 2))
            shown.append(Text.assemble(name, facts, style=style, no_wrap=True))
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
            *self.wrapped([Text(" · ".join(filter(None, facts)), self.quiet), *about]),
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


def _facts(lot: ListedLot) -> str:
    """What is said of a lot in the list, behind its name."""
    if lot.fate is Fate.SOLD and lot.amount is not None:
        return f"{lot.amount:,} {isolated(lot.winner)}"
    if lot.fate is Fate.TO_COME:
        reserve = f" · reserve {lot.reserve:,}" if lot.reserve else ""
        return f"from {lot.minimum:,}{reserve}"
    if lot.fate is Fate.ON_BLOCK and lot.reserve:
        return f"reserve {lot.reserve:,}"
    return lot.fate.value


def _rise(bid: Bid) -> str:
    return f"{bid.rise:+,}" if bid.rise else ""
