"""The rules of a sale as a whole: its start and its end, and what is said in it (D5 to D7)."""

from __future__ import annotations

import math

from baraka_server.contract.client_events import (
    BroadcasterLeave,
    CancelAuction,
    EndAuction,
    PostComment,
    StartAuction,
    Who,
)
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.decision import By, Command, Decision, HouseRules, Several
from baraka_server.domain.events import (
    Adopted,
    BroadcasterLeft,
    Canceled,
    Commented,
    Ended,
    Event,
    LedgerEntry,
    Started,
)
from baraka_server.domain.maxima import opened
from baraka_server.domain.rules.checks import is_over, no_participant, over_objection
from baraka_server.domain.rules.tables import Decisions, Objections
from baraka_server.domain.staff import role_of
from baraka_server.domain.state import State


def _start(state: State, command: Command, _event: StartAuction, _rules: HouseRules) -> Decision:
    if refusal := is_over(state, command):
        return refusal
    return Started()


def _cancel(state: State, command: Command, _event: CancelAuction, _rules: HouseRules) -> Decision:
    if state.canceled:
        return command.refused(Code.ALREADY_CANCELED)
    return _over(state, command, Canceled()) if state.live else command.refused(Code.NOT_LIVE)


def _end(state: State, command: Command, _event: EndAuction, _rules: HouseRules) -> Decision:
    if state.ended:
        return command.refused(Code.ALREADY_ENDED)
    return _over(state, command, Ended()) if state.live else command.refused(Code.NOT_LIVE)


def _over(state: State, command: Command, event: Canceled | Ended) -> Decision:
    """The end of a sale, with the maximum bids that were sealed until then (D43)."""
    first = [By(one, None) for one in opened(state.maxima, command.found.sealed)]
    return Several((*first, event), own=len(first)) if first else event


def _broadcaster_leave(
    _state: State, _command: Command, _event: BroadcasterLeave, _rules: HouseRules
) -> Decision:
    return BroadcasterLeft()  # also after the sale: that is when a host closes the stream


def _comment(state: State, command: Command, event: PostComment, _rules: HouseRules) -> Decision:
    if refusal := no_participant(state, command):
        return refusal
    if role_of(state, command.user_id) is Who.ANYBODY and (refusal := _silenced(state, command)):
        return refusal
    return Commented(event.comment)


def _silenced(state: State, command: Command) -> Refusal | None:
    """Refuse a comment of somebody who is muted, or who wrote just now in slow mode (D47)."""
    said, now = state.moderation, command.now
    if now is None:
        return None
    if said.is_muted(command.user_id, now):
        return command.refused(Code.MUTED)
    if wait := said.wait(command.user_id, now):
        milliseconds = math.ceil(wait.total_seconds() * 1000)
        return command.refused(
            Code.SLOW_MODE, seconds=math.ceil(wait.total_seconds()), retryAfterMs=milliseconds
        )
    return None


DECISIONS: Decisions = {
    StartAuction: _start,
    CancelAuction: _cancel,
    EndAuction: _end,
    BroadcasterLeave: _broadcaster_leave,
    PostComment: _comment,
}


def _none(_state: State, _entry: LedgerEntry, _event: Event) -> None:
    return None


def _started_objection(state: State, _entry: LedgerEntry, _event: Started) -> str | None:
    return over_objection(state)


def _comment_objection(state: State, entry: LedgerEntry, _event: Commented) -> str | None:
    if not state.live:
        return "the auction was not live"
    return "a comment has an author" if entry.user_id is None else None


def _canceled_objection(state: State, _entry: LedgerEntry, _event: Canceled) -> str | None:
    if state.canceled:
        return "the auction was canceled already"
    return None if state.live else "the auction was not live"


def _ended_objection(state: State, _entry: LedgerEntry, _event: Ended) -> str | None:
    if state.ended:
        return "the auction was ended already"
    return None if state.live else "the auction was not live"


OBJECTIONS: Objections = {
    Adopted: _none,
    Started: _started_objection,
    Commented: _comment_objection,
    Canceled: _canceled_objection,
    Ended: _ended_objection,
    BroadcasterLeft: _none,
}
