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
from textual.widgets import Digits, Sparkline, Static

from baraka_cli.console.book import Bid, Book, Phase
from baraka_cli.console.link import Line, Link
from baraka_cli.console.runlist import MARKS, Fate, RunList

PHASE_MARKS = {
    Phase.UNKNOWN: "?",
    Phase.WAITING: "○",
    Phase.LIVE: "●",
    Phase.ENDED: "■",
    Phase.CANCELED: "✗",
}


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


class Panel(Widget):
    """A framed list of lines; as many as there is room for."""

    def lines(self, room: int) -> Sequence[Text]:
        raise NotImplementedError

    def render(self) -> RenderResult:
        shown = self.lines(max(1, self.size.height))
        return Text("\n", no_wrap=True, overflow="ellipsis").join(shown)


class Bar(Static):
    """The first line: phase, title, viewers, round, the line to the server."""

    def show(self, book: Book, link: Link | None) -> None:
        bar = Text(no_wrap=True, overflow="ellipsis")
        bar.append(f" {PHASE_MARKS[book.phase]} {book.phase.value.upper()} ", "bold reverse")
        bar.append(f" {book.title or f'Auction {book.auction_id}'} ", "bold")
        if book.viewers is not None:
            bar.append(f" {book.viewers:,} watching ")
        if book.round is not None:
            bar.append(f" round {book.round} ")
        if link is not None:
            if link.line is Line.ONLINE:
                speed = f" {link.latency_ms:.0f} ms" if link.latency_ms is not None else ""
                bar.append(f" ▲ online{speed} ")
                if link.acknowledges is False:
                    bar.append(" plain server ", "italic")
            else:
                bar.append(f" ▼ {link.line.value.upper()}: {link.why} ", "bold reverse")
        self.update(bar)


class Block(Vertical):
    """What is on the block: last bid and next ask in the largest type on the screen."""

    def compose(self) -> ComposeResult:
        yield Static(id="product")
        yield Static("LAST BID", classes="caption", id="last-caption")
        yield Digits("–", id="last")
        yield Static(id="bidder")
        yield Static("NEXT ASK", classes="caption", id="ask-caption")
        yield Digits("–", id="ask")
        yield Static(id="ask-line")
        yield Static(id="prices")
        yield Sparkline([0], id="rate", summary_function=max)

    def show(self, book: Book, step: int | None, now: datetime) -> None:
        high, lot, ask = book.high, book.lot, book.next_ask(step)
        product = Text(lot.product if lot else "Nothing on the block", "bold")
        if lot and book.lot_since:
            product.append(f"   {_elapsed(book.lot_since, now)}", "not bold")
        self.query_one("#product", Static).update(product)
        self.query_one("#last", Digits).update(f"{high.amount:,}" if high else "–")
        bidder = Text(f"{high.bidder}" if high else ("no bids yet" if lot else ""), "bold")
        if high and high.rise:
            bidder.append(f"  +{high.rise:,}", "not bold")
        self.query_one("#bidder", Static).update(bidder)
        asked = f"{ask:,}" if ask is not None else "–"
        self.query_one("#ask", Digits).update(asked)
        self.query_one("#ask-line", Static).update(Text.assemble("NEXT ASK  ", (asked, "bold")))
        prices = f"min {lot.minimum:,} · start {lot.start:,} · mkt {lot.market:,}" if lot else ""
        self.query_one("#prices", Static).update(Text(prices))
        by_second = book.bids_by_second(now)
        self.query_one("#rate", Sparkline).data = [float(count) for count in by_second]
        count = sum(by_second)
        self.border_subtitle = f"{count} bid{'' if count == 1 else 's'} in the last minute"


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
        for bid in bids:
            line = Text(f"{'▶' if bid is high else ' '} {bid.at.astimezone():%H:%M:%S}")
            line.append(f" {bid.amount:>{amount_width},}", "bold" if bid is high else "")
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
        return [Text.assemble((f"{one.author}: ", "bold"), one.text) for one in newest]


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
        shown = []
        for entry in self._entries[-room:]:
            style = "bold" if entry.outcome is Outcome.REFUSED else ""
            line = f"{entry.outcome.value} {entry.at.astimezone():%H:%M:%S} {entry.text}"
            shown.append(Text(line, style, no_wrap=True, overflow="ellipsis"))
        return shown or [Text("nothing done yet", "dim")]


def _rise(bid: Bid) -> str:
    return f"{bid.rise:+,}" if bid.rise else ""


def _elapsed(since: datetime, now: datetime) -> str:
    seconds = max(0, int((now - since).total_seconds()))
    return f"{seconds // 60}:{seconds % 60:02d}"


def now() -> datetime:
    return datetime.now(UTC)
