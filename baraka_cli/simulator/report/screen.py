"""Live display of a run: a full screen on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from baraka_cli import terminal
from baraka_cli.plural import plural
from baraka_cli.simulator.report.figures import (
    NOTHING,
    clock,
    count,
    highest,
    millis,
    percent,
    rate,
    size,
    sparkline,
)
from baraka_cli.simulator.report.public import without_password
from baraka_cli.simulator.report.verdict import Grade, all_findings, grade, mark, note
from baraka_cli.simulator.result import Finding, Result, Second
from baraka_server.contract.text import printable

LINE_EVERY_SECONDS = 5
"""Interval of plain lines where there is no terminal."""

HISTORY_SECONDS = 300
"""More than the widest terminal has room for; the picture is drawn between two deliveries."""

LATEST_SECONDS = 10
"""Greatest age of a figure that stands for now."""

TWO_COLUMNS_CELLS_MIN = 72
"""The width from which the figures stand in two columns."""

SHORT_CELLS_MIN = 38
"""What a promise takes whose name stands for its words, and how often it was checked."""

PROMISE_CELLS_MAX = 76
"""A promise and how often it was checked; reasons stand to the right of that where there is room."""
NOTE_CELLS_MIN = 30

STYLES = {
    Grade.KEPT: "green",
    Grade.BROKEN: "bold red",
    Grade.UNCHECKED: "dim",
    Grade.UNFINISHED: "yellow",
    Grade.EXCEEDED: "bold red",
}


class Screen:
    """`with Screen(…) as screen: screen.show(result, phase)`, once a second.

    `console` is where the picture goes when it is a terminal; otherwise lines go to `aside`, which is
    stderr unless something else is given. `seconds` is how long the run is to last, None when its
    end is not known.
    """

    def __init__(
        self,
        console: Console,
        *,
        title: str,
        seconds: float | None,
        aside: Console | None = None,
    ) -> None:
        self._console = console
        self._aside = aside or terminal.stderr
        self._title = printable(title)
        self._seconds = seconds
        self._live: Live | None = None
        self._told: set[str] = set()
        self._seen = 0
        self._gone = ""
        self._next_line = 0.0

    def __enter__(self) -> Self:
        if self._console.is_interactive:
            # An alternate screen: what was there comes back, and no resizing smears the picture.
            self._live = Live(console=self._console, screen=True, auto_refresh=False)
            self._live.start()
        else:
            self._say(self._title)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def show(self, result: Result, phase: str) -> None:
        """The run so far; `phase` says in words what is going on."""
        if self._live is None:
            self._tell(result, phase)
            return
        width, height = self._console.size
        if result.server_gone:
            phase = f"the server is gone: {result.server_gone}"
        shown = picture(result, phase, self._title, self._seconds, width, height)
        self._live.update(shown, refresh=True)

    def _tell(self, result: Result, phase: str) -> None:
        """A breach at once, and that the server is gone; everything else every few seconds."""
        if result.server_gone != self._gone:
            self._gone = result.server_gone
            self._say(
                f"! The server is gone: {printable(self._gone)}" if self._gone else "It is back."
            )
        for finding in all_findings(result):
            if finding.broken and finding.promise not in self._told:
                self._told.add(finding.promise)
                self._say(f"✗ {finding.title}: {note(finding)}")
        if _elapsed(result) >= self._next_line:
            self._next_line = _elapsed(result) + LINE_EVERY_SECONDS
            new = result.timeline[self._seen :]
            self._seen = len(result.timeline)
            self._say(line(result, phase, self._seconds, new))

    def _say(self, text: str) -> None:
        self._aside.print(Text(text), soft_wrap=True)


# --- a line ------------------------------------------------------------------


def line(result: Result, phase: str, seconds: float | None, new: Sequence[Second]) -> str:
    """The run so far on one line; rates are of the seconds that are `new`."""
    findings = all_findings(result)
    kept = sum(finding.holds is True for finding in findings)
    broken = sum(finding.holds is False for finding in findings)

    def a_second(total: int) -> str:
        return count(rate(total, len(new)))

    worst = highest(second.delivery.p99 for second in new) or None
    parts = [
        _progress(result, seconds),
        printable(phase),
        f"{new[-1].viewers if new else 0:,} viewers",
        f"bids/s {a_second(sum(one.asked for one in new))} asked "
        f"{a_second(sum(one.accepted for one in new))} accepted "
        f"{a_second(sum(one.refused for one in new))} refused",
        f"{a_second(sum(one.messages for one in new))} messages/s",
        f"delivery p99 {millis(worst)}",
        plural(sum(one.errors for one in result.timeline), "error", "errors"),
        f"{plural(kept, 'promise', 'promises')} kept, {broken} broken",
    ]
    return " · ".join(part for part in parts if part)


def _elapsed(result: Result) -> float:
    last = result.timeline[-1].at + 1 if result.timeline else 0
    return max(result.seconds, last)


def _progress(result: Result, seconds: float | None) -> str:
    elapsed = _elapsed(result)
    if seconds is None:
        return clock(elapsed)
    # Coming, leaving and the last checks take the time that they take.
    return f"{clock(elapsed)}{' of' if elapsed <= seconds else ', planned'} {clock(seconds)}"


# --- the picture -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Meter:
    """A figure with its history, one value a second."""

    name: str
    value: str
    history: Sequence[float | None]
    style: str = ""


def picture(
    result: Result, phase: str, title: str, seconds: float | None, width: int, height: int
) -> Group:
    """Exactly `height` lines at most, each at most `width` cells."""
    head = [_header(result, title, width), _bar(result, seconds, width)]
    meters = [_rule(printable(phase), width), *_meters(result, width)]
    spare = height - len(head) - len(meters)
    return Group(*[*head, *meters, *_promises(result, width, spare)][:height])


def _header(result: Result, title: str, width: int) -> Text:
    url = printable(without_password(result.url))
    where = "" if url in title else f"  {url}"
    return _fit(Text.assemble((title, "bold"), (where, "dim")), width)


def _bar(result: Result, seconds: float | None, width: int) -> RenderableType:
    told = f" {_progress(result, seconds)}"
    total = seconds or None
    bar = ProgressBar(
        total=total,
        completed=_elapsed(result),
        width=max(1, width - len(told)),
        # The usual red is for what is broken.
        complete_style="cyan",
        finished_style="cyan",
        pulse_style="cyan",
        # Without an end there is no progress to show, only that it goes on.
        pulse=total is None,
        animation_time=_elapsed(result),
    )
    row = Table.grid()
    row.add_row(bar, Text(told, no_wrap=True))
    return row


def _rule(text: str, width: int, right: str = "") -> Text:
    left = _fit(Text(f"── {text} " if text else "", style="cyan"), max(0, width - len(right) - 1))
    dashes = max(0, width - left.cell_len - len(right) - (1 if right else 0))
    return Text.assemble(left, ("─" * dashes, "cyan"), f" {right}" if right else "")


def _meters(result: Result, width: int) -> Iterator[Text]:
    left, right = _figures(result)
    if width < TWO_COLUMNS_CELLS_MIN:
        for meter in (*left, *right):
            yield _meter(meter, width)
        return
    half = (width - 2) // 2
    for one, other in zip(left, right, strict=True):
        row = _meter(one, half)
        row.pad_right(half + 2 - row.cell_len)
        yield row.append_text(_meter(other, width - half - 2))


def _figures(result: Result) -> tuple[list[Meter], list[Meter]]:
    recent = result.timeline[-HISTORY_SECONDS:]

    def meter(
        name: str,
        of: Callable[[Second], float | None],
        shown: Callable[[float | None], str] = count,
    ) -> Meter:
        history = [of(second) for second in recent]
        return Meter(name, shown(_latest(history)), history)

    errors = meter("errors", lambda second: second.errors)
    total = sum(second.errors for second in result.timeline)
    left = [
        meter("viewers", lambda second: second.viewers),
        meter("bids asked/s", lambda second: second.asked),
        meter("accepted/s", lambda second: second.accepted),
        meter("refused/s", lambda second: second.refused),
        meter("comments/s", lambda second: second.comments),
        meter("messages/s", lambda second: second.messages),
        Meter("errors", count(total), errors.history, "bold red" if total else ""),
    ]
    right = [
        meter("delivery p50", lambda second: second.delivery.p50, millis),
        meter("delivery p95", lambda second: second.delivery.p95, millis),
        meter("delivery p99", lambda second: second.delivery.p99, millis),
        meter("server CPU", lambda second: second.server_cpu, percent),
        meter("server memory", lambda second: second.server_rss_bytes, size),
        meter("own CPU", lambda second: second.own_cpu, percent),
        meter("own lateness", lambda second: second.lag_ms, millis),
    ]
    return left, right


def _latest(history: Sequence[float | None]) -> float | None:
    """The newest value there is: between two lots nothing is delivered, and a – would flicker."""
    newest = reversed(history[-LATEST_SECONDS:])
    return next((value for value in newest if value is not None), None)


NAME_CELLS, VALUE_CELLS = 13, 10


def _meter(meter: Meter, width: int) -> Text:
    text = Text(f"{meter.name:<{NAME_CELLS}}{meter.value:>{VALUE_CELLS}} ", style=meter.style)
    bars = sparkline(meter.history, max(0, width - text.cell_len))
    return _fit(text.append(bars, style=meter.style or "blue"), width)


def _promises(result: Result, width: int, height: int) -> Iterator[Text]:
    """Broken ones first. Where room is short, the others are told by their names alone, side by side.

    What does not fit even so is counted on the last line.
    """
    findings = sorted(all_findings(result), key=lambda finding: not finding.broken)
    yield _rule("promises", min(width, PROMISE_CELLS_MAX), "checked")
    blocks = [list(_promise(finding, width)) for finding in findings]
    room = height - 1
    if sum(map(len, blocks)) > room:
        broken = sum(finding.broken > 0 for finding in findings)
        shorter = [*blocks[:broken], *_side_by_side(findings[broken:], width)]
        if sum(map(len, shorter)) <= room:
            blocks = shorter
    for number, block in enumerate(blocks):
        rest = len(blocks) - number
        if sum(map(len, blocks[number:])) > room and len(block) > room - 1:
            yield _fit(_and_more(findings[number:], rest), width)
            return
        yield from block
        room -= len(block)


def _side_by_side(findings: Sequence[Finding], width: int) -> Iterator[list[Text]]:
    """Blocks of one line each, in as many columns as there is room for, read downwards."""
    columns = max(1, width // SHORT_CELLS_MIN)
    rows = -(-len(findings) // columns)
    for row in range(rows):
        line = Text()
        for finding in findings[row::rows]:
            line.append_text(_short(finding, width // columns))
        yield [_fit(line, width)]


def _short(finding: Finding, width: int) -> Text:
    """Exactly `width` cells. The name is the one that `--except` takes, as words."""
    checked = count(finding.checked) if finding.checked else NOTHING
    name = finding.promise.replace("_", " ")
    cells = max(0, width - 2)
    text = _fit(
        Text(f"{mark(finding)} {name}", STYLES[grade(finding)]), max(0, cells - len(checked) - 1)
    )
    text.pad_right(max(0, cells - len(checked) - text.cell_len))
    return text.append(f"{checked}  ")


def _and_more(findings: Sequence[Finding], rest: int) -> Text:
    kinds = [grade(finding) for finding in findings]
    told = [
        f"{kinds.count(kind)} {word}"
        for kind, word in (
            (Grade.BROKEN, "broken"),
            (Grade.KEPT, "kept"),
            (Grade.UNCHECKED, "not checked"),
        )
        if kind in kinds
    ]
    style = "bold red" if Grade.BROKEN in kinds else "dim"
    return Text(f"… and {rest} more: {', '.join(told)}", style=style)


def _promise(finding: Finding, width: int) -> Iterator[Text]:
    style = STYLES[grade(finding)]
    checked = count(finding.checked) if finding.checked else NOTHING
    cells = min(width, PROMISE_CELLS_MAX)
    row = _fit(Text(f"{mark(finding)} {finding.title}", style), max(0, cells - len(checked) - 1))
    row.pad_right(max(0, cells - len(checked) - row.cell_len))
    row.append(checked)
    beside = finding.unchecked and not finding.broken and width - cells >= NOTE_CELLS_MIN
    yield _fit(row.append(f"  {note(finding)}"), width) if beside else row
    if finding.broken:
        yield _fit(Text(f"  {note(finding)}", style="red"), width)


def _fit(text: Text, width: int) -> Text:
    text.no_wrap = True
    text.truncate(width, overflow="ellipsis")
    return text
