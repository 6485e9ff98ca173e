"""Table of the host's actions: their keys, buttons, tooltips, help, and when they are possible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

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


class Place(Enum):
    """Place of an action's button."""

    SALE = auto()
    BESIDE = auto()
    APART = auto()
    """At the other end of the row: nobody presses them on the way to another."""
    LAST = auto()
    """Below those: what ends an auction."""


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
    place: Place = Place.BESIDE
    is_main: bool = False
    """Whether it is what a host does for every lot."""

    @property
    def typed(self) -> str:
        """The key as it stands on keyboards."""
        return "?" if self.key == "question_mark" else self.key.replace("ctrl+", "^")


MODERATOR, CLERK = "moderator", "clerk"


def moderating(now: Situation) -> Reason:
    """Reason against keeping order in the room."""
    return _online(now) if now.book.role == MODERATOR else hosting(now)


def registering(now: Situation) -> Reason:
    """Reason against registering bidders."""
    if reason := hosting(now):
        return reason
    return "Only the owner registers bidders." if now.book.role == CLERK else None


def _over(now: Situation) -> Reason:
    """Reason against ending or canceling the auction."""
    if reason := _sale(now):
        return reason
    return "Only the owner ends or cancels it." if now.book.role == CLERK else None


def hosting(now: Situation) -> Reason:
    """Reason against whatever a host does."""
    if now.book.role == MODERATOR:
        return "You moderate this auction: its sale is for the owner and clerks."
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
    if reason := hosting(now):
        return reason
    if now.book.phase in {Phase.CANCELED, Phase.ENDED}:
        return f"The auction is {now.book.phase.value}."
    return "The auction is live already." if now.book.phase is Phase.LIVE else None


def _sale(now: Situation) -> Reason:
    """Reason against any command of a sale."""
    return hosting(now) or _live(now)


def lot_is_up(now: Situation) -> Reason:
    """Reason against any command about the lot on the block."""
    return _sale(now) or (None if now.book.lot else "There is nothing on the block.")


def _award(now: Situation) -> Reason:
    reason = lot_is_up(now)
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


def _undo(now: Situation) -> Reason:
    return lot_is_up(now) or (None if now.book.bids else "There is no bid to take back.")


def _reopen(now: Situation) -> Reason:
    lot = now.book.lot
    return _sale(now) or (f"{lot.called} is on the block." if lot else None)


def _runner_up(now: Situation) -> Reason:
    bidders = {bid.whose for bid in now.book.bids}
    return lot_is_up(now) or (None if len(bidders) > 1 else "Nobody else has bid.")


SALE, APART, LAST = Place.SALE, Place.APART, Place.LAST

ACTIONS = (
    Action(
        "s",
        "start",
        "Start",
        "Start the auction: everybody is told.",
        _start,
        moves=True,
        place=SALE,
    ),
    Action(
        "n",
        "next_lot",
        "Next",
        "Put the next lot of the run list on the block.",
        _next,
        moves=True,
        place=SALE,
        is_main=True,
    ),
    Action(
        "a",
        "award",
        "Award",
        "Award the lot to the highest bid.",
        _award,
        moves=True,
        place=SALE,
        is_main=True,
    ),
    Action(
        "p",
        "pass_lot",
        "Pass",
        "Take the lot off without a sale.",
        lot_is_up,
        moves=True,
        place=SALE,
    ),
    Action(
        "u",
        "put_up",
        "Put up",
        "Choose a lot to put on the block, or change its prices.",
        _sale,
        moves=True,
        place=SALE,
    ),
    Action("d", "undo", "Undo", "Take back the newest bid.", _undo, moves=True, place=SALE),
    Action("c", "comment", "Chat", "Write a comment to the room; Enter sends it.", _live),
    Action("r", "summary", "Summary", "What was sold, to whom; and save it as CSV."),
    Action("l", "log", "Log", "All that the console did, and what was refused."),
    Action("t", "theme", "Theme", "Dark or light."),
    Action("question_mark", "help", "Keys", "This list of keys."),
    Action("ctrl+q", "quit", "Quit", "Leave the console; the auction goes on."),
    Action(
        "b",
        "broadcaster",
        "Off air",
        "Tell the room that the stream is off.",
        hosting,
        place=APART,
    ),
    Action(
        "e",
        "end",
        "End",
        "End the auction; the word has to be typed.",
        _over,
        moves=True,
        place=LAST,
    ),
    Action(
        "x",
        "cancel",
        "Cancel",
        "Cancel the auction; its title has to be typed.",
        _over,
        moves=True,
        place=LAST,
    ),
)

KEYS_ONLY = (
    Action(
        "j",
        "floor_bid",
        "Floor bid",
        "Enter a bid from the room or the telephone; /floor AMOUNT PADDLE in the chat line is quicker.",
        lot_is_up,
        moves=True,
    ),
    Action("v", "reopen", "Reopen", "Open the lot again that came off last.", _reopen, moves=True),
    Action(
        "m",
        "runner_up",
        "Runner-up",
        "Sell to another bidder than the leader, from the list of bids.",
        _runner_up,
        moves=True,
    ),
)
"""Actions without a button: they are for disputes."""

MORE_KEYS = (
    ("^y", "does what a key has made ready; Esc drops it. No letter and no Enter does"),
    ("Esc", "takes an award back in the seconds before it is sent"),
    ("1-9", "make a quick message ready: ^y sends it"),
    ("F1-F9", "send it at once"),
    ("g", "speaks the next language of quick messages, and then all in one comment"),
    (
        "f",
        "shows the run list on the server: put up, change, add, move, withdraw; or puts it there",
    ),
    ("Tab", "goes to the lists: ↑ ↓ PgUp PgDn scroll, End is where they follow the sale"),
    (
        "Enter",
        "on a line of the bids or the chat that ↑ ↓ or a click chose: what can be done with it",
    ),
    ("o/O", "starts a clock by which bidding closes; O one that awards the lot when it runs out"),
    ("i/z", "the clock stands still or runs on; z takes it off"),
    ("h/w", "pauses bidding, or lets it go on; w warns: going once, going twice, last call"),
    ("k", "gives a new access token"),
    ("^p", "the palette: everything by name"),
)
"""Keys without a button: what they do."""


def quick(now: Situation) -> Reason:
    """Why quick messages, which a host says, are not possible now."""
    return _sale(now)
