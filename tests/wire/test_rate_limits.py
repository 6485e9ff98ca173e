"""Rates, without a server."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from multidict import CIMultiDict

from baraka_server.settings import Settings
from baraka_server.wire import abuse_log, rate_limits
from baraka_server.wire.abuse_log import AbuseLog
from baraka_server.wire.addresses import UNKNOWN, address_of, peer_of
from baraka_server.wire.rate_limits import BURST_SECONDS, Rate, Rates
from tests.support.servers.clock import Clock


@pytest.fixture
def clock():
    return Clock()


def taken(rate, times):
    return sum(not rate.take() for _ in range(times))


@pytest.mark.parametrize("per_second", [0.1, 1, 6, 50])
def test_a_burst_uses_what_was_not_used_and_no_more(clock, per_second):
    rate = Rate(per_second, clock)
    burst = max(1, int(per_second * BURST_SECONDS))
    assert taken(rate, 10_000) == burst
    clock.now += 3_600
    assert taken(rate, 10_000) == burst


def test_after_the_burst_the_average_is_kept(clock):
    rate = Rate(6, clock)
    taken(rate, 1_000)
    through = 0
    for _ in range(1_000):
        clock.now += 0.01
        through += taken(rate, 5)
    assert 59 <= through <= 61  # ten seconds


def test_a_refusal_says_how_long_to_wait_and_waiting_so_long_is_enough(clock):
    rate = Rate(2, clock)
    taken(rate, 10)
    wait = rate.take()
    assert 0 < wait <= 0.5
    clock.now += wait * 0.9
    assert rate.take()
    clock.now += wait * 0.2
    assert not rate.take()


def test_asking_too_often_does_not_make_the_wait_longer(clock):
    rate = Rate(2, clock)
    taken(rate, 10)
    assert {rate.take() for _ in range(1_000)} == {0.5}


def test_what_is_more_than_is_left_is_done_whole_and_paid_for_afterwards(clock):
    rate = Rate(100, clock)
    assert rate.take(499) == 0
    assert rate.take(400) == 0
    assert rate.take(1) == pytest.approx(4)
    clock.now += 3.9
    assert rate.take(1)
    clock.now += 0.2
    assert not rate.take(1)


def test_nought_is_no_limit(clock):
    assert taken(Rate(0, clock), 10_000) == 10_000
    rates = Rates(0, clock=clock)
    assert not any(rates.take("x") for _ in range(10_000))
    assert len(rates) == 0


def test_each_has_a_rate_of_its_own(clock):
    rates = Rates(1, clock=clock)
    assert [bool(rates.take("bilal")) for _ in range(6)] == [False] * 5 + [True]
    assert not rates.take("dina")


def test_those_at_rest_are_forgotten_and_the_others_are_not(clock, monkeypatch):
    monkeypatch.setattr(rate_limits, "KEYS_MAX", 100)
    rates = Rates(1, clock=clock)
    for user in range(100):
        rates.take(user)
    clock.now += 60
    taken_out = [rates.take("bilal") for _ in range(10)]
    for user in range(1_000, 1_099):
        rates.take(user)
    assert len(rates) <= 101
    assert rates.take("bilal") > 0
    assert taken_out[-1] > 0


def test_a_crowd_in_which_nobody_rests_is_not_looked_through_for_each_new_key(clock, monkeypatch):
    monkeypatch.setattr(rate_limits, "KEYS_MAX", 100)
    looks = 0

    class Counting(Rate):
        @property
        def at_rest(self):
            nonlocal looks
            looks += 1
            return super().at_rest

    monkeypatch.setattr(rate_limits, "Rate", Counting)
    rates = Rates(1, clock=clock)
    for user in range(10_000):
        rates.take(user)
    assert looks < 4 * 10_000


def test_the_log_has_a_line_at_once_and_then_sums_up_while_it_goes_on(caplog):
    clock = Clock()
    quiet = AbuseLog(clock)
    for number in range(1_000):
        quiet.hung_up(f"192.0.2.{number % 5 % 2}", "it is a stranger")
        quiet.refused("192.0.2.9", "too many of them", "connections_max")
    assert caplog.messages == [
        "disconnected 192.0.2.0: it is a stranger",
        "refused 192.0.2.9: too many of them (BARAKA_CONNECTIONS_MAX)",
    ]
    for _ in range(abuse_log.SUMMARY_SECONDS):
        clock.now += 1
        quiet.sum_up()
    assert caplog.messages[2:] == [
        "disconnected 999 more in 10 s: it is a stranger; from 192.0.2.0 (599), 192.0.2.1 (400)",
        "refused 999 more in 10 s: too many of them (BARAKA_CONNECTIONS_MAX); from 192.0.2.9 (999)",
    ]
    told = caplog.records[3]
    assert (told.event, told.limit, told.count) == ("refused", "connections_max", 999)
    assert told.addresses == {"192.0.2.9": 999}
    clock.now += abuse_log.SUMMARY_SECONDS
    quiet.sum_up()
    quiet.close()
    assert len(caplog.messages) == 4
    quiet.hung_up("192.0.2.1", "it is a stranger")  # it was quiet for a while: at once again
    assert len(caplog.messages) == 5


def test_the_end_of_the_log_tells_what_was_not_told_yet_and_a_crowd_of_addresses_is_counted(caplog):
    quiet = AbuseLog(Clock())
    for number in range(10_000):
        quiet.hung_up(f"10.0.{number // 250}.{number % 250}", "it is a stranger")
    quiet.close()
    assert caplog.messages[-1].startswith(
        "disconnected 9999 more in 0 s: it is a stranger; from 10.0."
    )
    others = abuse_log.ADDRESSES_KEPT_MAX - abuse_log.ADDRESSES_TOLD  # no more are counted apart
    assert caplog.messages[-1].endswith(f" and {others} other addresses")


# --- whom they count


def request(peer, *forwarded):
    headers = CIMultiDict(("X-Forwarded-For", value) for value in forwarded)
    return SimpleNamespace(headers=headers, transport=line(peer))


def line(peer):
    peername = (peer, 5) if peer else None
    return SimpleNamespace(get_extra_info={"peername": peername}.get)


PROXIES = "10.0.0.0/8, 192.0.2.7, fd00::/8"


@pytest.mark.parametrize(
    ("peer", "forwarded", "counted"),
    [
        ("203.0.113.5", [], "203.0.113.5"),
        ("203.0.113.5", ["1.2.3.4"], "203.0.113.5"),  # nobody vouches for it
        ("10.1.1.1", ["203.0.113.5"], "203.0.113.5"),
        ("10.1.1.1", ["1.2.3.4, 203.0.113.5"], "203.0.113.5"),
        ("10.1.1.1", ["1.2.3.4", "203.0.113.5"], "203.0.113.5"),
        ("10.1.1.1", ["1.2.3.4, 203.0.113.5, 10.9.9.9"], "203.0.113.5"),
        ("10.1.1.1", ["203.0.113.5, 192.0.2.7"], "203.0.113.5"),
        ("10.1.1.1", ["nonsense, 203.0.113.5"], "203.0.113.5"),
        ("10.1.1.1", ["203.0.113.5, nonsense"], UNKNOWN),
        ("10.1.1.1", [""], UNKNOWN),
        ("10.1.1.1", [], "10.1.1.1"),
        ("10.1.1.1", ["10.2.2.2"], "10.2.2.2"),
        ("::ffff:10.1.1.1", ["::ffff:203.0.113.5"], "203.0.113.5"),
        ("fd00::1", ["2001:db8:0:1:2:3:4:5"], "2001:db8:0:1::/64"),
        ("2001:db8::1", [], "2001:db8::/64"),
        ("2001:db8::ffff:ffff:ffff:ffff", [], "2001:db8::/64"),
        ("2001:db8:0:1::1", [], "2001:db8:0:1::/64"),
        ("fe80::1%eth0", [], "fe80::/64"),
        (None, ["203.0.113.5"], UNKNOWN),
    ],
)
def test_a_proxy_is_believed_only_if_it_is_trusted(peer, forwarded, counted):
    proxies = Settings(_env_file=None, trusted_proxies=PROXIES).proxy_networks
    assert address_of(request(peer, *forwarded), proxies) == counted


def test_a_long_chain_is_walked_once():
    hops = ", ".join(["10.1.1.1"] * 5_000)
    proxies = Settings(_env_file=None, trusted_proxies=PROXIES).proxy_networks
    assert address_of(request("10.0.0.1", f"203.0.113.5, {hops}"), proxies) == "203.0.113.5"


@pytest.mark.parametrize(
    ("peer", "counted"),
    [("203.0.113.5", "203.0.113.5"), ("10.1.1.1", None), ("2001:db8::5", "2001:db8::/64")],
)
def test_the_lines_of_a_proxy_are_nobodys(peer, counted):
    proxies = Settings(_env_file=None, trusted_proxies=PROXIES).proxy_networks
    assert peer_of(line(peer), proxies) == counted
