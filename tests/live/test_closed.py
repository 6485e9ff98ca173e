"""The cached reason why an auction cannot be joined."""

from __future__ import annotations

from baraka_server.contract.refusals import Code
from baraka_server.live.closed import Closed


def test_a_refusal_is_believed_for_its_time_and_no_longer():
    now = 0.0
    closed = Closed(1, lambda: now)
    closed.because(Code.NOT_LIVE)
    now = 0.9
    closed.expire()
    assert closed.reason is Code.NOT_LIVE
    now = 1.0
    closed.expire()
    assert closed.reason is None


def test_a_refusal_that_is_not_kept_stands_for_those_who_asked_together():
    closed = Closed(0, lambda: 5.0)
    closed.because(Code.NOT_LIVE)
    assert closed.reason is Code.NOT_LIVE
    closed.expire()
    assert closed.reason is None
