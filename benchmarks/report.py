"""Evaluation of measurements: medians, ratios within a round, and tables in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.cpu import Spent

DELIVERY, FURTHER, BYTES, RATE = "µs", "µs further", "bytes", "per second"
"""What a measurement has: CPU of the server for a bid by its deliveries, with all that the bid takes
itself; the same without it, which is what one viewer more costs; bytes of a delivery; events in a second.
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement of one cell. `values` by name; `spent` says whether it was disturbed."""

    values: Mapping[str, float]
    spent: Spent


@dataclass(slots=True)
class Results:
    """The measurements of each cell, one for each round, in the order of the rounds."""

    cells: dict[str, list[Measured]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    """What could not be measured, and why."""

    def add(self, cell: str, measured: Measured) -> None:
        self.cells.setdefault(cell, []).append(measured)

    def values(self, cell: str, name: str) -> list[float]:
        return [one.values[name] for one in self.cells.get(cell, ()) if name in one.values]

    def summary(self, cell: str, name: str) -> Summary | None:
        return summary(self.values(cell, name))

    def ratio(self, over: str, under: str, name: str) -> Summary | None:
        """Of two cells of the same round: what disturbs one disturbs the other as a rule."""
        pairs = zip(self.values(over, name), self.values(under, name), strict=False)
        return summary([a / b for a, b in pairs if b])

    @property
    def disturbance(self) -> str:
        """A sentence on what else ran on the machine."""
        spent = [one.spent for cell in self.cells.values() for one in cell]
        disturbed = [one.foreign_cores for one in spent if one.disturbed]
        if not disturbed:
            return f"Nothing else disturbed the {len(spent)} measurements."
        return (
            f"Other processes disturbed {len(disturbed)} of {len(spent)} measurements: they used "
            f"{median(disturbed):.2f} cores then, {max(disturbed):.2f} at most. Milliseconds and "
            "rates suffer from that most, CPU for each delivery least."
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """Some numbers of one kind: their median, the least and the greatest."""

    median: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"{short(self.median)} ({short(self.least)}–{short(self.most)})"


def summary(values: Sequence[float]) -> Summary | None:
    return Summary(median(values), min(values), max(values)) if values else None


def short(value: float) -> str:
    """Three digits that count, and thousands with a comma."""
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}"


@dataclass(frozen=True, slots=True)
class Goal:
    """A ratio and what it must be: at most, or at least with `at_least`.

    Without `under` it is the value of `over` itself; without `must` it is only told.
    """

    name: str
    over: str
    under: str | None
    value: str
    must: float | None
    aim: float
    at_least: bool = False

    def met(self, ratio: float) -> bool:
        if self.must is None:
            return True
        return ratio >= self.must if self.at_least else ratio <= self.must

    def row(self, results: Results) -> list[str]:
        sign = "≥" if self.at_least else "≤"
        must = "told" if self.must is None else f"{sign} {short(self.must)}"
        asked = [self.name, must, short(self.aim)]
        ratio = (
            results.ratio(self.over, self.under, self.value)
            if self.under
            else results.summary(self.over, self.value)
        )
        if ratio is None:
            return [*asked, "not measured", ""]
        if self.must is None:
            return [*asked, str(ratio), ""]
        return [*asked, str(ratio), "met" if self.met(ratio.median) else "**missed**"]


def goals_table(goals: Iterable[Goal], results: Results) -> str:
    rows = [goal.row(results) for goal in goals]
    return table(["ratio", "must", "aim", "median (least–most)", ""], rows)


def grid(
    results: Results,
    corner: str,
    columns: Mapping[str, str],
    rows: Mapping[str, str],
    cell: Callable[[str, str], str],
    value: str,
) -> str:
    """A table of the medians of `cell(row, column)`. `columns` and `rows` are key → heading."""
    lines = []
    for row, heading in rows.items():
        found = [results.summary(cell(row, column), value) for column in columns]
        if any(found):
            lines.append([heading, *(str(one) if one else "–" for one in found)])
    return table([corner, *columns.values()], lines)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
