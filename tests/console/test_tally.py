"""Lots sold, their total and the pace of a sale, from the server's list and from what was heard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from baraka_cli.console.records import Hammer
from baraka_cli.console.tally import Tally
from baraka_server.contract.settlement import SaleLot, SaleSummary

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def hammer(amount: int | None, minutes_ago: float = 0) -> Hammer:
    winner = None if amount is None else "Dina"
    return Hammer("Ring", winner, 3, amount, NOON - timedelta(minutes=minutes_ago))


def winning(price: int, minutes_ago: float) -> dict[str, Any]:
    at = NOON - timedelta(minutes=minutes_ago)
    return {"price": price, "createdAt": at.isoformat()}


def test_what_was_heard_since_the_list_was_read_is_added_once() -> None:
    hammers = [hammer(100), hammer(None)]
    tally = Tally(hammers)
    assert (tally.sold, tally.total) == (1, 100)
    tally.take_winnings([winning(100, 9), winning(70, 30)], timedelta())
    assert (tally.sold, tally.total) == (2, 170)
    hammers.append(hammer(50))
    assert (tally.sold, tally.total) == (3, 220)


def told(*lots: tuple[int | None, float]) -> SaleSummary:
    """The server's summary of lots that came off the block, each with its price and minutes ago."""
    return SaleSummary.model_construct(
        lots=[
            SaleLot.model_construct(
                product="Ring", price=price, at=NOON - timedelta(minutes=minutes_ago)
            )
            for price, minutes_ago in lots
        ]
    )


def test_the_servers_summary_has_what_passed_too_so_that_all_consoles_agree() -> None:
    there, late = Tally([hammer(None, 20), hammer(40, 10)]), Tally([])
    for tally in (there, late):
        tally.take(told((None, 20), (40, 10), (None, 5)), timedelta())
        assert (tally.sold, tally.total, tally.pace(NOON)) == (1, 40, 6)


def test_it_says_at_least_until_the_server_told_what_it_sold() -> None:
    tally = Tally([hammer(1_250)])
    assert tally.told(NOON) == "≥ 1 sold · total 1,250"
    tally.take_winnings([winning(1_250, 0)], timedelta())
    assert tally.told(NOON) == "1 sold · total 1,250"


def test_the_pace_is_that_of_the_last_hour_with_the_lots_that_passed() -> None:
    hammers = [hammer(None, 90), hammer(None, 20), hammer(None, 10)]
    tally = Tally(hammers)
    assert tally.pace(NOON) == 3, "one in twenty minutes; that of an hour ago does not count"
    tally.take_winnings([winning(5, 30), winning(5, 15)], timedelta())
    assert tally.pace(NOON) == 6
    assert tally.told(NOON).endswith("· 6 lots/h")


def test_two_lots_in_a_moment_are_not_a_pace() -> None:
    assert Tally([hammer(5, 0.2), hammer(5, 0.1)]).pace(NOON) is None
    assert Tally([hammer(5, 30)]).pace(NOON) is None


def test_times_of_the_server_are_read_by_our_clock() -> None:
    tally = Tally([])
    tally.take_winnings([winning(5, 150), winning(5, 120)], timedelta(hours=2))
    assert tally.pace(NOON) == 2
