"""Panels above the lists: state of sale and connection, and the lot on the block."""

from __future__ import annotations

from datetime import datetime, timedelta

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.widgets import Sparkline, Static

from baraka_cli.client.connection import Connection, ConnectionState
from baraka_cli.console.actions import CLERK, MODERATOR
from baraka_cli.console.large_number import ALL_ROWS, SMALL_ROWS, LargeNumber
from baraka_cli.console.mixed_text import cut, isolated
from baraka_cli.console.records import Lot, Phase
from baraka_cli.console.sale_book import SaleBook
from baraka_cli.console.tally import Tally
from baraka_cli.console.text_widgets import OneLine
from baraka_cli.shown import in_console

PHASE_MARKS = {
    Phase.UNKNOWN: "?",
    Phase.WAITING: "○",
    Phase.LIVE: "●",
    Phase.ENDED: "■",
    Phase.CANCELED: "✗",
}
NO_NUMBER = "-"
NEXT_ASK, CLOSES_IN = "NEXT ASK ▸", "CLOSES IN"
NOTHING_UP = {
    Phase.UNKNOWN: "Nothing on the block",
    Phase.WAITING: "Not started: nobody can bid · s: start",
    Phase.LIVE: "Nothing on the block · n: next lot",
    Phase.ENDED: "The auction is over · r: summary",
    Phase.CANCELED: "The auction is canceled",
}


class Bar(Static):
    """The first line: phase, title, viewers, round, and the line to the server at the right.

    While the auction is live the whole line is filled; when the connection is down, all of it says so.
    What does not fit is cut off the title.
    """

    def show(
        self, book: SaleBook, connection: Connection, watching: bool, ends: timedelta | None
    ) -> None:
        """`ends` is how long the access token lasts yet, where that is worth a warning."""
        silent = connection.heartbeat.silent_seconds
        down = connection.state is not ConnectionState.ONLINE
        self.set_class(down or silent is not None, "down")
        self.set_class(book.phase is Phase.LIVE, "live")
        style = "bold reverse" if book.phase is Phase.LIVE else "bold"
        phase = Text(f" {PHASE_MARKS[book.phase]} {book.phase.value.upper()} ", style)
        facts = Text()
        if book.role in {CLERK, MODERATOR}:
            facts.append(f" {book.role.upper()} ", "bold reverse")
        elif watching:
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
        title = Text(f" {isolated(book.title or f'Auction {book.auction_id}')}", "bold")
        title = padded(title, self.size.width - phase.cell_len - facts.cell_len)
        self.update(Text.assemble(phase, title, facts, no_wrap=True, overflow="crop"))


class Block(Vertical):
    """Lot on the block: last bid in solid type, next ask in lines, both as large as there is room for."""

    _rooms = (0, 0)
    """Columns for last bid and next ask, where both stand beside each other."""

    def compose(self) -> ComposeResult:
        yield Static(id="product")
        yield OneLine(id="description")
        with Vertical(id="last-box"):
            yield Static(f" {in_console.get().heading('LAST BID')} ", classes="caption")
            yield LargeNumber(NO_NUMBER, id="last")
            yield OneLine(id="bidder")
        with Vertical(id="ask-box"):
            yield Static(NEXT_ASK, id="ask-caption", classes="caption")
            ask = LargeNumber(NO_NUMBER, id="ask")
            ask.is_lined = True
            yield ask
            yield OneLine(id="step")
        with Container(id="facts"):
            yield OneLine(id="prices")
            yield OneLine(id="tally")
            yield Sparkline([0], id="rate", summary_function=max)

    def show(
        self, book: SaleBook, tally: Tally, description: str, step: int | None, now: datetime
    ) -> None:
        high, lot = book.high, book.lot
        ask = None if book.bidding.clock_ran_out else book.next_ask(step)
        self.set_class(book.phase is Phase.LIVE, "live")
        product = Text(lot.called if lot else NOTHING_UP[book.phase], "bold")
        elapsed = Text(time_up(book, now) if lot else "")
        if lot and (clock := book.bidding.told()):
            both = Text.assemble((f" {clock} ", "bold reverse"), elapsed)
            fits = product.cell_len + both.cell_len <= self.query_one("#product").size.width
            elapsed = both if fits else both[: len(clock) + 2]  # the clock matters more
        product = padded(product, self.query_one("#product").size.width - elapsed.cell_len)
        self.query_one("#product", Static).update(Text.assemble(product, elapsed, no_wrap=True))
        self._line("#description", Text(isolated(description) if lot else ""))
        numbers = (
            f"{high.amount:,}" if high else NO_NUMBER,
            f"{ask:,}" if ask is not None else NO_NUMBER,
        )
        one_line = self._fit(*numbers)
        bidder = Text(isolated(book.called(high)) if high else ("no bids yet" if lot else ""))
        bidder.stylize("bold")
        if high and high.rise:
            bidder.append(f"  +{high.rise:,}", "not bold")
        self._line("#bidder", bidder)
        more = f"+{ask - high.amount:,}" if high and ask is not None else ""
        self._line("#step", Text(more or ("first bid" if lot and ask is not None else "")))
        self._show_clock(book, ask)
        self._line("#prices", self._prices(lot, numbers[1], one_line=one_line))
        self.border_title = _reserve(book)
        self._line("#tally", Text(tally.told(now)))
        by_second = book.bids_by_second(now)
        self.query_one("#rate", Sparkline).data = [float(count) for count in by_second]
        count = sum(by_second)
        self.border_subtitle = f"{count} bid{'' if count == 1 else 's'} in the last minute"

    def _show_clock(self, book: SaleBook, ask: int | None) -> None:
        """Show a clock in its last seconds in place of the next ask."""
        seconds = book.bidding.last_seconds
        caption = self.query_one("#ask-caption", Static)
        caption.update(NEXT_ASK if seconds is None else CLOSES_IN)
        self.query_one("#ask-box").set_class(seconds is not None, "closing")
        if seconds is None:
            return
        figure = self.query_one("#ask", LargeNumber)
        rows = [
            rows
            for rows in ALL_ROWS
            if rows <= figure.size.height and figure.width_in(rows, str(seconds)) < self._rooms[1]
        ]
        figure.draw_in(rows[0] if rows else SMALL_ROWS, str(seconds))
        self._line("#step", Text(f"next ask {ask:,}" if ask is not None else ""))

    def _line(self, name: str, text: Text) -> None:
        self.query_one(name, OneLine).update(text)

    def _fit(self, last: str, ask: str) -> bool:
        """Give both numbers the largest type that has room; whether the asking price has room for none."""
        figures = self.query_one("#last", LargeNumber), self.query_one("#ask", LargeNumber)
        if not self.has_class("-one"):
            self._rooms = figures[0].size.width, figures[1].size.width
        rows_max = figures[0].size.height
        fitting = [
            rows
            for rows in ALL_ROWS
            if rows <= rows_max
            and all(
                figure.width_in(rows, number) < room
                for figure, number, room in zip(figures, (last, ask), self._rooms, strict=True)
            )
        ]
        for figure, number in zip(figures, (last, ask), strict=True):
            is_small = number == NO_NUMBER or not fitting
            figure.draw_in(SMALL_ROWS if is_small else fitting[0], number)
        too_long = not fitting and self._rooms[0] > 0
        self.set_class(too_long, "-one")
        return too_long

    def on_resize(self) -> None:
        self.remove_class("-one")

    @staticmethod
    def _prices(lot: Lot | None, ask: str, *, one_line: bool) -> Text:
        text = Text()
        if one_line:
            text.append("NEXT ASK ").append(f"{ask}  ", "bold")
        if lot is None:
            return text
        minimum, start, market = (f"{price:,}" for price in (lot.minimum, lot.start, lot.market))
        return text.append(f"min {minimum} · start {start} · market {market}")


def _reserve(book: SaleBook) -> str:
    """Whether the reserve is met, where the lot has one (D42); not what it is."""
    met = book.bidding.reserve_met
    if book.lot is None or met is None:
        return ""
    return "reserve met" if met else "RESERVE NOT MET"


def padded(text: Text, width: int) -> Text:
    """`text` in exactly so many columns."""
    text = cut(text, width)
    return text.append(" " * max(0, width - text.cell_len))


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
