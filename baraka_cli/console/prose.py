"""`Prose`: detects text that is typed where keys are commands."""

from __future__ import annotations

from textual.events import Key

PROSE_SECONDS = 0.6
"""Letters that follow each other faster than this are written; keys are looked at in between."""


class Prose:
    """Text that is typed, key by key, where keys are commands."""

    def __init__(self) -> None:
        self._text = ""
        self._at = float("-inf")

    def hear(self, key: Key) -> str:
        """Text that was written so far, once it is more than a key; else empty."""
        if not key.is_printable or not key.character:
            self.forget()
            return ""
        follows = key.time - self._at < PROSE_SECONDS
        self._text = self._text + key.character if follows else key.character
        self._at = key.time
        return self._text if len(self._text) > 1 else ""

    def before(self, time: float) -> str:
        """The key that text which comes at `time` began with, where it came as a key."""
        text = self._text if time - self._at < PROSE_SECONDS else ""
        self.forget()
        return text

    def forget(self) -> None:
        self._text, self._at = "", float("-inf")
