"""`Top`: the application, which asks the servers again and again and shows the picture."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widgets import Static

from baraka_cli.top.picture import picture
from baraka_cli.top.server import Watched

FOOTER = "q quits"


class Top(App[None]):
    """Shows servers until `q`. They are asked every `seconds`; a slow one keeps no other waiting."""

    TITLE = "Baraka top"
    ENABLE_COMMAND_PALETTE = False
    CSS = "#picture { height: 1fr; } #footer { dock: bottom; height: 1; color: $text-muted; }"
    BINDINGS = [
        Binding("q", "quit", "quit", show=False),
        Binding("ctrl+c", "quit", show=False, priority=True),
    ]

    def __init__(self, watched: Sequence[Watched], seconds: float) -> None:
        super().__init__()
        self._watched = watched
        self._seconds = seconds

    def compose(self) -> ComposeResult:
        yield Static(id="picture")
        yield Static(FOOTER, id="footer")

    def on_mount(self) -> None:
        self.show()
        self.run_worker(self._look_again_and_again())

    def on_resize(self, _event: events.Resize) -> None:
        self.show()

    def show(self) -> None:
        width, height = self.size
        shown = picture(self._watched, width, height - 1, time.strftime("%H:%M:%S"))
        self.query_one("#picture", Static).update(shown)

    async def _look_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            await look(self._watched)
            self.show()


async def look(watched: Sequence[Watched]) -> None:
    """Ask all servers once, at the same time."""
    await asyncio.gather(*(one.look() for one in watched))
