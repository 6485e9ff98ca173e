"""`Log`: the console's actions and the server's refusals, as lines of text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from rich.text import Text

from baraka_cli.console.mixed_text import readable
from baraka_cli.shown import in_console

ENTRIES_MAX = 500


class EntryMark(Enum):
    """Result of something that the host did; the value is its mark."""

    PENDING = "…"
    DONE = "✓"
    REFUSED = "✗"
    NOTE = "·"


@dataclass(slots=True)
class Entry:
    """A line of the log. A pending one becomes done or refused."""

    at: datetime
    text: str
    mark: EntryMark

    @property
    def pending(self) -> bool:
        return self.mark is EntryMark.PENDING

    @property
    def line(self) -> Text:
        style = "bold" if self.mark is EntryMark.REFUSED else ""
        return Text(
            f"{self.mark.value} {in_console.get().local(self.at):%H:%M:%S} {self.text}", style
        )


class Log:
    """The last `ENTRIES_MAX` entries, oldest first. Names in them are isolated by those who note them."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def note(self, text: str, mark: EntryMark) -> Entry:
        entry = Entry(datetime.now(UTC), readable(text), mark)
        self.entries.append(entry)
        del self.entries[:-ENTRIES_MAX]
        return entry
