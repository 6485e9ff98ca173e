"""Closing tables of a run, for a terminal; the verdict is the last line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from baraka_cli.plural import plural
from baraka_cli.simulator.report.figures import (
    NOTHING,
    clock,
    count,
    micros,
    millis,
    rate,
    size,
)
from baraka_cli.simulator.report.measures import MEASURES, values
from baraka_cli.simulator.report.probes import print_probes
from baraka_cli.simulator.report.public import without_password
from baraka_cli.simulator.report.screen import STYLES
from baraka_cli.simulator.report.verdict import (
    UNITS,
    Grade,
    all_findings,
    grade,
    mark,
    note,
    shortened,
    verdict,
)
from baraka_cli.simulator.result import Finding, Result
from baraka_server.contract.text import printable

REFUSALS_SHOWN_MAX = 12
"""Kinds of refusals in the table; a server without codes may have one text for every amount."""


def print_report(console: Console, result: Result) -> None:
    console.print(_heading(result))
    console.print()
    if result.probes:
        print_probes(console, result)
    else:
        _print_sale(console, result)
    console.print()
    _print_verdict(console, result)


def _print_sale(console: Console, result: Result) -> None:
    console.print(_table(("the sale", ""), totals(result), numbers=(1,)))
    console.print()
    console.print(_table(("latency", *LATENCY), latencies(result), numbers=(1, 2, 3, 4, 5, 6)))
    for columns, rows in more_tables(result):
        console.print()
        console.print(_table(columns, rows, numbers=range(1, _numbers(columns))))
    if result.servers:
        console.print()
        console.print(_table(SERVERS, servers(result), numbers=(1, 2, 3, 4)))
    console.print()
    console.print(_promises(result))
    for broken in _offenders(result):
        console.print(broken, soft_wrap=True)


# --- what the page shows too -------------------------------------------------

LATENCY = ("p50", "p95", "p99", "max", "due", "lost")
SERVERS = ("process", "CPU seconds", "per delivery", "memory", "open files")
WHY_NOT, WHAT_BROKE = "why not all", "what broke"
TEXTS = frozenset({WHY_NOT, WHAT_BROKE})
"""The columns that are no figures, beside the first; they come last."""


def totals(result: Result) -> list[tuple[str, str]]:
    """Rows of name and figure."""
    all_ = result.totals

    def with_rate(total: int, bidding: int, shown: Callable[[float | None], str]) -> str:
        a_second = rate(bidding, all_.bidding_seconds)
        return shown(total) if a_second is None else f"{shown(total)} ({shown(a_second)}/s)"

    return [
        ("duration", clock(result.seconds)),
        ("of which bidding", clock(all_.bidding_seconds)),
        ("viewers at most", count(all_.viewers_max)),
        ("sockets in the room at most", count(all_.in_room_max)),
        ("connections", count(all_.connections)),
        ("reconnections", count(all_.reconnections)),
        ("dropped by the server", count(all_.dropped_by_server)),
        ("gaps", count(all_.gaps)),
        ("missed live", f"{count(all_.missed_live)} ({count(all_.superseded)} superseded)"),
        ("bids asked", with_rate(all_.asked, all_.asked, count)),
        ("bids accepted", with_rate(all_.accepted, all_.accepted, count)),
        ("bids refused", count(all_.refused)),
        ("bids unanswered", count(all_.unanswered)),
        ("bids sent twice", count(all_.repeated)),
        ("comments", count(all_.comments)),
        ("lots", f"{count(all_.lots)} ({count(all_.sold)} sold, {count(all_.passed)} passed)"),
        ("turnover", count(all_.turnover)),
        ("messages received", with_rate(all_.messages, all_.bidding_messages, count)),
        ("bytes received", with_rate(all_.bytes, all_.bidding_bytes, size)),
    ]


def more_tables(result: Result) -> Iterator[tuple[tuple[str, ...], list[tuple[str, ...]]]]:
    """Columns and rows of those that are not empty. The first column is text, and `WHY_NOT` is."""
    if result.repeats:
        columns = (f"of {len(result.runs)} runs", "in the middle", "lowest", "highest")
        yield columns, series(result)
    if result.aims:
        yield ("", "planned", "reached", WHY_NOT), aims(result)
    if result.replay is not None and result.replay.differences:
        rest = result.replay.different - len(result.replay.differences)
        more = [(f"and {rest:,} more",)] if rest else []
        yield (DIFFERS,), [*((printable(one),) for one in result.replay.differences), *more]
    if result.steps:
        yield STEPS, steps(result)
    if result.thresholds:
        yield ("threshold", "limit", "measured", ""), thresholds(result)
    if result.refusals:
        yield ("refused because", "bids"), refusals(result.refusals)
    if result.requests:
        yield REQUESTS, requests(result)
    if result.other_refusals:
        yield ("refused beside bids", "times"), refusals(result.other_refusals)


STEPS = ("bids a second", "asked", "accepted", "delivery p99", "lost", "unanswered", WHAT_BROKE)
DIFFERS = "what differs from the record"
REQUESTS = ("beside bids", "sent", "done", "refused", "unanswered")


def series(result: Result) -> list[tuple[str, ...]]:
    rows = []
    for measure in MEASURES:
        found = values(measure, result)
        if found:
            three = (median(found), min(found), max(found))
            rows.append((measure.name, *map(measure.shown, three)))
    return rows


def aims(result: Result) -> list[tuple[str, ...]]:
    return [
        (aim.what, count(aim.planned), count(aim.reached), printable(aim.why))
        for aim in result.aims
    ]


def thresholds(result: Result) -> list[tuple[str, ...]]:
    return [
        (
            printable(one.name),
            with_unit(one.limit, one.unit),
            with_unit(one.value, one.unit),
            "✓" if one.holds else "✗",
        )
        for one in result.thresholds
    ]


def with_unit(value: float | None, unit: str) -> str:
    return UNITS.get(unit, count)(value)


def steps(result: Result) -> list[tuple[str, ...]]:
    return [
        (
            f"{one.rate:,.1f}",
            count(one.asked),
            count(one.accepted),
            millis(one.p99),
            count(one.lost),
            count(one.unanswered),
            printable(one.why) or "held",
        )
        for one in result.steps
    ]


def requests(result: Result) -> list[tuple[str, ...]]:
    return [
        (
            printable(event),
            *(count(n) for n in (one.sent, one.done, one.refused, one.unanswered)),
        )
        for event, one in sorted(result.requests.items())
    ]


def latencies(result: Result) -> list[tuple[str, ...]]:
    """Rows of name and `LATENCY`."""
    return [
        (
            name,
            *(millis(value) for value in (one.p50, one.p95, one.p99, one.max)),
            count(one.count),
            count(one.lost),
        )
        for name, one in (
            ("delivery: bid to each viewer", result.delivery),
            ("answer: bid to its bidder", result.answer),
            ("join: connecting to the room", result.join),
        )
    ]


def refusals(counted: Mapping[str, int]) -> list[tuple[str, ...]]:
    """The most frequent first; what is beyond `REFUSALS_SHOWN_MAX` in one row."""
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    rows: list[tuple[str, ...]] = [
        (printable(code), count(times)) for code, times in ranked[:REFUSALS_SHOWN_MAX]
    ]
    rest = ranked[REFUSALS_SHOWN_MAX:]
    if rest:
        others = f"{plural(len(rest), 'other reason', 'other reasons')}"
        rows.append((others, count(sum(times for _, times in rest))))
    return rows


def servers(result: Result) -> list[tuple[str, ...]]:
    """Rows of `SERVERS`."""
    return [
        (
            f"pid {one.pid}",
            f"{one.cpu_seconds:,.1f}",
            micros(one.cpu_microseconds_per_delivery),
            f"{size(one.rss_bytes_start)}, at most {size(one.rss_bytes_max)}",
            f"{count(one.files_start)}, at most {count(one.files_max)}",
        )
        for one in result.servers
    ]


def about(result: Result) -> list[tuple[str, str]]:
    """Rows of name and text: what was run, and where."""
    auctions = ", ".join(map(str, result.auctions)) or NOTHING
    simulator = f"Baraka {printable(result.baraka)}" if result.baraka else NOTHING
    if result.processes > 1:
        simulator += f", in {result.processes} processes"
    return [
        ("server", printable(without_password(result.url))),
        ("started", printable(result.started_at)),
        ("auctions", auctions),
        ("additions of the server", printable(result.server) or NOTHING),
        ("simulator", simulator),
    ]


# --- for the terminal --------------------------------------------------------


def _heading(result: Result) -> Text:
    text = Text("The run", style="bold")
    for name, value in about(result):
        text.append(f"\n{name}: ", style="dim").append(value, style="not bold")
    return text


def _numbers(columns: Sequence[str]) -> int:
    return len(columns) - (columns[-1] in TEXTS)


def _table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()
) -> Table:
    table = _bare_table()
    for place, name in enumerate(columns):
        number = place in numbers
        table.add_column(
            name, justify="right" if number else "left", no_wrap=number, overflow="fold"
        )
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _bare_table() -> Table:
    return Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))


def _promises(result: Result) -> Table:
    table = _bare_table()
    table.add_column("", no_wrap=True)
    table.add_column("promise", overflow="fold")
    table.add_column("checked", justify="right", no_wrap=True)
    for finding in all_findings(result):
        style = STYLES[grade(finding)]
        table.add_row(
            Text(mark(finding), style=style),
            _with_note(finding, style),
            Text(count(finding.checked) if finding.checked else NOTHING),
        )
    return table


def _with_note(finding: Finding, style: str) -> Text:
    text = Text(finding.title, style=style)
    told = note(finding)
    return text.append(f"\n{told}", style="red" if finding.broken else "dim") if told else text


def _offenders(result: Result) -> Iterator[Text]:
    """The first offending message of each broken promise, in full, to be copied."""
    for finding in all_findings(result):
        if not finding.first:
            continue
        breach = finding.first[0]
        yield Text()
        yield Text.assemble(
            (f"✗ {finding.title}", "bold red"),
            f"\n  at {clock(breach.at)}: {printable(breach.what)}",
        )
        if breach.message:
            yield Text(f"  {shortened(breach.message)}")


def _print_verdict(console: Console, result: Result) -> None:
    found = verdict(result)
    for detail in found.details:
        console.print(Text(detail, style="dim" if found.grade is Grade.KEPT else ""))
    for caveat in found.caveats:
        console.print(Text.assemble(("! ", "bold yellow"), caveat))
    style = "yellow" if found.grade is Grade.UNCHECKED else STYLES[found.grade]
    console.print(Text(f"{found.mark} {found.headline}", style=f"bold {style}"))
