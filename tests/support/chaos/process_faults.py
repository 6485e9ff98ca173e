"""Faults of servers and their workers: killed, frozen, stopped, replaced."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from random import Random

import psutil

from tests.support.chaos.evidence import Kind
from tests.support.chaos.fault import LOOK_SECONDS, SHORT, Fault
from tests.support.chaos.nodes import Installation, Node

COMMIT_SECONDS_MAX = 3
REPLACED_SECONDS_MAX = 20


def of_node(node: Node) -> Iterator[Fault]:
    async def killed() -> None:
        await node.kill()
        await node.start()

    async def killed_behind_a_commit() -> None:
        # A server that has another one write commits nothing: it is killed all the same.
        await node.database.swallows_a_commit(COMMIT_SECONDS_MAX)
        await killed()

    async def stopped() -> None:
        if node.baraka.running:
            await node.baraka.stop()
        await node.start()

    def fault(name: str, seconds: float, happens: Callable[[], Awaitable[None]]) -> Fault:
        return Fault(f"{node.name} {name}", Kind.NODE, node.name, seconds, happens)

    yield fault("killed", 3, killed)
    yield fault("killed between commit and publish", 4, killed_behind_a_commit)
    yield fault("stopped and started", 4, stopped)
    yield freeze(node, SHORT)


def freeze(node: Node, seconds: float, worker: int | None = None) -> Fault:
    """Stop a server, or one of its workers, and let it go on after so long."""

    async def frozen() -> None:
        stopped = node.processes()
        if worker is not None:
            stopped = node.workers()[worker : worker + 1]
        elif len(stopped) > 1:
            stopped = stopped[:1]  # the parent alone: its workers go on
        for one in stopped:
            with suppress(psutil.Error):
                one.suspend()
        await asyncio.sleep(seconds)
        for one in stopped:
            with suppress(psutil.Error):
                one.resume()

    who = node.name if worker is None else f"a worker of {node.name}"
    return Fault(f"{who} frozen for {seconds} s", Kind.NODE, node.name, seconds, frozen)


def of_workers(node: Node, random: Random) -> Iterator[Fault]:
    async def killed() -> None:
        await _replaced(node, at)

    async def replaced() -> None:
        before = set(node.workers())
        if not before:
            return
        node.baraka.send(signal.SIGHUP)
        await _until(lambda: not before & set(node.workers()))

    at = random.randrange(2)
    yield Fault(f"a worker of {node.name} killed", Kind.NODE, node.name, 3, killed)
    yield Fault(f"workers of {node.name} replaced", Kind.NODE, node.name, 8, replaced)
    yield freeze(node, SHORT, at)


async def _replaced(node: Node, number: int) -> None:
    """Kill a worker, and wait for another one."""
    there = node.workers()
    if not there:
        return
    one = there[number % len(there)]
    with suppress(psutil.Error):
        one.kill()
    await _until(lambda: one not in node.workers() and len(node.workers()) >= len(there))


def of_owner(here: Installation) -> Iterator[Fault]:
    """The server or worker that writes the auction for others."""

    async def killed() -> None:
        node, number = here.owner()
        if here.set_up.workers > 1:
            await _replaced(node, number)
        else:
            await node.kill()
            await node.start()

    async def killed_behind_a_commit() -> None:
        node, _ = here.owner()
        await node.database.swallows_a_commit(COMMIT_SECONDS_MAX)
        await killed()

    async def frozen() -> None:
        node, number = here.owner()
        worker = number if here.set_up.workers > 1 else None
        await freeze(node, SHORT, worker).happens()

    yield Fault("owner killed", Kind.NODE, "owner", 3, killed)
    behind = "owner killed between commit and publish"
    yield Fault(behind, Kind.NODE, "owner", 4, killed_behind_a_commit)
    yield Fault(f"owner frozen for {SHORT} s", Kind.NODE, "owner", SHORT, frozen)


async def _until(condition: Callable[[], bool]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(REPLACED_SECONDS_MAX):
            while not condition():
                await asyncio.sleep(LOOK_SECONDS)
