"""The process of a worker: `python -m baraka_server.workers FD`, where FD is its end of the channel."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys

from baraka_server import logs
from baraka_server.event_loop import loop_factory
from baraka_server.workers.worker import Worker


async def _run(number: int) -> None:
    await Worker(socket.socket(fileno=number)).run()


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then says so
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    logs.configure()
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_run(int(sys.argv[1])))
    finally:
        logs.flush()


if __name__ == "__main__":
    main()
