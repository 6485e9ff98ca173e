"""Counters of a run: commands that were sent add up, and rates are of their own time."""

import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given
from hypothesis import strategies as st

from baraka_cli.simulator.meter import MICROSECONDS_MAX, SIGNIFICANT_FIGURES, Meter, Times


def test_what_was_lost_stands_in_the_percentiles_with_the_time_that_was_waited():
    times = Times()
    for _ in range(95):
        times.add(0.010)
    for _ in range(5):
        times.lose(30)
    latency = times.latency()
    assert (latency.count, latency.lost) == (100, 5)
    assert latency.p50 == pytest.approx(10, rel=0.01)
    assert latency.p99 == pytest.approx(30_000, rel=0.01)


@given(st.lists(st.floats(0, 200), min_size=1, max_size=50))
def test_durations_that_are_recorded_together_are_those_that_were_added(durations):
    together, one_by_one = Times(), Times()
    for seconds in durations:
        together.add(seconds)
        one_by_one.add(seconds)
        one_by_one.latency()
    expected = HdrHistogram(1, MICROSECONDS_MAX, SIGNIFICANT_FIGURES)
    for seconds in durations:
        expected.record_value(min(max(int(seconds * 1_000_000), 1), MICROSECONDS_MAX))
    assert together.latency() == one_by_one.latency()
    assert together.latency().p95 == round(expected.get_value_at_percentile(95) / 1000, 3)
    assert together.latency().max == round(expected.get_value_at_percentile(100) / 1000, 3)


def test_bids_that_were_asked_are_those_accepted_refused_and_unanswered():
    meter = Meter()
    for ok, why in ((True, ""), (False, "BID_TOO_LOW"), (False, "BID_TOO_LOW"), (None, "")):
        meter.bid_asked()
        meter.bid_answered(ok, why, 0.01)
    bids = meter.bids
    assert bids.sent == bids.done + bids.refused + bids.unanswered == 4
    assert meter.bid_refusals == {"BID_TOO_LOW": 2}
    assert (meter.answer.count, meter.answer.lost) == (4, 1)


def test_other_events_add_up_by_themselves():
    meter = Meter()
    for event, ok in (("comment", True), ("comment", False), ("joinAuction", None)):
        meter.asked(event)
        meter.answered(event, ok, "TOO_FAST")
    assert all(
        one.sent == one.done + one.refused + one.unanswered for one in meter.requests.values()
    )
    assert meter.other_refusals == {"comment: TOO_FAST": 1}
    assert meter.bid_refusals == {}


def test_what_is_received_before_and_after_the_bidding_is_not_of_it(monkeypatch):
    now = 100.0
    monkeypatch.setattr("baraka_cli.simulator.meter.time.perf_counter", lambda: now)
    meter = Meter()
    meter.message(50)
    assert meter.bidding() == (0, 0, 0)
    now = 110.0
    meter.bidding_begins()
    meter.message(70)
    now = 115.0
    meter.bidding_ends()
    meter.message(90)
    now = 120.0
    meter.bidding_ends()
    assert meter.bidding() == (5, 1, 70)
    assert (meter.messages, meter.bytes) == (3, 210)
