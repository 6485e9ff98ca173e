"""The node that writes a hot auction for others: two houses on one database, with a real link between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from baraka_server.contract.client_events import (
    ClientEvent,
    JoinAuction,
    PlaceBid,
    PostComment,
    StartAuction,
)
from baraka_server.contract.refusals import Refusal
from baraka_server.links.sealed import Kind
from baraka_server.live import forwarding
from baraka_server.live.audience import Viewer
from baraka_server.live.owners import Answered, Asked
from baraka_server.live.sources import OTHERS_MIN, Sources
from baraka_server.relay.direct import Direct
from baraka_server.relay.messages import Codec
from baraka_server.relay.node_relay import NodeRelay
from baraka_server.relay.owners import SILENT_TICKS_MAX, owner_of
from baraka_server.store import store as stores
from tests.live.ring import RING, bid
from tests.support.checks.proof import assert_sale_holds, the_ledger
from tests.support.clients.hall import Hall, open_house, viewer
from tests.support.servers.databases import only_sqlite
from tests.support.servers.neighbours import until
from tests.support.servers.relay_hub import RelayHub

pytestmark = only_sqlite

SECRET = "a secret of one house"
AMINA, BILAL, DINA = viewer(1), viewer(2), viewer(3)
OWNER = owner_of(1, ["n.1", "n.2"])
OTHER = {"n.1": "n.2", "n.2": "n.1"}[OWNER]


class Node:
    """A house with a relay and links. `given` is what it was asked by others, `asked` what it asked."""

    def __init__(self, store: stores.Store, hub: RelayHub, name: str) -> None:
        self.name = name
        self.hall = Hall()
        self.given: list[Asked] = []
        self.direct = Direct(SECRET, name, 5, on_machine=True, internal=None, is_passed=False)
        self.owners = self.direct.forward_bids(self._write)
        self.relay = NodeRelay(
            hub.line(), Codec(SECRET), node=name, version="1", server="s", reach=self.direct.reach
        )
        self.house = open_house(
            store,
            self.hall,
            clock=lambda: 0.0,  # a hot auction stays hot, however slow this machine is
            relay=self.relay,
            owners=self.owners,
            gap_seconds=0.02,
        )
        self.writes = asyncio.Event()
        """Whether it gets to what it was asked by others."""
        self.writes.set()

    async def _write(self, asked: Asked) -> Answered | None:
        self.given.append(asked)
        await self.writes.wait()
        return await self.house.write_for(asked)

    async def bids(self, who: Viewer, amount: int, request_id: str | None = None) -> object:
        event = PlaceBid(auction_id=1, amount=amount, request_id=request_id)
        return await self.house.submit(who, event)

    def seqs(self, who: Viewer) -> list[int]:
        news = self.hall.news_of(who)
        return [payload["seq"] for event, payload in news if event != "auctionState"]


@asynccontextmanager
async def nodes(
    store: stores.Store, hub: RelayHub | None = None
) -> AsyncIterator[tuple[Node, Node]]:
    """One with Bilal in the room, and the owner of the auction, with Dina."""
    hub = hub or RelayHub()
    here, owner = Node(store, hub, OTHER), Node(store, hub, OWNER)
    for node in (here, owner):
        await node.direct.open(node.relay)
        node.relay.open(node.house)
    await until(lambda: here.relay.healthy and owner.relay.healthy)
    for node in (here, owner):
        node.relay.beat()
    await until(lambda: here.direct.reach.nodes() == [OWNER])
    await here.house.submit(AMINA, StartAuction(auction_id=1))
    await here.house.submit(AMINA, RING)
    await here.house.submit(BILAL, JoinAuction(auction_id=1))
    await owner.house.submit(DINA, JoinAuction(auction_id=1))
    try:
        yield here, owner
    finally:
        for node in (here, owner):
            node.writes.set()
            node.direct.leave()
            await node.house.close()
            await node.direct.close()
            await node.direct.end()
            await node.relay.close()


async def heat(here: Node, owner: Node, amount: int = 10) -> int:
    """Both are asked until one asks the other. Returns the next amount."""
    async with asyncio.timeout(10):
        while not owner.given:
            for _ in range(OTHERS_MIN):
                await owner.bids(DINA, amount)
                amount += 1
            await here.bids(BILAL, amount)
            amount += 1
    return amount


@pytest.fixture
async def hot(store) -> AsyncIterator[tuple[Node, Node, int]]:
    async with nodes(store) as (here, owner):
        yield here, owner, await heat(here, owner)


async def all_heard(store: stores.Store, *who: tuple[Node, Viewer]) -> None:
    last = (await the_ledger(store))[-1].seq
    for node, one in who:
        await until(lambda node=node, one=one: node.seqs(one)[-1:] == [last])
        heard = node.seqs(one)
        assert heard == list(range(heard[0], last + 1))


async def test_what_a_quiet_auction_is_asked_is_written_where_it_is_asked(store):
    async with nodes(store) as (here, owner):
        for amount in range(10, 10 + OTHERS_MIN):
            await here.bids(BILAL, amount)
        assert not owner.given


async def test_bids_of_a_hot_auction_are_written_by_its_owner_and_answered_as_ever(hot, store):
    here, owner, amount = hot
    owner.given.clear()
    before, (owns,) = here.house.measures.forwarded, owner.house.auctions_now()
    accepted, refused, said = await asyncio.gather(
        here.bids(BILAL, amount),
        here.bids(BILAL, 1),
        here.house.submit(BILAL, PostComment(auction_id=1, comment="Mine!")),
    )
    assert isinstance(refused, Refusal)
    assert refused.message == f"Bid must be higher than the current bid ({amount})"
    assert accepted["bidId"]
    assert said["commentId"]
    assert sum(len(asked.commands) for asked in owner.given) == 3
    assert {one.user_id for one in owner.given[0].commands} == {2}
    assert here.house.measures.forwarded - before == 3
    (now,) = owner.house.auctions_now()
    assert now.bids == owns.bids  # they are counted where they were asked
    await all_heard(store, (here, BILAL), (owner, DINA))
    await assert_sale_holds(store)


async def test_an_answer_is_given_before_the_room_is_told(hot, monkeypatch):
    """As after a commit here, although the relay brings the news of it before the link has the answer."""
    here, owner, amount = hot
    told: list[tuple[str, bool]] = []
    to_room = here.hall.to_room

    async def tell(auction_id, event, *rest):
        told.append((event, bidding.done()))
        await to_room(auction_id, event, *rest)

    monkeypatch.setattr(here.hall, "to_room", tell)
    bidding = asyncio.ensure_future(here.house.submit(BILAL, bid(amount)))
    await bidding
    await until(lambda: told)
    assert told == [("newBid", True)]
    assert owner.given[-1].commands[0].event == bid(amount)


async def test_an_answer_brings_what_the_relay_has_not_told_yet(store, monkeypatch):
    hub = RelayHub()
    async with nodes(store, hub) as (here, owner):
        amount = await heat(here, owner)
        await all_heard(store, (here, BILAL), (owner, DINA))
        hub.silent = True
        monkeypatch.setattr(Sources, "are_busy", lambda *_: True)  # however long this takes
        monkeypatch.setattr(store, "entries_after", None)  # whoever reads the ledger, fails
        for each in range(amount, amount + 4):
            await owner.bids(DINA, each)
        assert (await here.bids(BILAL, amount + 4))["bidId"]
        await all_heard(store, (here, BILAL), (owner, DINA))


async def test_what_comes_shortly_after_each_other_is_asked_and_written_together(
    hot, store, monkeypatch
):
    here, owner, amount = hot
    monkeypatch.setattr(Sources, "are_busy", lambda *_: True)  # however long this takes
    monkeypatch.setattr(forwarding, "GATHER_SECONDS", 0.2)

    async def bid_twice(node: Node, who: Viewer, amount: int) -> list[int]:
        owner.given.clear()
        first = asyncio.ensure_future(node.bids(who, amount))
        for _ in range(10):  # so that it would be taken alone
            await asyncio.sleep(0)
        await asyncio.gather(first, node.bids(who, amount + 1))
        return [len(asked.commands) for asked in owner.given]

    assert await bid_twice(here, BILAL, amount) == [1, 1]
    monkeypatch.setattr(forwarding, "GATHER_MIN", 1)
    assert await bid_twice(here, BILAL, amount + 2) == [2]
    assert await bid_twice(owner, DINA, amount + 4) == []
    one, other = (await the_ledger(store))[-2:]
    assert one.at == other.at
    monkeypatch.setattr(forwarding, "GATHER_SECONDS", 600)  # a host waits for nobody
    async with asyncio.timeout(10):
        await here.house.submit(AMINA, RING)


@pytest.mark.parametrize("breaks", ["cut", "silent"])
async def test_what_an_owner_was_asked_that_is_gone_is_settled_here(
    hot, store, breaks, monkeypatch
):
    """A request is repeated and has one outcome, also when the owner wakes up; of others nobody knows."""
    here, owner, amount = hot
    owner.given.clear()
    owner.writes.clear()
    with_id = asyncio.create_task(here.bids(BILAL, amount, "b1"))
    without = asyncio.create_task(here.bids(BILAL, amount + 1))
    await until(lambda: owner.given)
    if breaks == "cut":
        for frames in owner.owners.taken:
            frames.abort()
    else:
        for frames in owner.owners.taken:
            monkeypatch.setattr(frames, "send", lambda kind, body=b"": None)
        for _ in range(SILENT_TICKS_MAX + 1):
            here.owners.tick()

    first, unknown = await with_id, await without
    assert first["bidId"]
    assert isinstance(unknown, Refusal)
    assert unknown.code == "outcome_unknown"
    assert here.house.measures.forwarding_lost == 2
    assert (await here.bids(BILAL, amount + 5))["bidId"]  # and goes on
    owner.writes.set()  # what it was asked comes too late, and is refused or known
    await until(lambda: not owner.owners.working)
    assert await here.bids(BILAL, amount, "b1") == first
    await all_heard(store, (here, BILAL), (owner, DINA))
    placed = [e.event.amount for e in await the_ledger(store) if e.kind == "bid"]
    assert placed.count(amount) == 1
    await assert_sale_holds(store)


async def test_what_an_owner_wrote_is_written_once_whatever_fails_here(hot, store, monkeypatch):
    here, owner, _ = hot
    owner.given.clear()
    users_in = forwarding.users_in

    def fails_once(entries):
        monkeypatch.setattr(forwarding, "users_in", users_in)
        raise RuntimeError("a defect")

    monkeypatch.setattr(forwarding, "users_in", fails_once)
    said = [PostComment(auction_id=1, comment=text) for text in ("One", "Two")]
    answers = await asyncio.gather(*(here.house.submit(BILAL, one) for one in said))
    assert all(one["commentId"] for one in answers)
    assert len(owner.given[0].commands) == 2
    await all_heard(store, (here, BILAL), (owner, DINA))
    texts = [e.event.comment for e in await the_ledger(store) if e.kind == "comment"]
    assert texts == ["One", "Two"]


async def test_a_node_that_stood_still_does_nothing_of_what_it_was_asked_meanwhile(
    hot, monkeypatch
):
    here, owner, amount = hot
    owner.given.clear()
    monkeypatch.setattr(owner.owners.pulse, "at", -1e9)
    lost = await here.bids(BILAL, amount)
    assert isinstance(lost, Refusal)
    assert lost.code == "outcome_unknown"
    assert not owner.given


async def test_a_node_that_leaves_is_asked_no_more_and_answers_what_it_was_asked(hot):
    here, owner, amount = hot
    owner.writes.clear()
    asked = asyncio.create_task(here.bids(BILAL, amount))
    await until(lambda: owner.given and owner.given[-1].commands[0].event.amount == amount)
    owner.direct.leave()
    owner.writes.set()
    assert (await asked)["bidId"]
    owner.given.clear()
    assert (await here.bids(BILAL, amount + 1))["bidId"]
    assert not owner.given


async def test_of_another_history_nothing_is_taken(hot, store):
    _here, owner, _amount = hot
    entry = (await the_ledger(store))[-1]
    commands = owner.given[-1].commands
    assert await owner.house.write_for(Asked(1, "n.9", entry.seq, "0" * 64, commands)) is None
    assert await owner.house.write_for(Asked(1, "n.9", entry.seq, entry.hash, commands))


async def test_what_is_no_bid_or_comment_stays_here(hot):
    here, owner, amount = hot
    owner.given.clear()
    award: Sequence[ClientEvent] = [RING.model_copy(update={"product": "Pearl"}), bid(amount)]
    await asyncio.gather(*(here.house.submit(AMINA, one) for one in award))
    assert not owner.given


async def test_a_message_that_is_not_the_next_one_ends_the_link(hot):
    here, _owner, amount = hot
    frames = here.owners.called[OWNER].frames
    frames.sent += 1  # as if one had been left out
    frames.send(Kind.PING)
    await until(lambda: here.owners.called[OWNER].is_over)
    assert (await here.bids(BILAL, amount))["bidId"]
