"""Picture of the servers for a terminal of a given size."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from baraka_cli.top.reading import Hot, hottest
from baraka_cli.top.server import State, Watched
from baraka_cli.top.summary import (
    LATE_SECONDS,
    SLOW_SECONDS,
    Summary,
    Worker,
    troubles,
    unwatched,
    workers,
)
from baraka_server.contract.text import printable

BAD, LOOK, GOOD, QUIET = "bold red", "yellow", "green", "dim"
WIDE = 110
"""From this width on there is room for what else is known."""
TROUBLES_MAX = 4
WORKERS_MAX = 6


def picture(watched: Sequence[Watched], width: int, height: int, clock: str = "") -> RenderableType:
    """All that is known, in so many columns and lines; the auctions take what lines are left."""
    summaries = {one.url: Summary.of(one.change) for one in watched if one.change and _is_up(one)}
    troubled = _troubles(watched, width)
    of_workers = [worker for one in watched if _is_up(one) for worker in workers(one)]
    several = len(of_workers) > len(summaries)
    shown = of_workers[: WORKERS_MAX if height >= 30 else 3] if several else []
    servers = _servers(watched, summaries, wide=width >= WIDE)
    used = 1 + (1 + len(troubled)) + (2 + len(watched)) + (2 + len(shown) if shown else 0)
    room = max(1, height - used - 2)
    hot = hottest([one.change for one in watched if one.change and _is_up(one)])
    parts: list[RenderableType] = [_headline(watched, list(summaries.values()), clock)]
    parts += troubled or [Text("nothing is wrong", style=GOOD)]
    parts += [Text(), servers]
    if shown:
        parts += [Text(), _workers(shown)]
    parts += [Text(), _auctions(hot[:room], wide=width >= WIDE)]
    return Group(*parts)


def _is_up(one: Watched) -> bool:
    return one.state is State.UP


def _headline(watched: Sequence[Watched], up: Sequence[Summary], clock: str) -> Text:
    text = Text("Baraka ", style="bold", no_wrap=True, overflow="ellipsis")
    count = f"{len(up)} server{'' if len(up) == 1 else 's'}"
    text.append(count if len(up) == len(watched) else f"{len(up)} of {len(watched)} servers")
    text.append(
        f" · {sum(one.viewers for one in up):,} viewers"
        f" · {max((one.live for one in up), default=0)} live"
        f" · {sum(one.bids_per_second for one in up):,.1f} bids/s",
        style="not bold",
    )
    return text.append(f"  {clock}", style=f"not bold {QUIET}")


def _troubles(watched: Sequence[Watched], width: int) -> list[Text]:
    found = [(one, text) for one in watched for text in troubles(one)]
    lines = [
        Text(printable(f"! {one.name}: {text}"), style=BAD, no_wrap=True, overflow="ellipsis")
        for one, text in found[:TROUBLES_MAX]
    ]
    if len(found) > TROUBLES_MAX:
        lines.append(Text(f"! and {len(found) - TROUBLES_MAX} more", style=BAD))
    if others := unwatched(list(watched)):
        names = ", ".join(others)
        text = f"other servers are heard that are not watched (--url): {names}"
        lines.append(Text(printable(text), style=LOOK, no_wrap=True, overflow="ellipsis"))
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return lines


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style=QUIET)
    for name in columns:
        is_text = name in {"server", "worker of", "auction", "db", "relay"}
        table.add_column(
            name, justify="left" if is_text else "right", no_wrap=True, overflow="ellipsis"
        )
    return table


def _servers(watched: Sequence[Watched], summaries: dict[str, Summary], *, wide: bool) -> Table:
    more = ("refused/s", "sent/s", "waiting", "MB", "version") if wide else ()
    table = _table(
        *("server", "viewers", "bids/s", "answer", "told", "commit", "loop", "cpu"),
        *("wrk", "db", "relay"),
        *more,
    )
    for one in watched:
        name = Text(printable(one.name)[:20])
        summary = summaries.get(one.url)
        if summary is None:
            table.add_row(name, Text(one.state.value, style=BAD))
            continue
        of_all = f"{summary.workers}/{summary.workers_wanted}"
        cells: list[RenderableType] = [
            name,
            f"{summary.viewers:,}",
            f"{summary.bids_per_second:,.1f}",
            _time(summary.answer_seconds, SLOW_SECONDS),
            _time(summary.delivery_seconds, SLOW_SECONDS),
            _time(summary.commit_seconds, SLOW_SECONDS),
            _time(summary.loop_lag_seconds, LATE_SECONDS),
            f"{summary.cpu * 100:.0f}%",
            Text(of_all, style=BAD if summary.workers < summary.workers_wanted else ""),
            _well(summary.database),
            Text("–", style=QUIET) if summary.relay is None else _well(summary.relay),
        ]
        if wide:
            cells += [
                f"{summary.refused_per_second:,.1f}",
                f"{summary.deliveries_per_second:,.0f}",
                f"{summary.waiting:,}",
                f"{summary.memory_bytes / 1e6:,.0f}",
                printable(one.change.now.version) if one.change else "",
            ]
        table.add_row(*cells)
    return table


def _workers(shown: Sequence[Worker]) -> Table:
    table = _table("worker of", "number", "viewers", "lag", "heard")
    for one in shown:
        heard = Text(f"{one.silent_seconds:.0f} s ago", style=BAD) if one.is_silent else Text("now")
        table.add_row(
            Text(printable(one.node)[:20]),
            str(one.number),
            f"{one.viewers:,}",
            _time(one.lag_seconds, LATE_SECONDS),
            heard,
        )
    return table


def _auctions(hot: Sequence[Hot], *, wide: bool) -> RenderableType:
    if not hot:
        return Text("No auction is at work.", style=QUIET)
    table = _table("auction", "viewers", "slow", "bids/s", "events/s", "waiting", "told")
    for one in hot:
        title = printable(f"{one.id} {one.title}")
        name = Text(title, no_wrap=True)
        name.truncate(48 if wide else 30, overflow="ellipsis")
        table.add_row(
            name,
            f"{one.viewers:,}",
            Text(f"{one.lagging:,}", style=LOOK if one.lagging else ""),
            f"{one.bids_per_second:,.1f}",
            f"{one.commands_per_second:,.1f}",
            f"{one.waiting:,}",
            _time(one.lag_seconds, SLOW_SECONDS),
        )
    return table


def _time(seconds: float | None, bad_from: float) -> Text:
    if seconds is None:
        return Text("–", style=QUIET)
    shown = (
        f"{seconds:.1f} s"
        if seconds >= 1
        else f"{seconds * 1000:.{1 if seconds < 0.01 else 0}f} ms"
    )
    return Text(shown, style=BAD if seconds >= bad_from else "")


def _well(well: bool) -> Text:
    return Text("ok", style=GOOD) if well else Text("BAD", style=BAD)
