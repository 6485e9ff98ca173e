"""`ProbeSale`: a small sale to try probes on, and the guests who are needed to see what comes of them."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from baraka_cli.client.frames import Frame, Frames
from baraka_cli.client.light_socket import LightSocket
from baraka_cli.client.replies import LOST, Reply, Request
from baraka_cli.client.sockets import Socket, SocketPool
from baraka_cli.simulator.checks.refusals import NOT_ITS_FAULT
from baraka_cli.simulator.hostile.cast import Cast
from baraka_cli.simulator.hostile.judge import CannotTry
from baraka_cli.simulator.hostile.signs import Shows, bid_of, comment_of, started, told
from baraka_server.contract.client_events import (
    AwardLot,
    CancelAuction,
    ChangeLot,
    ClientEvent,
    EndAuction,
    JoinAuction,
    PlaceBid,
    PostComment,
    StartAuction,
)
from baraka_server.contract.server_events import (
    AuctionCanceled,
    AuctionFinished,
    LotAwarded,
    LotChanged,
    UserCountUpdate,
)

MINIMUM = 100
"""What a first bid for a lot of the sale must be at least."""
TRIES_MAX = 20
"""How often something is tried again that was refused because of the moment alone."""
RETRY_SECONDS = 0.5


class NotHeard(CannotTry):
    """Something was done, and not everybody heard of it."""


@dataclass(eq=False, slots=True)
class Guest:
    """Somebody of the sale, and what was heard there."""

    socket: LightSocket
    heard: list[Frame] = field(default_factory=list)

    @property
    def user_id(self) -> int:
        return self.socket.user_id

    def count(self, auction_id: int) -> int | None:
        """The count of viewers that was heard last."""
        for frame in reversed(self.heard):
            if frame.name == UserCountUpdate.wire_name and frame.auction_id in {None, auction_id}:
                count = frame.data.get("userCount")
                return count if isinstance(count, int) else None
        return None


class ProbeSale:
    """`patience_seconds` is how long a server may take with an answer before it is called silent."""

    host: Guest
    bidder: Guest
    rival: Guest
    watcher: Guest
    impostor: Guest

    def __init__(
        self,
        url: str,
        cast: Cast,
        mint: Callable[[int], str],
        *,
        secret: str | None,
        patience_seconds: float,
    ) -> None:
        self.cast = cast
        self.auction_id = cast.auction_id
        self.mint = mint
        self.secret = secret
        """What tokens are signed with; None where they were given ready-made."""
        self.patience_seconds = patience_seconds
        self.pool = SocketPool(url, Frames(self._admit), self)
        self.numbered = False
        """Whether the server numbers its announcements, and so knows rounds and requests (D22)."""
        self.round: int | None = None
        self.started = False
        """Whether an auction was."""
        self.probe_started = False
        """Whether a probe started an auction that it may not."""
        self.on_air = False
        self.lot = ""
        """What is on the block."""
        self._guests: dict[Socket, Guest] = {}
        self._news = asyncio.Event()
        self._lots = itertools.count(1)
        self._fences = itertools.count(1)
        self._commenters: Iterator[Guest] = iter(())
        self._run_id = f"{time.time_ns():x}"

    # --- what is heard

    def _admit(self, frame: Frame) -> None:
        if frame.seq is not None:
            self.numbered = True
        if frame.name == LotChanged.wire_name and isinstance(frame.data.get("round"), int):
            self.round = frame.data["round"]

    def heard(self, socket: Socket, frame: Frame) -> None:
        guest = self._guests.get(socket)
        if guest is not None:
            guest.heard.append(frame)
        self._news.set()

    def cut_off(self, _socket: Socket) -> None:
        self._news.set()

    def replied_late(self, _socket: Socket, _request: Request) -> None:
        """Nothing: a reply that comes too late is none."""

    def garbled(self, _socket: Socket, _text: str) -> None:
        """Nothing: what cannot be read is not a reply."""

    def look_again(self) -> None:
        """Something may be true by now that somebody waits for."""
        self._news.set()

    async def until(self, holds: Callable[[], bool], seconds: float | None = None) -> bool:
        """Whether it holds before the patience is over. Looked at whenever something is heard."""
        ends = time.monotonic() + (self.patience_seconds if seconds is None else seconds)
        while not holds():
            left = ends - time.monotonic()
            if left <= 0:
                return False
            self._news.clear()
            try:
                async with asyncio.timeout(left):
                    await self._news.wait()
            except TimeoutError:
                return holds()
        return True

    def everything_heard(self) -> Callable[[], Iterator[Frame]]:
        """What everybody hears from now on, when it is called."""
        marks = {guest: len(guest.heard) for guest in self._guests.values()}

        def since() -> Iterator[Frame]:
            for guest, mark in marks.items():
                yield from guest.heard[mark:]

        return since

    # --- who is there

    async def enters(self, label: str, user_id: int) -> Guest:
        """Somebody connects. Raises `CouldNotConnect`."""
        socket = LightSocket(
            self.pool, f"the {label} (user {user_id})", user_id, self.mint(user_id), lists=True
        )
        guest = self._guests[socket] = Guest(socket)
        await socket.connect()
        return guest

    @property
    def _room(self) -> tuple[Guest, ...]:
        """Who is in the room once it is live."""
        return self.watcher, self.host, self.bidder, self.rival, self.impostor

    async def open(self) -> None:
        """Everybody connects; nobody is in the room yet.

        Raises `CouldNotConnect`, and `TokenRefused`.
        """
        cast = self.cast
        self.host = await self.enters("host", cast.host_id)
        self.bidder = await self.enters("bidder", cast.bidder_id)
        self.rival = await self.enters("rival", cast.rival_id)
        self.watcher = await self.enters("watcher", cast.watcher_id)
        self.impostor = await self.enters("impostor", cast.impostor_id)
        self._commenters = itertools.cycle(self._room)
        # Something that is answered, since a token is refused only after one is connected (D2).
        join = {"auctionId": cast.auction_id}
        asking = (
            one.socket.call(JoinAuction.wire_name, join, seconds=self.patience_seconds)
            for one in self._room
        )
        await asyncio.gather(*asking)
        for one in self._room:
            one.socket.look_at_token()

    async def come_back(self) -> None:
        """Whoever was thrown out by what was tried before connects again, and enters."""
        for guest in self._room:
            if not guest.socket.connected:
                await guest.socket.connect()
                if self.on_air:
                    await self.does(guest, JoinAuction, {})

    async def close(self) -> None:
        await asyncio.gather(*(socket.close() for socket in self._guests), return_exceptions=True)
        await self.pool.close()

    # --- what is rightly done

    async def does(self, guest: Guest, event: type[ClientEvent], fields: Mapping[str, Any]) -> None:
        """Something that a right server does. Raises `CannotTry` when this one does not."""
        payload = {"auctionId": self.auction_id, **fields}
        reply = LOST
        for _ in range(TRIES_MAX):
            reply = await guest.socket.call(event.wire_name, payload, seconds=self.patience_seconds)
            if reply.ok:
                return
            if reply.code not in NOT_ITS_FAULT:
                break
            await asyncio.sleep(retry_seconds(reply))
        guest.socket.look_at_token()
        why = reply.message or "no answer"
        raise CannotTry(f"{event.wire_name} with {json.dumps(payload)} was needed: {why}")

    async def _does_before_all(
        self, guest: Guest, event: type[ClientEvent], fields: Mapping[str, Any], shows: Shows
    ) -> None:
        """Something right, of which the whole room hears. Raises `CannotTry` when it does not."""
        room = [one for one in self._room if one.socket.connected]
        marks = [(one, len(one.heard)) for one in room]
        await self.does(guest, event, fields)
        if not await self.until(
            lambda: all(any(map(shows, one.heard[mark:])) for one, mark in marks)
        ):
            raise NotHeard(f"{event.wire_name} was done, and not all in the room heard of it")

    async def go_live(self, auction_id: int) -> None:
        """The host starts an auction, and all go into its room. Raises `CannotTry`."""
        self.auction_id, self.round, self.lot = auction_id, None, ""
        if self._was_started_elsewhere():
            raise CannotTry(
                f"auction {auction_id} was started by somebody else just now, another simulation maybe"
            )
        try:
            await self.does(self.host, StartAuction, {})
        except asyncio.CancelledError:
            self.started = self.on_air = True  # for all that anybody knows
            raise
        self.started = self.on_air = True
        for guest in self._room:
            await self.does(guest, JoinAuction, {})

    def _was_started_elsewhere(self) -> bool:
        """Whether somebody heard that the auction was started, and no probe did that."""
        shows = started(self.auction_id)
        heard = (frame for guest in self._guests.values() for frame in guest.heard)
        return not self.probe_started and any(map(shows, heard))

    async def new_lot(self) -> None:
        """A lot of its own for what is tried next; the one before is awarded."""
        if self.lot:
            with suppress(CannotTry):  # what was tried before may have taken it off
                await self.award()
        product = f"Probe {self._run_id} № {next(self._lots)}"
        prices = {"minBidPrice": MINIMUM, "bidPrice": MINIMUM, "actualPrice": 10 * MINIMUM}
        lot = {"product": product, **prices}
        await self._does_before_all(self.host, ChangeLot, lot, told(LotChanged))
        self.lot = product

    async def award(self) -> None:
        """The lot on the block, to whoever leads."""
        product, self.lot = self.lot, ""
        award = {"product": product, "weight": "5g"}
        await self._does_before_all(self.host, AwardLot, award, told(LotAwarded))

    async def bids(self, guest: Guest, amount: int) -> None:
        """A bid that counts."""
        bid = {"amount": amount} | self.this_round
        await self._does_before_all(guest, PlaceBid, bid, bid_of(guest.user_id, amount))

    @property
    def this_round(self) -> dict[str, Any]:
        """What an app says that knows rounds: its bid is for what is on the block (D23)."""
        return {} if self.round is None else {"round": self.round}

    async def end(self) -> None:
        """The host ends the sale."""
        try:
            await self._does_before_all(self.host, EndAuction, {}, told(AuctionFinished))
        except NotHeard:
            self.on_air = False
            raise
        self.on_air = False

    async def cancel(self) -> None:
        """The host cancels the sale."""
        await self._does_before_all(self.host, CancelAuction, {}, told(AuctionCanceled))
        self.on_air = False

    async def fence(self) -> None:
        """Wait until the room has heard all that was done before. Raises `CannotTry`."""
        text = f"{self._run_id}, {next(self._fences)}"
        # In turn: what one user may say in a second is limited.
        commenter = next(self._commenters)
        await self._does_before_all(commenter, PostComment, {"comment": text}, comment_of(text))


def retry_seconds(reply: Reply) -> float:
    wait = reply.data.get("retryAfterMs")
    return wait / 1000 if isinstance(wait, int) else RETRY_SECONDS
