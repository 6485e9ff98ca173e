"""Verdict on a run in words: on the whole, and on each promise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from baraka_cli.plural import plural
from baraka_cli.simulator.report.figures import clock, count, millis, size
from baraka_cli.simulator.report.public import without_people
from baraka_cli.simulator.result import OF_A_HOUSE, TITLES, Finding, Probed, Result, Threshold
from baraka_server.contract.text import printable

MESSAGE_CHARS_MAX = 2_100
"""Of an offending message. The proof keeps 2,000 and writes behind them how long it was."""


class Grade(StrEnum):
    """Worst first. A promise that was broken counts more than a threshold, or a run that did not end."""

    BROKEN = "broken"
    EXCEEDED = "exceeded"
    UNFINISHED = "unfinished"
    UNCHECKED = "unchecked"
    KEPT = "kept"


MARKS = {
    Grade.BROKEN: "✗",
    Grade.EXCEEDED: "✗",
    Grade.UNFINISHED: "!",
    Grade.UNCHECKED: "–",
    Grade.KEPT: "✓",
}


@dataclass(frozen=True, slots=True)
class RunVerdict:
    """`headline` is one short sentence; `caveats` are what nobody may overlook who reads it."""

    grade: Grade
    headline: str
    details: tuple[str, ...]
    caveats: tuple[str, ...]

    @property
    def mark(self) -> str:
        return MARKS[self.grade]


def all_findings(result: Result) -> list[Finding]:
    """Findings for every promise: one that the run says nothing of was not looked at, or is of a house."""
    found = {finding.promise: finding for finding in result.findings}
    named = (promise for promise in TITLES if promise in found or promise not in OF_A_HOUSE)
    return [found.get(promise, Finding(promise=promise)) for promise in named]


def mark(finding: Finding | Probed) -> str:
    """✓ ✗ – : to be read without colour."""
    return MARKS[grade(finding)]


def grade(finding: Finding | Probed) -> Grade:
    if finding.holds is None:
        return Grade.UNCHECKED
    return Grade.KEPT if finding.holds else Grade.BROKEN


def note(finding: Finding) -> str:
    """Remark beside a promise: how it broke first, or why it was not checked, or not wholly."""
    notes = []
    if finding.broken:
        times = plural(finding.broken, "time", "times")
        first = f", first at {_breach(finding)}" if finding.first else ""
        notes.append(f"broken {times}{first}")
    if finding.unchecked:
        partly = "partly: " if finding.checked else "not checked: "
        notes.append(partly + printable(finding.unchecked))
    elif finding.holds is None:
        notes.append("not checked: there was no occasion")
    return "; ".join(notes)


def _breach(finding: Finding) -> str:
    first = finding.first[0]
    return f"{clock(first.at)}: {printable(first.what)}"


def shortened(message: str) -> str:
    """An offending message on one line, cut at `MESSAGE_CHARS_MAX`; it says how much is missing.

    The codes and phone numbers in it are hidden.
    """
    message = printable(without_people(message))
    missing = len(message) - MESSAGE_CHARS_MAX
    if missing <= 0:
        return message
    return (
        f"{message[:MESSAGE_CHARS_MAX]} … ({plural(missing, 'more character', 'more characters')})"
    )


def verdict(result: Result) -> RunVerdict:
    """What the run comes to: by its probes, where it tried some, else by its promises."""
    return _of_probes(result) if result.probes else _of_promises(result)


def _of_probes(result: Result) -> RunVerdict:
    faults = sum(len(probed.faults) for probed in result.probes)
    tried = sum(probed.holds is not None for probed in result.probes)
    left = len(result.probes) - tried
    details = [f"{plural(tried, 'probe was', 'probes were')} tried."] if tried else []
    if left:
        details.append(f"{plural(left, 'probe was', 'probes were')} not tried.")
    if faults:
        kind, headline = Grade.BROKEN, f"{plural(faults, 'fault was', 'faults were')} found"
    elif result.could_not:
        kind, headline = Grade.UNFINISHED, "The run broke off"
    elif not tried:
        kind, headline = Grade.UNCHECKED, "Nothing was tried"
    else:
        kind, headline = Grade.KEPT, "Every probe that was tried was answered rightly"
    return RunVerdict(kind, headline, tuple(details), tuple(_caveats(result)))


def _of_promises(result: Result) -> RunVerdict:
    findings = all_findings(result)
    broken = [finding for finding in findings if finding.broken]
    unchecked = [finding for finding in findings if finding.holds is None]
    checked = [finding for finding in findings if finding.checked]
    partly = [finding for finding in checked if finding.unchecked]
    details = []
    if checked:
        looks = plural(sum(finding.checked for finding in checked), "time", "times")
        promises = plural(len(checked), "promise was", "promises were")
        details.append(f"{promises} checked, {looks} in all.")
    if unchecked:
        details.append(f"{plural(len(unchecked), 'promise was', 'promises were')} not checked.")
    if partly:
        details.append(
            f"{plural(len(partly), 'promise was', 'promises were')} checked only partly."
        )
    details += _limit(result)
    details += _replayed(result)
    kind, headline = _headline(result, len(broken), len(checked), len(findings))
    return RunVerdict(kind, headline, tuple(details), tuple(_caveats(result)))


def _caveats(result: Result) -> Iterator[str]:
    if result.could_not:
        yield f"The run broke off: {printable(result.could_not)}"
    if result.unproven:
        yield result.unproven
    if result.bottleneck:
        yield printable(result.bottleneck)
    exempt = [finding.title for finding in result.findings if finding.exempt]
    exempt += [probed.title for probed in result.probes if probed.exempt]
    if exempt:
        yield f"Exempted by --except, and not held against the server: {'; '.join(exempt)}."
    for threshold in result.thresholds:
        if not threshold.holds:
            yield printable(threshold_told(threshold))
    broken = sum(not run.kept for run in result.repeats)
    if broken:
        yield f"In {plural(broken, 'other run', 'other runs')} of the series a promise was broken too."


def limit_found(result: Result) -> str:
    """Sentence with the result of a search for the limit; empty where none was made."""
    if not result.steps:
        return ""
    last = result.steps[-1]
    held = [step for step in result.steps if step.held]
    if not held:
        return f"Not even {last.rate:,.1f} bids a second held: {printable(last.why)}."
    best = held[-1]
    told = f"{best.rate:,.1f} bids a second held"
    if last.held:
        return f"{told}, and there was no time to ask for more."
    return f"{told}; {last.rate:,.1f} did not: {printable(last.why)}."


def _limit(result: Result) -> list[str]:
    found = limit_found(result)
    return [found] if found else []


def _replayed(result: Result) -> list[str]:
    again = result.replay
    if again is None:
        return []
    told = f"{again.done:,} of {again.deeds:,} commands of the record were done again"
    if not again.different:
        return [f"{told}, and came to the same."]
    return [f"{told}; {plural(again.different, 'thing differs', 'things differ')} from the record."]


def threshold_told(threshold: Threshold) -> str:
    """Sentence about a threshold that was not held."""
    shown = UNITS.get(threshold.unit, count)
    if threshold.value is None:
        return f"{threshold.name} {shown(threshold.limit)}: it could not be measured"
    return f"{threshold.name} {shown(threshold.limit)}: it was {shown(threshold.value)}"


UNITS: dict[str, Callable[[float | None], str]] = {"ms": millis, "bytes": size}


def _headline(result: Result, broken: int, checked: int, promises: int) -> tuple[Grade, str]:
    if broken:
        return Grade.BROKEN, f"{plural(broken, 'promise was', 'promises were')} broken"
    if result.could_not:
        return Grade.UNFINISHED, "The run broke off"
    missed = [threshold for threshold in result.thresholds if not threshold.holds]
    if missed:
        thresholds = plural(len(missed), "threshold was", "thresholds were")
        return Grade.EXCEEDED, f"{thresholds} not held"
    if not checked:
        return Grade.UNCHECKED, "Nothing was checked"
    if result.unproven:
        return Grade.UNCHECKED, "No bid was accepted"
    if checked < promises:
        return Grade.KEPT, "Every promise that was checked was kept"
    return Grade.KEPT, "Every promise was kept"
