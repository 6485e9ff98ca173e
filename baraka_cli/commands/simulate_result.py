"""`baraka simulate`, the run and its results: live screen, tables, files that it writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from baraka_cli.terminal import json_text, print_json, run, say, stderr, stdout, wrong_usage

if TYPE_CHECKING:
    from baraka_cli.simulator.result import Result
    from baraka_cli.simulator.run import Setup
    from baraka_cli.simulator.scenario import Scenario

BROKEN, COULD_NOT = 1, 2
"""Exit codes: a promise or a threshold was broken; there was no run to judge."""
SIGNALLED = 128
"""Beside the number of the signal, as shells expect."""


def former_result(file: Path | None, scenario: Scenario, *, must_be_alike: bool) -> Result | None:
    """The earlier run. With `must_be_alike` it has to be one of this scenario."""
    from baraka_cli.simulator.report.compare import differences
    from baraka_cli.simulator.report.stored import NotAResult, read_result

    if file is None and must_be_alike:
        wrong_usage("--fail-on-worse: worse than what? Give --compare OLD.json")
    try:
        old = read_result(file) if file else None
    except NotAResult as error:
        wrong_usage(f"--compare: {error}")
    if old is not None and must_be_alike:
        other = differences(scenario.model_dump(mode="json"), old.scenario)
        if other:
            wrong_usage(f"--fail-on-worse: {file} is of another scenario: {'; '.join(other)}")
    return old


@dataclass(frozen=True, slots=True)
class Files:
    """What is written when the sale is over."""

    report: Path | None
    save: Path | None
    junit: Path | None

    def try_out(self) -> None:
        """Exits 2 when one of them cannot be written: that is better known before the sale."""
        given = [file for file in astuple(self) if file is not None]
        if len(set(given)) < len(given):
            wrong_usage("--report, --save and --junit cannot be the same file")
        for file in given:
            if not file.parent.is_dir():
                wrong_usage(f"{file}: there is no folder {file.parent}")
            was_there = file.exists()
            try:
                with file.open("ab"):
                    pass
                if not was_there:
                    file.unlink()
            except OSError as error:
                wrong_usage(f"{file} cannot be written: {error.strerror}")

    def write(self, result: Result, old: Result | None, *, fail_on_worse: bool) -> bool:
        """Whether all of them were written; which was not, is said."""
        from baraka_cli.simulator.report.compare import compare
        from baraka_cli.simulator.report.junit import junit
        from baraka_cli.simulator.report.page import page

        changes = compare(result, old) if old is not None and fail_on_worse else []
        texts: list[tuple[Path | None, Callable[[], str]]] = [
            (self.save, lambda: json_text(result) + "\n"),
            (self.report, lambda: page(result, old)),
            (self.junit, lambda: junit(result, changes)),
        ]
        written = True
        for file, text in texts:
            try:
                if file is not None:
                    file.write_text(text(), encoding="utf-8")
            except OSError as error:
                say(f"{file} could not be written: {error.strerror}")
                written = False
        return written


def held(setups: Sequence[Setup], database_url: str | None) -> Result:
    """The runs, one after the other, with their live screen on stderr."""
    from baraka_cli.simulator.result import together
    from baraka_cli.simulator.usage import NoSuchProcess

    results = []
    try:
        for number, setup in enumerate(setups, 1):
            of = f", run {number} of {len(setups)}" if len(setups) > 1 else ""
            results.append(run(_hold(setup, database_url, of)))
            if results[-1].interrupted or results[-1].could_not:
                break  # the next one would come to the same
    except NoSuchProcess as error:
        wrong_usage(f"--server-pid: {error}")
    return together(results)


async def _hold(setup: Setup, database_url: str | None, of: str) -> Result:
    from baraka_cli.database import open_store
    from baraka_cli.ledger_check import compare
    from baraka_cli.simulator.interrupt import Interrupt, signals_to
    from baraka_cli.simulator.report.screen import Screen
    from baraka_cli.simulator.run import run as hold
    from baraka_server.store.errors import Unavailable
    from baraka_server.store.migrate import MigrationFailed, OutOfDate

    title = f"baraka simulate, seed {setup.scenario.seed}{of}"
    seconds = setup.scenario.duration if setup.hosted else None
    interrupt = Interrupt()
    with Screen(stderr, title=title, seconds=seconds) as screen, signals_to(interrupt):
        if database_url is None:
            return await hold(setup, screen.show, interrupt=interrupt)
        try:
            async with open_store(database_url) as store:
                return await hold(setup, screen.show, partial(compare, store), interrupt)
        except (MigrationFailed, OutOfDate, Unavailable) as error:
            problem = f"--database-url: {error}"
    say(problem)
    raise typer.Exit(COULD_NOT)


def _tried(result: Result) -> bool:
    return any(probed.checked for probed in result.probes)


def tell(
    result: Result, old: Result | None, files: Files, *, as_json: bool, fail_on_worse: bool
) -> bool:
    """Print and write what came of it; whether every file was written."""
    from baraka_cli.simulator.report.compare import print_comparison
    from baraka_cli.simulator.report.tables import print_report

    written = files.write(result, old, fail_on_worse=fail_on_worse)
    if as_json:
        print_json(result)
    elif result.could_not and not result.totals.in_room_max and not _tried(result):
        say(result.could_not)
    else:
        print_report(stdout, result)
        if old is not None:
            print_comparison(stdout, result, old)
    if files.report is not None and written:
        say(f"The page: {files.report}")
    return written


def exit_code(result: Result, must_not_be_worse_than: Result | None, *, written: bool) -> int:
    """0 when all is well and something was proven; a broken promise counts more than a run that did not end."""
    from baraka_cli.simulator.report.compare import worse

    if not result.kept:
        return BROKEN
    if result.could_not:
        return SIGNALLED + result.interrupted if result.interrupted else COULD_NOT
    if not result.thresholds_hold or any(run.unproven for run in result.runs):
        return BROKEN
    if must_not_be_worse_than is not None and worse(result, must_not_be_worse_than):
        return BROKEN
    return 0 if written else COULD_NOT
