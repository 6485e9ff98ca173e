"""The auction house: all auctioneers of a node, and the routing of client events to them."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Collection
from collections.abc import Set as AbstractSet
from contextlib import suppress
from datetime import UTC, datetime

from baraka_server.contract.client_events import ClientEvent, JoinAuction, StartAuction
from baraka_server.contract.server_events import UserCountUpdate
from baraka_server.domain.decision import HouseRules, Seen
from baraka_server.live.auctioneer import Auctioneer
from baraka_server.live.audience import Audience, Viewer
from baraka_server.live.batch import Outcome
from baraka_server.live.clock_keeper import BEAT_SECONDS
from baraka_server.live.clock_measure import seconds_counted
from baraka_server.live.context import AuctioneerContext, Limits
from baraka_server.live.measures import Measures
from baraka_server.live.owners import Answered, Asked, NoOwners, Owners
from baraka_server.live.presence import Presence
from baraka_server.live.relay import NoRelay, Relay, RelayedEntries
from baraka_server.live.repeats import Repeats
from baraka_server.live.rounds_seen import RoundsSeen
from baraka_server.live.view import AuctionView
from baraka_server.metrics.report import AuctionNow
from baraka_server.store.errors import StoreError
from baraka_server.store.ledger import GENESIS
from baraka_server.store.store import Store

log = logging.getLogger(__name__)

LAST_POLL_SECONDS_MAX = 0.5
NODE_BYTES = 12
START_CHARS = 1_000
"""The approximate length of the announcement of a start."""
IDLE_AUCTIONEERS_MAX = 64
"""How many auctioneers without viewers are kept."""


class House:
    """Hands client events to the auctioneers of their auctions, and checks for changes elsewhere.

    `ledger_poll_seconds` is how often watched auctions are checked for other nodes' entries,
    `rows_look_seconds` how often for rows that another program changed. `late_bid_seconds` is how
    long a round must have been announced before a bid counts for it (D31). `clock` counts all these
    seconds, but for those that a task sleeps; `seconds` those of auctions' clocks, which are looked after
    every `beat_seconds` (D44).

        outcome = await house.submit(viewer, PlaceBid(auction_id=42, amount=1500))
    """

    def __init__(
        self,
        store: Store,
        audience: Audience,
        rules: HouseRules,
        limits: Limits,
        *,
        ledger_poll_seconds: float,
        rows_look_seconds: float = 0,
        late_bid_seconds: float = 0,
        clock: Callable[[], float] = time.monotonic,
        seconds: Callable[[], float] = seconds_counted,
        beat_seconds: float = BEAT_SECONDS,
        relay: Relay | None = None,
        owners: Owners | None = None,
        gap_seconds: float = 0.02,
        degraded_poll_seconds: float = 0.1,
    ) -> None:
        self.rounds_seen = RoundsSeen(late_bid_seconds, clock)
        self.relay = relay or NoRelay()
        self.presence = Presence(self._announce_count, self.rounds_seen, self.relay.count_elsewhere)
        self._context = AuctioneerContext(
            store,
            audience,
            self.presence,
            Repeats(audience),
            rules,
            limits,
            poll_seconds=ledger_poll_seconds,
            clock=clock,
            node=secrets.token_hex(NODE_BYTES),
            seconds=seconds,
            beat_seconds=beat_seconds,
            relay=self.relay,
            gap_seconds=gap_seconds,
            owners=owners or NoOwners(),
        )
        self._auctioneers: dict[int, Auctioneer] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._poll_seconds = ledger_poll_seconds
        self._degraded_poll_seconds = degraded_poll_seconds
        self._polling: asyncio.Task[None] | None = None
        self._rows_look_seconds = rows_look_seconds
        self._looking: asyncio.Task[None] | None = None
        self.live_auctions = 0
        """How many auctions were live in the database when it was looked at last."""

    @property
    def auctions(self) -> AbstractSet[int]:
        """The auctions whose auctioneers are at hand."""
        return self._auctioneers.keys()

    @property
    def repeats_wait(self) -> bool:
        """Whether a start that is announced again would have to wait before everybody is told."""
        return self._context.repeats.waits

    @property
    def measures(self) -> Measures:
        return self._context.measures

    @property
    def commands_waiting(self) -> int:
        """The events of all auctions that wait for their turn."""
        return sum(one.waiting for one in self._auctioneers.values())

    def auctions_now(self) -> list[AuctionNow]:
        """What every auction that is at hand has to do, and how it gets on with it."""
        return [one.now for one in self._auctioneers.values()]

    def view_of(self, auction_id: int) -> AuctionView | None:
        """The view of an auction on this node; None where there is none."""
        auctioneer = self._auctioneers.get(auction_id)
        return auctioneer.view if auctioneer else None

    def open(self) -> None:
        if self._poll_seconds:
            self._polling = asyncio.create_task(self._poll())
        if self._rows_look_seconds:
            self._looking = asyncio.create_task(self._check_rows_again_and_again())

    def submit(
        self,
        viewer: Viewer,
        event: ClientEvent,
        seen: Seen | None = None,
        *,
        acknowledged: bool = False,
    ) -> Awaitable[Outcome]:
        """Queue an event of `viewer`, stamped with the round that it saw (D31).

        The call itself does not wait, so commands keep their order. `acknowledged` says that the
        outcome is sent to the viewer, so that a join need not send the state as an event (D21).
        """
        auctioneer = self._auctioneer(event.auction_id)
        return auctioneer.put(viewer, event, seen, acknowledged=acknowledged)

    async def write_for(self, asked: Asked) -> Answered | None:
        """Decide and write commands that another node gave this one; None where it does not take them."""
        if not await self._auctioneer(asked.auction_id).has_entry(asked.seq, asked.hash):
            return None
        return await self._auctioneer(asked.auction_id).write_for(asked)

    def chars_for(self, event: ClientEvent) -> int:
        """The characters that `event` will cause to be sent, where that is known and much.

        A state to somebody who joins; a start that is announced again to all of a room.
        """
        view = self.view_of(event.auction_id)
        if view and isinstance(event, JoinAuction):
            return view.state_chars
        if view and isinstance(event, StartAuction) and view.record.isLive:
            return self.presence.count(event.auction_id) * START_CHARS
        return 0

    def disconnected(self, viewer: Viewer) -> None:
        self.presence.leave_all(viewer)

    async def close(self) -> None:
        """Finish everything that was submitted. Nothing may be submitted after it."""
        looking = [task for task in (self._looking, self._polling) if task]
        for task in looking:
            task.cancel()
        if looking:
            # Their queries let go of the database, which is closed next; a frozen one is not waited for.
            await asyncio.wait(looking, timeout=LAST_POLL_SECONDS_MAX)
        await self.drained()
        leaving = asyncio.create_task(self._stop_attending())
        await asyncio.wait([leaving], timeout=LAST_POLL_SECONDS_MAX)
        self.presence.close()
        self._context.repeats.close()

    def beat(self) -> None:
        """Look after the clocks of all auctions once."""
        for one in self._auctioneers.values():
            one.clock.beat()

    async def settled(self) -> None:
        """Return when everything that followed of it is done."""
        for one in list(self._auctioneers.values()):
            await one.clock.written()
        await self.drained()

    async def _stop_attending(self) -> None:
        """Say that this node has no bid left, whatever clock runs out."""
        clocks = [one.clock for one in self._auctioneers.values()]
        attends = any(clock.attends for clock in clocks)
        await asyncio.gather(*(clock.close() for clock in clocks))
        if attends:
            with suppress(StoreError):
                await self._context.store.stop_attending(self._context.node)

    async def drained(self) -> None:
        """Return when everything that waits is done."""
        await asyncio.gather(*(one.drained() for one in self._auctioneers.values()))

    def _auctioneer(self, auction_id: int) -> Auctioneer:
        found = self._auctioneers.pop(auction_id, None)
        if found is None:
            self._dismiss_idle()
            found = Auctioneer(auction_id, self._context)
        self._auctioneers[auction_id] = found  # the last one asked is the last one dismissed
        return found

    def _dismiss_idle(self) -> None:
        idle = [
            auction_id
            for auction_id, auctioneer in self._auctioneers.items()
            if auctioneer.idle and not self.presence.count(auction_id)
        ]
        for auction_id in idle[: max(0, len(idle) - IDLE_AUCTIONEERS_MAX)]:
            if self._auctioneers.pop(auction_id).clock.attends:
                leaving = asyncio.create_task(self._stop_attending_at(auction_id))
                self._leaving.add(leaving)
                leaving.add_done_callback(self._leaving.discard)

    async def _stop_attending_at(self, auction_id: int) -> None:
        with suppress(StoreError):
            await self._context.store.stop_attending(self._context.node, auction_id)

    async def _announce_count(self, auction_id: int) -> None:
        self.relay.count_here(auction_id, self.presence.count(auction_id))
        auctioneer = self._auctioneers.get(auction_id)
        if auctioneer and auctioneer.view:
            count = self.presence.total(auction_id)
            payload = auctioneer.view.user_count(count, datetime.now(UTC))
            await self._context.audience.to_room(
                auction_id, UserCountUpdate.wire_name, payload, payload
            )

    async def _poll(self) -> None:
        """Check for what other nodes did: entries of the auctions that are watched here, and starts."""
        live: set[int] | None = None  # not known yet
        while True:
            try:
                now_live = await self._context.store.live_auctions()
                self.live_auctions = len(now_live)
                for auction_id in now_live - (now_live if live is None else live):
                    self._auctioneer(auction_id).look(for_start=True)
                live = now_live
                await self._rest()
                await self.look_for_others()
            except StoreError:  # the store has logged it, and nobody waits for an answer here
                await asyncio.sleep(self._poll_seconds)
            except Exception:
                log.exception("checking for other nodes' entries failed", extra={"event": "fault"})
                await asyncio.sleep(self._poll_seconds)

    async def _check_rows_again_and_again(self) -> None:
        """Let every watched auction check for what other programs changed."""
        while True:
            await asyncio.sleep(self._rows_look_seconds)
            try:
                await self.check_rows()
            except StoreError:
                continue  # as in `_poll`
            except Exception:
                log.exception(
                    "checking for other programs' changes failed", extra={"event": "fault"}
                )

    async def check_rows(self) -> None:
        """Queue a closer look at every watched auction whose rows another program changed."""
        for auction_id in self.presence.watched():
            if auctioneer := self._auctioneers.get(auction_id):
                await auctioneer.check_rows()

    def forget(self, user_ids: AbstractSet[int]) -> None:
        """Have every auction forget what it keeps of users who were erased (D56)."""
        for auctioneer in self._auctioneers.values():
            auctioneer.forget(user_ids)

    async def look_for_others(self) -> None:
        """Queue a look for each watched auction whose ledger has another end than its view (D34)."""
        watched = self.presence.watched()
        watched += await self._clocks_elsewhere(set(watched))
        self._follow_only(set(watched))
        ends = await self._context.store.ends(watched)
        for auction_id in watched:
            auctioneer = self._auctioneers.get(auction_id)
            if auctioneer and auctioneer.view:
                view = auctioneer.view
                if ends.get(auction_id, (0, GENESIS)) != (view.seq, view.hash):
                    auctioneer.look()

    async def _rest(self) -> None:
        """Wait for the next look: not long where the news of other nodes do not come by themselves."""
        pause = self._poll_seconds
        if self.relay.wanted:
            pause = min(pause, self._degraded_poll_seconds)
        rested = 0.0
        while rested < self._poll_seconds:
            await asyncio.sleep(pause)
            rested += pause
            if not self.relay.healthy:
                return

    def _follow_only(self, watched: AbstractSet[int]) -> None:
        """Stop hearing of the auctions that nobody watches here.

        Of one that is at work somebody may just be let in, who is not among its viewers yet.
        """
        self.relay.follow_only(
            [
                auction_id
                for auction_id, one in self._auctioneers.items()
                if auction_id in watched or not one.idle or self.presence.count(auction_id)
            ]
        )

    # --- what the relay brings

    def relayed(self, news: RelayedEntries) -> None:
        if auctioneer := self._auctioneers.get(news.auction_id):
            auctioneer.relayed(news)

    def unreadable(self, auction_id: int) -> None:
        if auctioneer := self._auctioneers.get(auction_id):
            auctioneer.look()

    def started(self, auction_id: int) -> None:
        self._auctioneer(auction_id).look(for_start=True)

    def counts_changed(self, auctions: Collection[int]) -> None:
        for auction_id in auctions:
            self.presence.changed_elsewhere(auction_id)

    def was_away(self) -> None:
        for auction_id in self.presence.watched():
            if auctioneer := self._auctioneers.get(auction_id):
                auctioneer.look()

    async def _clocks_elsewhere(self, watched: AbstractSet[int]) -> list[int]:
        """The auctions with a clock for which this node is expected, though nobody is in the room any more."""
        for auction_id, auctioneer in self._auctioneers.items():
            auctioneer.clock.counts_viewers(self.presence.count(auction_id))
        left = {id_ for id_, one in self._auctioneers.items() if one.clock.attends} - watched
        return await self._context.store.with_clocks(left) if left else []
