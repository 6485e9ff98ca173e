"""Deliveries: the viewers that are due a bid, and what is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from baraka_cli.client.frames import Frame, Frames
from baraka_cli.simulator.checks.seats import Seat
from baraka_cli.simulator.crowd.cast import Member, Part
from baraka_cli.simulator.crowd.deliveries import LOST_AFTER_SECONDS, Deliveries
from baraka_cli.simulator.meter import Meter
from tests.support.clients.simulated import EVENING, VICTIM, hold
from tests.support.servers.broken_server import broken_server
from tests.support.servers.man_in_the_middle import Listener, Said

BIDDER, AMOUNT = 7, 120


def a_bid(bid_id: int = 1, amount: int = AMOUNT, **more: Any) -> Frame:
    row = {"id": bid_id, "user_id": BIDDER, "bid": amount, "auction_id": 1}
    return Frames(lambda _: None).of("42" + json.dumps(["newBid", {"newBid": row} | more]))


def a_viewer(number: int, auction_id: int | None = 1, *, slow: bool = False) -> Member:
    nobody: Any = None
    return Member(nobody, Part.VIEWER, Seat(f"viewer {number}"), auction_id, number, slow=slow)


@pytest.fixture
def meter() -> Meter:
    return Meter()


@pytest.fixture
def deliveries(meter: Meter) -> Deliveries:
    return Deliveries(1, meter)


@pytest.fixture
def viewers(deliveries: Deliveries) -> list[Member]:
    there = [a_viewer(number) for number in range(3)]
    for one in there:
        deliveries.entered(one)
    return there


def test_latency_counts_from_the_moment_a_bid_was_due(deliveries, meter, viewers):
    deliveries.asked(BIDDER, AMOUNT, due=10.0)
    for one, frame in zip(viewers, [a_bid(), a_bid(auctionBids=[]), a_bid()], strict=True):
        deliveries.heard(one, frame, 10.5)
    latency = meter.delivery.latency()
    assert (latency.count, latency.lost) == (3, 0)
    assert latency.p50 == pytest.approx(500, rel=0.01)


def test_a_bid_that_was_heard_before_is_not_the_one_that_was_asked_then(deliveries, meter, viewers):
    deliveries.heard(viewers[0], a_bid(), 9.9)  # a maximum made it
    deliveries.asked(BIDDER, AMOUNT, due=10.0)
    deliveries.heard(viewers[1], a_bid(), 10.1)
    deliveries.answered(BIDDER, AMOUNT, ok=False)
    deliveries.lose(11.0 + LOST_AFTER_SECONDS)
    assert meter.delivery.latency().count == 0


def test_what_one_viewer_never_hears_is_lost_and_not_left_out(deliveries, meter, viewers):
    deliveries.asked(BIDDER, AMOUNT, due=10.0)
    for one in viewers[:2]:
        deliveries.heard(one, a_bid(), 10.001)
    deliveries.lose(10.0 + LOST_AFTER_SECONDS - 1)
    assert meter.delivery.lost == 0
    deliveries.lose(10.0 + LOST_AFTER_SECONDS)
    latency = meter.delivery.latency()
    assert (latency.count, latency.lost) == (3, 1)
    assert latency.p99 == pytest.approx(LOST_AFTER_SECONDS * 1_000, rel=0.01)
    deliveries.heard(viewers[2], a_bid(), 99.0)
    assert meter.delivery.count == 3, "it was counted already"


def test_a_bid_that_was_accepted_and_told_to_nobody_is_lost_for_everybody(
    deliveries, meter, viewers
):
    for amount in (AMOUNT, AMOUNT + 1, AMOUNT + 2):
        deliveries.asked(BIDDER, amount, due=10.0)
    deliveries.answered(BIDDER, AMOUNT, ok=True)
    deliveries.answered(BIDDER, AMOUNT + 1, ok=False)
    deliveries.answered(BIDDER, AMOUNT + 2, ok=None)
    deliveries.lose(11.0, older_than=0)
    assert meter.delivery.lost == len(viewers)


def test_who_leaves_is_not_due_what_was_under_way(deliveries, meter, viewers):
    deliveries.asked(BIDDER, AMOUNT, due=10.0)
    deliveries.heard(viewers[0], a_bid(), 10.001)
    deliveries.left(viewers[1])
    deliveries.heard(viewers[2], a_bid(), 10.001)
    deliveries.lose(99.0, older_than=0)
    assert (meter.delivery.count, meter.delivery.lost) == (2, 0)


def test_slow_phones_and_people_elsewhere_are_due_nothing(deliveries, meter, viewers):
    deliveries.asked(BIDDER, AMOUNT, due=10.0)
    for one in (a_viewer(8, slow=True), a_viewer(9, 2), a_viewer(10, None)):
        deliveries.entered(one)
        deliveries.heard(one, a_bid(), 10.0)
    for one in viewers:
        deliveries.heard(one, a_bid(), 10.001)
    deliveries.lose(99.0, older_than=0)
    assert (meter.delivery.count, meter.delivery.lost) == (3, 0)


def test_a_bid_of_the_same_amount_on_another_lot_is_another_bid(deliveries, meter, viewers):
    for bid_id, due in ((1, 10.0), (2, 50.0)):
        deliveries.asked(BIDDER, AMOUNT, due=due)
        for one in viewers:
            deliveries.heard(one, a_bid(bid_id), due + 0.001)
    assert meter.delivery.count == 6
    assert meter.delivery.latency().max == pytest.approx(1, rel=0.01)


async def test_over_real_sockets_each_bid_that_a_viewer_never_hears_is_counted(database):
    def deaf(to: Listener, said: Said) -> list[Said]:
        return [] if said.name == "newBid" and to.user_id == VICTIM else [said]

    async with broken_server(database) as server:
        server.man.tamper = deaf
        scenario = EVENING.model_copy(update={"max_lost": 0})
        result = await hold(server.url, scenario)
    assert not result.could_not
    assert result.delivery.lost == result.totals.accepted > 0
    (threshold,) = result.thresholds
    assert not threshold.holds
