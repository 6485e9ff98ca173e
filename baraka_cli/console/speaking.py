"""`Speaking`: what the host says to the room, and the line in which it is written."""

from __future__ import annotations

import time

from baraka_cli.console.actions import quick
from baraka_cli.console.chat_input import ChatInput
from baraka_cli.console.floor_bids import FloorBidding
from baraka_cli.console.log import EntryMark
from baraka_cli.console.mixed_text import isolated
from baraka_cli.console.quick_messages import QuickMessages
from baraka_cli.console.ready_action import ReadyAction
from baraka_cli.console.slash_commands import SlashError, is_slash_command, run_slash_command
from baraka_cli.console.sounds import Sound


class Speaking(FloorBidding):
    """Chat, quick messages, and commands behind a `/`."""

    messages: QuickMessages

    def switch_sound(self, sound: Sound) -> None:
        raise NotImplementedError

    def action_help(self) -> None:
        raise NotImplementedError

    def action_comment(self) -> None:
        if self.check_possible("comment"):
            self._drop_ready()
            self.set_focus(self.query_one(ChatInput))

    def action_quick(self, key: str) -> None:
        text = self._quick_message(key)
        if text is not None:
            self._ask_by_key(f"Say “{isolated(text)}”", lambda: self._say_quickly(text))

    def action_say_quick(self, key: str) -> None:
        text = self._quick_message(key)
        if text is not None:
            self._drop_ready()
            self._say_quickly(text)

    def _quick_message(self, key: str) -> str | None:
        """The message of a key, if there is one and it may be said now; if not, the log says why."""
        text = self.messages.text(key)
        missing = None if text is not None else f"there is no quick message {key}"
        reason = missing or quick(self.situation())
        return text if self._is_possible("Chat", reason) else None

    def _say_quickly(self, text: str) -> None:
        if self._is_possible("Chat", quick(self.situation())):
            self.sale.say(text, lambda _: None)

    def action_language(self) -> None:
        self.messages.speak_next()
        self.query_one(ChatInput).speaks(self.messages.language)
        self.note(f"Quick messages: {isolated(self.messages.language)}", EntryMark.NOTE)

    def offer(self, text: str) -> None:
        """Take what was written or pasted where keys are commands for a line that may be sent."""
        chat = self.query_one(ChatInput)
        self._drop_ready()
        chat.offer(text)
        self.set_focus(chat)
        self.asked_at = time.monotonic()
        self.query_one(ReadyAction).tell("Written without c. Send it to the room?")
        self.note("Text without c was not sent. Ctrl+Y sends it, Esc discards it", EntryMark.NOTE)

    def on_chat_input_held(self) -> None:
        self.query_one(ReadyAction).tell(
            "Enter does not send what was written without c. Send it to the room?"
        )

    def on_chat_input_said(self, message: ChatInput.Said) -> None:
        self._drop_ready()
        if is_slash_command(message.text):
            self._do_slash(message.text)
        elif message.text.strip():
            if self.check_possible("comment"):
                self.sale.say(message.text, self._give_back)
            else:
                self._give_back(message.text)
                return
        self.set_focus(None)

    def _do_slash(self, text: str) -> None:
        try:
            run_slash_command(self, text)
        except SlashError as error:
            self.note(str(error), EntryMark.REFUSED)
            self._give_back(text)

    def _give_back(self, text: str) -> None:
        """Put a text that was refused back into the line."""
        if text:
            self.query_one(ChatInput).give_back(text)
