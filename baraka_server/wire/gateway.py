"""Gateway between Socket.IO and the house: connections, client events, acknowledgements."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from baraka_server.contract.client_events import (
    ClientEvent,
    JoinAuction,
    PlaceBid,
    PostComment,
    StartAuction,
)
from baraka_server.contract.maxima import SetMaximumBid, WithdrawMaximum
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.contract.vocabulary import CLIENT_EVENTS, parse
from baraka_server.live.audience import RoundShown, Viewer
from baraka_server.live.batch import Outcome
from baraka_server.live.encoded import Encoded, in_pieces
from baraka_server.live.faults import fault
from baraka_server.live.house import House
from baraka_server.wire import identity
from baraka_server.wire.abuse_log import errors_only
from baraka_server.wire.guests import not_for_guests, not_for_this_auction
from baraka_server.wire.join_limit import JOINS_WAITING, JoinLimit
from baraka_server.wire.packets import RESERVED_PREFIX, Json, Packet, allow_bursts
from baraka_server.wire.rate_limits import Rates
from baraka_server.wire.replies import for_the_log, negative, positive, too_fast
from baraka_server.wire.room_index import RoomIndex
from baraka_server.wire.server import ACK_ID, GuardedServer
from baraka_server.wire.shared_limits import SharedLimits
from baraka_server.wire.sid_binding import SidBinding
from baraka_server.wire.socket_limits import SocketLimits
from baraka_server.wire.sockets import STRIKES_PER_SECOND

log = logging.getLogger(__name__)

DELTA = "delta"
CONNECTS_PER_SECOND = 2
"""How often, on average, a connection of one user is not counted as a request of its address: a crowd
that reconnects at once from one address is many users."""
SENT_BYTES_PER_ACTION = 100_000
"""Each such part of an answer counts as another action: the state of a busy room is a megabyte."""


def make_server(
    limits: SocketLimits,
    address: Callable[[web.Request], str],
    binding: SidBinding,
    clock: Callable[[], float] = time.monotonic,
) -> GuardedServer:
    """A Socket.IO server with the options that work around the libraries' traps."""
    allow_bursts()
    errors_only("aiohttp.websocket")
    return GuardedServer(
        limits,
        address,
        binding=binding,
        clock=clock,
        async_mode="aiohttp",
        client_manager=RoomIndex(),
        # Only a connected client hears `error` and the disconnect, and stays away by itself (D2).
        always_connect=True,
        serializer=Packet,
        json=Json,
        cors_allowed_origins=[],  # `cors` and `admission` do it
        logger=errors_only("socketio.server"),
        engineio_logger=errors_only("engineio.server"),
    )


@dataclass(frozen=True, slots=True)
class UserLimits:
    """Limits of one user over all sockets; 0 is no limit. See the settings of the same names.

    `events_per_second_max` is that of one socket times `SOCKETS_PER_USER` (`baraka_server/app.py`).
    """

    events_per_second_max: float
    bids_per_second_max: float
    comments_per_second_max: float
    actions_per_second_max: float
    joins_waiting_max: int = 0


class Gateway:
    """Verifies connections, hands client events to the house, and answers them.

    `disconnect_expired` ends a connection when its token expires (D28). `barred` is the refusal of a user
    who may not connect (D47). `guests_max` guests may be connected at once; 0 is no limit (D58).
    Bids and comments are `shared` limits: they hold over all nodes.
    """

    def __init__(
        self,
        sio: GuardedServer,
        house: House,
        verifier: identity.Verifier,
        limits: UserLimits,
        shared: SharedLimits,
        *,
        disconnect_expired: bool = False,
        barred: Callable[[int], Refusal | None] = lambda _user_id: None,
        guests_max: int = 0,
    ) -> None:
        self._sio = sio
        self._house = house
        self._verifier = verifier

        def rates(per_second: float, setting: str = "") -> Rates[int]:
            return Rates(per_second, setting, sio.clock)

        self._events = rates(limits.events_per_second_max, "events_per_second_max")
        actions = rates(limits.actions_per_second_max, "actions_per_second_max")
        bids = shared.rates(limits.bids_per_second_max, "bids_per_second_max")
        comments = shared.rates(limits.comments_per_second_max, "comments_per_second_max")
        of_bids = (PlaceBid, SetMaximumBid, WithdrawMaximum)
        self._rates: dict[str, Rates[Any]] = dict.fromkeys(CLIENT_EVENTS, actions) | {
            **dict.fromkeys((event.wire_name for event in of_bids), bids),
            # Apart: a host who starts a sale too often may still award.
            StartAuction.wire_name: rates(limits.actions_per_second_max, actions.setting),
            PostComment.wire_name: comments,
        }
        self._join_limit = JoinLimit(limits.joins_waiting_max)
        self._strikes = rates(STRIKES_PER_SECOND)
        self._connects = rates(CONNECTS_PER_SECOND)
        self._disconnect_expired = disconnect_expired
        self._barred = barred
        self._guests_max = guests_max
        self._guests: set[str] = set()
        self._viewers: dict[str, Viewer] = {}
        self.stopping = False
        """Set when the server stops: events that were accepted are finished, new ones refused."""
        self._expiries: dict[str, asyncio.Task[None]] = {}
        sio.shown = house.rounds_seen.show
        sio.on("connect", self._connect)
        sio.on("disconnect", self._disconnect)
        for name in CLIENT_EVENTS:
            sio.on(name, self._handler(name))
        sio.on("*", self._unknown)

    @property
    def viewers(self) -> int:
        """The number of connected sessions of verified users."""
        return len(self._viewers)

    @property
    def joins_waiting(self) -> int:
        return len(self._join_limit)

    async def _connect(self, sid: str, environ: Mapping[str, Any], auth: Any) -> None:
        # Nothing may be awaited before the viewer stands: events may be right behind.
        client = self._sio.client(sid)
        if client is None:
            return  # closed while it connected
        who = self._verifier.verify(_token(environ, auth))
        if not isinstance(who, Refusal):
            who = self._full(who) or self._barred(who.user_id) or who
        if not isinstance(who, Refusal):
            client.strikes = self._strikes.of(who.user_id)
            if client.strikes.wait:
                client.struck_out = True  # nothing of what is behind it is read
                who = too_fast("", client.strikes.wait)
        if isinstance(who, Refusal):
            client.noted = True
            self._sio.log.refused(client.address, *for_the_log(who))
            self._sio.turned_away[who.code] += 1
            await self._turn_away(sid, who)
            return
        wants_lists = not (isinstance(auth, dict) and auth.get("updates") == DELTA)
        viewer = Viewer(sid, who.user_id, wants_lists, only_auction=who.auction_id)
        self._viewers[sid] = client.viewer = viewer
        if viewer.is_guest:
            self._guests.add(sid)
        client.gives_sign_of_life()
        # Anybody can be as many guests as they like: those count as requests of their address.
        client.proved(gives_back=not viewer.is_guest and not self._connects.take(who.user_id))
        log.debug(
            "user %s connected", who.user_id, extra={"event": "connected", "user": who.user_id}
        )
        if self._disconnect_expired:
            self._expire(sid, who)

    async def _disconnect(self, sid: str, _reason: str) -> None:
        self._guests.discard(sid)
        viewer = self._viewers.pop(sid, None)
        if viewer is not None:
            self._house.disconnected(viewer)
        client = self._sio.client(sid)
        if client and not (client.closed or client.closing):
            # The socket may stay, and come back as another viewer.
            self._sio.unverified.add(client.sid, client.address)
        if self._sio.fan_out and client and client.subscriber:
            self._sio.fan_out.leave_all(client.subscriber)
        expiry = self._expiries.pop(sid, None)
        if expiry is not None:
            expiry.cancel()

    def _handler(self, name: str) -> Callable[..., Awaitable[Any]]:
        rates = self._rates[name]

        async def handle(sid: str, *arguments: Any) -> Any:
            viewer = self._viewers.get(sid)
            if viewer is None:
                return None  # its connection was refused, and it still sends
            began = time.perf_counter()
            try:
                if refusal := await self._too_fast(viewer, name, self._events, rates):
                    return await self._answer(sid, refusal)
                event = not_for_guests(viewer, name) or parse(name, arguments)
                if not isinstance(event, Refusal):
                    event = not_for_this_auction(viewer, event) or event
                if self.stopping:
                    event = Refusal(Code.UNAVAILABLE, name)
                if isinstance(event, Refusal):
                    return await self._answer(sid, event)
                price = self._house.chars_for(event) // SENT_BYTES_PER_ACTION
                if price and (wait := rates.of(viewer.user_id).take(price)):
                    await self._sio.strike(sid, rates.setting)
                    return await self._answer(sid, too_fast(name, wait))
                if isinstance(event, JoinAuction):
                    joined = await self._join(viewer, event, price)
                    self._sio.join_seconds.observe(time.perf_counter() - began)
                    return joined
                # Stamped and queued before anything is awaited: a socket's commands keep their order.
                seen = self._house.rounds_seen.seen_by(viewer, event)
                outcome = await self._house.submit(viewer, event, seen)
                self._note_round(viewer, event, outcome)
                answer = await self._answer(sid, outcome, name)
                self._sio.answer_seconds.observe(time.perf_counter() - began)
                return answer
            except Exception as error:
                return await self._answer(sid, fault(name, error))

        return handle

    async def _join(self, viewer: Viewer, event: JoinAuction, paid: int) -> Any:
        """Join a viewer to an auction. `paid` is what its rate was charged for the state so far.

        The state is sent once: as the acknowledgement, or as an event where none is wanted (D21).
        """
        number = ACK_ID.get()
        if wait := self._join_limit.acquire(viewer.user_id):
            await self._sio.strike(viewer.sid, JOINS_WAITING)
            return await self._answer(viewer.sid, too_fast(event.wire_name, wait))
        try:
            outcome = await self._house.submit(viewer, event, acknowledged=number is not None)
        finally:
            self._join_limit.release(viewer.user_id)
        if isinstance(outcome, Refusal) or "round" not in outcome:
            return await self._answer(viewer.sid, outcome, event.wire_name)
        self._sio.note_outcome(event.wire_name, outcome)
        state = in_pieces({"ok": True} | outcome)
        price = sum(map(len, state)) // SENT_BYTES_PER_ACTION
        self._rates[event.wire_name].of(viewer.user_id).spend(price - paid)
        if number is not None:
            shows = RoundShown(event.auction_id, outcome["round"], at_once=True)
            await self._sio.acknowledge(viewer.sid, number, state, shows)
        return self._sio.not_handled  # so that the library sends no acknowledgement of its own

    def _note_round(self, viewer: Viewer, event: ClientEvent, outcome: Outcome) -> None:
        """Note the round that an answer shows to a host (D32): at once, or with a delay for a refusal."""
        if event.who.is_staff and event.about_lot:
            refused = isinstance(outcome, Refusal)
            round_ = (
                outcome.values.get("round") if isinstance(outcome, Refusal) else outcome["round"]
            )
            if round_ is not None:
                self._house.rounds_seen.answer(
                    viewer, event.auction_id, round_, at_once=not refused
                )

    async def _unknown(self, name: str, sid: str, *_arguments: Any) -> Encoded | None:
        viewer = self._viewers.get(sid)
        if viewer is None:
            return None
        too_often = await self._too_fast(viewer, "", self._events)
        refusal = too_often or parse(name.removeprefix(RESERVED_PREFIX), ())
        if not isinstance(refusal, Refusal):
            raise TypeError(f"{name} is known")
        return await self._answer(sid, refusal)

    async def _too_fast(self, viewer: Viewer, name: str, *rates: Rates[Any]) -> Refusal | None:
        """The refusal of an event that is over one of the rates of its user."""
        for each in rates:
            if wait := each.take(viewer.user_id):
                await self._sio.strike(viewer.sid, each.setting)
                return too_fast(name, wait)
        return None

    async def _answer(self, sid: str, outcome: Outcome, name: str = "") -> Encoded:
        """The acknowledgement; a refusal is an `error` to the sender as well (D20).

        `name` is that of the event, where its outcome may be an acceptance.
        """
        name = outcome.event if isinstance(outcome, Refusal) else name
        self._sio.note_outcome(name, outcome)
        if not isinstance(outcome, Refusal):
            return positive(outcome)
        log.debug("%s refused: %s", outcome.event, outcome.message)
        client = self._sio.client(sid)
        if outcome.code is Code.BUSY and client:
            self._sio.log.refused(client.address, "an auction is too busy", "asks_waiting_max")
        if not outcome.is_silent:
            await self._sio.refuse(sid, outcome)
        return negative(outcome)

    def users(self) -> set[int]:
        """The users who are connected."""
        return {viewer.user_id for viewer in self._viewers.values() if not viewer.is_guest}

    def _full(self, who: identity.Identity) -> Refusal | None:
        """The refusal of one guest too many: users find room beside a crowd of guests."""
        full = who.is_guest and 0 < self._guests_max <= len(self._guests)
        return Refusal(Code.TOO_MANY_GUESTS) if full else None

    async def close_all_of(self, user_id: int, refusal: Refusal) -> None:
        """Tell all sockets of a user why they are closed, and close them."""
        for sid in [sid for sid, one in self._viewers.items() if one.user_id == user_id]:
            await self._turn_away(sid, refusal)
        log.info(
            "user %s was disconnected: %s",
            user_id,
            refusal.message,
            extra={"event": "user_put_out", "user": user_id},
        )

    async def _turn_away(self, sid: str, refusal: Refusal) -> None:
        await self._sio.refuse(sid, refusal)
        await self._sio.disconnect(sid)

    def _expire(self, sid: str, who: identity.Identity) -> None:
        async def when_expired() -> None:
            await asyncio.sleep((who.expires_at - datetime.now(UTC)).total_seconds())
            await self._turn_away(sid, Refusal(Code.INVALID_TOKEN))

        self._expiries[sid] = asyncio.create_task(when_expired())


async def close_all_sockets(sio: GuardedServer) -> None:
    """Close every socket without waiting for it, in a way that makes clients connect again.

    A Socket.IO disconnect would tell them to stay away, and so does the CLOSE packet of Engine.IO tell
    python-socketio's client; one that waits takes a minute with clients that do not read.
    """
    for client in list(sio.eio.sockets.values()):
        await client.close(wait=False, abort=True, reason=sio.reason.SERVER_DISCONNECT)
    await asyncio.sleep(0)  # writers take what still waits
    await sio.shutdown()


def _token(environ: Mapping[str, Any], auth: Any) -> object:
    """`auth.token`, else the bearer token of the header; never the query string (D3)."""
    if isinstance(auth, dict) and auth.get("token"):
        return auth["token"]
    return identity.bearer(environ.get("HTTP_AUTHORIZATION"))
