"""The console as an application: which screen comes first, the palette, and how it ends."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from rich.text import Text
from textual.app import App, SystemCommand
from textual.screen import Screen

from baraka_cli.console.actions import ACTIONS, QUICK_MESSAGES
from baraka_cli.console.office import Office, TurnedAway, Unreachable
from baraka_cli.console.runlist import state_folder
from baraka_cli.console.screens import Picked, PickScreen, TroubleScreen
from baraka_cli.console.stage import Setup, StageScreen

RETRY_SECONDS = 1
NEW_TOKEN = "Get a new access token, or start with --user ID and the server's secret."  # noqa: S105


class Console(App[None]):
    TITLE = "Baraka"
    CSS_PATH = "console.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-high"), (38, "-tall")]

    def __init__(self, setup: Setup) -> None:
        super().__init__()
        self.setup = setup
        self.office = Office(setup.url, setup.token)

    async def on_mount(self) -> None:
        if self.setup.auction_id is not None:
            await self.push_screen(StageScreen(self.setup, self.setup.auction_id))
        else:
            self.run_worker(self._choose())

    async def _choose(self) -> None:
        """Let the host choose one of the own auctions, as soon as the server lists them."""
        told = False
        auctions: list[Mapping[str, Any]] | None
        while True:
            try:
                auctions = await self.office.auctions()
            except TurnedAway as error:
                self.turned_away(str(error))
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
            self.push_screen(PickScreen(auctions))
        else:
            why = (
                "You own no auction. Create one: baraka auction create --title TITLE --owner ID"
                if auctions is not None
                else "The server lists no auctions. Name yours with --auction ID."
            )
            self.push_screen(TroubleScreen("There is no auction to choose from", why))

    async def on_picked(self, message: Picked) -> None:
        await self.switch_screen(StageScreen(self.setup, message.auction_id))

    def turned_away(self, why: str) -> None:
        self.push_screen(TroubleScreen(f"The server turned us away: {why}", NEW_TOKEN))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        ours = {action.label for action in ACTIONS} if isinstance(screen, StageScreen) else set()
        for command in super().get_system_commands(screen):
            if command.title not in ours:
                yield command
        if isinstance(screen, StageScreen):
            for action in ACTIONS:
                run = partial(screen.run_action, action.name)
                reason = screen.why_not(action)
                about = f"Not now: {reason}" if reason else f"{action.help} Key: {action.typed}"
                yield SystemCommand(action.label, about, run)
            for number, message in enumerate(QUICK_MESSAGES, 1):
                say = partial(screen.run_action, f"quick({number})")
                yield SystemCommand(f"Say: {message}", "A quick message to the room.", say)

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
