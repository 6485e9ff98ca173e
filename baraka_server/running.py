"""Running a server: until it is told to stop, by whichever signal, in one process or several."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from baraka_server import logs
from baraka_server.app import STOPPING, Server, collect_rarely
from baraka_server.settings import Settings
from baraka_server.store.address import database_file, database_url
from baraka_server.store.serving import marked
from baraka_server.workers.parent import Parent

log = logging.getLogger(__name__)


async def serve(settings: Settings, listening: Callable[[list[str]], None]) -> None:
    """Serve until SIGTERM or SIGINT; a second one ends the process at once, by that signal.

    SIGHUP replaces one worker after the other, where there are several. One process ignores it: a closed
    terminal or a rotated log is not a reason to end a sale. `listening` is called with the URLs once clients
    may connect.
    """
    with _marked(settings):
        if settings.workers > 1:
            await _serve_with_workers(settings, listening)
        else:
            await _serve(settings, listening)
    log.info("stopped", extra={"event": "stopped"})


async def _serve(settings: Settings, listening: Callable[[list[str]], None]) -> None:
    def go_on() -> None:
        log.info("SIGHUP changes nothing: the server goes on", extra={"event": "hangup"})

    server = Server(settings)
    asked_to_stop = stop_signals(settings, on_hangup=go_on)
    try:
        await server.start()
        collect_rarely()
        listening(server.urls)
        await asked_to_stop.wait()
    finally:
        await server.stop()


async def _serve_with_workers(settings: Settings, listening: Callable[[list[str]], None]) -> None:
    parent = Parent(settings)
    asked_to_stop = stop_signals(settings, on_hangup=parent.replace_all, at_once=parent.kill)
    starting = asyncio.create_task(parent.start())
    stopping = asyncio.create_task(asked_to_stop.wait())
    try:
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not stopping.done():
            listening(starting.result())
            await stopping
    finally:
        stopping.cancel()
        starting.cancel()
        await asyncio.wait({starting})
        if not starting.cancelled():
            starting.exception()  # was raised above, or nobody asks for it any more
        await parent.stop()


def stop_signals(
    settings: Settings,
    *,
    on_hangup: Callable[[], None],
    at_once: Callable[[], None] = lambda: None,
) -> asyncio.Event:
    """The event that SIGTERM and SIGINT set. The process then ends in the time that settings give it.

    A second signal ends it at once, behind a call of `at_once`.
    """
    asked_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop_soon(number: signal.Signals) -> None:
        if asked_to_stop.is_set():
            log.warning("asked to stop twice: ending at once", extra=STOPPING)
            at_once()
            logs.flush()
            # Not what Python does on SIGINT, which would tidy up first.
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        log.info("stopping", extra=STOPPING)
        _end_after(settings.shutdown_seconds_max)
        asked_to_stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop_soon, number)
    loop.add_signal_handler(signal.SIGHUP, on_hangup)
    return asked_to_stop


@contextmanager
def _marked(settings: Settings) -> Iterator[None]:
    """Mark this process as a server of its SQLite file, and warn when there is another one."""
    file = database_file(database_url(settings.database_url.get_secret_value()))
    if file is None:
        yield
        return
    with marked(file) as others:
        if others:
            log.warning(
                "another server uses %s already (%s): viewers of each hear late of bids on the other. "
                "Stop one of them, or use MySQL or MariaDB, which are for several servers",
                file,
                ", ".join(others),
                extra={"event": "second_server"},
            )
        yield


def _end_after(seconds: float) -> None:
    """End the process after so many seconds, whatever hangs: a driver's thread would take minutes.

    What was acknowledged is committed, so nothing is lost that somebody relies on.
    """

    def end() -> None:
        log.error("not stopped within %s s: ending at once", seconds, extra=STOPPING)
        logs.flush()
        os._exit(1)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
