"""`QuickMessages`: the host's ready-made sentences in up to two languages, from a file or built in.

The file is a table as spreadsheets save it (D54): a column `key` with the digits that make a message
ready, and a column for each language, which has the language's name.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from baraka_cli.amounts import trimmed
from baraka_cli.csv_reading import NoTable, plain_name, read_table
from baraka_cli.csv_writing import CsvForm, csv_bytes
from baraka_server.contract.client_events import PostComment
from baraka_server.contract.text import printable

KEYS = "123456789"
LANGUAGES_MAX = 2
MISTAKES_SHOWN = 10
BETWEEN_LANGUAGES = " · "


class BadMessages(ValueError):
    """A file of messages with mistakes, one on each line."""


@dataclass(slots=True)
class QuickMessages:
    """`texts` are by key, each with a text for every language; "" where a language has none."""

    languages: tuple[str, ...]
    texts: dict[str, tuple[str, ...]]
    chosen: int = 0
    """Place of the language that is spoken; behind the last one it is all of them."""

    @property
    def language(self) -> str:
        """Name of what is spoken now, such as "English" or "English · العربية"."""
        if self.chosen < len(self.languages):
            return self.languages[self.chosen]
        return BETWEEN_LANGUAGES.join(self.languages)

    def speak_next(self) -> None:
        """Go on to the next language, and behind the last one to all in one comment."""
        choices = len(self.languages) + (len(self.languages) > 1)
        self.chosen = (self.chosen + 1) % choices

    def text(self, key: str) -> str | None:
        """The message of a key in the language that is spoken; in another where it has none in it."""
        texts = self.texts.get(key)
        if texts is None:
            return None
        if self.chosen < len(texts) and texts[self.chosen]:
            return texts[self.chosen]
        return BETWEEN_LANGUAGES.join(filter(None, texts))

    def as_table(self) -> bytes:
        rows = [(key, *texts) for key, texts in self.texts.items()]
        return csv_bytes([("key", *self.languages), *rows], CsvForm())


def built_in() -> QuickMessages:
    return QuickMessages(
        ("English", "العربية"),
        {
            "1": ("Welcome! Bidding is open.", "أهلاً بكم! باب المزايدة مفتوح."),
            "2": ("Any more bids?", "هل من مزيد؟"),
            "3": ("Going once…", "للمرة الأولى…"),
            "4": ("Going twice…", "للمرة الثانية…"),
            "5": ("Fair warning!", "آخر فرصة!"),
            "6": (
                "Thank you all. The next lot comes up now.",
                "شكراً لكم جميعاً. القطعة التالية الآن.",
            ),
        },
    )


def usual_file() -> Path:
    """File of the host's messages, where there is one (XDG_CONFIG_HOME)."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "baraka" / "messages.csv"


def messages_from(file: Path | None) -> QuickMessages:
    """The messages of `file`; without one those of the usual file, or else those built in.

    Raises `BadMessages`.
    """
    if file is not None or usual_file().exists():
        return read_messages(file or usual_file())
    return built_in()


def read_messages(path: Path) -> QuickMessages:
    """The messages of a file. Raises `BadMessages` with the row and the column of each mistake."""
    try:
        rows = read_table(path, ("key",), encoding_option=None)
    except NoTable as error:
        raise BadMessages(f"{path}: {error}") from None
    header = [trimmed(printable(cell)) for cell in rows[0]] if rows else []
    mistakes = [f"{path}: {mistake}" for mistake in _header_mistakes(header)]
    texts: dict[str, tuple[str, ...]] = {}
    if not mistakes:
        for number, row in enumerate(rows[1:], 2):  # as spreadsheets count
            if any(map(trimmed, row)):
                mistakes += _take(header, row, number, texts)
        if not texts and not mistakes:
            mistakes.append(f"{path}: there is no message in it")
    if mistakes:
        more = len(mistakes) - MISTAKES_SHOWN
        shown = mistakes[:MISTAKES_SHOWN] + ([f"and {more} more mistakes"] if more > 0 else [])
        raise BadMessages("\n".join(shown))
    languages = tuple(name for name in header if plain_name(name) != "key")
    return QuickMessages(languages, dict(sorted(texts.items())))


def _header_mistakes(header: Sequence[str]) -> list[str]:
    names = [plain_name(name) for name in header]
    languages = [name for name in names if name != "key"]
    if names.count("key") != 1:
        return ["the first row must name a column key, and one for each language"]
    if not languages or not all(languages):
        return ["each column beside key must be named after its language, such as key,English"]
    if len(languages) > LANGUAGES_MAX:
        return [f"{len(languages)} languages; at most {LANGUAGES_MAX} can be spoken"]
    if len(set(languages)) < len(languages):
        return [f"the language {header[-1]} is there twice"]
    return []


def _take(
    header: Sequence[str], row: Sequence[str], number: int, texts: dict[str, tuple[str, ...]]
) -> list[str]:
    """Take one row into `texts`; returns what is wrong with it."""
    cells = [trimmed(printable(cell)) for cell in row]
    if any(cells[len(header) :]):
        return [f"row {number}: {len(row)} cells, but {len(header)} columns"]
    cells += [""] * (len(header) - len(cells))
    at = next(place for place, name in enumerate(header) if plain_name(name) == "key")
    key = cells.pop(at)
    columns = [name for place, name in enumerate(header) if place != at]
    if len(key) != 1 or key not in KEYS:
        return [f"row {number}, column key: ‘{key}’ is not one of the digits 1 to 9"]
    if key in texts:
        return [f"row {number}, column key: {key} is there twice"]
    if not any(cells):
        return [f"row {number}: {key} has no text in any language"]
    mistakes = [
        f"row {number}, column {column}: {wrong}"
        for column, text in zip(columns, cells, strict=True)
        if text and (wrong := _wrong(text))
    ]
    both = BETWEEN_LANGUAGES.join(filter(None, cells))
    if not mistakes and (wrong := _wrong(both)):
        mistakes.append(f"row {number}: both languages in one comment: {wrong}")
    if not mistakes:
        texts[key] = tuple(cells)
    return mistakes


def _wrong(text: str) -> str:
    """Why the room cannot be told this."""
    if text.startswith("/"):
        return "it begins with /, and would be taken for a command"
    try:
        PostComment(auction_id=1, comment=text)
    except ValidationError as error:
        return error.errors()[0]["msg"]
    return ""
