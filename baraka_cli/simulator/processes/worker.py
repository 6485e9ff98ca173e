"""`Worker`: a process of the crowd beside the main one, which holds some of its phones.

The main process decides and judges everything. A phone that a worker holds is a `RemoteSocket` here, and
is heard like any other one: the worker says who heard what, in the order of each phone, and when.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from subprocess import DEVNULL, PIPE
from typing import Any, Protocol

from baraka_cli.client.frames import Frame
from baraka_cli.client.replies import LOST, Reply, Request
from baraka_cli.client.sockets import Socket, SocketPool
from baraka_cli.simulator.processes.heard import HEARD, times
from baraka_cli.simulator.processes.messages import BUFFER_BYTES, read_message, write_message
from baraka_cli.simulator.processes.phones import PhoneSpec
from baraka_cli.simulator.processes.remote_socket import RemoteSocket
from baraka_server.contract.server_events import Error

MODULE = "baraka_cli.simulator.processes.worker_process"
START_SECONDS_MAX = 60
SILENT_SECONDS_MAX = 30
"""After this long without a report a worker counts as dead: it reports twice a second."""
STOP_SECONDS_MAX = 5
SLICE = 500
"""Deliveries that are taken in at once: this process has phones of its own, which wait meanwhile."""
STDERR_BYTES_MAX = 4_000


class WorkerDied(Exception):
    """A worker ended in the middle of a sale. The text says so to a person."""


class Office(Protocol):
    """Hears what the phones of a worker hear, beside what its own phones tell it."""

    def heard_elsewhere(
        self, phones: Sequence[Socket], frame: Frame, at: Sequence[float]
    ) -> None: ...

    def lagged(self, seconds: float) -> None:
        """A worker, or a report of it, came so much later than it was due."""


class Worker:
    """Process number `number` of a crowd; the main one is number 1. `add` its phones, then `start` it."""

    def __init__(self, number: int, office: Office) -> None:
        self.number = number
        self._office = office
        self._specs: list[PhoneSpec] = []
        self._phones: list[RemoteSocket] = []
        self._numbers = itertools.count(1)
        self._orders: dict[int, asyncio.Future[str | None]] = {}
        """Orders that are not carried out yet: answered with why they could not be, or None."""
        self._calls: dict[int, tuple[RemoteSocket, Request]] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._stderr: asyncio.Task[str] | None = None
        self._cpu = self._cpu_told = 0.0

    def add(self, pool: SocketPool, spec: PhoneSpec) -> RemoteSocket:
        phone = RemoteSocket(pool, spec, self, len(self._phones))
        self._specs.append(spec)
        self._phones.append(phone)
        return phone

    def used(self) -> float:
        """Seconds of processor time since it was last asked."""
        before, self._cpu_told = self._cpu_told, self._cpu
        return self._cpu_told - before

    # --- its life

    async def start(self, url: str) -> None:
        """Raises `WorkerDied` when it does not come up."""
        try:
            reader = await self._spawn()
        except OSError as error:
            raise WorkerDied(
                f"Process {self.number} of the crowd did not start: {error}."
            ) from None
        self._send({"url": url, "phones": [spec.fields for spec in self._specs]})
        with suppress(TimeoutError):
            async with asyncio.timeout(START_SECONDS_MAX):
                if await read_message(reader) is not None:
                    self._reading = asyncio.create_task(self._read(reader))
                    return
        raise WorkerDied(f"Process {self.number} of the crowd did not start: {await self._why()}.")

    async def _spawn(self) -> asyncio.StreamReader:
        ours, theirs = socket.socketpair()
        with theirs:
            reader, self._writer = await asyncio.open_connection(sock=ours, limit=BUFFER_BYTES)
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", MODULE, str(theirs.fileno())),
                pass_fds=[theirs.fileno()],
                stdin=DEVNULL,
                stdout=DEVNULL,
                stderr=PIPE,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                start_new_session=True,  # Ctrl-C in the terminal is for the main process
            )
        self._stderr = asyncio.create_task(_tail(self._process.stderr))
        return reader

    async def watch(self) -> None:
        """Raises `WorkerDied` when it ends, or says nothing for too long."""
        if self._reading is not None:
            await asyncio.wait([self._reading])
            self._reading.result()

    async def stop(self) -> None:
        """In bounded time. Nothing is heard any more."""
        tasks = [task for task in (self._reading, self._stderr) if task is not None]
        if self._writer is not None:
            self._writer.close()
        if self._process is not None and self._process.returncode is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(STOP_SECONDS_MAX):
                    await self._process.wait()
            if self._process.returncode is None:
                self._process.kill()
                await self._process.wait()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        why = ""
        try:
            while True:
                async with asyncio.timeout(SILENT_SECONDS_MAX):
                    report = await read_message(reader)
                if report is None:
                    break
                await self._take(report)
        except TimeoutError:
            why = f"it said nothing for {SILENT_SECONDS_MAX} seconds"
        self._let_go()
        why = why or await self._why()
        raise WorkerDied(
            f"Process {self.number} of the crowd is gone: {why}. What its {len(self._phones):,} "
            "phones heard is not known."
        )

    def _let_go(self) -> None:
        """Nobody waits for it any more. Its phones are gone, which is not the server's doing."""
        for phone in self._phones:
            phone.connected = False
        for answer in self._orders.values():
            if not answer.done():
                answer.set_result(f"process {self.number} of the crowd is gone")
        for _, request in self._calls.values():
            request.resolve(LOST)

    async def _why(self) -> str:
        if self._process is None or self._stderr is None:
            return "there is no process"
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS_MAX):
                code = await self._process.wait()
                said = await self._stderr
                if code < 0:
                    return f"it was ended by {signal.Signals(-code).name}"
                return f"it ended with exit code {code}" + (f", {said}" if said else "")
        return "it hung up"

    # --- what it is told to do

    async def carries_out(self, kind: str, phone: RemoteSocket) -> str | None:
        """Returns why it could not be done; None when it was."""
        answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        number = self._order(kind, phone)
        if number is None:
            return f"process {self.number} of the crowd is gone"
        self._orders[number] = answer
        try:
            return await answer
        finally:
            del self._orders[number]

    async def calls(
        self,
        phone: RemoteSocket,
        event: str,
        payload: Mapping[str, Any],
        *,
        signs: frozenset[str] | None,
        seconds: float,
    ) -> Reply:
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        taken_for_it = None if signs is None else list(signs)
        number = self._order("call", phone, event, payload, taken_for_it, seconds)
        if number is None:
            return LOST
        self._calls[number] = phone, Request(event, payload, signs or frozenset(), reply)
        return await reply

    def _order(self, kind: str, phone: RemoteSocket, *more: object) -> int | None:
        """The number of the order; None when nobody is there to carry it out."""
        if self._reading is None or self._reading.done():
            return None
        number = next(self._numbers)
        self._send([kind, number, phone.number, phone.pool.acknowledges, *more])
        return number

    def _send(self, message: object) -> None:
        if self._writer is not None:
            write_message(self._writer, message)

    # --- what it reports

    async def _take(self, report: Mapping[str, Any]) -> None:
        """Take in a report, entry by entry, and let others do their part in between."""
        self._cpu = report["cpu"]
        self._office.lagged(max(report["lag"], time.perf_counter() - report["at"]))
        began, texts = report["began"], report["texts"]
        for kind, *fields in report["entries"]:
            if kind == HEARD:
                text, phones, micros = fields
                await self._heard(texts[text], phones, times(began, micros))
            else:
                self._happened(kind, *fields)
                await asyncio.sleep(0)  # who waited for it goes on before more is heard

    async def _heard(self, text: str, phones: Sequence[int], at: Sequence[float]) -> None:
        members = [self._phones[number] for number in phones]
        frame = members[0].pool.frames.of(text)
        if frame.name == Error.wire_name:
            for phone in members:
                phone.is_refused(frame)
        for begin in range(0, len(members), SLICE):
            end = begin + SLICE
            self._office.heard_elsewhere(members[begin:end], frame, at[begin:end])
            await asyncio.sleep(0)

    def _happened(self, kind: str, number: int, *more: Any) -> None:
        """`number` is that of the order; of the phone where nothing was ordered."""
        match kind:
            case "connected":
                self._phones[more[0]].is_connected(polls=more[1])
                self._answer(number, None)
            case "refused":
                self._answer(number, more[0])
            case "done":
                self._answer(number, None)
            case "reply":
                self._replied(number, *more)
            case "late":
                phone, request = self._calls.pop(number)
                request.resolve(LOST)
                phone.pool.listener.replied_late(phone, request)
            case "cut":
                self._phones[number].is_cut_off(gave_up=more[0])
            case "garbled":
                phone = self._phones[number]
                phone.pool.listener.garbled(phone, *more)

    def _answer(self, number: int, why_not: str | None) -> None:
        answer = self._orders.get(number)
        if answer is not None and not answer.done():
            answer.set_result(why_not)

    def _replied(self, number: int, ok: bool | None, data: Mapping[str, Any]) -> None:
        if number not in self._calls:
            return  # it came in the moment in which the phone gave up
        phone, request = self._calls[number]
        if ok is not None:  # else the reply may come late
            del self._calls[number]
            if request.reply.done():  # nobody waits any more
                phone.pool.listener.replied_late(phone, request)
        request.resolve(Reply(ok, data) if ok is not None or data else LOST)


async def _tail(stream: asyncio.StreamReader | None) -> str:
    """The last line of what a process says on its way, to its end."""
    said = b""
    while stream is not None and (more := await stream.read(STDERR_BYTES_MAX)):
        said = (said + more)[-STDERR_BYTES_MAX:]
    lines = said.decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
