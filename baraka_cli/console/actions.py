"""Table of the host's actions: their keys, buttons, tooltips, help, and when they are possible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.text import Text

from baraka_cli.client.connection import ConnectionState
from baraka_cli.console.records import Phase
from baraka_cli.console.sale_book import SaleBook

Reason = str | None
"""Why an action is not possible now, in words; None when it is."""


@dataclass(frozen=True, slots=True)
class Situation:
    """State that decides which actions are possible."""

    book: SaleBook
    connection: ConnectionState
    has_next: bool
    watching: bool = False
    """Whether the auction is somebody else's."""


@dataclass(frozen=True, slots=True)
class Action:
    key: str
    name: str
    """The name of the method that does it: `action_<name>`."""
    label: str
    help: str
    why_not: Callable[[Situation], Reason] = lambda _: None
    moves: bool = False
    """Whether it moves the sale on: one at a time."""

    @property
    def typed(self) -> str:
        """The key as it stands on keyboards."""
        return "?" if self.key == "question_mark" else self.key.replace("ctrl+", "^")


def label(action: Action, *, possible: bool) -> Text:
    """Text of its button; in brackets when it is not possible now."""
    text = f"{action.typed} {action.label}"
    return Text(text if possible else f"({text})")


def _hosting(now: Situation) -> Reason:
    if now.watching:
        return f"You only watch: the auction belongs to user {now.book.owner_id}."
    return _online(now)


def _live(now: Situation) -> Reason:
    if now.connection is not ConnectionState.ONLINE:
        return f"There is no connection to the server: {now.connection.value}."
    match now.book.phase:
        case Phase.LIVE:
            return None
        case Phase.WAITING | Phase.UNKNOWN:
            return "The auction has not started" + ("." if now.watching else ": press s.")
        case over:
            return f"The auction is {over.value}."


def _start(now: Situation) -> Reason:
    if reason := _hosting(now):
        return reason
    if now.book.phase in {Phase.CANCELED, Phase.ENDED}:
        return f"The auction is {now.book.phase.value}."
    return "The auction is live already." if now.book.phase is Phase.LIVE else None


def _sale(now: Situation) -> Reason:
    """Reason against any command of a sale."""
    return _hosting(now) or _live(now)


def _lot_is_up(now: Situation) -> Reason:
    return _sale(now) or (None if now.book.lot else "There is nothing on the block.")


def _award(now: Situation) -> Reason:
    reason = _lot_is_up(now)
    if reason is None and now.book.high is None:
        return "Nobody has bid: press p to pass the lot."
    return reason


def _next(now: Situation) -> Reason:
    reason = _sale(now)
    if reason is None and not now.has_next:
        return "The run list has no lot to come: press u to put one up."
    return reason


def _online(now: Situation) -> Reason:
    online = now.connection is ConnectionState.ONLINE
    return None if online else f"There is no connection to the server: {now.connection.value}."


ACTIONS = (
    Action("s", "start", "Start", "Start the auction: everybody is told.", _start, moves=True),
    Action(
        "n", "next_lot", "Next", "Put the next lot of the run list on the block.", _next, moves=True
    ),
    Action(
        "u", "put_up", "Put up", "Put a lot on the block, or change its prices.", _sale, moves=True
    ),
    Action("a", "award", "Award", "Award the lot to the highest bid.", _award, moves=True),
    Action("p", "pass_lot", "Pass", "Take the lot off without a sale.", _lot_is_up, moves=True),
    Action("c", "comment", "Chat", "Write a comment to the room; Enter sends it.", _live),
    Action("b", "broadcaster", "Off air", "Tell the room that the stream is off.", _hosting),
    Action("r", "summary", "Summary", "What was sold, to whom; and save it as CSV."),
    Action("e", "end", "End", "End the auction; the word has to be typed.", _sale, moves=True),
    Action(
        "x", "cancel", "Cancel", "Cancel the auction; its title has to be typed.", _sale, moves=True
    ),
    Action("l", "log", "Log", "All that the console did, and what was refused."),
    Action("t", "theme", "Theme", "Dark or light."),
    Action("question_mark", "help", "Keys", "This list of keys."),
    Action("ctrl+q", "quit", "Quit", "Leave the console; the auction goes on."),
)

MORE_KEYS = (
    ("^y", "does what a key has made ready; Esc drops it. No letter and no Enter does"),
    ("1-6", "make a quick message ready: ^y sends it"),
    ("F1-F6", "send it at once"),
    ("Tab", "goes to the lists: ↑ ↓ PgUp PgDn scroll, End is where they follow the sale"),
    ("k", "gives a new access token"),
    ("^p", "the palette: everything by name"),
)
"""Keys without a button: what they do."""

QUICK_MESSAGES = (
    "Welcome! Bidding is open.",
    "Any more bids?",
    "Going once…",
    "Going twice…",
    "Fair warning!",
    "Thank you all. The next lot comes up now.",
)
"""Made ready by the keys 1 to 6."""


def quick(now: Situation) -> Reason:
    """Why quick messages, which a host says, are not possible now."""
    return _sale(now)
