"""Tables that `baraka simulate` prints after a run."""

from io import StringIO

import pytest
from hypothesis import given, settings
from rich.console import Console

from baraka_cli.simulator.report.compare import print_comparison
from baraka_cli.simulator.report.tables import print_report
from baraka_cli.simulator.result import OF_A_HOUSE, TITLES, Breach, Finding, Promise, Result
from baraka_server.contract.text import OBEYED
from tests.support.checks.runs import RESULTS, a_broken_run, a_run, an_empty_run


def printed(result: Result, old: Result | None = None, *, width: int = 100) -> str:
    console = Console(file=StringIO(), width=width, markup=False, emoji=False, highlight=False)
    print_report(console, result)
    if old is not None:
        print_comparison(console, result, old)
    return console.file.getvalue()


@pytest.mark.parametrize("result", [a_run(), a_broken_run(), an_empty_run()])
@pytest.mark.parametrize("width", [80, 200])
def test_every_promise_is_in_the_report(result: Result, width: int) -> None:
    words = printed(result, width=width).split()
    for promise, title in TITLES.items():
        assert promise in OF_A_HOUSE or set(title.split()) <= set(words)


def test_the_verdict_is_the_last_line() -> None:
    assert printed(a_broken_run()).rstrip().endswith("✗ 1 promise was broken")
    assert printed(a_run()).rstrip().endswith("✓ Every promise that was checked was kept")
    assert printed(an_empty_run()).rstrip().endswith("– Nothing was checked")
    broken_off = an_empty_run(could_not="nobody answers")
    assert printed(broken_off).rstrip().endswith("! The run broke off")
    everything = [Finding(promise=promise, checked=1) for promise in Promise]
    assert printed(a_run(findings=everything)).rstrip().endswith("✓ Every promise was kept")


def test_a_broken_promise_counts_more_than_a_run_that_broke_off() -> None:
    assert "✗ 1 promise was broken" in printed(a_broken_run(could_not="the server went away"))
    assert "the server went away" in printed(a_broken_run(could_not="the server went away"))


@pytest.mark.parametrize("width", [40, 80])
def test_the_offending_message_can_be_copied(width: int) -> None:
    message = '42["newBid",' + "1234567890" * 30 + "]"
    breach = Breach(at=12, what="bid 3 was not higher than bid 2", message=message)
    shown = printed(a_run(broken={Promise.BIDS_RISE: breach}), width=width)
    assert f"  {message}\n" in shown
    assert "0:12: bid 3 was not higher than bid 2\n" in shown


def test_what_was_not_checked_says_why() -> None:
    findings = [
        Finding(promise=Promise.DATABASE_AGREES, unchecked="no --database-url was given"),
        Finding(promise=Promise.ONE_ORDER, checked=9, unchecked="the server has no seq"),
    ]
    shown = printed(a_run(findings=findings), width=200)
    assert "not checked: no --database-url was given" in shown
    assert "partly: the server has no seq" in shown
    assert "1 promise was checked only partly." in shown
    assert shown.count("there was no occasion") == len(Promise) - len(OF_A_HOUSE) - 2


def test_refusals_beyond_the_table_are_counted() -> None:
    refusals = {f"Bid must be higher than {amount}": 2 for amount in range(100)}
    assert "88 other reasons" in printed(a_run(refusals=refusals))


@given(RESULTS, RESULTS)
@settings(max_examples=30, deadline=None)
def test_a_terminal_obeys_nothing_that_a_run_says(result: Result, old: Result) -> None:
    shown = printed(result, old)
    shown.encode("utf-8")
    assert not OBEYED.search(shown.replace("\n", ""))


@pytest.mark.parametrize("width", [80, 200])
def test_a_table_fits_the_terminal(width: int) -> None:
    shown = printed(a_run(), a_run(slower=2), width=width)
    assert max(map(len, shown.splitlines())) <= width
