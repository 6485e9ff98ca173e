"""Comparison of two runs or series of runs: what is better, what is worse, and what is only noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from baraka_cli.plural import plural
from baraka_cli.simulator.report.figures import NOTHING
from baraka_cli.simulator.report.measures import MEASURES, Kind, Measure, values
from baraka_cli.simulator.report.public import flag_value, without_password
from baraka_cli.simulator.result import Result
from baraka_server.contract.text import printable

SAME_RATIO_MAX = 1.05
"""Of two series of runs: a difference that is real, and too small to be told as one."""

SAYS_NOTHING_OF_THE_LOAD = frozenset(
    {
        *("url", "json", "report", "compare", "server_pid", "server_pids", "database_url"),
        *("token_file", "max_p99_ms", "max_lost", "max_unanswered", "min_accepted_per_second"),
    }
)
"""Flags in a scenario that may differ between two runs that are to be compared."""


# --- what changed ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """Change of one measure between two series of runs, of one run or more. `enough`: to be judged."""

    measure: Measure
    now: Sequence[float]
    then: Sequence[float]
    enough: bool = True

    @property
    def name(self) -> str:
        return self.measure.name

    @property
    def new(self) -> float | None:
        """The median; None when it was not measured."""
        return median(self.now) if self.now else None

    @property
    def old(self) -> float | None:
        return median(self.then) if self.then else None

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
        if self.measure.kind is Kind.EXACT:
            worst = max if self.measure.lower else min
            new, old = worst(self.now), worst(self.then)
            return None if new == old else (new < old) is self.measure.lower
        if not self._differs(self.new, self.old) or self._overlap:
            return None
        return (self.new < self.old) is self.measure.lower

    def _differs(self, new: float, old: float) -> bool:
        if self.measure.kind is Kind.COUNT:
            return abs(new - old) > 2 * sqrt(max(new, old))
        if not old or not new:
            return new != old
        ratio, noise = new / old, self.noise
        return not 1 / noise <= ratio <= noise

    @property
    def noise(self) -> float:
        """The ratio within which nothing is called better or worse.

        Of one run nobody knows how much the next would differ: what runs differ by in general is
        assumed of it. Of several it is known, and where the two series overlap nothing is judged.
        """
        known = len(self.now) > 1 and len(self.then) > 1
        return SAME_RATIO_MAX if known else self.measure.noise

    @property
    def _overlap(self) -> bool:
        return min(self.now) <= max(self.then) and min(self.then) <= max(self.now)

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
        return with_spread(self.measure, self.now)

    @property
    def shown_old(self) -> str:
        return with_spread(self.measure, self.then)

    @property
    def shown_ratio(self) -> str:
        return NOTHING if self.ratio is None else f"×{self.ratio:,.2f}"


def with_spread(measure: Measure, found: Sequence[float]) -> str:
    """Median as text, and of several values the lowest and the highest beside it."""
    if not found:
        return NOTHING
    middle, low, high = (measure.shown(of(found)) for of in (median, min, max))
    return middle if low == high else f"{middle} ({low}–{high})"


def compare(new: Result, old: Result) -> list[Change]:
    """Every measure, in the order of `MEASURES`."""
    return [
        Change(
            one,
            values(one, new),
            values(one, old),
            all(one.tells(run) for run in (*new.runs, *old.runs)),
        )
        for one in MEASURES
    ]


def worse(new: Result, old: Result) -> list[Change]:
    return [change for change in compare(new, old) if change.better is False]


# --- whether they may be compared --------------------------------------------


def doubts(new: Result, old: Result) -> list[str]:
    """Why a difference may not be the server's doing, in sentences; empty when nothing is known."""
    return list(_doubts(new, old))


def _doubts(new: Result, old: Result) -> Iterator[str]:
    other = differences(new.scenario, old.scenario)
    if other:
        yield f"The scenario was another one: {'; '.join(other)}."
    if new.processes != old.processes:
        yield f"The crowd was in {_processes(old)} then, and is in {_processes(new)} now."
    for when, runs in (("This run", new.runs), ("The earlier run", old.runs)):
        for run in runs:
            if run.bottleneck:
                yield f"{when} was held up by the simulator: {printable(run.bottleneck)}"
            if run.could_not:
                yield f"{when} broke off: {printable(run.could_not)}"


def _processes(result: Result) -> str:
    return plural(result.processes, "process", "processes")


def differences(new: Mapping[str, Any], old: Mapping[str, Any]) -> list[str]:
    """Differences between two loads, in words."""
    names = [name for name in {**new, **old} if name not in SAYS_NOTHING_OF_THE_LOAD]
    return [
        f"{printable(name)} {_told(name, old)} then, {_told(name, new)} now"
        for name in names
        if new.get(name) != old.get(name)
    ]


def _told(name: str, scenario: Mapping[str, Any]) -> str:
    value = scenario.get(name)
    text = NOTHING if value is None else printable(flag_value(name, value))
    return text if len(text) <= 40 else f"{text[:39]}…"


def judged_by(new: Result, old: Result) -> str:
    """Sentence that says how differences were judged."""
    runs = f"{plural(len(old.runs), 'run', 'runs')} then and {len(new.runs)} now"
    if min(len(new.runs), len(old.runs)) > 1:
        return f"Judged by {runs}: what overlaps is called the same."
    return (
        f"Judged by {runs}, and by what single runs differ by in general; --repeat 3, then and now, "
        "measures how much these do."
    )


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
        then, now = (shown.replace(" (", "\n(") for shown in (change.shown_old, change.shown_new))
        table.add_row(change.name, then, now, change.shown_ratio, mark)
    console.print()
    console.print(table)
    console.print(
        Text(
            f"then: {printable(old.started_at)}, {printable(without_password(old.url))}",
            style="dim",
        )
    )
    console.print(Text(judged_by(new, old), style="dim"))
    for doubt in doubts(new, old):
        console.print(Text.assemble(("! ", "bold yellow"), doubt))
