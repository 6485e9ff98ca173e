"""Moderation: who is muted or blocked in an auction, and how often people may write (D47)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from baraka_server.contract.fields import SLOW_SECONDS_MAX, iso_time
from baraka_server.domain.events import Awarded, Commented, Event, LedgerEntry, Parts
from baraka_server.domain.hammer import RunnerUpAwarded
from baraka_server.domain.lot_entries import LotPassed
from baraka_server.domain.parts import StandingBid

SLOWEST = timedelta(seconds=SLOW_SECONDS_MAX)


@dataclass(frozen=True, slots=True)
class Moderation:
    """What the moderators of an auction have said.

    `muted` has until when, by user; None is until it is taken back. `slow_seconds` is the time between
    two comments of one user, 0 for none; `slow_since` the entry since which comments count for it, and
    `wrote` when each user wrote last since then. `removed` are the comments that may come back.
    """

    muted: Mapping[int, datetime | None] = field(default_factory=dict)
    blocked: frozenset[int] = frozenset()
    slow_seconds: int = 0
    slow_since: int = 0
    wrote: Mapping[int, datetime] = field(default_factory=dict)
    removed: frozenset[int] = frozenset()

    def is_muted(self, user_id: int | None, now: datetime) -> bool:
        if user_id is None or user_id not in self.muted:
            return False
        until = self.muted[user_id]
        return until is None or now < until

    def wait(self, user_id: int | None, now: datetime) -> timedelta:
        """How long a user has to wait before the next comment."""
        last = self.wrote.get(user_id) if user_id is not None and self.slow_seconds else None
        if last is None:
            return timedelta()
        return max(timedelta(), last + timedelta(seconds=self.slow_seconds) - now)


NOTHING_SAID = Moderation()


@dataclass(frozen=True, slots=True)
class CommentRemoved(Event):
    """A comment was taken off the list."""

    kind = "comment_removed"
    rule = False

    comment_id: int


@dataclass(frozen=True, slots=True)
class CommentRestored(Event):
    """A comment that was removed is on the list again, with its id and its time.

    `posted` is its entry, for whoever writes the row: the entry does not say it again.
    """

    kind = "comment_restored"
    rule = False

    comment_id: int
    posted: LedgerEntry | None = field(default=None, compare=False)

    def data(self) -> dict[str, Any]:
        return {"comment_id": self.comment_id}


@dataclass(frozen=True, slots=True)
class UserMuted(Event):
    """A user's comments are refused until a time, or until it is taken back with None."""

    kind = "user_muted"
    parts: ClassVar[Parts] = {"until": datetime.fromisoformat}

    target_id: int
    until: datetime | None = None

    def data(self) -> dict[str, Any]:
        return {"target_id": self.target_id, "until": self.until and iso_time(self.until)}

    @property
    def named_users(self) -> tuple[int | None, ...]:
        return (self.target_id,)


@dataclass(frozen=True, slots=True)
class UserUnmuted(Event):
    """A user may comment again."""

    kind = "user_unmuted"

    target_id: int

    @property
    def named_users(self) -> tuple[int | None, ...]:
        return (self.target_id,)


@dataclass(frozen=True, slots=True)
class UserBlocked(Event):
    """A user may not take part any more; `bids` are the rows of the round that were withdrawn.

    `high` is the bid that stands now, `was` the one that stood; without bids neither is said. `maximum` is
    the entry that set the user's maximum in the round, which is withdrawn too (D43).
    """

    kind = "user_blocked"
    parts: ClassVar[Parts] = {
        "bids": tuple,
        "high": StandingBid.from_data,
        "was": StandingBid.from_data,
    }
    sparse: ClassVar[Mapping[str, Any]] = {
        "bids": (),
        "high": None,
        "was": None,
        "clock_ms": None,
        "maximum": None,
    }

    target_id: int
    bids: tuple[int, ...] = ()
    high: StandingBid | None = None
    was: StandingBid | None = None
    clock_ms: int | None = None
    """How far a clock had counted, which has time left behind it where bids fell (D44)."""
    maximum: int | None = None

    @property
    def named_users(self) -> tuple[int | None, ...]:
        return (self.target_id, *(bid.user_id for bid in (self.high, self.was) if bid))

    @property
    def acknowledged(self) -> dict[str, Any]:
        return {"bidIds": list(self.bids)}


@dataclass(frozen=True, slots=True)
class UserUnblocked(Event):
    """A user may take part again."""

    kind = "user_unblocked"

    target_id: int

    @property
    def named_users(self) -> tuple[int | None, ...]:
        return (self.target_id,)


@dataclass(frozen=True, slots=True)
class SlowModeSet(Event):
    """The time between two comments of one user was set; 0 is none. `before` is what it was."""

    kind = "slow_mode_set"

    seconds: int
    before: int


KINDS: tuple[type[Event], ...] = (
    CommentRemoved,
    CommentRestored,
    UserMuted,
    UserUnmuted,
    UserBlocked,
    UserUnblocked,
    SlowModeSet,
)


def _commented(said: Moderation, _event: Commented, entry: LedgerEntry) -> Moderation:
    if not said.slow_seconds or entry.user_id is None:
        return said
    since = entry.at - SLOWEST
    wrote = {user_id: at for user_id, at in said.wrote.items() if at > since}
    return replace(said, wrote=wrote | {entry.user_id: entry.at})


def _slow(said: Moderation, event: SlowModeSet, entry: LedgerEntry) -> Moderation:
    begins = not said.slow_seconds or not event.seconds
    return replace(
        said,
        slow_seconds=event.seconds,
        slow_since=entry.seq if begins else said.slow_since,
        wrote={} if begins else said.wrote,
    )


def _muted(said: Moderation, event: UserMuted, _entry: LedgerEntry) -> Moderation:
    return replace(said, muted={**said.muted, event.target_id: event.until})


def _unmuted(said: Moderation, event: UserUnmuted, _entry: LedgerEntry) -> Moderation:
    left = {user_id: at for user_id, at in said.muted.items() if user_id != event.target_id}
    return replace(said, muted=left)


def _blocked(said: Moderation, event: UserBlocked, _entry: LedgerEntry) -> Moderation:
    return replace(said, blocked=said.blocked | {event.target_id})


def _unblocked(said: Moderation, event: UserUnblocked, _entry: LedgerEntry) -> Moderation:
    return replace(said, blocked=said.blocked - {event.target_id})


def _removed(said: Moderation, event: CommentRemoved, _entry: LedgerEntry) -> Moderation:
    return replace(said, removed=said.removed | {event.comment_id})


def _restored(said: Moderation, event: CommentRestored, _entry: LedgerEntry) -> Moderation:
    return replace(said, removed=said.removed - {event.comment_id})


def _cleared(said: Moderation, _event: Event, _entry: LedgerEntry) -> Moderation:
    return replace(said, removed=frozenset()) if said.removed else said


FOLDS: dict[type[Event], Callable[[Moderation, Any, LedgerEntry], Moderation]] = {
    Commented: _commented,
    SlowModeSet: _slow,
    UserMuted: _muted,
    UserUnmuted: _unmuted,
    UserBlocked: _blocked,
    UserUnblocked: _unblocked,
    CommentRemoved: _removed,
    CommentRestored: _restored,
    Awarded: _cleared,
    RunnerUpAwarded: _cleared,
    LotPassed: _cleared,
}
