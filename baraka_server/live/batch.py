"""Decision of a batch of commands in order, each on the state that the one before it left."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from baraka_server.contract.client_events import RepeatableEvent
from baraka_server.contract.fields import iso_time
from baraka_server.contract.maxima import SetMaximumBid
from baraka_server.contract.records import User
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.bid_entries import BidPlaced, StandingBidChanged
from baraka_server.domain.decide import decide
from baraka_server.domain.decision import (
    NOTHING_FOUND,
    By,
    Command,
    Counted,
    Found,
    HouseRules,
    RefusedWith,
    Several,
    Unchanged,
)
from baraka_server.domain.events import Adopted, Event, LedgerEntry, LotRepriced
from baraka_server.domain.hammer import ActUndone
from baraka_server.domain.maxima import MaximumSet, Sealed, opened
from baraka_server.domain.moderation import UserBlocked
from baraka_server.domain.state import State, apply, next_entry
from baraka_server.live.clock_look import ClockLook
from baraka_server.live.just_done import JustDone
from baraka_server.live.maxima import lapsed
from baraka_server.store.locked import RequestKey

Outcome = dict[str, Any] | Refusal
"""The answer to a command: the fields of its acknowledgement beside `ok`, or a refusal (D20)."""

ExternalChange = Adopted | StandingBidChanged
"""An event for rows as they were found: the first of a ledger, or what another program did since."""


Decided = dict[str, Any] | Refusal | int
"""The outcome of a command while it is decided: the seq of its own entry stands for the answer."""

COUNTED = ActUndone | LotRepriced | StandingBidChanged | UserBlocked
"""The events that say how far a clock had counted, beside those that the rules of clocks make."""

BID_SEQ = "bidSeq"
"""The value of a refusal that says which entry is the bid that it names; until the bid has an id."""


class BatchDecision:
    """Decides commands one after the other, each on the state that the one before it left.

    `earlier` has for each request that was answered before its fingerprint and the answer, `of_maximum` the
    entry of the maximum bid that it was about, and `maxima` those by their entries (D43).

    `outcomes` has for each command a refusal, the seq of its own entry, or the earlier answer of a
    repetition; `last_seqs` the last entry that it wrote, 0 for none. `entries` are those to write.
    `found` is handed to the commands.
    """

    def __init__(
        self,
        auction_id: int,
        base: State,
        external_changes: Sequence[ExternalChange],
        users: dict[int, User],
        rules: HouseRules,
        now: datetime,
        just_done: JustDone,
        clock: ClockLook | None = None,
    ) -> None:
        self.just_done = just_done.copy()
        self.entries: list[LedgerEntry] = []
        self.outcomes: list[Decided] = []
        self.last_seqs: list[int] = []
        self.earlier: dict[RequestKey, tuple[str, Decided]] = {}
        self.of_maximum: dict[RequestKey, int] = {}
        self.maxima: dict[int, Sealed] = {}
        self.accepted = False
        self._last_bid_seq = 0
        self.state = self._base = base
        self._auction_id = auction_id
        self._users = users
        self._rules = rules
        self._now = now
        self.found = NOTHING_FOUND
        self._reading = clock.reading if clock else None
        self._say(clock.events if clock else ())
        self._say(By(change, None) for change in external_changes)

    def forget(self) -> None:
        """Drop the entries: nothing is written, and the state is that of the ledger."""
        self.entries.clear()
        self.state = self._base
        for outcome in self.outcomes:
            if isinstance(outcome, dict) and "changed" in outcome:
                outcome.update(self._unchanged())

    def find(self, found: Found) -> None:
        """Hand this to the commands; what it shows to be over is said first."""
        self.found = found
        if found.lapsed or found.sealed:
            self._say(lapsed(self.state, found.lapsed, self._rules))
        if self.state.ended or self.state.canceled:  # by another program
            self._say(By(one, None) for one in opened(self.state.maxima, found.sealed))

    def take(self, command: Command) -> None:
        written = len(self.entries)
        self.outcomes.append(self._outcome(command))
        self.last_seqs.append(self.entries[-1].seq if len(self.entries) > written else 0)

    def _outcome(self, command: Command) -> Decided:
        key = request_key(command)
        if key is None:
            return self._decide(command)
        mark = fingerprint(command)
        if key not in self.earlier:
            self.earlier[key] = (mark, self._decide(command))
            if command.event.sealed and not isinstance(self.earlier[key][1], Refusal):
                self.of_maximum[key] = self.state.maxima.standing[key.user_id]
        first_mark, outcome = self.earlier[key]
        is_same = first_mark == mark or first_mark == fingerprint(command, with_absent=True)
        if not is_same or self._is_of_another_amount(key, command):
            return command.refused(Code.REQUEST_ID_REUSED)
        return outcome

    def _is_of_another_amount(self, key: RequestKey, command: Command) -> bool:
        """Whether a repeated request has another maximum bid than the first, as far as that is known.

        No fingerprint tells it: whoever can read one could try all amounts.
        """
        was = {**self.maxima, **self.found.sealed}.get(self.of_maximum.get(key, 0))
        event = command.event
        return isinstance(event, SetMaximumBid) and was is not None and was.amount != event.amount

    def _decide(self, command: Command) -> Decided:
        if command.user_id not in self._users:
            command = replace(command, user_exists=False)
        if command.heard_seq is None:  # it knows all that was in the ledger before this batch
            command = replace(command, heard_seq=self._base.seq)
        if command.event.at_a_time:
            command = replace(command, now=self._now)
        if self.found is not NOTHING_FOUND:
            command = replace(command, found=self.found)
        if self._reading:
            counted = self._reading.counted(self.state.bidding, command.read_at)
            command = replace(command, counted=counted)
        elif clock := self.state.bidding.clock:  # which stands still
            command = replace(command, counted=Counted(clock.clock_ms))
        decision = decide(self.state, command, self._rules)
        match decision:
            case Refusal():
                return self._naming_bid(decision)
            case RefusedWith(refusal, events):
                self._write(events, command)
                return self._naming_bid(refusal)
            case Unchanged():
                return self._unchanged()
            case Several(events, own):
                self.accepted = True
                return self._write(events, command)[own]
        return self._accept(self._entry(By(decision, command.user_id)))

    def _accept(self, entry: LedgerEntry) -> Decided:
        """Write the single entry that a command became, unless it only repeats one."""
        if done := self.just_done.instead_of(self.state, entry):
            in_this_batch = done.seq > self._base.seq
            return done.seq if in_this_batch else accepted(self._auction_id, done)
        self.accepted = True
        self.just_done.note(entry)
        return self._append(entry)

    def _write(self, events: Iterable[Event | By], command: Command) -> list[int]:
        """Write the entries of a command in order, and return their numbers."""
        return self._say(
            event if isinstance(event, By) else By(event, command.user_id) for event in events
        )

    def _say(self, events: Iterable[By]) -> list[int]:
        return [self._append(self._entry(one)) for one in events]

    def _entry(self, said: By) -> LedgerEntry:
        """The next entry of the ledger, with what a clock had counted then."""
        event = said.event
        clock = self.state.bidding.clock
        if clock and isinstance(event, COUNTED):
            counted = self._reading.now(clock) if self._reading else clock.clock_ms
            event = replace(event, clock_ms=counted)
        return next_entry(self.state, event, said.user_id, self._now)

    def _unchanged(self) -> dict[str, Any]:
        """The answer to a command that asks for what is so already."""
        return {
            "auctionId": self._auction_id,
            "seq": self.state.seq,
            "round": self.state.round,
            "serverTime": iso_time(self._now),
            "changed": False,
        }

    def _naming_bid(self, refusal: Refusal) -> Refusal:
        """The refusal, with the seq of the bid that it names where that is of this batch."""
        named = refusal.values.get("standingBid")
        if not named or named["bidId"]:
            return refusal
        return replace(refusal, values={**refusal.values, BID_SEQ: self._last_bid_seq})

    def _append(self, entry: LedgerEntry) -> int:
        if isinstance(entry.event, BidPlaced):
            self._last_bid_seq = entry.seq
        elif isinstance(entry.event, MaximumSet) and entry.event.sealed:
            sealed = {**self.found.sealed, entry.seq: entry.event.sealed}
            self.found = replace(self.found, sealed=sealed)
        self.state = apply(self.state, entry)
        self.entries.append(entry)
        return entry.seq


def request_key(command: Command) -> RequestKey | None:
    event = command.event
    if not isinstance(event, RepeatableEvent) or event.request_id is None:
        return None
    return None if command.user_id is None else RequestKey(command.user_id, event.request_id)


def fingerprint(command: Command, *, with_absent: bool = False) -> str:
    """A hash of a command's body: the same for a repetition, another one for another body (D23).

    Absent fields are left out, so that a field that a later release adds changes no fingerprint.
    `with_absent` is the form of the first release, which had them in. What is sealed is left out too.
    """
    body = command.event.model_dump(
        mode="json", exclude={"request_id", *command.event.sealed}, exclude_none=not with_absent
    )
    text = json.dumps([command.event.wire_name, body], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def accepted(auction_id: int, entry: LedgerEntry) -> dict[str, Any]:
    """The answer to a command that became this entry (D20)."""
    fields: dict[str, Any] = {
        "auctionId": auction_id,
        "seq": entry.seq,
        "round": entry.round,
        "serverTime": iso_time(entry.at),
    }
    return fields | entry.event.acknowledged


def refusal_in(entries: Iterable[LedgerEntry], outcome: Outcome) -> LedgerEntry | None:
    """The entry by which the ledger keeps the refusal that an award got, here or on another node."""
    if not isinstance(outcome, Refusal) or outcome.code is not Code.STANDING_BID_CHANGED:
        return None
    for entry in entries:
        if isinstance(entry.event, StandingBidChanged) and entry.event.award_refused:
            return entry
    return None
