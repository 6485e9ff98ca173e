"""Results of runs that never took place, for what is made of them: tables, screens and pages."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from baraka_cli.simulator.result import (
    OF_A_HOUSE,
    Breach,
    Finding,
    Latency,
    Promise,
    Result,
    Second,
    ServerProcess,
    Totals,
)

UNCHECKED = {
    Promise.DATABASE_AGREES: "no --database-url was given",
}
MESSAGE = '42["auctionEnded",{"auctionId":1,"seq":812,"winningBid":{"amount":1450}}]'
FIRST = {
    Promise.AWARD_IS_HIGHEST: Breach(
        at=31.4, what="lot 3 went to Dina for 1,450, though Bilal had bid 1,500", message=MESSAGE
    )
}


def a_run(
    *,
    seconds: int = 60,
    viewers: int = 1_000,
    broken: Mapping[Promise, Breach] | None = None,
    measured: bool = True,
    slower: float = 1.0,
    **fields: Any,
) -> Result:
    """A sale as it might have gone; `measured` is whether the server's pid was known."""
    dice = random.Random(7)
    timeline = [a_second(at, seconds, viewers, dice, measured, slower) for at in range(seconds)]
    asked, accepted = sum(one.asked for one in timeline), sum(one.accepted for one in timeline)
    messages = sum(one.messages for one in timeline)
    server = ServerProcess(
        pid=4711,
        cpu_seconds=0.4 * seconds,
        cpu_microseconds_per_delivery=0.4e6 * seconds * slower / max(1, messages),
        rss_bytes_start=84_000_000,
        rss_bytes_max=131_000_000,
    )
    values: dict[str, Any] = {
        "baraka": "0.1.0",
        "url": "http://127.0.0.1:3000",
        "started_at": "2027-01-31T18:00:00.000Z",
        "seconds": seconds,
        "scenario": {"viewers": viewers, "bidders": 40, "lots": 12, "seed": 7},
        "auctions": [1],
        "server": "acknowledgements, seq, states",
        "totals": Totals(
            viewers_max=viewers,
            connections=viewers + 12,
            reconnections=12,
            dropped_by_server=3,
            asked=asked,
            accepted=accepted,
            refused=asked - accepted,
            comments=sum(one.comments for one in timeline),
            bidding_seconds=seconds,
            bidding_messages=messages,
            bidding_bytes=messages * 410,
            lots=12,
            sold=11,
            passed=1,
            turnover=48_250,
            messages=messages,
            bytes=messages * 410,
        ),
        "delivery": a_latency(messages, 6 * slower),
        "answer": a_latency(asked, 4 * slower),
        "join": a_latency(viewers, 30 * slower),
        "refusals": {"BID_TOO_LOW": asked - accepted - 2, "NO_PRODUCT": 2},
        "timeline": timeline,
        "findings": findings(broken or {}),
        "servers": [server] if measured else [],
    }
    return Result(**(values | fields))


def a_broken_run(**fields: Any) -> Result:
    return a_run(broken=FIRST, **fields)


def an_empty_run(**fields: Any) -> Result:
    """It never came to anything."""
    return Result(url="http://127.0.0.1:3000", started_at="2027-01-31T18:00:00.000Z", **fields)


OF_EVERY_SALE = [promise for promise in Promise if promise not in OF_A_HOUSE]
"""Promises that are told of whatever a sale has."""


def findings(broken: Mapping[Promise, Breach]) -> list[Finding]:
    return [
        Finding(
            promise=promise,
            checked=0 if promise in UNCHECKED else 1_000 + 7 * number,
            broken=2 if promise in broken else 0,
            first=[broken[promise]] if promise in broken else [],
            unchecked=UNCHECKED.get(promise, ""),
        )
        for number, promise in enumerate(OF_EVERY_SALE)
    ]


def a_second(
    at: int, seconds: int, viewers: int, dice: random.Random, measured: bool, slower: float
) -> Second:
    """Viewers come in the first third; every ten seconds the host awards and nobody bids."""
    here = min(viewers, round(viewers * (at + 1) / max(1, seconds / 3)))
    asked = 0 if at % 10 == 9 else dice.randint(20, 60)
    refused = dice.randint(0, asked // 4)
    messages = (asked - refused) * here
    return Second(
        at=at,
        viewers=here,
        asked=asked,
        accepted=asked - refused,
        refused=refused,
        comments=dice.randint(0, 9),
        messages=messages,
        bytes=messages * 410,
        delivery=a_latency(messages, slower * (4 + dice.random() * 6)) if messages else Latency(),
        errors=0,
        own_cpu=0.3 + dice.random() / 5,
        server_cpu=0.35 + dice.random() / 5 if measured else None,
        server_rss_bytes=84_000_000 + 700_000 * at if measured else None,
        lag_ms=dice.random() * 5,
    )


def a_latency(count: int, middle: float) -> Latency:
    return Latency(count=count, p50=middle, p95=middle * 2, p99=middle * 3.5, max=middle * 9)


# --- any run at all ----------------------------------------------------------

HOSTILE = st.sampled_from(
    [
        "<script>alert(1)</script>",
        "</pre></style><img src=x onerror=alert(1)>",
        "\"' onmouseover='alert(1)",
        "[bold red]shout[/] [link=http://x]y[/link] :smile:",
        "\x1b[2J\x1b]0;title\x07 gone",
        "a line\nthat looks like another\r\n✓ kept",
        "\u202eright to left\u2066",
        "half \ud83d",
        "]]> --> &amp; &#0;",
        "x" * 3_000,
        "زیور 😀 👩‍👧 Zoë",
    ]
)
TEXTS = HOSTILE | st.text(max_size=60)
# In a dictionary pydantic writes half a surrogate pair as question marks.
CODES = TEXTS.filter(lambda text: text.encode(errors="ignore").decode() == text)
NUMBERS = st.floats(min_value=0, max_value=1e9, allow_nan=False)
MAYBE = st.none() | NUMBERS
COUNTS = st.integers(min_value=0, max_value=10**12)
LATENCIES = st.builds(Latency, count=COUNTS, p50=MAYBE, p95=MAYBE, p99=MAYBE, max=MAYBE)
SECONDS = st.builds(
    Second,
    at=st.integers(min_value=0, max_value=20_000),
    **dict.fromkeys(
        ("viewers", "asked", "accepted", "refused", "comments", "messages", "bytes", "errors"),
        COUNTS,
    ),
    delivery=LATENCIES,
    own_cpu=NUMBERS,
    server_cpu=MAYBE,
    server_rss_bytes=st.none() | COUNTS,
    lag_ms=NUMBERS,
)
BREACHES = st.builds(Breach, at=NUMBERS, what=TEXTS, message=TEXTS)
FINDINGS = st.builds(
    Finding,
    promise=st.sampled_from(Promise),
    checked=COUNTS,
    broken=st.integers(min_value=0, max_value=5),
    first=st.lists(BREACHES, max_size=3),
    unchecked=st.just("") | TEXTS,
)
RESULTS = st.builds(
    Result,
    baraka=TEXTS,
    url=TEXTS,
    started_at=TEXTS,
    seconds=NUMBERS,
    scenario=st.dictionaries(CODES, CODES | st.integers() | st.booleans() | st.none(), max_size=4),
    auctions=st.lists(COUNTS, max_size=3),
    server=TEXTS,
    command=TEXTS,
    totals=st.builds(Totals, asked=COUNTS, accepted=COUNTS, messages=COUNTS, bytes=COUNTS),
    delivery=LATENCIES,
    answer=LATENCIES,
    join=LATENCIES,
    refusals=st.dictionaries(CODES, COUNTS, max_size=20),
    timeline=st.lists(SECONDS, max_size=8, unique_by=lambda one: one.at).map(
        lambda timeline: sorted(timeline, key=lambda one: one.at)
    ),
    findings=st.lists(FINDINGS, max_size=6, unique_by=lambda one: one.promise),
    servers=st.lists(
        st.builds(
            ServerProcess,
            pid=COUNTS,
            cpu_seconds=NUMBERS,
            cpu_microseconds_per_delivery=MAYBE,
            rss_bytes_start=COUNTS,
            rss_bytes_max=COUNTS,
        ),
        max_size=2,
    ),
    bottleneck=TEXTS,
    could_not=TEXTS,
)
"""Whatever a run may come to, with names and messages that want to break what shows them."""
