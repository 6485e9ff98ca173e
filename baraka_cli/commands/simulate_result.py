"""`baraka simulate`, the run and its results: live screen, tables, files that it writes."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from baraka_cli.terminal import json_text, print_json, run, say, stderr, stdout, wrong_usage

if TYPE_CHECKING:
    from baraka_cli.simulator.result import Result
    from baraka_cli.simulator.run import Setup

BROKEN, COULD_NOT = 1, 2
"""Exit codes: a promise was broken; there was no run to judge."""


def former_result(file: Path | None) -> Result | None:
    from baraka_cli.simulator.report.compare import NotAResult, read_result

    try:
        return read_result(file) if file else None
    except NotAResult as error:
        wrong_usage(f"--compare: {error}")


def held(setup: Setup, database_url: str | None) -> Result:
    """The run, with its live screen on stderr."""
    from baraka_cli.database import open_store
    from baraka_cli.ledger_check import compare
    from baraka_cli.simulator.meter import NoSuchProcess
    from baraka_cli.simulator.report.screen import Screen
    from baraka_cli.simulator.run import run as hold
    from baraka_server.store.errors import Unavailable
    from baraka_server.store.migrate import MigrationFailed, OutOfDate

    title = f"baraka simulate, seed {setup.scenario.seed}"

    async def hold_it() -> Result:
        seconds = setup.scenario.duration if setup.hosted else None
        with Screen(stderr, title=title, seconds=seconds) as screen:
            if database_url is None:
                return await hold(setup, screen.show)
            try:
                async with open_store(database_url) as store:
                    return await hold(setup, screen.show, partial(compare, store))
            except (MigrationFailed, OutOfDate, Unavailable) as error:
                problem = f"--database-url: {error}"
        say(problem)
        raise typer.Exit(COULD_NOT)

    try:
        return run(hold_it())
    except NoSuchProcess as error:
        wrong_usage(f"--server-pid: {error}")


def tell(
    result: Result,
    old: Result | None,
    *,
    as_json: bool,
    report: Path | None,
    save: Path | None,
) -> None:
    from baraka_cli.simulator.report.compare import print_comparison
    from baraka_cli.simulator.report.page import page
    from baraka_cli.simulator.report.tables import print_report

    try:
        if save is not None:
            save.write_text(json_text(result) + "\n", encoding="utf-8")
        if report is not None:
            report.write_text(page(result, old), encoding="utf-8")
    except OSError as error:
        say(f"{error.filename}: {error.strerror}")
    if as_json:
        print_json(result)
    elif result.could_not and not result.totals.viewers_max:
        say(result.could_not)
    else:
        print_report(stdout, result)
        if old is not None:
            print_comparison(stdout, result, old)
    if report is not None:
        say(f"The page: {report}")
