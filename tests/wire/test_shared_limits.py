"""Limits over several nodes: what is allowed on one counts on all, and nobody waits for it."""

from __future__ import annotations

import asyncio

from baraka_server.relay.messages import Codec
from baraka_server.relay.node_relay import NodeRelay
from baraka_server.wire.shared_limits import (
    DEBT_BURSTS_MAX,
    KEYS_AT_ONCE,
    SharedLimits,
    SharedRates,
)
from tests.relay.test_node_relay import SECRET, Ears, settled
from tests.support.servers.clock import Clock
from tests.support.servers.relay_hub import RelayHub

BIDS = "bids_per_second_max"
BURST = 50


class Nodes:
    """Nodes with a limit of 10 bids a second, which tell of them when a test says so."""

    def __init__(self, count: int) -> None:
        self.hub, self.clock = RelayHub(), Clock()
        self.relays = [
            NodeRelay(self.hub.line(), Codec(SECRET), node=f"n{n}", version="1", clock=self.clock)
            for n in range(count)
        ]
        self.limits = [SharedLimits(relay, SECRET, self.clock) for relay in self.relays]
        self.bids = [limits.rates(10, BIDS) for limits in self.limits]

    async def open(self) -> Nodes:
        for relay in self.relays:
            relay.open(Ears())
        await settled()
        return self

    async def tell(self) -> None:
        for limits in self.limits:
            limits.tell()
        await settled()


def allowed(rates: SharedRates, asked: int, key: int | str = 7) -> int:
    return sum(not rates.take(key) for _ in range(asked))


async def test_what_is_allowed_on_one_node_is_not_allowed_again_on_another() -> None:
    nodes = await Nodes(2).open()
    here, there = nodes.bids

    assert allowed(here, 100) == BURST
    await nodes.tell()

    assert allowed(there, 100) == 0
    assert allowed(there, 100, key=8) == BURST, "of another user"
    nodes.clock.now += 1
    assert allowed(there, 100) == 10


async def test_it_is_told_by_itself() -> None:
    nodes = await Nodes(2).open()
    here, there = nodes.bids
    allowed(here, 1)  # told with what comes in a quarter of a second
    allowed(here, 100)  # soon

    async with asyncio.timeout(5):
        while not there.wait(7):
            await asyncio.sleep(0.001)


async def test_over_many_seconds_all_nodes_together_allow_what_one_would() -> None:
    nodes, seconds = await Nodes(4).open(), 60
    total = 0
    for _ in range(4 * seconds):
        total += sum(allowed(bids, 100) for bids in nodes.bids)
        await nodes.tell()
        for relay in nodes.relays:
            relay.beat()
        await settled()
        nodes.clock.now += 0.25

    most = BURST + 10 * seconds
    overshoot = 3 * BURST  # each of the others allows its burst before it hears of the first one
    assert most - 10 <= total <= most + overshoot, total


async def test_without_a_relay_limits_are_those_of_each_node_and_nothing_is_owed_later() -> None:
    nodes = await Nodes(2).open()
    here, there = nodes.bids
    nodes.hub.silent = True
    nodes.clock.now += 10

    assert (allowed(here, 100), allowed(there, 100)) == (BURST, BURST)
    await nodes.tell()
    nodes.hub.silent = False
    for relay in nodes.relays:
        relay.beat()
    await nodes.tell()

    nodes.clock.now += 1
    assert (allowed(here, 100), allowed(there, 100)) == (10, 10)


async def test_text_is_counted_over_all_nodes_and_stands_in_no_message() -> None:
    nodes = await Nodes(2).open()
    here, there = [limits.rates(5 / 3600, "codes", burst=5) for limits in nodes.limits]
    number = "+96170123456"

    assert allowed(here, 9, number) == 5
    await nodes.tell()

    assert allowed(there, 9, number) == 0
    assert allowed(there, 9, "+96170123457") == 5
    nodes.clock.now += 3600 / 5
    assert allowed(there, 9, number) == 1
    published = b"".join(message for _, message in nodes.hub.published)
    assert b"codes" in published
    assert b"70123456" not in published


async def test_several_limits_are_taken_from_together_or_not_at_all() -> None:
    nodes = await Nodes(1).open()
    limits = nodes.limits[0]
    of_number, of_address = limits.rates(1, "number", burst=1), limits.rates(1, "address", burst=2)

    assert not limits.take((of_number, "1"), (of_address, "10.0.0.1"))
    assert limits.take((of_number, "1"), (of_address, "10.0.0.1")) == 1
    assert not limits.take((of_number, "2"), (of_address, "10.0.0.1"))


async def test_a_debt_has_an_end_however_much_was_allowed_elsewhere() -> None:
    nodes = await Nodes(1).open()
    (here,) = nodes.bids
    here.taken_elsewhere({7: 1_000 * BURST})

    nodes.clock.now += DEBT_BURSTS_MAX * BURST / 10
    assert allowed(here, 100) == 0
    nodes.clock.now += 1
    assert allowed(here, 100) == 10


async def test_many_keys_fit_in_messages() -> None:
    nodes = await Nodes(2).open()
    here, there = nodes.bids
    for user in range(3 * KEYS_AT_ONCE):
        allowed(here, BURST, user)
    await nodes.tell()

    assert all(there.wait(user) for user in range(3 * KEYS_AT_ONCE))


async def test_0_is_no_limit_and_nothing_is_told_of_it() -> None:
    nodes = await Nodes(2).open()
    here, there = [limits.rates(0, "off") for limits in nodes.limits]

    assert allowed(here, 1_000) == 1_000
    await nodes.tell()

    assert allowed(there, 1_000) == 1_000
    assert not any(b'"takes"' in message for _, message in nodes.hub.published)
