"""Line charts over time as inline SVG: no script, colours from the page's CSS.

Chart libraries bring a script or fixed colours along; a page that follows its reader's light or
dark, prints and may be attached anywhere needs neither.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape

from baraka_cli.simulator.report.figures import clock, measured

WIDTH, HEIGHT = 640, 250
LEFT, RIGHT, TOP, BOTTOM = 64, 20, 16, 40
POINTS_MAX = 240
"""A longer run is drawn in steps of several seconds."""

LOGARITHMIC_FROM = 50
"""The ratio of the highest value to the median from which a linear scale shows one spike and a floor."""

NICE_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
ENDS_IN_ZEROS = re.compile(r"\.0+(?=\D|$)|(?<=\.\d)0+(?=\D|$)")
LEAST_POWER = -3
"""Of ten, at the bottom of a logarithmic scale: what is smaller is drawn there."""
TICKS_X_MAX, TICKS_Y_MAX = 8, 5


@dataclass(frozen=True, slots=True)
class Line:
    """`values` has one for each second of the chart; `tone` is 1 to 3, a colour and a dash of the CSS."""

    name: str
    tone: int
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Chart:
    """`worst`: a step of several seconds shows its highest value, else its mean."""

    title: str
    unit: str
    seconds: Sequence[int]
    lines: Sequence[Line]
    shown: Callable[[float | None], str]
    worst: bool = False
    may_be_logarithmic: bool = False

    @property
    def empty(self) -> bool:
        return not any(measured(value) is not None for line in self.lines for value in line.values)


@dataclass(frozen=True, slots=True)
class Drawing:
    svg: str
    remarks: tuple[str, ...]
    """Remarks on the scale and the steps, for the reader."""


def draw(chart: Chart, marks: Sequence[float] = ()) -> Drawing:
    """`marks` are moments, in seconds, at which a promise broke."""
    step = _step_seconds(chart.seconds)
    chart = _in_steps(chart, step)
    values = [value for line in chart.lines for value in line.values if value is not None]
    logarithmic = chart.may_be_logarithmic and _spiky(values)
    scale = _Scale.of(values, logarithmic)
    end = max([1.0, *(second + step for second in chart.seconds)])

    def x(second: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * min(1.0, max(0.0, second / end))

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * scale.part(value)

    middle = step / 2
    parts = [
        *_grid(chart, scale, end, x, y),
        *(_marked(x(at)) for at in marks if measured(at) is not None and 0 <= at <= end),
        *(_line(line, chart, middle, x, y, len(chart.lines) == 1) for line in chart.lines),
        *_hints(chart, step, x),
    ]
    remarks = []
    if logarithmic:
        remarks.append("logarithmic scale")
    if step > 1:
        remarks.append(f"each point is the {'highest' if chart.worst else 'mean'} of {step} s")
    label = escape(f"{chart.title}, {chart.unit}, over {clock(end)}")
    svg = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
    return Drawing(svg, tuple(remarks))


# --- steps -------------------------------------------------------------------


def _step_seconds(seconds: Sequence[int]) -> int:
    span = max(seconds, default=0) + 1
    fitting = (step for step in NICE_SECONDS if span / step <= POINTS_MAX)
    return next(fitting, math.ceil(span / POINTS_MAX))


def _in_steps(chart: Chart, step: int) -> Chart:
    """The chart with one value for each step; None where nothing was measured in it.

    A second that the run has no word of is not a gap: its clock ticks a little slower than ours.
    """
    steps = sorted({second // step for second in chart.seconds})
    lines = []
    for line in chart.lines:
        found: dict[int, list[float]] = {place: [] for place in steps}
        for second, value in zip(chart.seconds, line.values, strict=True):
            known = measured(value)
            if known is not None:
                found[second // step].append(known)
        values = [_of_step(found[place], worst=chart.worst) for place in steps]
        lines.append(Line(line.name, line.tone, values))
    return replace(chart, seconds=[place * step for place in steps], lines=lines)


def _of_step(values: list[float], *, worst: bool) -> float | None:
    if not values:
        return None
    return max(values) if worst else sum(values) / len(values)


def _spiky(values: list[float]) -> bool:
    above = sorted(value for value in values if value > 0)
    return bool(above) and above[-1] >= LOGARITHMIC_FROM * above[len(above) // 2]


# --- scales ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Scale:
    """From `low` to `high`; the ticks are within it."""

    low: float
    high: float
    ticks: tuple[float, ...]
    logarithmic: bool

    @classmethod
    def of(cls, values: list[float], logarithmic: bool) -> _Scale:
        top = max(values, default=0.0)
        if logarithmic:
            lowest = min(value for value in values if value > 0)
            most = max(math.ceil(math.log10(top)), LEAST_POWER + 1)
            least = min(max(math.floor(math.log10(lowest)), LEAST_POWER), most - 1)
            ticks = tuple(10.0**power for power in range(least, most + 1))
            return cls(ticks[0], ticks[-1], ticks, logarithmic=True)
        step = _nice(top / TICKS_Y_MAX)
        count = max(1, math.ceil(top / step - 1e-9))
        ticks = tuple(step * number for number in range(count + 1))
        return cls(0, ticks[-1], ticks, logarithmic=False)

    def part(self, value: float) -> float:
        """Position of `value`: 0 at the bottom, 1 at the top."""
        if self.logarithmic:
            value, low, high = (
                math.log10(max(one, self.low)) for one in (value, self.low, self.high)
            )
        else:
            low, high = self.low, self.high
        return min(1.0, max(0.0, (value - low) / (high - low)))


def _nice(step: float) -> float:
    """The next of 1, 2, 5, 10, 20, … that is at least `step`; 1 when there is nothing."""
    if step <= 0:
        return 1
    power = 10.0 ** math.floor(math.log10(step))
    return next(times * power for times in (1, 2, 5, 10) if times * power >= step * (1 - 1e-9))


# --- shapes ------------------------------------------------------------------


def _grid(
    chart: Chart,
    scale: _Scale,
    end: float,
    x: Callable[[float], float],
    y: Callable[[float], float],
) -> Iterator[str]:
    for tick in scale.ticks:
        at = y(tick)
        kind = "axis" if tick == scale.ticks[0] else "grid"
        yield f'<path class="{kind}" d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}"/>'
        label = escape(ENDS_IN_ZEROS.sub("", chart.shown(tick)))
        yield f'<text class="tick y" x="{LEFT - 8}" y="{at + 4:.1f}">{label}</text>'
    step = next((step for step in NICE_SECONDS if end / step <= TICKS_X_MAX), end / TICKS_X_MAX)
    for number in range(int(end / step) + 1):
        at = x(number * step)
        yield f'<path class="axis" d="M{at:.1f} {HEIGHT - BOTTOM}v4"/>'
        label = clock(number * step)
        yield f'<text class="tick x" x="{at:.1f}" y="{HEIGHT - BOTTOM + 18}">{label}</text>'
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield f'<text class="name x" x="{middle:.0f}" y="{HEIGHT - 5}">time since the start (min:s)</text>'


def _marked(at: float) -> str:
    return (
        f'<path class="breach" d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}"/>'
        f'<text class="breach" x="{at:.1f}" y="{TOP - 3}">✗</text>'
    )


def _line(
    line: Line,
    chart: Chart,
    middle: float,
    x: Callable[[float], float],
    y: Callable[[float], float],
    filled: bool,
) -> str:
    """Broken where nothing was measured; a value on its own is a dot."""
    shapes = []
    for run in _runs(line.values):
        points = [(x(chart.seconds[place] + middle), y(value)) for place, value in run]
        path = "L".join(f"{across:.1f} {down:.1f}" for across, down in points)
        if len(points) == 1:
            across, down = points[0]
            shapes.append(f'<circle class="dot" cx="{across:.1f}" cy="{down:.1f}" r="2.5"/>')
            continue
        if filled:
            floor = HEIGHT - BOTTOM
            first, last = points[0][0], points[-1][0]
            shapes.append(
                f'<path class="area" d="M{first:.1f} {floor}L{path}L{last:.1f} {floor}Z"/>'
            )
        shapes.append(f'<path class="line" d="M{path}"/>')
    return f'<g class="tone{line.tone}">{"".join(shapes)}</g>'


def _runs(values: Sequence[float | None]) -> Iterator[list[tuple[int, float]]]:
    """Places and values that stand beside each other without a gap."""
    run: list[tuple[int, float]] = []
    for place, value in enumerate(values):
        if value is not None:
            run.append((place, value))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _hints(chart: Chart, step: int, x: Callable[[float], float]) -> Iterator[str]:
    """Values over each step, shown under a pointer without a script."""
    ends = [*chart.seconds[1:], *(second + step for second in chart.seconds[-1:])]
    for place, (start, stop) in enumerate(zip(chart.seconds, ends, strict=True)):
        told = [
            f"{line.name} {chart.shown(value)}"
            for line in chart.lines
            if (value := line.values[place]) is not None
        ]
        if told:
            title = escape(f"{clock(start)}: {', '.join(told)}")
            yield (
                f'<rect class="hint" x="{x(start):.1f}" y="{TOP}" width="{x(stop) - x(start):.2f}" '
                f'height="{HEIGHT - TOP - BOTTOM}"><title>{title}</title></rect>'
            )
