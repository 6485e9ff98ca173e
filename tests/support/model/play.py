"""An evening that is played on two nodes and on paper: after each step both must say the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from baraka_server.contract.client_events import ClientEvent
from baraka_server.contract.refusals import Refusal
from baraka_server.contract.vocabulary import parse
from baraka_server.contract.winnings import CorrectWinning, PayWinning, ReassignWinning
from baraka_server.domain.decision import Seen
from baraka_server.live.desk import carry_out
from baraka_server.store import audit, catalog
from baraka_server.store.store import Store
from baraka_server.store.tables import users
from tests.support.clients.hall import viewer
from tests.support.model import clock
from tests.support.model.evening import Answer, Evening
from tests.support.model.hearing import clock_of, named
from tests.support.model.nodes import STEP_MS, Node, Phone, Time
from tests.support.model.notes import Facts, Said
from tests.support.model.sale import Sale
from tests.support.model.script import (
    Again,
    Desk,
    Freeze,
    Look,
    Restart,
    Say,
    Step,
    Together,
    Wait,
    payload,
    saw,
)
from tests.support.model.secrets import assert_sealed
from tests.support.model.tables import assert_lists, assert_tables

AMINA, BILAL, DINA, EMIL, FARAH, GHASSAN, HANA, WATCHER = 1, 2, 3, 4, 5, 6, 7, 9
AT_THE_NODES = ([WATCHER, AMINA, BILAL, FARAH], [WATCHER, DINA, EMIL, GHASSAN])
PROVED_EVERY = 12
"""After so many steps the ledger is verified, and a node that was never there says the same."""
ENTRIES_MAX = 1_000
SETTLED_MS = 1_600
"""So long behind its end a clock that awards has awarded."""
WITHOUT_SOCKET: dict[str, type[ClientEvent]] = {
    "winnings paid": PayWinning,
    "winnings correct": CorrectWinning,
    "winnings reassign": ReassignWinning,
}


class Played:
    """The two nodes, and the same evening on paper."""

    def __init__(self, store: Store, auction_id: int) -> None:
        self.store, self.auction_id = store, auction_id
        self.time = Time()
        self.sale = Sale(AMINA, {AMINA, BILAL, DINA, EMIL, FARAH, GHASSAN, HANA, WATCHER})
        self.paper = Evening(self.sale)
        self.nodes = [Node(store, auction_id, self.time, there) for there in AT_THE_NODES]
        self.outcomes: dict[int, Any] = {}
        """What the house answered first, by the answer on paper."""
        self.written = 0
        """The entries of the ledger that were compared."""
        self.repeatable: list[Said] = []
        self.people: dict[int, str] = {}

    async def opens(self) -> None:
        """The auction goes on air, and everybody comes in."""
        async with self.store.reading() as connection:
            rows = await connection.execute(select(users.c.id, users.c.name))
            self.people = {row.id: row.name for row in rows}
        for node in self.nodes:
            node.open()
        self.sale.write("adopted", None, {"event": "auctionChanged"})
        await self.together(Together(0, [Say(AMINA, "startLiveAuction")]))
        for node in self.nodes:
            await self.come_in(node)

    async def step(self, step: Step) -> None:
        match step:
            case Together():
                await self.together(step)
            case Wait(seconds):
                await self.waits(round(1000 * seconds))
            case Freeze(seconds):
                await self.freezes(round(1000 * seconds))
            case Restart(node):
                await self.restarts(self.nodes[node])
            case Look(node):
                await self.look(self.nodes[node])
            case Again():
                await self.again(step)
            case Desk():
                await self.at_the_desk(step)

    # --- what people do

    async def together(self, step: Together) -> None:
        node, sale = self.nodes[step.node], self.sale
        said = [
            Said(say.who, say.name, self._own(payload(sale, say)), saw(sale, say), node.told)
            for say in step.says
        ]
        self.repeatable += [one for one in said if one.get("requestId")]
        await self._say(node, said)

    def _own(self, sent: Facts) -> Facts:
        """The payload with a `requestId` that no other evening of this database has."""
        own = {"requestId": f"{self.auction_id} {sent['requestId']}"} if "requestId" in sent else {}
        return sent | own

    async def again(self, step: Again) -> None:
        if step.place <= len(self.repeatable):
            node, said = self.nodes[step.node], self.repeatable[-step.place]
            await self._say(node, [replace(said, heard=node.told)])

    async def _say(self, node: Node, said: list[Said]) -> None:
        outcomes = await asyncio.gather(*(self._submit(node, one) for one in said))
        for one, outcome in zip(said, outcomes, strict=True):
            answer, repeated = self.paper.hears(one)
            self._compare(one, answer, outcome, repeated=repeated)
        await self.look(node)

    async def _submit(self, node: Node, said: Said) -> Any:
        event = parse(said.name, [{"auctionId": self.auction_id, **said.payload}])
        if isinstance(event, Refusal):
            raise TypeError(event.message)  # a script says only what can be read
        seen = None
        if said.saw is not None:
            seen = Seen(said.saw if isinstance(said.saw, int) else None, here=said.saw != "nothing")
        return await node.house.submit(viewer(said.who), event, seen)

    async def at_the_desk(self, step: Desk) -> None:
        if not 0 < step.place <= len(self.sale.winnings):
            return
        about = {"winningId": self.sale.winnings[-step.place].id, **step.about}
        event = WITHOUT_SOCKET[step.name].model_validate({"auctionId": self.auction_id, **about})
        said = Said(AMINA, step.name, about)
        answer, _ = self.paper.hears(said)
        self._compare(said, answer, await carry_out(self.store, event), repeated=False)

    def _compare(self, said: Said, answer: Answer, outcome: Any, *, repeated: bool) -> None:
        if repeated:
            first, undone = self.outcomes[id(answer)], False
            if answer.entry and answer.values["seq"] in self.sale.undone:
                undone = True
            is_bid = said.name in {"placeBid", "floorBid", "setMaximumBid"}
            mark = {"undone" if is_bid else "reopened": True} if undone else {}
            expected = first | mark if mark else first
            assert outcome == expected, (said, outcome, expected)
            return
        self.outcomes[id(answer)] = outcome
        if isinstance(outcome, Refusal):
            told = _refusal(outcome)
            assert outcome.code == answer.code, (said, outcome.code, told, answer)
            assert {name: told.get(name) for name in answer.values} == answer.values, said
            return
        assert answer.code == "ok", (said, answer, outcome)
        about = {"seq": outcome["seq"], "round": outcome["round"]}
        if "changed" in outcome:
            about["changed"] = outcome["changed"]
        assert about == answer.values, said

    # --- time

    async def waits(self, ms: int) -> None:
        """Time passes; a clock that awards its lot has done so when it ran out."""
        await self.look(*self.nodes)
        runs = self.sale.clock is not None and self.sale.clock.ends is not None
        if not runs:
            self._passes(ms)
            return
        end = self.time.ms + ms
        ends = (self.sale.clock and self.sale.clock.ends) or 0
        auto = self.sale.clock is not None and self.sale.clock.auto
        if auto and end >= ends:
            end = max(end, ends + SETTLED_MS)
        while self.time.ms < end:
            self._passes(min(STEP_MS, end - self.time.ms))
            for node in self.nodes:
                await node.beats()
        clock.runs_out(self.sale)
        await self.look(*self.nodes)

    async def freezes(self, ms: int) -> None:
        await self.look(*self.nodes)
        for node in self.nodes:
            await node.beats()
        since = self.time.ms
        self._passes(ms)
        for node in self.nodes:
            await node.beats()
        clock.stands_still(self.sale, since)
        await self.look(*self.nodes)

    def _passes(self, ms: int) -> None:
        self.time.ms += ms
        self.sale.now = self.time.ms

    # --- nodes

    async def restarts(self, node: Node) -> None:
        """A process is stopped and another one started: not in the last seconds of a clock."""
        there = self.sale.clock
        last = there and max(there.window, clock.LAST_WINDOW_MS_MIN) + 2_000
        if there and there.ends is not None and there.remains(self.sale.now) < (last or 0):
            return
        await self.look(node)
        await node.house.close()
        node.open()
        await self.come_in(node)

    async def come_in(self, node: Node) -> None:
        """All phones of a node that are not inside join, with what they heard last."""
        await self.look(node)
        for phone in node.phones:
            if not phone.inside:
                await self._joins(node, phone)
        node.told = self.sale.seq

    async def _joins(self, node: Node, phone: Phone) -> None:
        sale = self.sale
        state = await node.join(phone)
        if not sale.live or phone.user in sale.blocked:
            assert state == ("blocked" if sale.live else "not_live")
            return
        assert not isinstance(state, str), state
        missed = state.pop("missed")
        assert state == self.paper.state(phone.user)
        if phone.last_seq is not None:
            for heard, entry in zip(missed, sale.ledger[phone.last_seq :], strict=True):
                if entry.kind == "comment_restored" and heard["event"] == "auctionEntry":
                    continue  # it was cleared since
                assert without_lists(heard) == without_lists(entry.told[0])
        phone.last_seq = sale.seq

    async def look(self, *nodes: Node) -> None:
        """Everything that happened is told at these nodes, and is in the ledger and in the tables."""
        for node in nodes:
            await node.looks()
            node.tells(self.sale.ledger)
            node.assert_heard()
            self._assert_shown(node)
        await self._assert_written()

    def _assert_shown(self, node: Node) -> None:
        """A phone that knows the guide alone shows the right product, price, list and winner."""
        sale, screen = self.sale, node.screen
        if not sale.live or not node.phones[0].inside:
            return
        if sale.block:
            assert (screen.product, screen.price) == (sale.block.product, sale.price_shown)
        if sale.bids:
            listed = tuple((self.people[bid.user], bid.amount) for bid in reversed(sale.bids))
            assert screen.bids == listed
        won = sale.won_shown
        assert screen.winner == (won and (self.people[won[0]], won[1]))

    async def _assert_written(self) -> None:
        found, _ = await self.store.entries_after(self.auction_id, self.written, ENTRIES_MAX)
        noted = self.sale.ledger[self.written :]
        assert [(one.kind, one.round, one.user_id) for one in found] == [
            (one.kind, one.round, one.user) for one in noted
        ]
        self.written += len(noted)
        if noted:
            await assert_lists(self.store, self.auction_id, self.sale)

    async def proves(self) -> None:
        """The ledger verifies, and every node says the same, one that was never there too."""
        await self.look(*self.nodes)
        verdict = await audit.verify(self.store, self.auction_id)
        assert verdict.ok, verdict
        await assert_tables(self.store, self.auction_id, self.sale)
        bids = [amount for node in self.nodes for _, amount in node.names.bids.values()]
        await assert_sealed(self.store, self.auction_id, self.sale, max(bids, default=0))
        for node in self.nodes:
            await self.come_in(node)
        there = self.sale.clock
        if there and there.ends is not None:
            return
        new = Node(self.store, self.auction_id, self.time, [BILAL, FARAH, WATCHER])
        new.open()
        new.told = self.sale.seq
        await self.come_in(new)
        await new.house.close()

    async def closes(self) -> None:
        for node in self.nodes:
            await node.house.close()


LISTS = ("auctionBids", "comments")


def without_lists(told: Facts) -> Facts:
    return {name: value for name, value in told.items() if name not in LISTS}


def _refusal(refusal: Refusal) -> Facts:
    told = dict(refusal.values)
    for name in ("standingBid", "formerBid"):
        if told.get(name):
            told[name] = named(told[name])
    if told.get("clock"):
        told["clock"] = clock_of(told["clock"] | {"endsAt": None}, "")
    return told


@asynccontextmanager
async def an_evening(store: Store) -> AsyncIterator[Played]:
    """A new auction of Amina's, on two nodes and on paper, which is closed behind it."""
    auction = await catalog.create_auction(store, owner_id=AMINA, title="Evening")
    played = Played(store, auction.id)
    with played.time.rules():
        await played.opens()
        try:
            yield played
        finally:
            await played.closes()


async def play(store: Store, script: Sequence[Step]) -> None:
    """Play a script. Whatever differs raises `AssertionError`."""
    async with an_evening(store) as played:
        for number, step in enumerate(script, 1):
            await played.step(step)
            if number % PROVED_EVERY == 0:
                await played.proves()
        await played.proves()
