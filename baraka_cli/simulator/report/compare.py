"""Comparison of two runs: what is better, what is worse, and whether they may be compared."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from baraka_cli.simulator.report import figures
from baraka_cli.simulator.report.figures import NOTHING, measured, rate
from baraka_cli.simulator.report.public import flag_value, without_password
from baraka_cli.simulator.result import FORMAT, Latency, Result
from baraka_server.contract.text import printable

SAME_RATIO_MAX = 1.10
"""Two runs of one server differ by this much; within it nothing is called better or worse."""

P50_SAMPLES_MIN, P95_SAMPLES_MIN, P99_SAMPLES_MIN, MAX_SAMPLES_MIN = 100, 400, 2_000, 10_000
"""Of fewer than this, one unlucky moment makes the figure: it is shown, and not judged."""

RESULT_BYTES_MAX = 100_000_000
"""An hour's run is about 2 MB."""

SAYS_NOTHING_OF_THE_LOAD = frozenset(
    {"url", "json", "report", "compare", "server_pid", "server_pids", "database_url", "token_file"}
)
"""Flags in a scenario that may differ between two runs that are to be compared."""


class NotAResult(ValueError):
    """A file that holds no run; the text says what is wrong with it."""


# --- what changed ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measure:
    """`lower` is whether less is better; `exact`, that a single one more is no accident.

    `samples` is what the figure was made of, and `samples_min` how much of that it takes to judge.
    """

    name: str
    of: Callable[[Result], float | None]
    shown: Callable[[float | None], str]
    lower: bool
    exact: bool = False
    samples: Callable[[Result], int] | None = None
    samples_min: int = 0

    def tells(self, run: Result) -> bool:
        return self.samples is None or self.samples(run) >= self.samples_min


@dataclass(frozen=True, slots=True)
class Change:
    """Change of one measure between two runs. None: not measured in that run. `enough`: to be judged."""

    measure: Measure
    new: float | None
    old: float | None
    enough: bool = True

    @property
    def name(self) -> str:
        return self.measure.name

    @property
    def ratio(self) -> float | None:
        """New to old; None when either is missing or there is nothing to be a multiple of."""
        if self.new is None or not self.old:
            return None
        return self.new / self.old

    @property
    def better(self) -> bool | None:
        """None: about the same, or not to be told."""
        if self.new is None or self.old is None or not self.enough:
            return None
        ratio = self.ratio
        if ratio is None:
            return None if self.new == 0 else not self.measure.lower
        noise = 1 if self.measure.exact else SAME_RATIO_MAX
        if 1 / noise <= ratio <= noise:
            return None
        return (ratio < 1) is self.measure.lower

    @property
    def mark(self) -> str:
        """`better`, `worse` or `same` behind a sign, to be read without colour; – when unknown."""
        if self.new is None or self.old is None:
            return NOTHING
        if not self.enough:
            return "? too few"
        return {True: "✓ better", False: "✗ worse", None: "= same"}[self.better]

    @property
    def shown_new(self) -> str:
        return self.measure.shown(self.new)

    @property
    def shown_old(self) -> str:
        return self.measure.shown(self.old)

    @property
    def shown_ratio(self) -> str:
        return NOTHING if self.ratio is None else f"×{self.ratio:,.2f}"


def _of_servers(value: Callable[[Any], float | None]) -> Callable[[Result], float | None]:
    """The sum over all server processes; None when one of them is not known, or there is none."""

    def sum_of(result: Result) -> float | None:
        values = [value(server) for server in result.servers]
        known = [one for one in values if one is not None]
        return sum(known) if known and len(known) == len(values) else None

    return sum_of


def _latency(name: str, of: Callable[[Result], Latency]) -> Iterator[Measure]:
    def measure(part: str, value: Callable[[Latency], float | None], samples_min: int) -> Measure:
        return Measure(
            f"{name} {part}",
            lambda run: value(of(run)),
            figures.millis,
            lower=True,
            samples=lambda run: of(run).count,
            samples_min=samples_min,
        )

    yield measure("p50", lambda one: one.p50, P50_SAMPLES_MIN)
    yield measure("p95", lambda one: one.p95, P95_SAMPLES_MIN)
    yield measure("p99", lambda one: one.p99, P99_SAMPLES_MIN)
    yield measure("max", lambda one: one.max, MAX_SAMPLES_MIN)


MEASURES: tuple[Measure, ...] = (
    *_latency("delivery", lambda run: run.delivery),
    *_latency("answer", lambda run: run.answer),
    *_latency("join", lambda run: run.join),
    Measure(
        "bids accepted/s",
        lambda run: rate(run.totals.accepted, run.seconds),
        figures.count,
        lower=False,
        samples=lambda run: run.totals.accepted,
        samples_min=P50_SAMPLES_MIN,
    ),
    Measure(
        "messages/s",
        lambda run: rate(run.totals.messages, run.seconds),
        figures.count,
        lower=False,
        samples=lambda run: run.totals.messages,
        samples_min=P50_SAMPLES_MIN,
    ),
    Measure(
        "CPU per delivery",
        _of_servers(lambda server: server.cpu_microseconds_per_delivery),
        figures.micros,
        lower=True,
        samples=lambda run: run.delivery.count,
        samples_min=P95_SAMPLES_MIN,
    ),
    Measure(
        "server memory", _of_servers(lambda server: server.rss_bytes_max), figures.size, lower=True
    ),
    Measure(
        "dropped by the server", lambda run: run.totals.dropped_by_server, figures.count, lower=True
    ),
    Measure("bids unanswered", lambda run: run.totals.unanswered, figures.count, lower=True),
    Measure(
        "promises broken",
        lambda run: sum(finding.broken > 0 for finding in run.findings),
        figures.count,
        lower=True,
        exact=True,
    ),
    Measure(
        "promises checked",
        lambda run: sum(finding.checked > 0 for finding in run.findings),
        figures.count,
        lower=False,
        exact=True,
    ),
)


def compare(new: Result, old: Result) -> list[Change]:
    """Every measure, in the order of `MEASURES`."""
    return [
        Change(one, measured(one.of(new)), measured(one.of(old)), one.tells(new) and one.tells(old))
        for one in MEASURES
    ]


# --- whether they may be compared --------------------------------------------


def doubts(new: Result, old: Result) -> list[str]:
    """Why a difference may not be the server's doing, in sentences; empty when nothing is known."""
    return list(_doubts(new, old))


def _doubts(new: Result, old: Result) -> Iterator[str]:
    other = _other(new.scenario, old.scenario)
    if other:
        yield f"The scenario was another one: {'; '.join(other)}."
    for when, run in (("This run", new), ("The earlier run", old)):
        if run.bottleneck:
            yield f"{when} was held up by the simulator: {printable(run.bottleneck)}"
        if run.could_not:
            yield f"{when} broke off: {printable(run.could_not)}"


def _other(new: dict[str, Any], old: dict[str, Any]) -> list[str]:
    names = [name for name in {**new, **old} if name not in SAYS_NOTHING_OF_THE_LOAD]
    return [
        f"{printable(name)} {_told(name, old)} then, {_told(name, new)} now"
        for name in names
        if new.get(name) != old.get(name)
    ]


def _told(name: str, scenario: dict[str, Any]) -> str:
    value = scenario.get(name)
    text = NOTHING if value is None else printable(flag_value(name, value))
    return text if len(text) <= 40 else f"{text[:39]}…"


# --- for people --------------------------------------------------------------

STYLES = {True: "green", False: "bold red", None: "dim"}


def print_comparison(console: Console, new: Result, old: Result) -> None:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("compared")
    for name in ("then", "now", "ratio"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for change in compare(new, old):
        if change.new is None and change.old is None:
            continue
        mark = Text(change.mark, style=STYLES[change.better])
        table.add_row(change.name, change.shown_old, change.shown_new, change.shown_ratio, mark)
    console.print()
    console.print(table)
    console.print(
        Text(
            f"then: {printable(old.started_at)}, {printable(without_password(old.url))}",
            style="dim",
        )
    )
    for doubt in doubts(new, old):
        console.print(Text.assemble(("! ", "bold yellow"), doubt))


# --- reading -----------------------------------------------------------------


def read_result(path: Path) -> Result:
    """The run that `--json` wrote into `path`. Raises `NotAResult`."""
    try:
        with path.open("rb") as file:
            data = file.read(RESULT_BYTES_MAX + 1)
    except FileNotFoundError:
        raise NotAResult(f"{path}: there is no such file") from None
    except OSError as error:
        raise NotAResult(f"{path} cannot be read: {error.strerror or error}") from None
    if len(data) > RESULT_BYTES_MAX:
        raise NotAResult(f"{path} is larger than {figures.size(RESULT_BYTES_MAX)}: not a result")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NotAResult(f"{path} is no JSON: {error}") from None
    if not isinstance(value, dict) or "format" not in value:
        raise NotAResult(f"{path} is no result of baraka simulate --json")
    if value["format"] != FORMAT:
        by = f", written by Baraka {value['baraka']}" if value.get("baraka") else ""
        raise NotAResult(
            f"{path} has format {value['format']!r}{by}; this Baraka reads format {FORMAT}"
        )
    try:
        return Result.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise NotAResult(f"{path} is no result: {where}: {first['msg']}") from None
