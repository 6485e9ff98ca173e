"""Several auction houses on one database, with a relay between them and no look at the ledger by the clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from random import Random
from typing import Any

import pytest

from baraka_server.contract.client_events import (
    JoinAuction,
    LeaveAuction,
    PostComment,
    StartAuction,
)
from baraka_server.live.announcer import Announcer
from baraka_server.live.audience import Viewer
from baraka_server.live.house import House
from baraka_server.relay.messages import Codec
from baraka_server.relay.node_relay import NodeRelay
from baraka_server.store import store as stores
from baraka_server.store.locked import LockedAuction
from tests.live.ring import AWARD, RING, bid
from tests.support.checks.proof import assert_sale_holds, the_ledger
from tests.support.clients.hall import Hall, open_house, viewer
from tests.support.servers.databases import only_sqlite
from tests.support.servers.neighbours import until
from tests.support.servers.relay_hub import HubLine, RelayHub

pytestmark = only_sqlite

SECRET = "a secret of one house"


class Node:
    """A house with a relay, and what its viewers heard."""

    def __init__(self, store: stores.Store, hub: RelayHub, name: str) -> None:
        self.hall = Hall()
        self.line: HubLine = hub.line()
        self.relay = NodeRelay(self.line, Codec(SECRET), node=name, version="1")
        self.house: House = open_house(store, self.hall, relay=self.relay, gap_seconds=0.02)

    async def join(self, who: Viewer) -> Any:
        return await self.house.submit(who, JoinAuction(auction_id=1))

    def seqs(self, who: Viewer) -> list[int]:
        """What was announced to a viewer, by number; the state that answered the join is not."""
        news = self.hall.news_of(who)
        return [payload["seq"] for event, payload in news if event != "auctionState"]

    def counts(self, who: Viewer) -> list[int]:
        heard = self.hall.heard[who]
        return [payload["userCount"] for event, payload in heard if event == "userCountUpdate"]


@asynccontextmanager
async def nodes(
    store: stores.Store, hub: RelayHub, names: str = "ab"
) -> AsyncIterator[tuple[Node, ...]]:
    all_ = tuple(Node(store, hub, name) for name in names)
    try:
        for node in all_:
            node.relay.open(node.house)
        await until(lambda: all(node.relay.healthy for node in all_))
        for node in all_:
            node.relay.beat()
        yield all_
    finally:
        for node in all_:
            await node.house.close()
            await node.relay.close()


AMINA, BILAL = viewer(1), viewer(2)


async def put_up(here: Node) -> None:
    """Amina's sale is live on one node, with the ring on the block and Bilal in the room."""
    await here.house.submit(AMINA, StartAuction(auction_id=1))
    await here.join(BILAL)
    await here.house.submit(AMINA, RING)


async def watched(here: Node, there: Node) -> Viewer:
    """The same, and Dina, who is returned, in the room on the other node."""
    await put_up(here)
    dina = viewer(3)
    await there.join(dina)
    return dina


async def test_a_bid_on_another_node_is_heard_without_a_look_at_the_ledger(store, monkeypatch):
    async with nodes(store, RelayHub()) as (here, there):
        dina = await watched(here, there)
        monkeypatch.setattr(store, "entries_after", None)  # whoever reads the ledger, fails

        for amount in range(10, 20):
            await here.house.submit(BILAL, bid(amount))

        last = (await the_ledger(store))[-1].seq
        await until(lambda: there.seqs(dina)[-1:] == [last])
        assert there.seqs(dina) == list(range(last - 9, last + 1))
        event, payload = there.hall.news_of(dina)[-1]
        assert (event, payload["newBid"]["bid"], payload["newBid"]["paddle"]) == ("newBid", 19, 1)
        assert payload["newBid"]["user"]["name"]
        assert [one["bid"] for one in payload["auctionBids"]] == list(range(19, 9, -1))


def all_heard(seq: int, *who: tuple[Node, Viewer]) -> bool:
    return all(node.seqs(one)[-1:] == [seq] for node, one in who)


async def test_two_nodes_that_take_bids_in_turns_read_nothing_of_each_other(store, monkeypatch):
    async with nodes(store, RelayHub()) as (here, there):
        dina = await watched(here, there)
        await there.house.submit(dina, bid(10))
        monkeypatch.setattr(store, "entries_after", None)
        monkeypatch.setattr(LockedAuction, "entries_after", None)  # nor behind the lock

        for amount in range(11, 31):
            node, who = ((here, BILAL), (there, dina))[amount % 2]
            seq = (await node.house.submit(who, bid(amount)))["seq"]
            await until(partial(all_heard, seq, (here, BILAL), (there, dina)))

        assert here.seqs(BILAL)[-21:] == there.seqs(dina)[-21:]
        await assert_sale_holds(store)


async def test_viewers_of_all_nodes_are_counted_in_joins_leaves_and_updates(store):
    async with nodes(store, RelayHub()) as (here, there):
        dina, farah = viewer(3), viewer(4)
        await here.house.submit(AMINA, StartAuction(auction_id=1))
        assert (await here.join(BILAL))["userCount"] == 1
        await until(lambda: there.relay.count_elsewhere(1) == 1)

        assert (await there.join(dina))["userCount"] == 2
        await until(lambda: here.counts(BILAL)[-1] == 2)

        await there.join(farah)
        await until(lambda: here.counts(BILAL)[-1] == 3)
        left = await here.house.submit(BILAL, LeaveAuction(auction_id=1))
        assert left["userCount"] == 2
        await until(lambda: there.counts(dina)[-1] == 2)


async def test_a_start_is_heard_by_everybody_on_other_nodes(store):
    async with nodes(store, RelayHub()) as (here, there):
        farah = viewer(6)
        there.hall.heard[farah].clear()

        await here.house.submit(AMINA, StartAuction(auction_id=1))

        await until(lambda: there.hall.heard[farah])
        assert [event for event, _ in there.hall.heard[farah]] == ["auctionStarted"]


async def test_news_in_another_order_are_put_right(store):
    """What was published first arrives last, within the time that a gap is waited for."""
    hub = RelayHub()
    async with nodes(store, hub) as (here, there):
        dina = await watched(here, there)
        hub.silent = True
        hub.published.clear()
        for amount in (10, 11, 12):
            await here.house.submit(BILAL, bid(amount))
        hub.silent = False
        bids = [message for channel, message in hub.published if channel == "a:1"]

        for message in [bids[2], bids[0], bids[1], bids[1]]:
            there.line.hear(message)

        await until(lambda: len(there.seqs(dina)) == 3)
        assert there.seqs(dina) == sorted(there.seqs(dina))


async def test_a_gap_that_stays_is_filled_from_the_ledger(store):
    hub = RelayHub()
    async with nodes(store, hub) as (here, there):
        dina = await watched(here, there)
        hub.silent = True
        await here.house.submit(BILAL, bid(10))
        hub.silent = False
        await here.house.submit(BILAL, bid(11))

        await until(lambda: len(there.seqs(dina)) == 2)

        first, second = there.seqs(dina)
        assert second == first + 1
        assert there.house.measures.gaps > 0
        assert here.house.measures.gaps == 0


async def test_a_node_that_was_away_looks_at_the_ledger(store):
    hub = RelayHub()
    async with nodes(store, hub) as (here, there):
        dina = await watched(here, there)
        there.line.deaf = True
        await here.house.submit(BILAL, bid(10))

        there.line.mend()

        await until(lambda: len(there.seqs(dina)) == 1)


async def test_of_what_only_newer_nodes_can_read_the_ledger_is_read(store):
    hub = RelayHub()
    async with nodes(store, hub) as (here, there):
        dina = await watched(here, there)
        hub.silent = True
        await here.house.submit(BILAL, bid(10))

        there.line.hear(Codec(SECRET).signed(b'{"v":9,"n":"z","a":1}'))

        await until(lambda: len(there.seqs(dina)) == 1)


async def test_a_room_whose_first_viewer_is_just_let_in_is_not_left(store, monkeypatch):
    async with nodes(store, RelayHub()) as (here, there):
        dina = viewer(3)
        await put_up(here)
        follow = there.relay.follow

        async def followed(auction_id: int) -> None:
            await follow(auction_id)
            for _ in range(2):
                await there.house.look_for_others()

        monkeypatch.setattr(there.relay, "follow", followed)
        await there.join(dina)
        await here.house.submit(BILAL, bid(10))

        await until(lambda: len(there.seqs(dina)) == 1)


async def test_a_bid_behind_the_state_that_a_first_viewer_is_given_is_heard(store, monkeypatch):
    async with nodes(store, RelayHub()) as (here, there):
        dina = viewer(3)
        await put_up(here)
        renew = Announcer.renew

        async def then_bid(self: Announcer) -> None:
            await renew(self)
            monkeypatch.undo()
            await here.house.submit(BILAL, bid(10))
            await asyncio.sleep(0)  # which the relay takes

        monkeypatch.setattr(Announcer, "renew", then_bid)
        await there.join(dina)

        await until(lambda: len(there.seqs(dina)) == 1)


async def test_free_text_does_not_travel_and_is_heard_all_the_same(store):
    from baraka_server.contract.lots import AddLots, OpenLot

    hub = RelayHub()
    async with nodes(store, hub) as (here, there):
        dina = viewer(3)
        await here.house.submit(AMINA, StartAuction(auction_id=1))
        await there.join(dina)
        lot = {"product": "Ring", "bidPrice": 1, "minBidPrice": 1, "actualPrice": 9}
        added = await here.house.submit(
            AMINA, AddLots(auction_id=1, lots=[lot | {"description": "worn by nobody"}])
        )
        await here.house.submit(AMINA, OpenLot(auction_id=1, lotId=added["lotIds"][0]))

        await until(lambda: there.hall.news_of(dina)[-1:] and len(there.seqs(dina)) >= 2)

        assert there.hall.news_of(dina)[-1][1]["description"] == "worn by nobody"
        assert not any(b"worn by nobody" in message for _, message in hub.published)


@pytest.mark.parametrize("seed", range(4))
async def test_over_an_unlucky_relay_everybody_hears_everything_in_order(store, seed):
    """Two fifths of what is published is lost, doubled or late; each viewer hears each seq once, rising."""
    random = Random(seed)
    hub = RelayHub(seed, chance=0.4)
    async with nodes(store, hub, "abc") as all_:
        await all_[0].house.submit(AMINA, StartAuction(auction_id=1))
        people = [viewer(2 + n) for n in range(6)]
        homes = {who: all_[n % 3] for n, who in enumerate(people)}
        for who in people:
            await homes[who].join(who)
        amount = 10
        for _ in range(60):
            who = random.choice(people)
            amount += random.choice((0, 1, 1, 2))
            node = homes[who]
            match random.randrange(12):
                case 0:
                    change = RING.model_copy(update={"product": f"Ring {amount}"})
                    await random.choice(all_).house.submit(AMINA, change)
                case 1:
                    await random.choice(all_).house.submit(AMINA, AWARD)
                case 2:
                    await node.house.submit(who, PostComment(auction_id=1, comment="hello"))
                case _:
                    await node.house.submit(who, bid(amount))
            if random.random() < 0.3:
                await asyncio.sleep(0.004)
        for node in all_:
            node.house.was_away()
        last = (await the_ledger(store))[-1].seq
        await until(lambda: all(homes[who].seqs(who)[-1:] == [last] for who in people))
        for who in people:
            heard = homes[who].seqs(who)
            assert sorted(set(heard)) == list(range(heard[0], last + 1))
            assert heard == sorted(heard)
        await assert_sale_holds(store)
