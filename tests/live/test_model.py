"""The real house on a real database, and a naive auction in plain lists: both must say the same.

The model is written from the decisions, by hand and without the server's rules. Two houses share
one database, as two servers do; another program changes rows; houses are closed and opened again.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections import defaultdict
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy import delete, select, update

from baraka_server.contract.client_events import (
    AwardLot,
    ChangeLot,
    ClientEvent,
    JoinAuction,
    LeaveAuction,
    PlaceBid,
    StartAuction,
)
from baraka_server.contract.hammer import ReopenLot, UndoBid
from baraka_server.contract.refusals import Refusal
from baraka_server.live import just_done
from baraka_server.live.audience import Viewer
from baraka_server.live.encoded import encode
from baraka_server.live.house import House
from baraka_server.live.rows_look import LOOK_PAUSE_SECONDS_MAX
from baraka_server.store import audit, migrate
from baraka_server.store.engine import open_engine
from baraka_server.store.seed import seed
from baraka_server.store.store import Store
from baraka_server.store.tables import auctions, bids, comments, users, winnings
from tests.live.model_commands import ALTERATIONS, AUCTIONS, BATCHES, NODES
from tests.live.naive import AMINA, Done, Naive, essence
from tests.support.checks.proof import the_ledger
from tests.support.clients.hall import Hall, open_house
from tests.support.servers.clock import Clock
from tests.support.servers.folders import own_folder

POLL_SECONDS = 0.005
PATIENCE_SECONDS = 20


@cache
def _template() -> Path:
    file = Path(tempfile.mkdtemp(prefix="model-", dir=own_folder())) / "template.db"
    url = f"sqlite+aiosqlite:///{file}"

    async def prepare() -> None:
        await migrate.upgrade(url)
        await seed(url, users=5, auctions=len(AUCTIONS))

    asyncio.run(prepare())
    return file


@dataclass
class Watcher:
    """A socket in one house. For each auction that it is in: what it must have heard since then."""

    viewer: Viewer
    joined: dict[int, tuple[int, int]] = field(default_factory=dict)
    """The seq of the state that it got, and how much it had heard by then."""
    last_seq: dict[int, int] = field(default_factory=dict)


class HouseAndModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory(prefix="model-", dir=own_folder())
        file = Path(self.folder.name) / "baraka.db"
        shutil.copy(_template(), file)
        self.store = Store(open_engine(f"sqlite+aiosqlite:///{file}"), timeout_seconds=10)
        self.naive = {auction_id: Naive() for auction_id in AUCTIONS}
        self.answered: dict[tuple[int, str], tuple[ClientEvent, Any]] = {}
        self.undone: defaultdict[int, set[int]] = defaultdict(set)
        self.done: defaultdict[tuple[int, int], dict[str, Done]] = defaultdict(dict)
        self.patch = pytest.MonkeyPatch()
        self.clock = Clock()
        self.patch.setattr(just_done, "SECONDS", float("inf"))
        self.halls = [Hall(), Hall()]
        self.watchers = [Watcher(Viewer(f"socket {n}", 5)) for n in (0, 1)]
        self.houses = [self.runner.run(self._open(n)) for n in (0, 1)]

    async def _open(self, at: int) -> House:
        return open_house(self.store, self.halls[at], poll_seconds=POLL_SECONDS, clock=self.clock)

    def teardown(self) -> None:
        self.runner.run(self._close())
        self.runner.close()
        self.patch.undo()
        self.folder.cleanup()

    async def _close(self) -> None:
        for house in self.houses:
            await house.close()
        for auction_id, naive in self.naive.items():
            noticed = not naive.altered and naive.noted_bid == naive.standing
            if naive.noted is None or (noticed and not naive.missing):
                verdict = await audit.verify(self.store, auction_id)
                assert verdict.ok, verdict
        await self.store.close()

    # --- asking

    @initialize(at=NODES)
    def open_the_sale(self, at: int) -> None:
        lot = {"product": "Ring", "minimum_price": 5, "start_price": 1, "market_price": 2}
        for auction_id in AUCTIONS[:-1]:  # the last one stays as it was found
            start = StartAuction(auction_id=auction_id)
            self.submit([(AMINA, start), (AMINA, ChangeLot(auction_id=auction_id, **lot))], at)
        for node in (0, 1):
            self.join(node, AUCTIONS[0], resumes=False)

    @rule(asked=BATCHES, at=NODES)
    def ask_again(self, asked: list[tuple[int, ClientEvent]], at: int) -> None:
        self.submit(asked, at)  # a second rule, since rules are taken equally often

    @rule(asked=BATCHES, at=NODES)
    def submit(self, asked: list[tuple[int, ClientEvent]], at: int) -> None:
        """Several people ask at once: the house decides in one transaction for each auction."""
        asked = [(user_id, self._about_what_there_is(event)) for user_id, event in asked]
        outcomes = self.runner.run(self._ask(asked, at))
        for auction_id in AUCTIONS:
            self._hear(
                self.done[at, auction_id],
                auction_id,
                [
                    (user_id, event, outcome)
                    for (user_id, event), outcome in zip(asked, outcomes, strict=True)
                    if event.auction_id == auction_id
                ],
            )
        self.runner.run(self._settle())

    def _about_what_there_is(self, event: ClientEvent) -> ClientEvent:
        naive = self.naive[event.auction_id]
        match event:
            case PlaceBid(amount=amount):
                highest = naive.high or naive.minimum
                return event.model_copy(update={"amount": max(1, highest + amount)})
            case UndoBid(bid_id=place) | AwardLot(bid_id=int(place)):
                there = list(reversed(naive.bids))[place - 1 : place] if place else []
                return event.model_copy(
                    update={"bid_id": naive.ids.get(there[0], 0) if there else 0}
                )
            case ReopenLot(award_seq=place):
                seq = naive.sold.seq if naive.sold and place else 999
                return event.model_copy(update={"award_seq": seq})
        return event

    async def _ask(self, asked: list[tuple[int, ClientEvent]], at: int) -> list[Any]:
        house = self.houses[at]
        return await asyncio.gather(
            *(house.submit(Viewer("elsewhere", user_id), event) for user_id, event in asked)
        )

    def _hear(
        self,
        done: dict[str, Done],
        auction_id: int,
        asked: list[tuple[int, ClientEvent, Any]],
    ) -> None:
        if not asked:
            return
        naive = deepcopy(self.naive[auction_id])
        begun = naive.noted is not None
        if naive.surprise == "telling":
            naive.surprise = "told"
        if begun:
            naive.notices()
        else:
            naive.adopts()  # if anything is accepted: a refusal is not a reason to begin
        accepted = begun
        for user_id, event, outcome in asked:
            key = (user_id, getattr(event, "request_id", None) or "")
            if key[1] and key in self.answered:
                first_event, first_outcome = self.answered[key]
                if event == first_event:
                    undone = {"undone": True} if self._is_undone(auction_id, first_outcome) else {}
                    assert outcome == (first_outcome | undone if undone else first_outcome)
                else:
                    assert outcome.code == "request_id_reused"
                continue
            code = naive.hears(user_id, event, done)
            accepted = accepted or code == "ok"
            if code == "ok":
                assert not isinstance(outcome, Refusal), outcome
                said_after = isinstance(event, ReopenLot)  # the host's comment
                seq = naive.stands_in or len(naive.ledger) - said_after
                if isinstance(event, PlaceBid):
                    naive.ids[user_id, event.amount] = outcome["bidId"]
                if isinstance(event, UndoBid):
                    self.undone[auction_id].add(event.bid_id)
                assert (outcome["seq"], outcome["round"]) == (seq, naive.round)
            else:
                assert isinstance(outcome, Refusal), (outcome, code)
                assert outcome.code == code
            if key[1]:
                self.answered[key] = (event, outcome)
        if accepted:
            self.naive[auction_id] = naive

    def _is_undone(self, auction_id: int, outcome: Any) -> bool:
        return not isinstance(outcome, Refusal) and outcome.get("bidId") in self.undone[auction_id]

    # --- watching

    @rule(at=NODES, auction_id=st.sampled_from(AUCTIONS), resumes=st.booleans())
    def join(self, at: int, auction_id: int, resumes: bool) -> None:
        naive, watcher, hall = self.naive[auction_id], self.watchers[at], self.halls[at]
        if naive.noted is not None and (naive.altered or naive.noted_bid != naive.standing):
            return  # what another program did is taken up when somebody asks for something
        last_seq = watcher.last_seq.get(auction_id) if resumes else None
        event = JoinAuction(auction_id=auction_id, last_seq=last_seq)
        state = self.runner.run(_answer(self.houses[at], watcher.viewer, event))
        if not naive.live:
            assert isinstance(state, Refusal)
            assert state.code == "not_live"
            return
        if naive.noted is None:
            naive.adopts()  # whoever joins hears the first event of the ledger next
        assert state["seq"] == len(naive.ledger)
        told = json.loads(encode(state))
        assert told["round"] == naive.round
        assert told["userCount"] == 1
        assert told["auction"]["isLive"] is True
        assert (told["auction"]["current_product"] or "").strip() == (naive.product or "")
        assert [row["bid"] for row in told["auctionBids"]] == naive.amounts
        assert [row["comment"] for row in told["auctionComments"]] == naive.texts
        if last_seq is not None:
            missed = [essence(one["event"], one["data"])[:2] for one in told["missed"]]
            assert missed == [first[:2] for first, *_ in naive.told[last_seq:]]
            assert told["missedComplete"]
        watcher.joined[auction_id] = (state["seq"], len(hall.heard[watcher.viewer]))
        watcher.last_seq[auction_id] = state["seq"]
        self.runner.run(self._settle())

    @rule(at=NODES, auction_id=st.sampled_from(AUCTIONS))
    def leave(self, at: int, auction_id: int) -> None:
        watcher = self.watchers[at]
        left = self.runner.run(
            _answer(self.houses[at], watcher.viewer, LeaveAuction(auction_id=auction_id))
        )
        assert left["userCount"] == 0
        watcher.joined.pop(auction_id, None)

    @rule(at=NODES)
    def reconnect(self, at: int) -> None:
        async def hangs_up() -> None:
            self.houses[at].disconnected(watcher.viewer)

        watcher, hall = self.watchers[at], self.halls[at]
        self.runner.run(hangs_up())
        for room in hall.rooms.values():
            room.discard(watcher.viewer)
        watcher.viewer = Viewer("a new socket", 5)
        watcher.joined.clear()

    # --- what others do

    @rule(at=NODES)
    def restart(self, at: int) -> None:
        async def restarts() -> None:
            await self.houses[at].close()
            self.halls[at].rooms.clear()
            self.houses[at] = await self._open(at)

        self.watchers[at].joined.clear()
        for auction_id in AUCTIONS:
            self.done[at, auction_id].clear()
        self.runner.run(restarts())

    @rule(auction_id=st.sampled_from(AUCTIONS), values=ALTERATIONS)
    def another_program_changes_the_row(self, auction_id: int, values: dict[str, Any]) -> None:
        """As the existing system would: a product that goes takes its bids with it."""
        naive = self.naive[auction_id]
        product = values.get("current_product", naive.product)
        takes_bids = (product or "").strip() != (naive.product or "")

        async def changes() -> None:
            async with self.store.writing() as connection:
                where = auctions.c.id == auction_id
                await connection.execute(update(auctions).where(where).values(values))
                if takes_bids:
                    await connection.execute(delete(bids).where(bids.c.auction_id == auction_id))

        self.runner.run(changes())
        naive.live = values.get("isLive", naive.live)
        naive.minimum = values.get("minBidPrice", naive.minimum)
        naive.product = (product or "").strip() or None
        if takes_bids:
            naive.bids.clear()

    @rule(auction_id=st.sampled_from(AUCTIONS), standing=st.booleans())
    def another_program_deletes_a_bid(self, auction_id: int, standing: bool) -> None:
        naive = self.naive[auction_id]
        if naive.bids:
            user_id, amount = naive.bids.pop(-1 if standing else 0)
            naive.missing = True
            one = (bids.c.auction_id == auction_id) & (bids.c.bid == amount)
            self.runner.run(self._is_changed(delete(bids).where(one, bids.c.user_id == user_id)))

    @rule(user_id=st.sampled_from((2, 3, 4)))
    def another_program_deletes_a_user(self, user_id: int) -> None:
        """Whoever has won something cannot be deleted: the winning refers to its user."""
        for naive in self.naive.values():
            if any(winner == user_id for winner, _ in naive.winnings):
                return
        for naive in self.naive.values():
            naive.gone.add(user_id)
            rows = naive.bids + naive.comments
            naive.missing = naive.missing or any(owner == user_id for owner, _ in rows)
            naive.bids = [bid for bid in naive.bids if bid[0] != user_id]
            naive.comments = [one for one in naive.comments if one[0] != user_id]
        self.runner.run(self._is_changed(delete(users).where(users.c.id == user_id)))

    async def _is_changed(self, statement: Any) -> None:
        """Both houses look at what they show, as they do from time to time."""
        async with self.store.writing() as connection:
            await connection.execute(statement)
        for at, watcher in enumerate(self.watchers):
            for auction_id in watcher.joined:
                self.naive[auction_id].looks()
            self.clock.now += LOOK_PAUSE_SECONDS_MAX
            await self.houses[at].check_rows()
            await self.houses[at].drained()
        await self._settle()

    # --- comparing

    async def _settle(self) -> None:
        """Everybody who watches heard everything; tables and ledger are those of the model."""
        for at, watcher in enumerate(self.watchers):
            for auction_id in watcher.joined:
                await asyncio.wait_for(self._has_heard(at, auction_id), PATIENCE_SECONDS)
        for auction_id, naive in self.naive.items():
            ledger = await the_ledger(self.store, auction_id)
            assert [(e.event.kind, e.round, e.user_id) for e in ledger] == naive.ledger
            assert await self._rows(bids, bids.c.bid, auction_id) == naive.bids
            assert await self._rows(comments, comments.c.comment, auction_id) == naive.comments
            assert await self._rows(winnings, winnings.c.price, auction_id) == naive.winnings

    async def _has_heard(self, at: int, auction_id: int) -> None:
        watcher, told = self.watchers[at], self.naive[auction_id].told
        seq, before = watcher.joined[auction_id]
        expected = [one for entry in told[seq:] for one in entry]
        while True:
            heard = [
                essence(event, payload)
                for event, payload in self.halls[at].heard[watcher.viewer][before:]
                if payload["auctionId"] == auction_id
                and event not in {"userCountUpdate", "auctionState"}  # its own, of a join
                # Everybody is told of a start on the other node, also who joined just before.
                and not (event == "auctionStarted" and payload["seq"] <= seq)
            ]
            if len(heard) >= len(expected):
                break
            await asyncio.sleep(POLL_SECONDS)
        assert heard == expected
        watcher.last_seq[auction_id] = len(told)

    async def _rows(self, table: Any, value: Any, auction_id: int) -> list[Any]:
        query = select(table.c.user_id, value).where(table.c.auction_id == auction_id)
        async with self.store.reading() as connection:
            found = await connection.execute(query.order_by(table.c.id))
            return [tuple(row) for row in found]


async def _answer(house: House, viewer: Viewer, event: ClientEvent) -> Any:
    return await house.submit(viewer, event)


class HouseAndModelForLong(HouseAndModel):
    """The same, over many more sales."""


# What depends on when the nodes look at each other's news is not found again by making it smaller.
PLAYED = settings(stateful_step_count=30, phases=(Phase.explicit, Phase.reuse, Phase.generate))

TestTheHouseAndTheModel = HouseAndModel.TestCase
TestTheHouseAndTheModel.settings = settings(PLAYED, max_examples=8)

TestTheHouseAndTheModelForLong = pytest.mark.long(HouseAndModelForLong.TestCase)
TestTheHouseAndTheModelForLong.settings = settings(PLAYED, max_examples=60)
