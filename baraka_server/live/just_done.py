"""Recent repeatable commands of a host, so that repeating them again and again costs little (D5)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

from baraka_server.domain.events import BroadcasterLeft, Event, LedgerEntry, LotRepriced, Started
from baraka_server.domain.state import State, apply

SECONDS = 3.0
"""How long a repetition stands for those that follow it."""
TOLD_AT_ONCE = 2
"""How many are announced in any case: a host may say once more what was said once."""

REPEATABLE = (Started, LotRepriced, BroadcasterLeft)
"""The events of commands that a host may repeat although nothing changes by them."""


@dataclass(frozen=True, slots=True)
class _Done:
    entry: LedgerEntry
    at: float
    times: int


class JustDone:
    """The last entry of each repeatable kind in one auction, as far as this node wrote it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: dict[type[Event], _Done] = {}

    def copy(self) -> Self:
        made = type(self)(self._clock)
        made._last = dict(self._last)
        return made

    def note(self, entry: LedgerEntry) -> None:
        if isinstance(entry.event, REPEATABLE):
            was = self._recent(entry)
            times = was.times + 1 if was else 1
            self._last[type(entry.event)] = _Done(entry, self._clock(), times)

    def instead_of(self, state: State, entry: LedgerEntry) -> LedgerEntry | None:
        """The entry that stands for `entry`, if that only repeats it; None if `entry` is to be written."""
        done = self._recent(entry)
        if done is None or done.times < TOLD_AT_ONCE or not _changes_nothing(state, entry):
            return None
        return done.entry

    def _recent(self, entry: LedgerEntry) -> _Done | None:
        """The last time that the same was done, by the same user and in the same round."""
        done = self._last.get(type(entry.event))
        if done is None or self._clock() >= done.at + SECONDS:
            return None
        same = replace(done.entry, seq=entry.seq, at=entry.at) == entry
        return done if same else None


def _changes_nothing(state: State, entry: LedgerEntry) -> bool:
    after = apply(state, entry)
    return replace(after, seq=state.seq, at=state.at) == state
