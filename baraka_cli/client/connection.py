"""`Connection`: connects to a server, joins an auction, resumes after a loss, and sends events.

Works with servers that speak the guide alone: without acknowledgements an action is done when the
room hears of it, and refused when `error` says so.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import Enum
from typing import Any

import socketio

from baraka_cli.client.access import Access
from baraka_cli.client.heartbeat import Heartbeat
from baraka_cli.client.replies import (
    DONE,
    TOKEN_REFUSALS,
    NoReply,
    Reply,
    Request,
    acknowledged,
    answered_by,
)
from baraka_server.contract.client_events import ClientEvent, JoinAuction
from baraka_server.contract.refusals import Code
from baraka_server.contract.server_events import AuctionStarted, AuctionState, Error

REPLY_SECONDS_MAX = 10
ACKNOWLEDGEMENT_SECONDS_MAX = 3
"""Limit for a server's first acknowledgement: one that takes longer is taken for one without."""
RETRY_SECONDS = 0.5
BACK_SECONDS_MAX = 60
"""Limit for waiting until a lost connection comes back."""
REFUSED_FOR_NOW = frozenset(
    {Code.BUSY, Code.UNAVAILABLE, Code.TOO_FAST, Code.FAULT, NoReply.SILENT}
)
"""Refusals of a join that are worth another try."""


class ConnectionState(Enum):
    """The state of a connection; the value is what people read."""

    CONNECTING = "connecting"
    ONLINE = "online"
    LOST = "connection lost"
    TURNED_AWAY = "turned away"


class Connection:
    """Client of one auction: `hear(event, payload)` gets all it says, `changed()` tells of the state.

    `last_heard()` is the number and the ledger of what the listener heard last, to ask for what it
    missed.
    """

    def __init__(
        self,
        url: str,
        access: Access,
        auction_id: int,
        *,
        hear: Callable[[str, Mapping[str, Any]], None],
        changed: Callable[[], None],
        last_heard: Callable[[], tuple[int | None, str | None]],
    ) -> None:
        self.url = url
        self.state = ConnectionState.CONNECTING
        self.why = ""
        """Why it is not online, in words."""
        self.acknowledges: bool | None = None
        """Whether the server acknowledges; None until something was sent."""
        self.joined = False
        self.heartbeat = Heartbeat(url)
        self.refusal: Reply | None = None
        """Why the room did not let us in."""
        self.missed: Counter[str] | None = None
        """The events that were caught up with after a loss, by name."""
        self._access = access
        self._let_in = asyncio.Event()
        self._auction_id = auction_id
        self.hear = hear
        self._changed = changed
        self._last_heard = last_heard
        self._waiting: list[Request] = []
        self._client: socketio.AsyncClient | None = None
        self._room_answered = asyncio.Event()
        """Set while it is online, and the room has answered."""
        self._tasks: set[asyncio.Task[Any]] = set()

    async def open(self) -> None:
        """Connect, and do so again after every loss; where the token was refused, with another."""
        self._keep(self.heartbeat.beat())
        while True:
            await self.connect_once()
            if self.state is ConnectionState.TURNED_AWAY:
                await self._let_in.wait()
                self._let_in.clear()
                self._set(ConnectionState.LOST, "trying with another token")
            await asyncio.sleep(RETRY_SECONDS)

    def try_again(self) -> None:
        """Connect with the token that `access` has by now."""
        self._let_in.set()

    async def is_back(self) -> bool:
        """Wait for a connection that was lost; whether it came back in time."""
        try:
            await asyncio.wait_for(self._room_answered.wait(), BACK_SECONDS_MAX)
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self._hang_up(self._client)

    async def connect_once(self) -> None:
        """Hold a connection until it is lost.

        Each one has a client of its own: one that was hung up on may be busy with its end for
        seconds. python-socketio (5.18) waits out its whole `wait_timeout` when a server that stops
        takes a connection and hangs up at once, so the wait is ours, and ends with the connection.
        """
        over = asyncio.Event()
        client = self._client = self._new_client(over)
        try:
            # Lists with every bid would make a long lot cost more and more to read (D24).
            auth = {"token": self._access.token, "updates": "delta"}
            await asyncio.wait_for(
                client.connect(self.url, auth=auth, wait=False), REPLY_SECONDS_MAX
            )
            self._keep(client.eio.wait()).add_done_callback(lambda _: over.set())
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), REPLY_SECONDS_MAX)
            if client.namespaces:
                await over.wait()
        except (socketio.exceptions.ConnectionError, TimeoutError):
            pass
        was_up = self.state is ConnectionState.ONLINE
        self._lost("the server is gone" if was_up else "the server does not answer")
        self._keep(self._hang_up(client))

    def _new_client(self, over: asyncio.Event) -> socketio.AsyncClient:
        """`over` is set when the connection was lost, or refused."""
        client = socketio.AsyncClient(reconnection=False)

        async def connected(*_: Any) -> None:
            # In a task: the answer comes only when this handler has returned.
            self._keep(self._join(resuming=self.state is ConnectionState.LOST))

        async def ended(*said: Any) -> None:
            self._refused_by(said[0] if said else None)
            over.set()

        async def heard(*said: Any) -> None:
            if client is self._client:
                self._heard(*said)

        for event, handler in (
            ("connect", connected),
            ("disconnect", ended),
            ("connect_error", ended),
            ("*", heard),
        ):
            client.on(event, handler)
        return client

    @staticmethod
    async def _hang_up(client: socketio.AsyncClient | None) -> None:
        if client is not None:
            with suppress(Exception):  # it may be gone already, and nobody is left to be told
                await client.eio.disconnect(abort=True)

    async def call(self, event: ClientEvent) -> Reply:
        """Send `event` and wait for its reply."""
        if self.state is not ConnectionState.ONLINE or self._client is None:
            return Reply.none(NoReply.OFFLINE, f"Not sent: {self.state.value}.")
        payload = event.payload()
        done: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        joining = isinstance(event, JoinAuction)
        signs: set[str] = set()
        if not self.acknowledges:
            signs.add(Error.wire_name)
            if not joining or self.acknowledges is False:  # the state is in the acknowledgement
                signs |= answered_by(event.wire_name)
        request = Request(event.wire_name, payload, frozenset(signs), done)
        self._waiting.append(request)

        def take(*values: Any) -> None:
            reply = acknowledged(values)
            if reply is None:
                # Received, which is not done: what comes of it is heard as on any plain server.
                if self.acknowledges is None:
                    self.acknowledges = False
                if joining:
                    request.resolve(DONE)
                return
            self.acknowledges = True
            if joining:
                self._catch_up(reply.data)  # at once: the next event may be right behind
            request.resolve(reply)

        unknown = self.acknowledges is None
        try:
            await self._client.emit(event.wire_name, payload, callback=take)
            limit = ACKNOWLEDGEMENT_SECONDS_MAX if unknown and joining else REPLY_SECONDS_MAX
            return await asyncio.wait_for(done, limit)
        except TimeoutError:
            if unknown and joining:  # neither refused nor acknowledged: there will be none
                self.acknowledges = False
                return DONE
            silent = "The server did not answer. Look before you try again."
            return Reply.none(NoReply.SILENT, silent)
        except socketio.exceptions.SocketIOError:
            return Reply.none(NoReply.OFFLINE, "Not sent: the connection was lost.")
        finally:
            self._waiting.remove(request)

    def join_again(self) -> None:
        """Ask for the whole state: something was not heard."""
        if self.joined:
            self.joined = False
            self._keep(self._join(resuming=True))

    def _catch_up(self, state: Mapping[str, Any]) -> None:
        """Hear what was missed, event by event, and then the state, which is always whole."""
        if "auction" not in state:
            return
        missed = [one for one in state.get("missed") or [] if isinstance(one, dict)]
        for one in missed:
            if isinstance(one.get("data"), dict):
                self.hear(str(one.get("event")), one["data"])
        self.missed = Counter(str(one.get("event")) for one in missed)
        self.hear(AuctionState.wire_name, state)

    # --- what the connection says

    async def _join(self, *, resuming: bool = False) -> None:
        """Enter the room. A sale that has not begun refuses; its start brings us here again."""
        self._set(ConnectionState.ONLINE)
        last_seq, ledger = self._last_heard() if resuming else (None, None)
        join = JoinAuction(auction_id=self._auction_id, last_seq=last_seq, ledger=ledger)
        reply = await self.call(join)
        self.joined, self.refusal = reply.ok is True, None if reply.ok else reply
        if self.state is ConnectionState.ONLINE:
            self._room_answered.set()
        self._changed()
        if reply.code in REFUSED_FOR_NOW and self.state is ConnectionState.ONLINE:
            await asyncio.sleep(RETRY_SECONDS)
            await self._join(resuming=resuming)

    def _lost(self, why: str) -> None:
        self.joined = False
        self._room_answered.clear()
        if self.state is not ConnectionState.TURNED_AWAY:
            self._set(ConnectionState.LOST, f"{why}; trying again")
        lost = Reply.none(NoReply.LOST, "The connection was lost. Look before you try again.")
        for request in self._waiting:
            request.resolve(lost)

    def _refused_by(self, said: object) -> None:
        """`said` is what a refused connection comes with, or why one ended."""
        message = said.get("message") if isinstance(said, dict) else None
        if message in TOKEN_REFUSALS:
            self._set(ConnectionState.TURNED_AWAY, str(message))

    def _heard(self, event: str, data: Any = None, *_more: Any) -> None:
        if not isinstance(data, dict):
            return
        if event == Error.wire_name:
            self._refused(data)
            return
        if event == AuctionState.wire_name and not self.joined:
            return  # the answer to our join says the same
        self.hear(event, data)
        self._resolve(event, DONE)
        ours = event == AuctionStarted.wire_name and data.get("id") == self._auction_id
        if ours and not self.joined:
            self._keep(self._join())

    def _refused(self, error: Mapping[str, Any]) -> None:
        message, event = str(error.get("message", "")), error.get("event")
        if message in TOKEN_REFUSALS and not event:
            self._set(ConnectionState.TURNED_AWAY, message)
        self._resolve(Error.wire_name, Reply(False, error))
        self.hear(Error.wire_name, error)

    def _resolve(self, sign: str, reply: Reply) -> None:
        for request in self._waiting:
            if sign in request.answered_by and not request.reply.done():
                request.resolve(reply)
                return

    def _set(self, state: ConnectionState, why: str = "") -> None:
        self.state, self.why = state, why
        self._changed()

    def _keep(self, coroutine: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
