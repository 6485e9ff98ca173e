"""`Phone`: a client of a real Socket.IO library, in Node or in Python, with the same methods for both.

`await amina.emits(...)` sends and returns the acknowledgement, `await viewer.hears(...)` waits for
the next event of a kind. Waiting is bounded by `PATIENCE_SECONDS`, never by a fixed sleep.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import time
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import socketio

from baraka_server.contract.client_events import ClientEvent, JoinAuction
from baraka_server.contract.server_events import Error, ServerEvent
from baraka_server.wire import identity
from tests.support.checks import declared
from tests.support.checks.not_run import not_run

PATIENCE_SECONDS = 20
JS_FOLDER = Path(__file__).parents[2] / "js"

Event = str | type[ServerEvent]


def token(secret: str, user_id: int, **claims: Any) -> str:
    # Longer than all tests take together: some are made while tests are collected.
    return identity.mint(secret, user_id, timedelta(hours=12), claims)


def payload_of(event: ClientEvent) -> dict[str, Any]:
    return event.model_dump(by_alias=True, exclude_unset=True)


class Phone:
    """What one client heard, in order, and how to wait for it. A driver feeds `heard_*`."""

    def __init__(self, user_id: int | None = None, url: str = "") -> None:
        self.user_id = user_id
        self.url = url
        self.events: list[tuple[str, Any]] = []
        """Everything heard so far: event name and payload."""
        self.heard_at: list[float] = []
        """When each of them was heard, by `time.monotonic`."""
        self.life: list[tuple[str, dict[str, Any]]] = []
        """connect, disconnect, upgrade, connect_error, reconnect_attempt, in order."""
        self.states: dict[int, dict[str, Any]] = {}
        """The state that the first join of each auction was answered with."""
        self._unread: deque[tuple[str, Any]] = deque()
        self._changed = asyncio.Condition()

    # --- speaking

    async def emits(self, event: ClientEvent | str, *arguments: Any) -> dict[str, Any]:
        """Send with an acknowledgement, and return it."""
        if isinstance(event, ClientEvent):
            arguments = (payload_of(event),)
            event = event.wire_name
        answer: dict[str, Any] = await asyncio.wait_for(
            self._call(event, arguments), PATIENCE_SECONDS
        )
        declared.answered(self.url, event, answer)
        if event == JoinAuction.wire_name and answer and "auction" in answer:
            self.states.setdefault(answer["auctionId"], answer)
        return answer

    async def says(self, event: ClientEvent | str, *arguments: Any) -> None:
        """Send without an acknowledgement, as the apps in the field do."""
        if isinstance(event, ClientEvent):
            arguments = (payload_of(event),)
            event = event.wire_name
        await self._emit(event, arguments)

    # --- listening

    async def hears(self, event: Event, where: Callable[[Any], bool] = lambda _: True) -> Any:
        """The next payload of this event that was not asked for yet; what comes before is skipped."""
        name = event if isinstance(event, str) else event.wire_name

        def found() -> bool:
            while self._unread:
                heard, payload = self._unread[0]
                if heard == name and where(payload):
                    return True
                self._unread.popleft()
            return False

        await self._until(found, f"{name}; heard {[heard for heard, _ in self.events]}")
        return self._unread.popleft()[1]

    async def hears_error(self, message: str) -> dict[str, Any]:
        error: dict[str, Any] = await self.hears(Error)
        assert error["message"] == message
        return error

    def heard(self, event: Event) -> list[Any]:
        """All payloads of this event so far."""
        name = event if isinstance(event, str) else event.wire_name
        return [payload for heard, payload in self.events if heard == name]

    async def lives_through(self, what: str) -> dict[str, Any]:
        """Wait for the first `what` of its life: connect, disconnect, upgrade…"""
        await self.lives_through_again(what, times=1)
        return next(details for happened, details in self.life if happened == what)

    async def lives_through_again(self, what: str, times: int) -> None:
        def enough() -> bool:
            return sum(happened == what for happened, _ in self.life) >= times

        await self._until(enough, f"{what} × {times}; lived through {self.life}")

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until `condition` holds; it is looked at whenever the phone heard something."""
        await self._until(condition, what)

    async def _until(self, condition: Callable[[], bool], what: str) -> None:
        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(condition), PATIENCE_SECONDS)
            except TimeoutError:
                raise AssertionError(f"waited in vain for {what}") from None

    # --- for drivers

    async def heard_event(self, event: str, arguments: list[Any]) -> None:
        heard = (event, arguments[0] if arguments else None)
        declared.heard(self.url, *heard)
        async with self._changed:
            self.events.append(heard)
            self.heard_at.append(time.monotonic())
            self._unread.append(heard)
            self._changed.notify_all()

    async def heard_of_life(self, what: str, details: dict[str, Any]) -> None:
        async with self._changed:
            self.life.append((what, details))
            self._changed.notify_all()

    def driven_by(
        self,
        *,
        call: Callable[[str, tuple[Any, ...]], Awaitable[Any]],
        emit: Callable[[str, tuple[Any, ...]], Awaitable[None]],
        hangs_up: Callable[[], Awaitable[None]],
        drops: Callable[[], Awaitable[None]],
    ) -> None:
        self._call, self._emit, self.hangs_up, self.drops = call, emit, hangs_up, drops


class NodePhones:
    """The official client (socket.io-client), in one Node process for all phones of a test."""

    def __init__(self) -> None:
        self._phones: dict[int, Phone] = {}
        self._ids = itertools.count(1)
        self._acks: dict[int, asyncio.Future[Any]] = {}

    @staticmethod
    def require() -> None:
        if shutil.which("node") is None or not (JS_FOLDER / "node_modules").exists():
            not_run("the official client", "node or its packages are missing. Try: make node")

    async def __aenter__(self) -> Self:
        self._node = await asyncio.create_subprocess_exec(
            "node",
            str(JS_FOLDER / "phones.mjs"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=64 * 1024 * 1024,
        )
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._node.stdin
        self._node.stdin.close()
        await asyncio.wait_for(self._node.wait(), PATIENCE_SECONDS)
        await self._reading

    async def is_killed(self) -> None:
        """All of its phones are gone at once, and say nothing any more."""
        self._node.kill()
        await self._node.wait()
        await self._reading

    async def open(self, url: str, user_id: int | None = None, **options: Any) -> Phone:
        """A phone that is connecting. `options` are those of the official client."""
        return await self._open("open", url, user_id, options)

    async def open_old(self, url: str, **options: Any) -> Phone:
        """One with the official client of Socket.IO 2, which can do no more than connect."""
        return await self._open("openOld", url, None, options)

    async def _open(
        self, command: str, url: str, user_id: int | None, options: dict[str, Any]
    ) -> Phone:
        phone, number = Phone(user_id, url), next(self._ids)
        self._phones[number] = phone

        async def call(event: str, arguments: tuple[Any, ...]) -> Any:
            ack = next(self._ids)
            self._acks[ack] = asyncio.get_running_loop().create_future()
            await self._tell("emit", number, event=event, args=arguments, ack=ack)
            answer = await self._acks[ack]
            return answer[0] if answer else None

        async def emit(event: str, arguments: tuple[Any, ...]) -> None:
            await self._tell("emit", number, event=event, args=arguments)

        async def hangs_up() -> None:
            await self._tell("close", number)

        async def drops() -> None:
            await self._tell("drop", number)

        phone.driven_by(call=call, emit=emit, hangs_up=hangs_up, drops=drops)
        await self._tell(command, number, url=url, options=options)
        return phone

    async def _tell(self, command: str, number: int, **more: Any) -> None:
        assert self._node.stdin
        line = json.dumps({"command": command, "id": number, **more})
        self._node.stdin.write(line.encode() + b"\n")
        await self._node.stdin.drain()

    async def _read(self) -> None:
        assert self._node.stdout
        async for line in self._node.stdout:
            if not line.endswith(b"\n"):
                break  # node ended while it spoke
            said = json.loads(line)
            what = said.pop("what")
            phone = self._phones[said.pop("id")]
            if what == "event":
                await phone.heard_event(said["event"], said["args"])
            elif what == "ack":
                answer = self._acks.pop(said["ack"])
                if not answer.done():  # whoever asked may have given up waiting
                    answer.set_result(said["args"])
            else:
                await phone.heard_of_life(what, said)


class PythonPhones:
    """python-socketio's client."""

    def __init__(self) -> None:
        self._clients: list[socketio.AsyncClient] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients:
            await client.shutdown()

    async def open(self, url: str, user_id: int | None = None, **options: Any) -> Phone:
        phone = Phone(user_id, url)
        client = socketio.AsyncClient(
            reconnection=options.get("reconnection", False), reconnection_delay=0.1
        )
        self._clients.append(client)

        async def connected() -> None:
            await phone.heard_of_life("connect", {"sid": client.get_sid()})

        async def disconnected(reason: str = "") -> None:
            await phone.heard_of_life("disconnect", {"reason": reason})

        async def anything(event: str, *arguments: Any) -> None:
            await phone.heard_event(event, list(arguments))

        client.on("connect", connected)
        client.on("disconnect", disconnected)
        client.on("*", anything)

        async def call(event: str, arguments: tuple[Any, ...]) -> Any:
            data = arguments if len(arguments) != 1 else arguments[0]
            return await client.call(event, data, timeout=PATIENCE_SECONDS)

        async def emit(event: str, arguments: tuple[Any, ...]) -> None:
            await client.emit(event, arguments if len(arguments) != 1 else arguments[0])

        async def drops() -> None:
            await client.eio.disconnect(abort=True)

        phone.driven_by(call=call, emit=emit, hangs_up=client.disconnect, drops=drops)
        await client.connect(
            url,
            auth=options.get("auth"),
            headers=options.get("extraHeaders", {}),
            transports=options.get("transports"),
        )
        return phone
