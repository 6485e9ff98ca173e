"""The probes of a run, for the terminal and for the page: what was tried, and what it showed."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from baraka_cli.simulator.report.figures import NOTHING, clock, count
from baraka_cli.simulator.report.screen import STYLES
from baraka_cli.simulator.report.verdict import grade, mark, shortened
from baraka_cli.simulator.result import Breach, Probed, Result
from baraka_server.contract.text import printable


def print_probes(console: Console, result: Result) -> None:
    """A table of all, and the first evidence of each fault in full, to be copied."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    table.add_column("probe", no_wrap=True)
    table.add_column("what was tried", overflow="fold")
    table.add_column("checked", justify="right", no_wrap=True)
    for probed in result.probes:
        style = STYLES[grade(probed)]
        table.add_row(
            Text(mark(probed), style=style),
            Text(probed.name, style=style),
            _with_notes(probed),
            Text(count(probed.checked) if probed.checked else NOTHING),
        )
    console.print(table)
    for probed in result.probes:
        for fault in probed.faults:
            console.print(_fault(probed, fault), soft_wrap=True)


def _with_notes(probed: Probed) -> Text:
    text = Text(probed.title)
    for fault in probed.faults:
        text.append(f"\n{printable(fault.what)}", style="red")
    if probed.unchecked:
        text.append(f"\n{_unchecked(probed)}", style="dim")
    return text


def _unchecked(probed: Probed) -> str:
    partly = "not wholly tried" if probed.checked else "not tried"
    return f"{partly}: {printable(probed.unchecked)}"


def _fault(probed: Probed, fault: Breach) -> Text:
    text = Text.assemble(
        "\n", (f"✗ {printable(fault.what)}", "bold red"), f"\n  {probed.name} at {clock(fault.at)}"
    )
    return text.append(f": {shortened(fault.message)}") if fault.message else text


def probe_sections(result: Result) -> Iterator[str]:
    """The same for the page: lines of HTML."""
    if any(probed.faults for probed in result.probes):
        yield "<h2>What was found</h2>"
    for probed in result.probes:
        for fault in probed.faults:
            yield '<section class="callout broken">'
            yield f"<p><strong>✗ {_text(fault.what)}</strong></p>"
            yield f"<p>{_text(probed.name)} at {clock(fault.at)}</p>"
            yield f"<pre>{_text(shortened(fault.message))}</pre></section>"
    yield "<h2>The probes</h2>"
    yield '<div class="scroll"><table><thead><tr><th></th><th>probe</th>'
    yield '<th>what was tried</th><th class="number">checked</th><th></th></tr></thead><tbody>'
    for probed in result.probes:
        notes = [fault.what for fault in probed.faults]
        notes += [_unchecked(probed)] if probed.unchecked else []
        yield (
            f'<tr class="{grade(probed)}"><td class="state">{mark(probed)}</td>'
            f"<th>{_text(probed.name)}</th><td>{_text(probed.title)}</td>"
            f'<td class="number">{count(probed.checked) if probed.checked else NOTHING}</td>'
            f'<td class="note">{_text("; ".join(notes))}</td></tr>'
        )
    yield "</tbody></table></div>"


def _text(value: object) -> str:
    return escape(printable(str(value)))
