"""Relays of several nodes over lines that fail: what each hears, counts and believes."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from baraka_server.live.relay import RelayedEntries
from baraka_server.relay.messages import Codec, Start
from baraka_server.relay.node_relay import EVERYBODY, NodeRelay
from tests.support.servers.clock import Clock
from tests.support.servers.neighbours import until
from tests.support.servers.relay_hub import HubLine, RelayHub

SECRET = "a secret of one house"
NEWS = RelayedEntries(42, 7, "7" * 64, 8, "8" * 64)


class Ears:
    """A `RelayListener` that keeps what it was told."""

    def __init__(self) -> None:
        self.news: list[RelayedEntries] = []
        self.unread: list[int] = []
        self.starts: list[int] = []
        self.changed: list[int] = []
        self.away = 0

    def relayed(self, news: RelayedEntries) -> None:
        self.news.append(news)

    def unreadable(self, auction_id: int) -> None:
        self.unread.append(auction_id)

    def started(self, auction_id: int) -> None:
        self.starts.append(auction_id)

    def counts_changed(self, auctions: Collection[int]) -> None:
        self.changed.extend(auctions)

    def was_away(self) -> None:
        self.away += 1


class Node:
    def __init__(self, hub: RelayHub, name: str, clock: Clock, *, server: str = "") -> None:
        self.line: HubLine = hub.line()
        self.ears = Ears()
        self.relay = NodeRelay(
            self.line, Codec(SECRET), node=name, version="1", server=server, clock=clock
        )

    async def open(self) -> None:
        self.relay.open(self.ears)
        await settled()


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def two(hub: RelayHub, clock: Clock) -> tuple[Node, Node]:
    nodes = Node(hub, "a", clock), Node(hub, "b", clock)
    for node in nodes:
        await node.open()
    nodes[0].relay.beat()  # the second one was not there yet when it said that it is
    await settled()
    return nodes


async def left_by_a_killed_one(clock: Clock) -> Node:
    """A node, after another one with three viewers was killed."""
    killed, left = await two(hub := RelayHub(), clock)
    killed.relay.count_here(42, 3)
    await settled()
    hub.lines.remove(killed.line)
    return left


async def test_who_follows_an_auction_hears_of_it_and_nobody_hears_itself() -> None:
    a, b = await two(RelayHub(), Clock())
    await a.relay.follow(42)
    await b.relay.follow(42)

    a.relay.tell(NEWS)
    await settled()

    assert (a.ears.news, b.ears.news) == ([], [NEWS])


async def test_who_follows_another_auction_hears_nothing_of_it() -> None:
    a, b = await two(RelayHub(), Clock())
    await b.relay.follow(7)
    a.relay.tell(NEWS)
    await settled()
    assert b.ears.news == []

    await b.relay.follow(42)
    b.relay.follow_only([7])
    a.relay.tell(NEWS)
    await settled()
    assert b.ears.news == []


async def test_everybody_hears_of_a_start() -> None:
    a, b = await two(RelayHub(), Clock())

    a.relay.tell_of_start(42)
    await settled()

    assert (a.ears.starts, b.ears.starts) == ([], [42])


async def test_viewers_are_counted_over_all_nodes() -> None:
    a, b = await two(RelayHub(), Clock())

    a.relay.count_here(42, 3)
    await settled()
    assert (a.relay.count_elsewhere(42), b.relay.count_elsewhere(42)) == (0, 3)
    assert b.ears.changed == [42]

    a.relay.count_here(42, 0)
    await settled()
    assert b.relay.count_elsewhere(42) == 0


async def test_a_node_that_closes_takes_its_viewers_along_at_once() -> None:
    a, b = await two(RelayHub(), Clock())
    a.relay.count_here(42, 3)
    await settled()

    await a.relay.close()
    await settled()

    assert b.relay.count_elsewhere(42) == 0


async def test_a_killed_nodes_viewers_are_gone_when_it_expires() -> None:
    clock = Clock()
    b = await left_by_a_killed_one(clock)

    for _ in range(5):
        assert b.relay.count_elsewhere(42) == 3
        clock.now += 1
        b.relay.beat()
        await settled()
    b.relay.beat()

    assert b.relay.count_elsewhere(42) == 0
    assert b.ears.changed[-1] == 42


async def test_a_worker_says_goodbye_for_another_one_of_its_server_that_was_killed() -> None:
    hub, clock = RelayHub(), Clock()
    places = (("n1.1", "s"), ("n1.2", "s"), ("n2.2", "t"))
    ours, killed, other = [Node(hub, name, clock, server=server) for name, server in places]
    for node in (ours, killed, other):
        await node.open()
    for node in (killed, other):
        node.relay.count_here(42, 3)
        node.relay.beat()
    await settled()
    assert ours.relay.count_elsewhere(42) == 6
    hub.lines.remove(killed.line)

    ours.relay.worker_ended(2)

    assert ours.relay.count_elsewhere(42) == 3
    assert ours.ears.changed[-1] == 42
    await settled()
    assert other.relay.count_elsewhere(42) == 0
    sent = ours.relay.measures.sent
    ours.relay.worker_ended(2)
    assert ours.relay.measures.sent == sent


async def test_who_is_gone_is_noticed_between_two_beats() -> None:
    clock = Clock()
    b = await left_by_a_killed_one(clock)
    for _ in range(2):
        clock.now += 2
        b.relay.beat()
        await settled()
    sent = b.relay.measures.sent
    clock.now += 1
    assert b.relay.count_elsewhere(42) == 3
    await until(lambda: b.relay.count_elsewhere(42) == 0)
    assert b.relay.measures.sent == sent


async def test_a_deaf_node_knows_that_it_is_and_believes_its_peers_to_be_there() -> None:
    clock = Clock()
    a, b = await two(RelayHub(), clock)
    a.relay.count_here(42, 3)
    await settled()
    assert b.relay.healthy
    b.line.deaf = True

    for _ in range(20):
        clock.now += 1
        a.relay.beat()
        b.relay.beat()
        await settled()

    assert a.relay.healthy
    assert not b.relay.healthy
    assert b.line.cuts >= 3  # it tries to connect anew, again and again
    assert b.relay.count_elsewhere(42) == 3

    b.line.mend()
    await settled()
    assert b.relay.healthy
    assert b.ears.away == 2  # what it missed is in the ledger
    b.relay.beat()
    assert b.relay.count_elsewhere(42) == 3


async def test_an_emptied_relay_needs_no_repair() -> None:
    clock = Clock()
    a, b = await two(hub := RelayHub(), clock)
    a.relay.count_here(42, 3)
    hub.silent = True
    for _ in range(4):
        clock.now += 1
        a.relay.beat()
        b.relay.beat()
    await settled()
    hub.silent = False
    a.relay.beat()
    b.relay.beat()
    await settled()

    assert a.relay.healthy
    assert b.relay.healthy
    assert b.relay.count_elsewhere(42) == 3


async def test_a_node_that_came_later_knows_the_counts_with_the_first_beat() -> None:
    clock = Clock()
    hub = RelayHub()
    a = Node(hub, "a", clock)
    await a.open()
    a.relay.count_here(42, 3)
    b = Node(hub, "b", clock)
    await b.open()
    assert b.relay.count_elsewhere(42) == 0

    a.relay.beat()
    await settled()

    assert b.relay.count_elsewhere(42) == 3


async def test_forged_messages_are_not_believed() -> None:
    a, _ = await two(hub := RelayHub(), Clock())
    stranger = Codec("another house's secret")

    hub.publish(EVERYBODY, stranger.written(Start("x", 42)))
    hub.publish(EVERYBODY, b"garbage")
    await settled()

    assert a.ears.starts == []


async def test_of_what_a_newer_node_says_the_ledger_is_looked_at() -> None:
    a, _ = await two(hub := RelayHub(), Clock())
    await a.relay.follow(42)

    hub.publish("a:42", Codec(SECRET).signed(b'{"v":9,"n":"z","a":42}'))
    await settled()

    assert a.ears.unread == [42]


async def test_joins_during_an_outage_leave_one_subscription_waiting() -> None:
    class Away(HubLine):
        subscribing = 0

        async def subscribe(self, channel: str) -> None:
            self.subscribing += 1
            try:
                await asyncio.Event().wait()
            finally:
                self.subscribing -= 1

    line = Away(RelayHub())
    relay = NodeRelay(line, Codec(SECRET), node="a", version="1", clock=Clock())
    for _ in range(50):
        await relay.follow(42)
    await settled()
    assert line.subscribing == 1

    relay.follow_only([])
    await settled()
    assert line.subscribing == 0


async def test_two_nodes_of_one_name_hear_each_other_are_counted_and_say_so_once_a_minute(
    caplog,
) -> None:
    clock, hub = Clock(), RelayHub()
    a, a_too = [Node(hub, f"n1.{n}", clock, server="start of a") for n in (1, 2)]
    b, c = Node(hub, "n1.1", clock), Node(hub, "n2.1", clock)
    for node in (a, a_too, b, c):
        await node.open()
    await a.relay.follow(42)
    a.relay.count_here(42, 3)
    b.relay.count_here(42, 2)

    for _ in range(3):
        for node in (a, a_too, b, c):
            node.relay.beat()
            await settled()
        clock.now += 1
    b.relay.tell(NEWS)
    b.relay.tell_of_start(7)
    await settled()

    assert (a.ears.news, a.ears.starts) == ([NEWS], [7])
    assert [node.relay.count_elsewhere(42) for node in (a, b, c)] == [2, 3, 5]
    assert [node.relay.has_namesake for node in (a, b, c)] == [True, True, False]
    said = [one for one in caplog.records if one.event == "duplicate_node_id"]
    assert len(said) == 2, "by each of the two servers, once"
    assert "BARAKA_NODE_ID=n1" in said[0].getMessage()

    await b.relay.close()
    for _ in range(10):
        clock.now += 1
        a.relay.beat()
        await settled()
    assert not a.relay.has_namesake
    assert a.relay.count_elsewhere(42) == 0
