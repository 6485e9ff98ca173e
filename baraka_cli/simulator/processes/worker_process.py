"""Worker process of a crowd: holds phones for the main process, and judges nothing.

It is started by `Worker` with the descriptor of a socket to talk over, and ends when that is closed.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from baraka_cli.client.frames import Frame, Frames
from baraka_cli.client.replies import Request
from baraka_cli.client.sockets import CouldNotConnect, Socket, SocketPool
from baraka_cli.event_loop import loop_factory
from baraka_cli.simulator.processes.heard import HeardLog
from baraka_cli.simulator.processes.messages import BUFFER_BYTES, read_message, write_message
from baraka_cli.simulator.processes.phones import PhoneSpec, make_phone
from baraka_cli.simulator.usage import LoopLag

REPORT_SECONDS = 0.05
"""How long what is heard may wait, to go with more of it. Answers do not wait."""
BEAT_SECONDS = 0.5
"""How often it reports when there is nothing to tell."""


class HeldPhones:
    """Phones of this process. `begin` is the first message of the main process."""

    def __init__(self, begin: Mapping[str, Any]) -> None:
        self._pool = SocketPool(begin["url"], Frames(lambda _: None), self)
        specs = [PhoneSpec(**fields) for fields in begin["phones"]]
        self._phones = [make_phone(self._pool, spec) for spec in specs]
        self._numbers = {phone: number for number, phone in enumerate(self._phones)}
        self._calls: dict[int, Mapping[str, Any]] = {}
        """Payloads that were sent and have no reply yet, by order."""
        self._log = HeardLog()
        self._urgent = asyncio.Event()
        self._lag = LoopLag()

    # --- what the phones report

    def heard(self, phone: Socket, frame: Frame) -> None:
        self._log.heard(self._numbers[phone], frame, time.perf_counter())

    def cut_off(self, phone: Socket) -> None:
        self._note(phone, "cut", self._numbers[phone], phone.gave_up)

    def garbled(self, phone: Socket, text: str) -> None:
        self._note(phone, "garbled", self._numbers[phone], text)

    def replied_late(self, phone: Socket, request: Request) -> None:
        for number, payload in self._calls.items():
            if payload is request.payload:
                self._note(phone, "late", number)
                del self._calls[number]
                return

    def _note(self, phone: Socket, *entry: object) -> None:
        self._log.note(self._numbers[phone], *entry)
        self._urgent.set()

    # --- what the main process orders

    async def carry_out(
        self, kind: str, number: int, phone: Socket, acknowledges: bool | None, *more: Any
    ) -> None:
        """One order. `acknowledges` is what the main process knows of the server."""
        if self._pool.acknowledges is None:
            self._pool.acknowledges = acknowledges
        match kind:
            case "connect":
                await self._connect(number, phone)
            case "call":
                await self._call(number, phone, *more)
            case "drop":
                await phone.drop()
                self._note(phone, "done", number)
            case "close":
                await phone.close()
                self._note(phone, "done", number)

    async def _connect(self, number: int, phone: Socket) -> None:
        try:
            await phone.connect()
        except CouldNotConnect as error:
            self._note(phone, "refused", number, str(error))
            return
        self._note(phone, "connected", number, self._numbers[phone], phone.polls)
        if not phone.connected:  # it was cut off before anybody knew that it was in
            self.cut_off(phone)

    async def _call(
        self,
        number: int,
        phone: Socket,
        event: str,
        payload: dict[str, Any],
        signs: list[str] | None,
        seconds: float,
    ) -> None:
        self._calls[number] = payload
        taken_for_it = None if signs is None else frozenset(signs)
        reply = await phone.call(event, payload, signs=taken_for_it, seconds=seconds)
        if reply.ok is not None:
            self._calls.pop(number, None)
        self._note(phone, "reply", number, reply.ok, dict(reply.data))

    # --- both

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the main process says goodbye, or is gone. An error in anything ends all of it."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._lag.watch())
                tasks.create_task(self._report(writer))
                while (order := await read_message(reader)) is not None:
                    kind, number, phone, *more = order
                    carrying_out = self.carry_out(kind, number, self._phones[phone], *more)
                    tasks.create_task(carrying_out)
                raise _Over
        except* _Over:
            pass
        await self._pool.close()

    async def _report(self, writer: asyncio.StreamWriter) -> None:
        beat = 0.0
        while True:
            now = time.perf_counter()
            if self._log or now >= beat:
                beat = now + BEAT_SECONDS
                usage = {"at": now, "cpu": time.process_time(), "lag": self._lag.take()}
                write_message(writer, self._log.take() | usage)
                with suppress(OSError):  # the main process is gone, which its orders say too
                    await writer.drain()
            with suppress(TimeoutError):
                async with asyncio.timeout(REPORT_SECONDS):
                    await self._urgent.wait()
            self._urgent.clear()


class _Over(Exception):
    """The main process needs no more of this."""


async def work(descriptor: int) -> None:
    """Talk to the main process over a socket that it has opened."""
    reader, writer = await asyncio.open_connection(
        sock=socket.socket(fileno=descriptor), limit=BUFFER_BYTES
    )
    begin = await read_message(reader)
    if begin is not None:
        await HeldPhones(begin).serve(reader, writer)


def main(descriptor: int) -> int:
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(work(descriptor))
    except Exception as error:
        traceback.print_exception(_first(error))  # its last line is what the main process tells
        return 1
    return 0


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
