"""A run as JUnit XML, which every CI reads: a test case for each promise or probe, and each threshold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from baraka_cli.simulator.report.compare import Change
from baraka_cli.simulator.report.public import without_password
from baraka_cli.simulator.report.verdict import all_findings, note, shortened, threshold_told
from baraka_cli.simulator.result import Result
from baraka_server.contract.text import printable

SUITE = "baraka simulate"
HELD = "the sale was held to its end"
PROVED = "it proved something"


def junit(result: Result, changes: Sequence[Change] = ()) -> str:
    """JUnit file, to be written as UTF-8. `changes`: those since an earlier run, when asked to fail."""
    root = ET.Element("testsuites", name=SUITE)
    for number, run in enumerate(result.runs, 1):
        name = SUITE if len(result.runs) == 1 else f"{SUITE}, run {number} of {len(result.runs)}"
        suite = _suite(root, name, list(_cases(run)))
        suite.set("time", f"{run.seconds:.1f}")
        suite.set("timestamp", printable(run.started_at))
        suite.set("hostname", printable(without_password(run.url)))
    if changes:
        _suite(root, f"{SUITE}, compared", [_compared(change) for change in changes])
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(root: ET.Element, name: str, cases: Sequence[ET.Element]) -> ET.Element:
    suite = ET.SubElement(root, "testsuite", name=name, tests=str(len(cases)))
    for kind, many in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        suite.set(many, str(sum(case.find(kind) is not None for case in cases)))
    suite.extend(cases)
    return suite


def _cases(run: Result) -> Iterator[ET.Element]:
    held = _case("run", HELD)
    if run.could_not:
        _say(held, "error", run.could_not)
    yield held
    proved = _case("run", PROVED)
    if run.unproven:
        _say(proved, "failure", run.unproven)
    yield proved
    yield from _probes(run) if run.probes else _promises(run)
    for threshold in run.thresholds:
        case = _case("thresholds", threshold.name)
        if not threshold.holds:
            _say(case, "failure", threshold_told(threshold))
        yield case


def _probes(run: Result) -> Iterator[ET.Element]:
    for probed in run.probes:
        case = _case("probes", probed.name)
        if probed.faults:
            messages = "\n".join(shortened(fault.message) for fault in probed.faults)
            _say(case, "failure", "; ".join(fault.what for fault in probed.faults), messages)
        elif probed.holds is None:
            _say(case, "skipped", probed.unchecked)
        yield case


def _promises(run: Result) -> Iterator[ET.Element]:
    for finding in all_findings(run):
        case = _case("promises", finding.title)
        if finding.broken:
            messages = "\n".join(shortened(one.message) for one in finding.first if one.message)
            _say(case, "failure", note(finding), messages)
        elif finding.holds is None:
            _say(case, "skipped", note(finding))
        yield case


def _compared(change: Change) -> ET.Element:
    case = _case("compared", change.name)
    if change.better is False:
        told = f"then {change.shown_old}, now {change.shown_new}: {change.shown_ratio}"
        _say(case, "failure", told)
    return case


def _case(group: str, name: str) -> ET.Element:
    return ET.Element("testcase", classname=f"baraka.simulate.{group}", name=_text(name))


def _say(case: ET.Element, kind: str, message: str, more: str = "") -> None:
    ET.SubElement(case, kind, message=_text(message)).text = _text(more)


def _text(value: str) -> str:
    """Text that XML can hold, and that no terminal obeys."""
    return "".join(char if char.isprintable() or char == "\n" else "�" for char in printable(value))
