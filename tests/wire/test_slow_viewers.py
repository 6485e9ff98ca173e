"""A viewer who reads slowly misses nothing: what was left out is in a later list, or comes with a resume.

Real sockets whose kernel takes next to nothing, and a real server (D21, D25).
"""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.support.clients.stranger import HungUp, SlowReader
from tests.support.servers.neighbours import AUCTION, LOT, Neighbourhood, server_in_process

LISTS = {"newBid": "auctionBids", "newComment": "comments"}
IDS = {"newBid": "bidId", "newComment": "commentId"}
NO_EVENT_OF_THE_LEDGER = {"userCountUpdate", "auctionState"}
AT_ONCE = 20
BURSTS_PER_LOT = 2
PROSE = "What a ring. " * 14


class Sale:
    """Bilal bids and comments in turn, in bursts; Amina awards now and then, so that lists stay short."""

    def __init__(self, neighbours: Neighbourhood) -> None:
        self.said: list[int] = []
        """The `seq` of everything that happened."""
        self.seq_of: dict[tuple[str, int], int] = {}
        """Which entry made a row that is told in lists."""
        self._neighbours = neighbours
        self._bursts = 0
        self._round = 1

    async def goes_on(self) -> None:
        bilal, amina = self._neighbours.bilal, self._neighbours.amina
        amounts = range(self._neighbours.amount, self._neighbours.amount + AT_ONCE // 2)
        self._neighbours.amount += AT_ONCE // 2
        commands = []
        for amount in amounts:
            commands.append(
                bilal.emits("placeBid", AUCTION | {"amount": amount + 1, "round": self._round})
            )
            commands.append(bilal.emits("comment", AUCTION | {"comment": PROSE}))
        answers = await asyncio.gather(*commands)
        self._bursts += 1
        if self._bursts % BURSTS_PER_LOT == 0:
            award = AUCTION | {"product": LOT["product"], "weight": "5g"}
            answers.append(await amina.emits("awardingAuction", award))
            answers.append(await amina.emits("changeCuurentProduct", LOT))
            self._round = answers[-1]["round"]
        for answer in answers:
            assert answer["ok"], answer
            self.said.append(answer["seq"])
            for event, row in IDS.items():
                if row in answer:
                    self.seq_of[event, answer[row]] = answer["seq"]


class SlowViewer:
    """Reads only when told to. Hung up on, it joins again behind the last `seq` that it heard."""

    def __init__(self, url: str, user_id: int, updates: str) -> None:
        self.updates = updates
        self.told: set[int] = set()
        """The `seq` of every event that it was told, at once or with a resume."""
        self.listed: set[tuple[str, int]] = set()
        """Every row that it was told in a list."""
        self.hung_up = -1
        self._waiting_bytes = 0
        self._url, self._user_id = url, user_id
        self._resume: dict[str, int] = {}
        self._socket: SlowReader | None = None

    async def joins(self) -> None:
        self.hung_up += 1
        self._socket = await SlowReader(self._url).__aenter__()
        await self._socket.enters(self._user_id, updates=self.updates)
        await self._socket.says("42" + json.dumps(["joinAuction", AUCTION | self._resume]))
        state = await self._socket.hears("auctionState")
        assert state.get("missedComplete", True)
        for missed in state.get("missed", ()):
            self._hears(missed["event"], missed["data"])
        self._resume = {"lastSeq": state["seq"]}

    async def leaves(self) -> None:
        if self._socket:
            await self._socket.__aexit__()

    def is_too_slow(self, sockets: dict[str, Any]) -> bool:
        """Whether it was disconnected, or something that waited for it was left out."""
        assert self._socket
        client, waited = sockets.get(self._socket.sid), self._waiting_bytes
        self._waiting_bytes = client.send_queue.bytes if client else 0
        return client is None or self._waiting_bytes < waited

    async def reads_up_to(self, seq: int) -> None:
        while self._resume["lastSeq"] < seq:
            assert self._socket
            try:
                self._hears(*await self._socket.hears_event())
            except HungUp:
                await self.leaves()
                await self.joins()
        self._waiting_bytes = 0

    def _hears(self, name: str, payload: Any) -> None:
        if name in NO_EVENT_OF_THE_LEDGER:
            return
        self.told.add(payload["seq"])
        self._resume = {"lastSeq": payload["seq"]}
        self.listed |= {(name, row["id"]) for row in payload.get(LISTS.get(name), ())}


@pytest.mark.parametrize(
    ("updates", "bursts", "buffer_bytes"),
    [(["delta"], 60, 150_000), (["lists"], 20, 300_000), (["lists", "delta"], 60, 150_000)],
    ids=["all on deltas", "all on lists", "mixed"],
)
async def test_a_slow_viewer_misses_nothing(tmp_path, updates, bursts, buffer_bytes):
    settings = {
        "send_buffer_bytes_max": buffer_bytes,
        "bids_per_second_max": 0,
        "comments_per_second_max": 0,
        "bytes_per_second_max": 0,
        "events_per_second_max": 0,
    }
    async with (
        server_in_process(tmp_path, updates=updates[-1], **settings) as neighbours,
        AsyncExitStack() as stack,
    ):
        sale = Sale(neighbours)
        viewers = [SlowViewer(neighbours.url, 2 + n, kind) for n, kind in enumerate(updates)]
        for viewer in viewers:
            await viewer.joins()
            stack.push_async_callback(viewer.leaves)
        for _ in range(bursts):
            await sale.goes_on()
            for viewer in viewers:
                if viewer.is_too_slow(neighbours.sockets):
                    await viewer.reads_up_to(max(sale.said))
        for viewer in viewers:
            await viewer.reads_up_to(max(sale.said))
            listed = {sale.seq_of[row] for row in viewer.listed}
            assert sorted(set(sale.said) - viewer.told - listed) == []
            if viewer.updates == "delta":
                assert sorted(set(sale.said) - viewer.told) == []
                assert viewer.hung_up, "it was never too slow"
            else:
                assert viewer.hung_up or set(sale.said) - viewer.told, "it was never too slow"
