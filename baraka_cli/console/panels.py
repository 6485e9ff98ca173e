"""What the console shows: panels that are drawn from the book, each from top to bottom in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from itertools import islice

from rich.text import Text
from textual.app import ComposeResult, RenderResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Sparkline, Static

from baraka_cli.console.book import Bid, Book, Lot, Phase
from baraka_cli.console.figure import LARGE_ROWS, Figure, large_width, small_width
from baraka_cli.console.link import Line, Link
from baraka_cli.console.runlist import MARKS, Fate, RunList

PHASE_MARKS = {
    Phase.UNKNOWN: "?",
    Phase.WAITING: "○",
    Phase.LIVE: "●",
    Phase.ENDED: "■",
    Phase.CANCELED: "✗",
}


BIDDER_WIDTH_MIN = 8
"""How many characters of a bidder's name must have room beside the time of the bid."""


class Outcome(Enum):
    """What came of something that the host did; the value is how it is marked."""

    PENDING = "…"
    DONE = "✓"
    REFUSED = "✗"
    NOTE = "·"


@dataclass(slots=True)
class Entry:
    """A line of the console's log. A pending one becomes done or refused."""

    at: datetime
    text: str
    outcome: Outcome

    @property
    def pending(self) -> bool:
        return self.outcome is Outcome.PENDING

    @property
    def line(self) -> Text:
        style = "bold" if self.outcome is Outcome.REFUSED else ""
        return Text(f"{self.outcome.value} {self.at.astimezone():%H:%M:%S} {self.text}", style)


class Panel(Widget):
    """A framed list of lines; as many as there is room for."""

    def lines(self, room: int) -> Sequence[Text]:
        raise NotImplementedError

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
        shown = self.lines(max(1, self.size.height))
        return Text("\n", no_wrap=True, overflow="ellipsis").join(shown)


class Bar(Static):
    """The first line: phase, title, viewers, round, and the line to the server at the right.

    What does not fit is cut off the title. When the line is down, all of it says so.
    """

    def show(self, book: Book, link: Link | None) -> None:
        down = link is not None and link.line is not Line.ONLINE
        self.set_class(down, "down")
        phase = Text(f" {PHASE_MARKS[book.phase]} {book.phase.value.upper()} ", "bold reverse")
        facts = Text()
        if link is not None and down:
            why = f": {link.why}" if link.why else ""
            facts.append(f" ▼ {link.line.value.upper()}{why} ", "bold")
        else:
            if book.viewers is not None:
                facts.append(f" {book.viewers:,} watching ")
            if book.round:
                facts.append(f" round {book.round} ")
            if link is not None:
                speed = f" {link.latency_ms:.0f} ms" if link.latency_ms is not None else ""
                if link.acknowledges is False:
                    facts.append(" plain server ", "italic")
                facts.append(f" ▲ online{speed} ")
        title = Text(f" {book.title or f'Auction {book.auction_id}'}", "bold")
        room = self.size.width - phase.cell_len - facts.cell_len
        title.truncate(max(0, room), overflow="ellipsis", pad=True)
        self.update(Text.assemble(phase, title, facts, no_wrap=True, overflow="crop"))


class Block(Vertical):
    """What is on the block: last bid and next ask in the largest type on the screen."""

    def compose(self) -> ComposeResult:
        yield Static(id="product")
        with Vertical(id="last-box"):
            yield Static("LAST BID", classes="caption")
            yield Figure("-", id="last")
            yield Static(id="bidder")
        with Vertical(id="ask-box"):
            yield Static("NEXT ASK", classes="caption")
            yield Figure("-", id="ask")
            yield Static(id="step")
        with Vertical(id="facts"):
            yield Static(id="prices")
            yield Sparkline([0], id="rate", summary_function=max)

    def show(self, book: Book, step: int | None, now: datetime) -> None:
        high, lot, ask = book.high, book.lot, book.next_ask(step)
        product = Text(lot.product if lot else "Nothing on the block", "bold")
        elapsed = Text(_elapsed(book, now) if lot else "")
        room = self.query_one("#product").size.width - elapsed.cell_len
        product.truncate(max(0, room), overflow="ellipsis", pad=True)
        self.query_one("#product", Static).update(Text.assemble(product, elapsed, no_wrap=True))
        numbers = f"{high.amount:,}" if high else "-", f"{ask:,}" if ask is not None else "-"
        one_line = self._fit(*numbers)
        bidder = Text(f"{high.bidder}" if high else ("no bids yet" if lot else ""), "bold")
        if high and high.rise:
            bidder.append(f"  +{high.rise:,}", "not bold")
        self.query_one("#bidder", Static).update(bidder)
        more = f"+{ask - high.amount:,}" if high and ask is not None else ""
        self.query_one("#step", Static).update(more or ("first bid" if lot else ""))
        self.query_one("#prices", Static).update(self._prices(lot, numbers[1], one_line=one_line))
        by_second = book.bids_by_second(now)
        self.query_one("#rate", Sparkline).data = [float(count) for count in by_second]
        count = sum(by_second)
        self.border_subtitle = f"{count} bid{'' if count == 1 else 's'} in the last minute"

    def _fit(self, last: str, ask: str) -> bool:
        """Give both numbers the largest type that has room; whether the ask has room for none."""
        columns = 3 if self.screen.has_class("-wide") else 2
        room = self.size.width // columns - 1
        is_large = (
            self.query_one("#last").size.height >= LARGE_ROWS
            and max(large_width(last), large_width(ask)) <= room
        )
        for name, number in (("#last", last), ("#ask", ask)):
            figure = self.query_one(name, Figure)
            if figure.is_large != is_large:
                figure.is_large = is_large
                figure.refresh()
            if figure.value != number:
                figure.update(number)
        too_long = max(small_width(last), small_width(ask)) > room > 0
        self.set_class(too_long, "-one")
        return too_long

    def _prices(self, lot: Lot | None, ask: str, *, one_line: bool) -> Text:
        text = Text("NEXT ASK ") if one_line else Text()
        if one_line:
            text.append(f"{ask}  ", "bold")
        if lot is None:
            return text
        if self.screen.has_class("-wide"):
            for name, price in (
                ("Minimum", lot.minimum),
                ("Start", lot.start),
                ("Market", lot.market),
            ):
                text.append(f"{name:<8}", "dim").append(f"{price:>13,}\n")
            return text
        return text.append(f"min {lot.minimum:,} · start {lot.start:,} · mkt {lot.market:,}")


class Bids(Panel):
    """Newest first: time, amount, rise, bidder."""

    BORDER_TITLE = "Bids"
    book: Book | None = None

    def lines(self, room: int) -> Sequence[Text]:
        if self.book is None or not self.book.bids:
            return [Text("none yet", "dim")]
        high, shown = self.book.high, []
        bids = list(islice(self.book.bids, room))
        amount_width = max(len(f"{bid.amount:,}") for bid in bids)
        rise_width = max(len(_rise(bid)) for bid in bids)
        bidder_width = self.size.width - (amount_width + rise_width + len("▶ 00:00:00   "))
        for bid in bids:
            line = Text("▶ " if bid is high else "  ")
            if bidder_width >= BIDDER_WIDTH_MIN:  # who bids matters more than when
                line.append(f"{bid.at.astimezone():%H:%M:%S} ")
            line.append(f"{bid.amount:>{amount_width},}", "bold" if bid is high else "")
            line.append(f" {_rise(bid):>{rise_width}} ")
            line.append(bid.bidder, "bold" if bid is high else "")
            shown.append(line)
        return shown


class Chat(Panel):
    """Oldest first, the newest at the bottom."""

    BORDER_TITLE = "Chat"
    book: Book | None = None

    def lines(self, room: int) -> Sequence[Text]:
        if self.book is None or not self.book.comments:
            return [Text("quiet", "dim")]
        newest = list(self.book.comments)[-room:]
        said = [Text.assemble((f"{one.author}: ", "bold"), one.text) for one in newest]
        return self.last_lines(said, room)


class Lots(Panel):
    """The run list, around the lot on the block."""

    BORDER_TITLE = "Lots"
    run_list: RunList | None = None

    def lines(self, room: int) -> Sequence[Text]:
        lots = self.run_list.lots if self.run_list else []
        if not lots:
            return [Text("no run list: start with --lots FILE", "dim")]
        done = [i for i, lot in enumerate(lots) if lot.fate is not Fate.TO_COME]
        first = max(0, min((done[-1] if done else 0) - room // 2, len(lots) - room))
        shown = []
        for lot in lots[first : first + room]:
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


class Log(Panel):
    """What the console did, and what the server refused, in words; the newest at the bottom."""

    BORDER_TITLE = "Log"

    def __init__(self, entries: list[Entry], *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._entries = entries

    def lines(self, room: int) -> Sequence[Text]:
        shown = [entry.line for entry in self._entries[-room:]]
        return self.last_lines(shown, room) or [Text("nothing done yet", "dim")]


def _rise(bid: Bid) -> str:
    return f"{bid.rise:+,}" if bid.rise else ""


def _elapsed(book: Book, now: datetime) -> str:
    """How long the lot is up, with "≥" where it was there before the console looked."""
    if book.lot_since is None:
        return ""
    minutes, seconds = divmod(max(0, int((now - book.lot_since).total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
    return f" {'' if book.lot_since_known else '≥ '}{clock}"


def now() -> datetime:
    return datetime.now(UTC)
