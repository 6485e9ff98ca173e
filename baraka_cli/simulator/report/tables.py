"""Closing tables of a run, for a terminal; the verdict is the last line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from baraka_cli.simulator.report.figures import (
    NOTHING,
    clock,
    count,
    micros,
    millis,
    plural,
    rate,
    size,
)
from baraka_cli.simulator.report.public import without_password
from baraka_cli.simulator.report.screen import STYLES
from baraka_cli.simulator.report.verdict import (
    Outcome,
    all_findings,
    mark,
    note,
    outcome,
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
    console.print(_table(("the sale", ""), totals(result), numbers=(1,)))
    console.print()
    console.print(_table(("latency", *LATENCY), latencies(result), numbers=(1, 2, 3, 4, 5)))
    if result.refusals:
        console.print()
        console.print(_table(("refused because", "bids"), refusals(result), numbers=(1,)))
    if result.servers:
        console.print()
        console.print(_table(SERVERS, servers(result), numbers=(1, 2, 3, 4)))
    console.print()
    console.print(_promises(result))
    for broken in _offenders(result):
        console.print(broken, soft_wrap=True)
    console.print()
    _print_verdict(console, result)


# --- what the page shows too -------------------------------------------------

LATENCY = ("p50", "p95", "p99", "max", "measured")
SERVERS = ("server process", "CPU seconds", "CPU per delivery", "memory at first", "at most")


def totals(result: Result) -> list[tuple[str, str]]:
    """Rows of name and figure."""
    all_ = result.totals

    def with_rate(total: int, shown: Callable[[float | None], str]) -> str:
        a_second = rate(total, result.seconds)
        return shown(total) if a_second is None else f"{shown(total)} ({shown(a_second)}/s)"

    return [
        ("duration", clock(result.seconds)),
        ("viewers at most", count(all_.viewers_max)),
        ("connections", count(all_.connections)),
        ("reconnections", count(all_.reconnections)),
        ("dropped by the server", count(all_.dropped_by_server)),
        ("bids asked", count(all_.asked)),
        ("bids accepted", with_rate(all_.accepted, count)),
        ("bids refused", count(all_.refused)),
        ("bids unanswered", count(all_.unanswered)),
        ("comments", count(all_.comments)),
        ("lots", f"{count(all_.lots)} ({count(all_.sold)} sold, {count(all_.passed)} passed)"),
        ("turnover", count(all_.turnover)),
        ("messages received", with_rate(all_.messages, count)),
        ("bytes received", with_rate(all_.bytes, size)),
    ]


def latencies(result: Result) -> list[tuple[str, ...]]:
    """Rows of name and `LATENCY`."""
    return [
        (
            name,
            *(millis(value) for value in (one.p50, one.p95, one.p99, one.max)),
            count(one.count),
        )
        for name, one in (
            ("delivery: bid to each viewer", result.delivery),
            ("answer: bid to its bidder", result.answer),
            ("join: connecting to the room", result.join),
        )
    ]


def refusals(result: Result) -> list[tuple[str, str]]:
    """The most frequent first; what is beyond `REFUSALS_SHOWN_MAX` in one row."""
    ranked = sorted(result.refusals.items(), key=lambda item: (-item[1], item[0]))
    rows = [(printable(code), count(times)) for code, times in ranked[:REFUSALS_SHOWN_MAX]]
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
            size(one.rss_bytes_start),
            size(one.rss_bytes_max),
        )
        for one in result.servers
    ]


def about(result: Result) -> list[tuple[str, str]]:
    """Rows of name and text: what was run, and where."""
    auctions = ", ".join(map(str, result.auctions)) or NOTHING
    return [
        ("server", printable(without_password(result.url))),
        ("started", printable(result.started_at)),
        ("auctions", auctions),
        ("additions of the server", printable(result.server) or NOTHING),
        ("simulator", f"Baraka {printable(result.baraka)}" if result.baraka else NOTHING),
    ]


# --- for the terminal --------------------------------------------------------


def _heading(result: Result) -> Text:
    text = Text("The run", style="bold")
    for name, value in about(result):
        text.append(f"\n{name}: ", style="dim").append(value, style="not bold")
    return text


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
        style = STYLES[outcome(finding)]
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
        console.print(Text(detail, style="dim" if found.outcome is Outcome.KEPT else ""))
    for caveat in found.caveats:
        console.print(Text.assemble(("! ", "bold yellow"), caveat))
    style = "yellow" if found.outcome is Outcome.UNCHECKED else STYLES[found.outcome]
    console.print(Text(f"{found.mark} {found.headline}", style=f"bold {style}"))
