"""The search for the rate that a server carries."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from baraka_cli.simulator.crowd import limit
from baraka_cli.simulator.crowd.deliveries import Deliveries
from baraka_cli.simulator.crowd.limit import LimitSearch
from baraka_cli.simulator.crowd.pace import NO_OCCASION, Lapse
from baraka_cli.simulator.meter import Meter
from baraka_cli.simulator.report.verdict import limit_found
from baraka_cli.simulator.result import Step
from baraka_cli.simulator.scenario import BadScenario, Scenario, scenario
from tests.support.checks.runs import a_run

STEP_SECONDS = 10
CAPACITY = 30
"""Bids a second that the server of these tests carries."""


class Bidders:
    """Make every bid that is due, but only `able` a second, and with an occasion for a `share` of them."""

    def __init__(self, able: float = 1e9, steps_max: int = 100, share: float = 1) -> None:
        self.open = True
        self.planned = 0
        self.lapsed: Counter[Lapse] = Counter()
        self.rates: list[float] = []
        self.able = able
        self.share = share
        self.steps_max = steps_max

    def change_rate(self, rate: float) -> None:
        self.rates.append(rate)

    def close(self) -> None:
        self.open = False


async def search(monkeypatch, bidders: Bidders, **fields: Any) -> list[Step]:
    planned = Scenario(rate=10, find_limit=STEP_SECONDS, **fields)
    meter, now = Meter(), 0.0
    stub: Any = bidders
    found = LimitSearch(planned, stub, Deliveries(1, meter), meter)

    async def pass_time(seconds: float) -> None:
        nonlocal now
        now += seconds
        rate = bidders.rates[-1]
        due = round(rate * seconds)
        made = round(min(rate, bidders.able) * seconds * bidders.share)
        bidders.planned += due
        for number in range(due - round(due * bidders.share)):
            bidders.lapsed[NO_OCCASION[number % len(NO_OCCASION)]] += 1
        for _ in range(made):
            meter.bid_asked()
            meter.bid_answered(True, "", 0.005)
            meter.delivered(0.005 if rate <= CAPACITY else 2.0)
        if len(bidders.rates) > bidders.steps_max:
            bidders.close()

    monkeypatch.setattr(limit.asyncio, "sleep", pass_time)
    monkeypatch.setattr(limit.time, "perf_counter", lambda: now)
    await found.run()
    return found.steps


async def test_the_rate_grows_until_a_threshold_breaks_and_the_last_that_held_is_said(monkeypatch):
    bidders = Bidders()
    steps = await search(monkeypatch, bidders, max_p99_ms=500)
    assert [step.rate for step in steps] == [10, 15, 22.5, 33.75]
    assert [step.held for step in steps] == [True, True, True, False]
    assert not bidders.open, "the sale goes on to its end"
    told = limit_found(a_run(steps=steps))
    assert told.startswith("22.5 bids a second held; 33.8 did not: delivery p99 was 2,0")


async def test_a_rate_that_the_crowd_does_not_reach_is_not_held(monkeypatch):
    steps = await search(monkeypatch, Bidders(able=12), max_p99_ms=500)
    assert [step.held for step in steps] == [True, False]
    assert steps[-1].why == "only 12.0 of 15.0 bids a second were made"


async def test_a_server_is_not_blamed_for_bids_that_nobody_had_occasion_to_make(monkeypatch):
    """As with lots of a second, which are new to everybody for a quarter of that."""
    bidders = Bidders(share=0.6, steps_max=2)
    steps = await search(monkeypatch, bidders, max_p99_ms=500)
    assert [(step.asked, step.why) for step in steps] == [(10, ""), (15, "")]


async def test_a_bid_that_is_under_way_when_a_step_ends_is_not_called_unmade(monkeypatch):
    steps = await search(monkeypatch, Bidders(able=8.9, steps_max=1), max_lost=0)
    assert [step.why for step in steps] == [""]


async def test_a_step_in_which_hardly_anybody_could_bid_says_nothing(monkeypatch):
    steps = await search(monkeypatch, Bidders(share=0.1, steps_max=3), max_p99_ms=500)
    assert steps == []


async def test_when_the_time_is_over_the_last_step_says_nothing(monkeypatch):
    steps = await search(monkeypatch, Bidders(steps_max=2), max_p99_ms=500)
    assert [step.held for step in steps] == [True, True]
    assert "no time to ask for more" in limit_found(a_run(steps=steps))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"find_limit": "10s"}, "nothing can break; set max_p99_ms"),
        ({"find_limit": 10, "rate": 0, "max_lost": 0}, "begins with a rate, and the rate is 0"),
        ({"duration": "soon"}, "duration: 'soon' is not a time"),
        ({"duration": 0}, "duration: Input should be greater than 0, not 0"),
    ],
)
def test_what_cannot_be_looked_for_is_said(fields, words):
    with pytest.raises(BadScenario, match=words):
        scenario(fields)


def test_a_file_may_say_times_with_a_unit():
    assert scenario({"duration": "2m", "ramp_up": "30s"}).duration == 120
