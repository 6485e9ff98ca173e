"""`Interrupt`: breaks a run off in order when the process is told to end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Interrupt:
    """Switch that a run may be stopped by, from outside of it."""

    def __init__(self) -> None:
        self.signal = 0
        """What asked for it; 0 before anything did."""
        self._reason = ""
        self._stop: Callable[[str], None] = lambda _: None

    def stops(self, stop: Callable[[str], None]) -> None:
        """`stop` is called with the reason: at once, where it was asked for before the run began."""
        self._stop = stop
        if self._reason:
            stop(self._reason)

    def __call__(self, number: int, name: str) -> None:
        self.signal = number
        self._reason = f"It was interrupted by {name}."
        self._stop(self._reason)


@contextmanager
def signals_to(interrupt: Interrupt) -> Iterator[None]:
    """The first signal ends the run in order, and a second one at once."""
    loop, running = asyncio.get_running_loop(), asyncio.current_task()

    def take(number: signal.Signals) -> None:
        if interrupt.signal and running is not None:
            running.cancel()
        interrupt(number, "Ctrl-C" if number is signal.SIGINT else number.name)

    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, take, number)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
