"""Panels above the lists: state of sale and connection, and the lot on the block."""

from __future__ import annotations

from datetime import datetime, timedelta

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Sparkline, Static

from baraka_cli.client.connection import Connection, ConnectionState
from baraka_cli.console.large_number import LARGE_ROWS, LargeNumber, large_width, small_width
from baraka_cli.console.records import Lot, Phase
from baraka_cli.console.sale_book import SaleBook

PHASE_MARKS = {
    Phase.UNKNOWN: "?",
    Phase.WAITING: "○",
    Phase.LIVE: "●",
    Phase.ENDED: "■",
    Phase.CANCELED: "✗",
}


class Bar(Static):
    """The first line: phase, title, viewers, round, and the line to the server at the right.

    What does not fit is cut off the title. When the line is down, all of it says so.
    """

    def show(
        self, book: SaleBook, connection: Connection, watching: bool, ends: timedelta | None
    ) -> None:
        """`ends` is how long the access token lasts yet, where that is worth a warning."""
        silent = connection.heartbeat.silent_seconds
        down = connection.state is not ConnectionState.ONLINE
        self.set_class(down or silent is not None, "down")
        phase = Text(f" {PHASE_MARKS[book.phase]} {book.phase.value.upper()} ", "bold reverse")
        facts = Text()
        if watching:
            facts.append(" WATCHING ", "bold reverse")
        if ends is not None:
            facts.append(f" token: {_minutes(ends)} left ", "bold")
        if down:
            why = f": {connection.why}" if connection.why else ""
            facts.append(f" ▼ {connection.state.value.upper()}{why} ", "bold")
        elif silent is not None:
            facts.append(f" ▼ NO ANSWER FOR {silent} s ", "bold")
        else:
            if book.viewers is not None:
                facts.append(f" {book.viewers:,} watching ")
            if book.round:
                facts.append(f" round {book.round} ")
            latency = connection.heartbeat.latency_ms
            speed = f" {latency:.0f} ms" if latency is not None else ""
            if connection.acknowledges is False:
                facts.append(" plain server ", "italic")
            facts.append(f" ▲ online{speed} ")
        title = Text(f" {book.title or f'Auction {book.auction_id}'}", "bold")
        room = self.size.width - phase.cell_len - facts.cell_len
        title.truncate(max(0, room), overflow="ellipsis", pad=True)
        self.update(Text.assemble(phase, title, facts, no_wrap=True, overflow="crop"))


class Block(Vertical):
    """Lot on the block: last bid and next ask in the largest type on the screen."""

    def compose(self) -> ComposeResult:
        yield Static(id="product")
        with Vertical(id="last-box"):
            yield Static("LAST BID", classes="caption")
            yield LargeNumber("-", id="last")
            yield Static(id="bidder")
        with Vertical(id="ask-box"):
            yield Static("NEXT ASK", classes="caption")
            yield LargeNumber("-", id="ask")
            yield Static(id="step")
        with Vertical(id="facts"):
            yield Static(id="prices")
            yield Sparkline([0], id="rate", summary_function=max)

    def show(self, book: SaleBook, step: int | None, now: datetime) -> None:
        high, lot, ask = book.high, book.lot, book.next_ask(step)
        product = Text(lot.product if lot else "Nothing on the block", "bold")
        elapsed = Text(time_up(book, now) if lot else "")
        room = self.query_one("#product").size.width - elapsed.cell_len
        product.truncate(max(0, room), overflow="ellipsis", pad=True)
        self.query_one("#product", Static).update(Text.assemble(product, elapsed, no_wrap=True))
        numbers = f"{high.amount:,}" if high else "-", f"{ask:,}" if ask is not None else "-"
        one_line = self._fit(*numbers)
        bidder = Text(book.called(high) if high else ("no bids yet" if lot else ""), "bold")
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
        """Give both numbers the largest type that has room; whether the asking price has room for none."""
        columns = 3 if self.screen.has_class("-wide") else 2
        room = self.size.width // columns - 1
        is_large = (
            self.query_one("#last").size.height >= LARGE_ROWS
            and max(large_width(last), large_width(ask)) <= room
        )
        for name, number in (("#last", last), ("#ask", ask)):
            figure = self.query_one(name, LargeNumber)
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


def time_up(book: SaleBook, now: datetime) -> str:
    """Time that the lot is up, with "≥" where it was there before the console looked.

    It stands still when the auction is over, and is not told where nobody saw the end.
    """
    if book.phase in {Phase.ENDED, Phase.CANCELED}:
        now = book.over_since or now
    if book.lot_since is None or (book.phase is not Phase.LIVE and book.over_since is None):
        return ""
    seconds = max(timedelta(), now - book.lot_since)
    return f" {'' if book.lot_since_known else '≥ '}{_minutes(seconds)}"


def _minutes(span: timedelta) -> str:
    minutes, seconds = divmod(max(0, int(span.total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
