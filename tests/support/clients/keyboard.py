"""`Keyboard`: a console inside the test, which types keys and waits for text on the screen.

`await host.presses("n")` types, `await host.sees("Gold Ring")` waits until the text is on the
screen, as a terminal would get it.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual import events
from textual.pilot import Pilot
from textual.strip import Strip

from baraka_cli.console.app import Console
from baraka_cli.console.dialog import Dialog
from baraka_cli.console.sale_screen import SaleScreen, Setup
from baraka_cli.run_list import ListedLot
from tests.support.clients.phones import PATIENCE_SECONDS, token
from tests.support.servers.baraka import SECRET

GOLD = ListedLot("Gold Ring – 18K", minimum=800, start=1000, market=1400, weight="5.2g")
SILVER = ListedLot("Silver Necklace – 925", minimum=300, start=400, market=700, weight="18g")
PEARLS = ListedLot("Pearl Earrings", minimum=450, start=500, market=900, weight="6g")


class Keyboard:
    def __init__(self, app: Console, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def sale_screen(self) -> SaleScreen:
        found = [screen for screen in self.app.screen_stack if isinstance(screen, SaleScreen)]
        assert found, "the sale is not on the screen"
        return found[0]

    @property
    def screen(self) -> str:
        """What stands on the screen, line by line."""
        return "\n".join(strip.text for strip in self.strips)

    @property
    def strips(self) -> list[Strip]:
        """The compositor's own: what is written to a terminal, with its colours."""
        return self.app.screen._compositor.render_strips(self.app.size)

    @property
    def log(self) -> list[str]:
        entries = self.sale_screen.log_book.entries
        return [f"{entry.mark.value} {entry.text}" for entry in entries]

    async def presses(self, *keys: str) -> None:
        """Keys as somebody presses them who looks in between."""
        for key in keys:
            if key == "ctrl+y":
                await self.until(self.is_asked, "a question")
            self.app.prose.forget()
            await self.pilot.press(key)

    async def confirms(self, key: str) -> None:
        """Press, read the question, and say yes to it."""
        await self.presses(key, "ctrl+y")

    async def types(self, text: str) -> None:
        names = {" ": "space", "\n": "enter"}
        await self.pilot.press(*(names.get(char, char) for char in text))

    async def clicks(self, selector: str) -> None:
        assert await self.pilot.click(selector)

    async def wheels(self, selector: str, *, up: bool) -> None:
        kind = events.MouseScrollUp if up else events.MouseScrollDown
        await self.pilot._post_mouse_events([kind], widget=selector)

    def is_asked(self) -> bool:
        screen = self.app.screen
        if not isinstance(screen, Dialog | SaleScreen):
            return False
        return screen.asks and screen.asked_at < time.monotonic()

    async def sees(self, *texts: str) -> None:
        await self.until(lambda: all(text in self.screen for text in texts), f"to see {texts}")

    async def sees_no_more(self, text: str) -> None:
        await self.until(lambda: text not in self.screen, f"{text} to be gone")

    async def reads_in_the_log(self, text: str) -> None:
        await self.until(lambda: any(text in line for line in self.log), f"{text} in the log")

    async def until(self, condition: Callable[[], Any], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"waited in vain for {what}; the screen is\n{self.screen}")
            await self.pilot.pause(0.02)


@asynccontextmanager
async def seated(
    url: str,
    folder: Path,
    *,
    auction_id: int | None = 1,
    user_id: int = 1,
    lots: tuple[ListedLot, ...] = (GOLD, SILVER, PEARLS),
    size: tuple[int, int] = (100, 40),
    access_token: str | None = None,
    mint: Callable[[], str] | None = None,
    hold_seconds: float = 0,
) -> AsyncIterator[Keyboard]:
    """A console that runs: for tests, not for fixtures, which Textual's context does not reach.

    It keeps what it keeps in XDG_STATE_HOME, and saves in `folder`.
    """
    who = access_token or token(SECRET, user_id)
    app = Console(
        Setup(url, who, auction_id, lots, folder=folder, mint=mint, hold_seconds=hold_seconds)
    )
    async with app.run_test(size=size) as pilot:
        yield Keyboard(app, pilot)
