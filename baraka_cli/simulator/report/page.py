"""HTML page of a run in one file: no script, no font, no picture from elsewhere.

Every text of the run goes through `_text`: names and messages come from strangers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

from baraka_cli.plural import plural
from baraka_cli.simulator.report.charts import Chart, Drawing, draw
from baraka_cli.simulator.report.compare import Change, compare, doubts
from baraka_cli.simulator.report.figures import (
    NOTHING,
    clock,
    count,
    millis,
    rate,
)
from baraka_cli.simulator.report.probes import probe_sections
from baraka_cli.simulator.report.public import flag_value, without_password
from baraka_cli.simulator.report.rerun_command import FILE, command_line, scenario_file
from baraka_cli.simulator.report.tables import (
    LATENCY,
    SERVERS,
    TEXTS,
    about,
    latencies,
    more_tables,
    servers,
    totals,
)
from baraka_cli.simulator.report.timeline_charts import charts
from baraka_cli.simulator.report.verdict import (
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

STATES = {
    Grade.KEPT: "kept",
    Grade.BROKEN: "broken",
    Grade.UNCHECKED: "not checked",
}

PARTS = ("viewers", "bidders", "lots")
"""Fields of the scenario in the first lines."""

NUMBER = ' class="number"'

NO_RESOURCES = "default-src 'none'; style-src 'unsafe-inline'"
"""The browser's word that nothing is fetched and no script runs, whatever stands in a text."""


def page(result: Result, old: Result | None = None) -> str:
    """The whole file, to be written as UTF-8; with `old`, what changed since that run."""
    found = verdict(result)
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    title = f"{found.mark} {found.headline} · {without_password(result.url)}"
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(NO_RESOURCES)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{_text(title)}</title>",
            f"<style>\n{style}</style>",
            "</head>",
            "<body>",
            "<main>",
            *_verdict(result),
            *(probe_sections(result) if result.probes else _sale(result, old)),
            *_scenario(result),
            "<footer>Made by baraka simulate. One file; it loads nothing and runs no script.</footer>",
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _sale(result: Result, old: Result | None) -> Iterator[str]:
    yield from _tiles(result, old)
    yield from _breaches(result)
    yield from _promises(result, old)
    if old is not None:
        yield from _comparison(result, old)
    yield from _charts(result)
    yield from _tables(result, old)


def _text(value: object) -> str:
    return escape(printable(str(value)))


# --- the verdict -------------------------------------------------------------


def _verdict(result: Result) -> Iterator[str]:
    found = verdict(result)
    yield f'<header class="verdict {found.grade}">'
    yield f"<h1>{found.mark} {_text(found.headline)}</h1>"
    facts = [
        without_password(result.url),
        result.started_at,
        clock(result.seconds),
        *(f"{_amount(result.scenario[part])} {part}" for part in PARTS if part in result.scenario),
    ]
    if "seed" in result.scenario:
        facts.append(f"seed {result.scenario['seed']}")
    yield f'<p class="run">{" · ".join(_text(fact) for fact in facts)}</p>'
    for detail in found.details:
        yield f"<p>{_text(detail)}</p>"
    for caveat in found.caveats:
        yield f'<p class="callout doubt">{_text(caveat)}</p>'
    yield "</header>"


def _amount(value: object) -> str:
    return count(value) if isinstance(value, int) else str(value)


def _tiles(result: Result, old: Result | None) -> Iterator[str]:
    yield '<dl class="tiles">'
    for (name, value, small), before in zip(
        _headlines(result), _headlines(old) if old else [None] * 6, strict=True
    ):
        then = f"<small>then {_text(before[1])}</small>" if before else ""
        yield (
            f"<div><dt>{_text(name)}</dt>"
            f"<dd>{_text(value)}<small>{_text(small)}</small>{then}</dd></div>"
        )
    yield "</dl>"


def _headlines(result: Result) -> list[tuple[str, str, str]]:
    """Six figures: name, value, and a word on it."""
    all_ = result.totals
    bids = rate(all_.accepted, all_.bidding_seconds)
    messages = rate(all_.bidding_messages, all_.bidding_seconds)
    lost = all_.dropped_by_server
    return [
        ("viewers at most", count(all_.viewers_max), f"{count(all_.connections)} connections"),
        ("bids accepted", count(all_.accepted), f"{count(bids)} a second"),
        ("messages received", count(all_.messages), f"{count(messages)} a second"),
        ("delivery p95", millis(result.delivery.p95), f"p50 {millis(result.delivery.p50)}"),
        ("delivery p99", millis(result.delivery.p99), f"max {millis(result.delivery.max)}"),
        ("dropped by server", count(lost), f"{count(all_.unanswered)} bids unanswered"),
    ]


# --- the promises ------------------------------------------------------------


def _breaches(result: Result) -> Iterator[str]:
    broken = [finding for finding in all_findings(result) if finding.broken]
    if broken:
        yield "<h2>What was broken</h2>"
    for finding in broken:
        times = plural(finding.broken, "time", "times")
        yield '<section class="callout broken">'
        yield f"<p><strong>✗ {_text(finding.title)}</strong>: broken {times}</p>"
        for number, breach in enumerate(finding.first):
            yield f"<p>{clock(breach.at)} {_text(breach.what)}</p>"
            if breach.message and number == 0:
                yield f"<pre>{_text(shortened(breach.message))}</pre>"
        yield "</section>"


def _promises(result: Result, old: Result | None) -> Iterator[str]:
    before = {one.promise: one for one in all_findings(old)} if old is not None else {}
    yield "<h2>The promises</h2>"
    yield '<div class="scroll promises"><table><thead><tr><th></th><th>promise</th>'
    yield '<th class="number">checked</th><th class="number">broken</th>'
    yield f"{'<th>then</th>' if before else ''}<th></th></tr></thead><tbody>"
    for finding in all_findings(result):
        former = before.get(finding.promise, Finding(promise=finding.promise))
        then = f'<td class="soft state">{_state(former)}</td>' if before else ""
        yield (
            f'<tr class="{grade(finding)}"><td class="state">{_state(finding)}</td>'
            f"<th>{_text(finding.title)}</th>"
            f'<td class="number">{_or_nothing(finding.checked)}</td>'
            f'<td class="number">{_or_nothing(finding.broken)}</td>'
            f'{then}<td class="note">{_text(note(finding))}</td></tr>'
        )
    yield "</tbody></table></div>"


def _state(finding: Finding) -> str:
    return f"{mark(finding)} {STATES[grade(finding)]}"


def _or_nothing(number: int) -> str:
    return count(number) if number else NOTHING


# --- charts ------------------------------------------------------------------


def _charts(result: Result) -> Iterator[str]:
    marks = [breach.at for finding in result.findings for breach in finding.first]
    drawn = [chart for chart in charts(result.timeline) if not chart.empty]
    yield "<h2>Over time</h2>"
    if not drawn:
        yield '<p class="soft">Nothing was measured.</p>'
        return
    if marks:
        yield '<p class="soft">A red ✗ stands where a promise broke.</p>'
    yield '<div class="charts">'
    for chart in drawn:
        yield _figure(chart, draw(chart, marks))
    yield "</div>"


def _figure(chart: Chart, drawing: Drawing) -> str:
    unit = "; ".join([chart.unit, *drawing.remarks])
    keys = "".join(
        f'<span class="tone{line.tone}"><svg viewBox="0 0 26 8" aria-hidden="true">'
        f'<path class="line" d="M1 4H25"/></svg>{_text(line.name)}</span>'
        for line in chart.lines
        if any(value is not None for value in line.values)
    )
    return (
        f"<figure><figcaption><h3>{_text(chart.title)} <small>{_text(unit)}</small></h3>"
        f'<p class="legend">{keys}</p></figcaption>{drawing.svg}</figure>'
    )


# --- tables ------------------------------------------------------------------


def _tables(result: Result, old: Result | None) -> Iterator[str]:
    yield "<h2>In figures</h2>"
    yield _table(("latency", *LATENCY), latencies(result))
    if result.servers:
        yield _table(SERVERS, servers(result))
    yield '<div class="tables">'
    if old is None:
        yield _table(("the sale", ""), totals(result))
    else:
        then = dict(totals(old))
        rows: list[tuple[str, ...]] = [(name, then[name], value) for name, value in totals(result)]
        yield _table(("the sale", "then", "now"), rows)
    for columns, rows in more_tables(result):
        yield _table(columns, rows)
    yield "</div>"


def _comparison(result: Result, old: Result) -> Iterator[str]:
    yield "<h2>Compared with the earlier run</h2>"
    yield f'<p class="soft">then: {_text(old.started_at)}, {_text(without_password(old.url))}</p>'
    for doubt in doubts(result, old):
        yield f'<p class="callout doubt"><strong>Not comparable.</strong> {_text(doubt)}</p>'
    yield '<div class="scroll compared"><table><thead><tr><th></th><th class="number">then</th>'
    yield '<th class="number">now</th><th class="number">ratio</th><th></th></tr></thead><tbody>'
    for change in compare(result, old):
        if change.new is not None or change.old is not None:
            yield _changed(change)
    yield "</tbody></table></div>"


def _changed(change: Change) -> str:
    kind = {True: "better", False: "worse", None: "soft"}[change.better]
    figures_ = (change.shown_old, change.shown_new, change.shown_ratio)
    cells = "".join(f'<td class="number">{_text(figure)}</td>' for figure in figures_)
    return f'<tr><th>{_text(change.name)}</th>{cells}<td class="{kind}">{change.mark}</td></tr>'


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The first column is text, the others are figures, but for why something was not reached."""
    kinds = ["" if place == 0 or name in TEXTS else NUMBER for place, name in enumerate(columns)]
    head = "".join(
        f"<th{kind}>{_text(name)}</th>" for kind, name in zip(kinds, columns, strict=True)
    )
    body = "".join(
        f"<tr><th>{_text(row[0])}</th>"
        + "".join(
            f"<td{kind}>{_text(value)}</td>" for kind, value in zip(kinds[1:], row[1:], strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


# --- the scenario ------------------------------------------------------------


def _scenario(result: Result) -> Iterator[str]:
    yield "<h2>The scenario</h2>"
    rows = [*about(result), *((name, _told(name, value)) for name, value in _flat(result.scenario))]
    yield '<div class="scroll"><table><tbody>'
    for name, value in rows:
        yield f"<tr><th>{_text(name)}</th><td>{_text(value)}</td></tr>"
    yield "</tbody></table></div>"
    file = scenario_file(result)
    if file is not None:
        yield f"<p>To run it again, with this as {FILE}:</p>"
        lines = "\n".join(map(_text, file.splitlines()))
        yield f"<pre>{lines}</pre>"
    else:
        yield "<p>To run it again:</p>"
    yield f"<pre>{_text(command_line(result))}</pre>"


def _flat(scenario: dict[str, Any], before: str = "") -> Iterator[tuple[str, object]]:
    """Leaves of nested fields, with the names of all levels."""
    for name, value in scenario.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _told(name: str, value: object) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(flag_value(name, one) for one in value) or NOTHING
    return flag_value(name, value)
