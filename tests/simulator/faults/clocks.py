"""Faults of clocks and of pauses of bidding (D44, D45)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from baraka_cli.simulator.result import Promise
from baraka_server.contract.refusals import Code
from baraka_server.domain.clock import Clock
from baraka_server.domain.rules import clock as rules_of_clock
from baraka_server.domain.rules import prices
from baraka_server.live import clock_told
from tests.simulator.faults.kinds import changing, rule, saying_no, stating, wire
from tests.support.clients.simulated import AUTO, CLOCKS, MISTAKES, VICTIM
from tests.support.servers.man_in_the_middle import Listener, Said, Tamper


@rule(Promise.CLOCK_IS_KEPT, r"a bid of \d+: it was accepted while bidding was paused", CLOCKS)
def bids_are_taken_while_bidding_is_paused() -> Iterator[None]:
    def closed(state: Any, command: Any) -> Any:
        return None if state.bidding.paused else rules_of_clock.closed(state, command)

    with patch.object(prices, "closed", closed):
        yield


@rule(
    Promise.CLOCK_IS_KEPT,
    r"a bid of \d+: it was sent \d+\.\d s behind the end of the clock",
    CLOCKS,
    is_long=True,
)
def bids_are_taken_behind_the_end_of_the_clock() -> Iterator[None]:
    def closed(state: Any, command: Any) -> Any:
        return rules_of_clock.closed(state, command) if state.bidding.paused else None

    with patch.object(prices, "closed", closed):
        yield


@rule(Promise.CLOCK_IS_KEPT, r"it came in the last 1 s, and left \d+ ms, not 1000", CLOCKS)
def bids_at_the_last_moment_do_not_extend_the_clock() -> Iterator[None]:
    def with_bid(clock: Clock, clock_ms: int, late_ms: int) -> Clock:
        return clock.counted_to(clock_ms)

    with patch.object(Clock, "with_bid", with_bid):
        yield


@rule(
    Promise.CLOCK_IS_KEPT,
    r"a bid of \d+: the clock has \d+ ms left, which should be",
    CLOCKS,
    is_long=True,
)
def every_bid_sets_the_clock_back() -> Iterator[None]:
    def with_bid(clock: Clock, clock_ms: int, late_ms: int) -> Clock:
        return replace(clock, clock_ms=clock_ms, ends_ms=clock_ms + 20_000)

    with patch.object(Clock, "with_bid", with_bid):
        yield


@wire(
    Promise.CLOCK_IS_KEPT,
    r"an undo: the clock has 300 ms left, and should have 1000 at least",
    MISTAKES.model_copy(update={"clocks": 1}),
    is_long=True,
)
def an_undo_leaves_no_time_to_bid() -> Tamper:
    return changing(
        "bidUndone",
        lambda data: data | {"clock": data["clock"] and data["clock"] | {"remainingMs": 300}},
    )


@rule(Promise.CLOCK_IS_KEPT, r"the clock awarded the lot \d+\.\d s before its end", AUTO)
def a_clock_awards_its_lot_before_the_end_that_is_told() -> Iterator[None]:
    def shown(clock: Clock, clock_ms: int, at: Any) -> dict[str, Any]:
        return rules_of_clock.shown(replace(clock, ends_ms=clock.ends_ms + 3_000), clock_ms, at)

    with patch.object(clock_told, "shown", shown):
        yield


@wire(Promise.REFUSALS_ARE_RIGHT, r"placeBid of .* was refused as 'Bidding is closed', and", CLOCKS)
def bids_are_refused_although_the_clock_runs() -> Tamper:
    return saying_no(Code.BIDDING_CLOSED)


@wire(
    Promise.REFUSALS_ARE_RIGHT,
    r"placeBid of .* was refused as 'Bidding is paused', and",
    CLOCKS,
    is_long=True,
)
def bids_are_refused_although_nothing_is_paused() -> Tamper:
    return saying_no(Code.BIDDING_PAUSED)


@wire(Promise.ONE_ORDER, r"number \d+ is a clock with \d+ ms left.* for some and", CLOCKS)
def one_viewer_is_told_another_clock() -> Tamper:
    def tamper(to: Listener, said: Said) -> list[Said]:
        if said.name != "auctionClock" or to.user_id != VICTIM:
            return [said]
        return [said.saying(remainingMs=(said.data["remainingMs"] or 0) + 5_000)]

    return tamper


@wire(
    Promise.ONE_ORDER,
    r"number \d+ has clock \{.*\} for others",
    CLOCKS,
    is_long=True,
)
def one_viewer_is_told_another_clock_with_a_bid() -> Tamper:
    def tamper(to: Listener, said: Said) -> list[Said]:
        if said.name != "newBid" or to.user_id != VICTIM or not said.data.get("clock"):
            return [said]
        return [said.saying(clock=said.data["clock"] | {"windowSeconds": 7})]

    return tamper


@wire(
    Promise.CLOCK_IS_KEPT,
    r"the state at number \d+: no clock is on, bidding is open; the room was told a clock is on",
    CLOCKS,
    is_long=True,
)
def joiners_are_told_of_no_clock() -> Tamper:
    return stating(lambda data: {"clock": None})
