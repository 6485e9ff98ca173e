"""Tests that this machine cannot run say so where nobody can overlook it."""

from collections import Counter
from typing import NoReturn

import pytest

MARK = "NOT RUN: "


def not_run(what: str, why: str) -> NoReturn:
    """Skip, and be counted in a section of its own at the end of the run."""
    pytest.skip(f"{MARK}{what}: {why}")


def report_not_run(reporter: pytest.TerminalReporter) -> None:
    reasons: Counter[str] = Counter()
    for report in reporter.stats.get("skipped", []):
        if isinstance(report.longrepr, tuple | list) and MARK in report.longrepr[2]:
            reasons[report.longrepr[2].partition(MARK)[2]] += 1
    if reasons:
        reporter.section("NOT RUN", sep="!", red=True, bold=True)
        for reason, count in sorted(reasons.items()):
            tests = "1 test" if count == 1 else f"{count} tests"
            reporter.write_line(f"{MARK}{tests}: {reason}", red=True)
