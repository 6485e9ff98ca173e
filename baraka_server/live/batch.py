"""Decision of a batch of commands in order, each on the state that the one before it left."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from baraka_server.contract.client_events import RepeatableEvent
from baraka_server.contract.fields import iso_time
from baraka_server.contract.records import User
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.decide import Command, HouseRules, RefusedOnce, decide
from baraka_server.domain.events import (
    Adopted,
    Awarded,
    BidPlaced,
    Commented,
    LedgerEntry,
    StandingBidChanged,
)
from baraka_server.domain.state import State, apply, next_entry
from baraka_server.live.just_done import JustDone
from baraka_server.store.locked import RequestKey

Outcome = dict[str, Any] | Refusal
"""The answer to a command: the fields of its acknowledgement beside `ok`, or a refusal (D20)."""

ExternalChange = Adopted | StandingBidChanged
"""An event for rows as they were found: the first of a ledger, or what another program did since."""


BID_SEQ = "bidSeq"
"""The value of a refusal that says which entry is the bid that it names; until the bid has an id."""


class BatchDecision:
    """Decides commands one after the other, each on the state that the one before it left.

    `outcomes` has for each command a refusal, the seq of the entry that it became, or the earlier answer
    of a repetition. `entries` are those to write.
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
    ) -> None:
        self.just_done = just_done.copy()
        self.entries: list[LedgerEntry] = []
        self.outcomes: list[Outcome | int] = []
        self.earlier: dict[RequestKey, tuple[str, Outcome | int]] = {}
        self.accepted = False
        self._last_bid_seq = 0
        self.state = self._base = base
        self._auction_id = auction_id
        self._users = users
        self._rules = rules
        self._now = now
        for change in external_changes:
            self._append(next_entry(self.state, change, None, now))

    def forget(self) -> None:
        """Drop the entries: nothing is written, and the state is that of the ledger."""
        self.entries.clear()
        self.state = self._base

    def take(self, command: Command) -> None:
        key = request_key(command)
        if key is None:
            self.outcomes.append(self._decide(command))
            return
        mark = fingerprint(command)
        if key not in self.earlier:
            self.earlier[key] = (mark, self._decide(command))
        first_mark, outcome = self.earlier[key]
        is_same = first_mark == mark or first_mark == fingerprint(command, with_absent=True)
        self.outcomes.append(outcome if is_same else command.refused(Code.REQUEST_ID_REUSED))

    def _decide(self, command: Command) -> Outcome | int:
        if command.user_id not in self._users:
            command = replace(command, user_exists=False)
        if command.heard_seq is None:  # it knows all that was in the ledger before this batch
            command = replace(command, heard_seq=self._base.seq)
        decision = decide(self.state, command, self._rules)
        if isinstance(decision, Refusal):
            return self._naming_bid(decision)
        if isinstance(decision, RefusedOnce):
            self._append(next_entry(self.state, decision.event, command.user_id, self._now))
            return self._naming_bid(decision.refusal)
        entry = next_entry(self.state, decision, command.user_id, self._now)
        if done := self.just_done.instead_of(self.state, entry):
            in_this_batch = done.seq > self._base.seq
            return done.seq if in_this_batch else accepted(self._auction_id, done)
        self.accepted = True
        self.just_done.note(entry)
        return self._append(entry)

    def _naming_bid(self, refusal: Refusal) -> Refusal:
        """The refusal, with the seq of the bid that it names where that is of this batch."""
        named = refusal.values.get("standingBid")
        if not named or named["bidId"]:
            return refusal
        return replace(refusal, values={**refusal.values, BID_SEQ: self._last_bid_seq})

    def _append(self, entry: LedgerEntry) -> int:
        if isinstance(entry.event, BidPlaced):
            self._last_bid_seq = entry.seq
        self.state = apply(self.state, entry)
        self.entries.append(entry)
        return entry.seq


def request_key(command: Command) -> RequestKey | None:
    event = command.event
    if isinstance(event, RepeatableEvent) and event.request_id is not None:
        return RequestKey(command.user_id, event.request_id)
    return None


def fingerprint(command: Command, *, with_absent: bool = False) -> str:
    """A hash of a command's body: the same for a repetition, another one for another body (D23).

    Absent fields are left out, so that a field that a later release adds changes no fingerprint.
    `with_absent` is the form of the first release, which had them in.
    """
    body = command.event.model_dump(
        mode="json", exclude={"request_id"}, exclude_none=not with_absent
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
    match entry.event:
        case BidPlaced(bid_id=bid_id):
            fields["bidId"] = bid_id
        case Commented(comment_id=comment_id):
            fields["commentId"] = comment_id
        case Awarded(winning_id=winning_id):
            fields["winningId"] = winning_id
    return fields
