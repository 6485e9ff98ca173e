"""`HeardLog`: log of what phones heard, in which the same words to many phones are one entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from baraka_cli.client.frames import Frame

Entry = list[Any]
"""What happened, and its fields. `heard`: the number of a text, phones, and microseconds for each."""

HEARD = "heard"


class HeardLog:
    """Entries since the log was last taken.

    What one phone heard and did stands in its order. Between phones the order may be another: a frame
    that comes to thousands, who hear it while others hear the next one, is one entry all the same.
    """

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._texts: dict[str, int] = {}
        self._open: dict[Frame, int] = {}
        """The place of the newest entry of each frame."""
        self._last: dict[int, int] = {}
        """The place of the last entry of each phone."""
        self._began = 0.0

    def __bool__(self) -> bool:
        return bool(self._entries)

    def heard(self, phone: int, frame: Frame, at: float) -> None:
        """A phone heard a frame, `at` by `time.perf_counter()`. Called for every delivery."""
        place = self._open.get(frame)
        if place is None or place < self._last.get(phone, 0):
            place = self._new(frame, at)
        _, _, phones, micros = self._entries[place]
        phones.append(phone)
        micros.append(int((at - self._began) * 1_000_000))
        self._last[phone] = place

    def _new(self, frame: Frame, at: float) -> int:
        if not self._texts:
            self._began = at
        text = self._texts.setdefault(frame.text, len(self._texts))
        place = self._open[frame] = len(self._entries)
        self._entries.append([HEARD, text, [], []])
        return place

    def note(self, phone: int, *entry: Any) -> None:
        """Something else happened to a phone: what it hears from now on stands behind it."""
        self._last[phone] = len(self._entries)
        self._entries.append(list(entry))

    def take(self) -> dict[str, Any]:
        """The log as one message, and begin a new one."""
        taken = {"began": self._began, "texts": list(self._texts), "entries": self._entries}
        self._entries, self._texts, self._open, self._last = [], {}, {}, {}
        return taken


def times(began: float, micros: Sequence[int]) -> list[float]:
    """When each phone of an entry heard it, by `time.perf_counter()`."""
    return [began + each / 1_000_000 for each in micros]
