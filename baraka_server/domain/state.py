"""State of an auction for the rules: the fold of its ledger, one entry at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import singledispatch
from typing import Any

from baraka_server.contract.fields import whole_milliseconds
from baraka_server.contract.names import compared, same_name
from baraka_server.domain import (
    clock,
    increments,
    lot_entries,
    maxima,
    moderation,
    paddles,
    registration,
    roles,
    sale_rules,
)
from baraka_server.domain.bid_entries import BidPlaced, StandingBidChanged
from baraka_server.domain.clock import OPEN, Bidding
from baraka_server.domain.events import (
    Adopted,
    Awarded,
    Canceled,
    Commented,
    Ended,
    Event,
    LedgerEntry,
    LotOpened,
    LotRepriced,
    Started,
    Unknown,
)
from baraka_server.domain.hammer import ActUndone, Award, LotOpenedAgain, RunnerUpAwarded
from baraka_server.domain.increments import NONE_SET, Increments
from baraka_server.domain.lot_entries import LotPassed
from baraka_server.domain.lots import EMPTY, RunList
from baraka_server.domain.maxima import Maxima
from baraka_server.domain.moderation import Moderation, UserBlocked
from baraka_server.domain.paddles import Paddles
from baraka_server.domain.parts import Lot, StandingBid, same_bid
from baraka_server.domain.registration import Bidders
from baraka_server.domain.roles import Roles
from baraka_server.domain.sale_rules import GUIDES_RULES, SaleRules

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

CLOCK_STEP_MAX = timedelta(minutes=1)
"""A clock that is set back by less, or two that differ by less, change nothing about the order of times.

A ledger that is further ahead was written while a clock was wrong.
"""


@dataclass(frozen=True, slots=True)
class BidChange:
    """Another bid stands although none was placed: the round's next award is refused once (D37, D38, D47).

    `former` is the bid that stood before, `seq` the number of the entry.
    """

    former: StandingBid | None
    seq: int
    award_refused: bool


@dataclass(frozen=True, slots=True)
class LastAward:
    """The last award or pass, which may be taken back until a lot is opened (D38).

    `seq` is that of its entry, `past` has the names of the products whose round was over before it.
    """

    seq: int
    lot: Lot
    past: frozenset[str]


@dataclass(frozen=True, slots=True)
class State:
    """The part of an auction that the rules look at, after entry `seq` of its ledger.

    A **round** is the time of one product on the block; `round` is 0 before the first (D10). `high` is
    the standing bid, `bid_change` the last change of it by another program. `past` has the names of the
    products whose round is over, as they are compared (D32, D33). `at` is the time of the last entry,
    `comments_at` that of the last comment in the list. `understood` is False after an entry that a
    newer program wrote and that may change what is accepted (D55). `hash` is that of the last entry: a
    state with another one is of another history (D34).

    `began` is the entry that opened the round, `award` the last award, until a lot is opened (D38), and
    `taken_back` the last entry by which a bid or an award no longer holds.

    What areas beyond the guide add is a value of their own each, with its own fold: see `AREAS`.

        state = apply(state, entry)
    """

    owner_id: int | None = None
    live: bool = False
    canceled: bool = False
    ended: bool = False
    lot: Lot | None = None
    high: StandingBid | None = None
    bid_change: BidChange | None = None
    past: frozenset[str] = frozenset()
    round: int = 0
    seq: int = 0
    at: datetime = BEGINNING
    comments_at: datetime = BEGINNING
    understood: bool = True
    began: int = 0
    taken_back: int = 0
    award: LastAward | None = None
    increments: Increments = NONE_SET
    bidding: Bidding = OPEN
    paddles: Paddles = paddles.NONE_GIVEN
    roles: Roles = roles.NONE_GIVEN
    sale_rules: SaleRules = GUIDES_RULES
    bidders: Bidders = registration.NOBODY
    run_list: RunList = EMPTY
    maxima: Maxima = maxima.NONE_SET
    moderation: Moderation = moderation.NOTHING_SAID
    hash: str = field(default="", compare=False)


Fold = Callable[[Any, Any, LedgerEntry], Any]
"""The value of an area after an event: takes the value before it, the event, and its entry."""

AREAS: dict[str, dict[type[Event], Fold]] = {
    "increments": increments.FOLDS,
    "bidding": clock.FOLDS,
    "paddles": paddles.FOLDS,
    "roles": roles.FOLDS,
    "sale_rules": sale_rules.FOLDS,
    "bidders": registration.FOLDS,
    "run_list": lot_entries.FOLDS,
    "maxima": maxima.FOLDS,
    "moderation": moderation.FOLDS,
}
"""The folds of each field of `State` that is an area's own, by the events that change it."""

_FOLDS: dict[type[Event], list[tuple[str, Fold]]] = {}
for _name, _folds in AREAS.items():
    for _kind, _fold in _folds.items():
        _FOLDS.setdefault(_kind, []).append((_name, _fold))


def apply(state: State, entry: LedgerEntry) -> State:
    """The state after `entry`, which must be the next of the ledger."""
    if entry.seq != state.seq + 1:
        raise ValueError(f"event {entry.seq} cannot follow {state.seq}")
    changes = _changed(entry.event, entry)
    for name, fold in _FOLDS.get(type(entry.event), ()):
        changes[name] = fold(getattr(state, name), entry.event, entry)
    if entry.round != state.round:
        changes = {"bid_change": None, "award": None, "began": entry.seq, **changes}
    if state.lot and (entry.round != state.round or changes.get("lot", state.lot) is None):
        changes["past"] = state.past | {compared(state.lot.product)}
    if "lot" in changes:
        changes.update(_last_award(state, entry))
    changes.update(round=entry.round, seq=entry.seq, at=entry.at, hash=entry.hash)
    return _with(state, changes)


def _last_award(state: State, entry: LedgerEntry) -> dict[str, Any]:
    """The award that may be taken back from now on; behind a reopening the earlier names as before it."""
    if isinstance(entry.event, Award | LotPassed) and state.lot:
        return {"award": LastAward(entry.seq, state.lot, state.past)}
    if isinstance(entry.event, LotOpenedAgain) and state.award:
        return {"award": None, "past": state.award.past}
    return {}


_SLOTS: list[tuple[str, Any]] = [(name, vars(State)[name]) for name in State.__match_args__]


def _with(state: State, changes: dict[str, Any]) -> State:
    """`dataclasses.replace` at half its cost: every bid is folded, on every server."""
    made = object.__new__(State)
    for name, slot in _SLOTS:
        slot.__set__(made, changes[name] if name in changes else slot.__get__(state))
    return made


def next_entry(state: State, event: Event, user_id: int | None, now: datetime) -> LedgerEntry:
    """`event` as the next entry of the ledger, with its round and its time, in whole milliseconds."""
    now = whole_milliseconds(now)
    return LedgerEntry(
        seq=state.seq + 1,
        round=state.round + _opens_round(state, event),
        user_id=user_id,
        at=max(now, _earliest(state, event, now)),
        event=event,
    )


def _earliest(state: State, event: Event, now: datetime) -> datetime:
    """The time that the next entry may not be before.

    Times do not run backwards, but for a clock that was wrong by more than clocks are: it must not
    hide the present for ever. Even then a row is not put before those that its list shows already,
    which are ordered by time: bids until the next round, comments until the next award.
    """
    shown = BEGINNING
    if isinstance(event, BidPlaced) and state.high:
        shown = state.high.at
    elif isinstance(event, Commented):
        shown = state.comments_at
    return max(shown, state.at) if state.at - now <= CLOCK_STEP_MAX else shown


def _opens_round(state: State, event: Event) -> bool:
    if isinstance(event, Adopted):
        if event.lot is None:
            return False
        return state.lot is None or not same_name(event.lot.product, state.lot.product)
    return isinstance(event, LotOpened)


@singledispatch
def _changed(_event: Event, _entry: LedgerEntry) -> dict[str, Any]:
    return {}  # a broadcaster who left changes nothing that a rule looks at


@_changed.register
def _(event: Adopted, _entry: LedgerEntry) -> dict[str, Any]:
    return {
        "owner_id": event.owner_id,
        "live": event.live,
        "canceled": event.canceled,
        "ended": event.ended,
        "lot": event.lot,
        "high": event.high,
    }


@_changed.register
def _(_event: Started, _entry: LedgerEntry) -> dict[str, Any]:
    return {"live": True}


@_changed.register
def _(event: LotOpened, _entry: LedgerEntry) -> dict[str, Any]:
    return {"lot": event.lot, "high": None}


@_changed.register
def _(event: LotRepriced, _entry: LedgerEntry) -> dict[str, Any]:
    return {"lot": event.lot}


@_changed.register
def _(event: BidPlaced, entry: LedgerEntry) -> dict[str, Any]:
    if entry.user_id is None:
        raise ValueError("a bid has a bidder")
    high = StandingBid(event.bid_id, entry.user_id, event.amount, entry.at, event.label_paddle)
    return {"high": high}


@_changed.register
def _(_event: Commented, entry: LedgerEntry) -> dict[str, Any]:
    return {"comments_at": entry.at}


@_changed.register
def _(event: StandingBidChanged, entry: LedgerEntry) -> dict[str, Any]:
    change = BidChange(event.was, entry.seq, event.award_refused)
    return {"high": event.high, "bid_change": change}


@_changed.register(LotPassed)
@_changed.register(Awarded)
@_changed.register(RunnerUpAwarded)
def _(_event: Award | LotPassed, _entry: LedgerEntry) -> dict[str, Any]:
    return {"lot": None, "high": None, "bid_change": None, "comments_at": BEGINNING}


@_changed.register
def _(_event: Canceled, _entry: LedgerEntry) -> dict[str, Any]:
    return {"live": False, "canceled": True}


@_changed.register
def _(_event: Ended, _entry: LedgerEntry) -> dict[str, Any]:
    return {"live": False, "ended": True}


@_changed.register
def _(event: ActUndone, entry: LedgerEntry) -> dict[str, Any]:
    change = BidChange(event.was, entry.seq, False)
    return {"high": event.high, "bid_change": change, "taken_back": entry.seq}


@_changed.register
def _(event: UserBlocked, entry: LedgerEntry) -> dict[str, Any]:
    if not event.bids:
        return {} if event.maximum is None else {"taken_back": entry.seq}
    taken_back = {"high": event.high, "taken_back": entry.seq}
    if same_bid(event.high, event.was):
        return taken_back
    return taken_back | {"bid_change": BidChange(event.was, entry.seq, False)}


@_changed.register
def _(event: LotOpenedAgain, entry: LedgerEntry) -> dict[str, Any]:
    change = BidChange(event.was, entry.seq, False)
    return {
        "lot": event.lot,
        "high": event.high,
        "bid_change": change,
        "taken_back": entry.seq,
    }


@_changed.register
def _(event: Unknown, _entry: LedgerEntry) -> dict[str, Any]:
    return {"understood": False} if event.is_rule else {}
