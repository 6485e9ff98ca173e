"""`Console`: the Textual application, with its first screen, command palette and exit."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from rich.text import Text
from textual import events
from textual.app import App, SystemCommand
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen
from textual.widgets import Input

from baraka_cli.client.access import Access
from baraka_cli.client.http import HttpApi, TurnedAway, Unreachable
from baraka_cli.console.access_dialogs import TURNED_AWAY, TokenDialog
from baraka_cli.console.actions import ACTIONS, KEYS_ONLY
from baraka_cli.console.keystrokes import HostDriver
from baraka_cli.console.log import EntryMark
from baraka_cli.console.prose import Prose
from baraka_cli.console.sale_screen import SaleScreen, Setup
from baraka_cli.console.screens import Picked, PickScreen, TroubleScreen
from baraka_cli.console.sounds import ABOUT
from baraka_cli.run_list import state_folder

RETRY_SECONDS = 1
RENEWED_SECONDS_MIN = 30
"""A token that was refused this soon after it was made will be refused again."""
TOO_SOON = "Look first: Ctrl+Y came before the question was on the screen."


class Console(App[None]):
    TITLE = "Baraka"
    CSS_PATH = "console.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide"), (180, "-broad")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-high"), (38, "-tall"), (48, "-towering")]

    def __init__(self, setup: Setup) -> None:
        super().__init__()
        self.setup = setup
        self.access = Access(setup.token, setup.mint)
        self.api = HttpApi(setup.url, self.access)
        self.prose = Prose()
        self._renewed_at = float("-inf")
        self._yes_at = float("-inf")

    def get_driver_class(self) -> type[Driver]:
        usual = super().get_driver_class()
        return HostDriver if usual is LinuxDriver else usual

    async def on_mount(self) -> None:
        if self.setup.auction_id is not None:
            await self.push_screen(self._sale_screen(self.setup.auction_id))
        else:
            self.run_worker(self._choose())

    def _sale_screen(self, auction_id: int) -> SaleScreen:
        return SaleScreen(self.setup, auction_id, self.access)

    async def _choose(self, trouble: str = "") -> None:
        """Let the host choose one of the own auctions, as soon as the server lists them."""
        told = False
        auctions: list[Mapping[str, Any]] | None
        while True:
            try:
                auctions = await self.api.auctions()
            except TurnedAway as error:
                if not await self._another_token(f"{TURNED_AWAY}: {error}"):
                    self.exit()
                    return
            except Unreachable:
                if not told:
                    told = True
                    self.push_screen(
                        TroubleScreen(
                            f"The server does not answer: {self.setup.url}",
                            "Is it running, and is --url right? Trying again until it is there…",
                        )
                    )
                await asyncio.sleep(RETRY_SECONDS)
            else:
                break
        if told:
            self.pop_screen()
        if auctions:
            self.push_screen(PickScreen(auctions, trouble))
        else:
            why = (
                "You own no auction. Create one: baraka auction create --title TITLE --owner ID"
                if auctions is not None
                else "The server lists no auctions. Name yours with --auction ID."
            )
            self.push_screen(TroubleScreen(trouble or "There is no auction to choose from", why))

    async def on_picked(self, message: Picked) -> None:
        await self.switch_screen(self._sale_screen(message.auction_id))

    # --- another token, another auction

    def another_token(self, title: str) -> None:
        """Go on with another token: one of our own making, or one that the host has."""
        self.run_worker(self._let_in(title), group="token", exclusive=True)

    async def _let_in(self, title: str) -> None:
        if await self._another_token(title):
            for screen in self.screen_stack:
                if isinstance(screen, SaleScreen):
                    screen.connection.try_again()
                    screen.note("Another access token is used from now on", EntryMark.DONE)

    async def _another_token(self, title: str) -> bool:
        now = time.monotonic()
        if now - self._renewed_at > RENEWED_SECONDS_MIN and self.access.renew():
            self._renewed_at = now
            return True
        return bool(await self.push_screen_wait(TokenDialog(title, self.access)))

    def not_there(self, auction_id: int) -> None:
        """Say that there is no such auction, and show those that there are."""
        for screen in list(self.screen_stack):
            if isinstance(screen, SaleScreen) and screen.book.auction_id == auction_id:
                self.run_worker(self._choose_another(auction_id), group="choose", exclusive=True)

    async def _choose_another(self, auction_id: int) -> None:
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        await self._choose(f"There is no auction {auction_id} on {self.setup.url}")

    # --- keys and text

    async def on_event(self, event: events.Event) -> None:
        """Whatever is typed comes by here before anything else hears of it."""
        if event.is_forwarded or not isinstance(event, events.Key | events.Paste):
            await super().on_event(event)
        elif isinstance(event, events.Paste):
            await self._pasted(event)
        elif event.key == "escape" and isinstance(self.screen, SaleScreen):
            self.prose.forget()
            self.screen.action_drop()  # at once: a key right behind it is none of the line's
        elif not self._is_prose(event):
            if event.key == "ctrl+y":
                self._yes_at = event.time
            await super().on_event(event)

    async def _pasted(self, event: events.Paste) -> None:
        """A text goes to the field where the cursor is, or is offered to the room; never to keys."""
        if isinstance(self.focused, Input):
            await super().on_event(event)
        else:
            self._offer(self.prose.before(event.time) + event.text)

    def _is_prose(self, key: events.Key) -> bool:
        """Whether `key` is part of a text that somebody writes where keys are commands."""
        if isinstance(self.focused, Input):
            self.prose.forget()
            return False
        text = self.prose.hear(key)
        if text:
            self.prose.forget()
        return bool(text) and self._offer(text)

    def _offer(self, text: str) -> bool:
        """Close what the text has opened, and put it where it may be sent from."""
        sale_screen = next((one for one in self.screen_stack if isinstance(one, SaleScreen)), None)
        if sale_screen is None or not text.strip():
            return False
        while self.screen is not sale_screen:
            self.screen.dismiss(None)
        sale_screen.offer(text)
        return True

    def says_yes(self, asked_at: float) -> bool:
        """Whether Ctrl+Y was pressed for what could be read since `asked_at`."""
        if self._yes_at >= asked_at:
            return True
        for sale_screen in self.screen_stack:
            if isinstance(sale_screen, SaleScreen):
                sale_screen.note(TOO_SOON, EntryMark.REFUSED)
        return False

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        ours = (
            {action.label for action in (*ACTIONS, *KEYS_ONLY)}
            if isinstance(screen, SaleScreen)
            else set()
        )
        for command in super().get_system_commands(screen):
            if command.title not in ours:
                yield command
        if isinstance(screen, SaleScreen):
            for action in (*ACTIONS, *KEYS_ONLY):
                run = partial(screen.run_action, action.name)
                reason = screen.why_not(action)
                about = f"Not now: {reason}" if reason else f"{action.help} Key: {action.typed}"
                yield SystemCommand(action.label, about, run)
            for key in screen.messages.texts:
                say = partial(screen.run_action, f"quick('{key}')")
                message = screen.messages.text(key)
                yield SystemCommand(f"Say: {message}", "A quick message to the room.", say)
            for sound, event in ABOUT.items():
                word = "on" if sound in screen.sounds.silent else "off"
                switch = partial(screen.switch_sound, sound)
                yield SystemCommand(f"Sound {word}: {event}", "The terminal's bell.", switch)

    def _fatal_error(self) -> None:
        """A fault of ours ends in a sentence; what programmers need is in a file (Textual 8.2)."""
        self.bell()
        file = state_folder() / "crash.txt"
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(traceback.format_exc(), encoding="utf-8")
            where = f" What happened is in {file}."
        except OSError:
            where = ""
        self._exit_renderables.append(
            Text(
                "✗ The console has failed; the auction goes on. Start the console again, "
                f"it picks up where it was.{where}"
            )
        )
        self._close_messages_no_wait()
