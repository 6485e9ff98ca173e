"""The rules of moderation: comments that go and come back, mutes, blocks and slow mode (D47)."""

from __future__ import annotations

from datetime import timedelta

from baraka_server.contract import moderation as asked
from baraka_server.contract.client_events import Who
from baraka_server.contract.fields import whole_milliseconds
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.decision import Command, Decision, HouseRules, Unchanged
from baraka_server.domain.events import Event, LedgerEntry
from baraka_server.domain.moderation import (
    CommentRemoved,
    CommentRestored,
    SlowModeSet,
    UserBlocked,
    UserMuted,
    UserUnblocked,
    UserUnmuted,
)
from baraka_server.domain.parts import same_bid
from baraka_server.domain.rules.checks import is_over, is_stale, over_objection
from baraka_server.domain.rules.hammer import the_bid
from baraka_server.domain.rules.hosts_comment import with_comment
from baraka_server.domain.rules.tables import Decisions, NameOf, Objections, Words
from baraka_server.domain.staff import role_of, works_here
from baraka_server.domain.state import State


def _remove(
    state: State, command: Command, event: asked.RemoveComment, _rules: HouseRules
) -> Decision:
    if refusal := is_over(state, command) or is_stale(state, command):
        return refusal
    if event.comment_id not in command.found.comments:
        return command.refused(Code.COMMENT_NOT_FOUND)
    return CommentRemoved(event.comment_id)


def _restore(
    state: State, command: Command, event: asked.RestoreComment, _rules: HouseRules
) -> Decision:
    if refusal := is_over(state, command):
        return refusal
    if event.comment_id in command.found.comments:
        return Unchanged()
    posted = command.found.posted.get(event.comment_id)
    if refusal := is_stale(state, command):
        return refusal
    if posted is None or event.comment_id not in state.moderation.removed:
        return command.refused(Code.COMMENT_NOT_FOUND)
    return CommentRestored(event.comment_id, posted)


def _mute(state: State, command: Command, event: asked.MuteUser, _rules: HouseRules) -> Decision:
    who = _whom(state, command, event)
    if isinstance(who, Refusal):
        return who
    muted = state.moderation.muted
    if event.minutes is None and who in muted and muted[who] is None:
        return Unchanged()
    if refusal := is_stale(state, command) or _is_staff(state, command, who):
        return refusal
    if event.minutes is None or command.now is None:
        return UserMuted(who)
    return UserMuted(who, whole_milliseconds(command.now + timedelta(minutes=event.minutes)))


def _unmute(
    state: State, command: Command, event: asked.UnmuteUser, _rules: HouseRules
) -> Decision:
    who = _whom(state, command, event)
    if isinstance(who, Refusal):
        return who
    if who not in state.moderation.muted:
        return Unchanged()
    return is_stale(state, command) or UserUnmuted(who)


def _block(state: State, command: Command, event: asked.BlockUser, _rules: HouseRules) -> Decision:
    who = _whom(state, command, event)
    if isinstance(who, Refusal):
        return who
    if who in state.moderation.blocked:
        return Unchanged()
    if refusal := is_stale(state, command) or _is_staff(state, command, who):
        return refusal
    standing = command.found.standing if state.lot else ()
    withdrawn = tuple(sorted(bid.bid_id for bid in standing if bid.user_id == who))
    maximum = state.maxima.standing.get(who)
    if not withdrawn:
        return UserBlocked(who, maximum=maximum)
    left = next((bid for bid in standing if bid.user_id != who), None)
    return UserBlocked(who, withdrawn, left, state.high, maximum=maximum)


def _unblock(
    state: State, command: Command, event: asked.UnblockUser, _rules: HouseRules
) -> Decision:
    who = _whom(state, command, event)
    if isinstance(who, Refusal):
        return who
    if who not in state.moderation.blocked:
        return Unchanged()
    return is_stale(state, command) or UserUnblocked(who)


def _slow(state: State, command: Command, event: asked.SetSlowMode, _rules: HouseRules) -> Decision:
    if refusal := is_over(state, command):
        return refusal
    before = state.moderation.slow_seconds
    if event.seconds == before:
        return Unchanged()
    if refusal := is_stale(state, command):
        return refusal
    set_ = SlowModeSet(event.seconds, before)
    if not state.live:  # nobody is there to read it
        return set_
    return with_comment(state, command, set_, event.say or _slow_text(event.seconds))


def _slow_text(seconds: int) -> str:
    if not seconds:
        return "Slow mode is off"
    return f"Slow mode: one comment every {seconds} s"


def _whom(state: State, command: Command, event: asked.AboutUser) -> int | Refusal:
    """The user who is meant, by id or paddle; one who was deleted may still be let go."""
    if refusal := is_over(state, command):
        return refusal
    if event.user_id is None:
        who = None if event.paddle is None else state.paddles.user_of(event.paddle)
        return command.refused(Code.PADDLE_NOT_FOUND, paddle=event.paddle) if who is None else who
    said = state.moderation
    if event.user_id in command.found.users or event.user_id in {*said.muted, *said.blocked}:
        return event.user_id
    return command.refused(Code.USER_NOT_FOUND)


def _is_staff(state: State, command: Command, user_id: int) -> Refusal | None:
    return command.refused(Code.IS_STAFF) if works_here(state, user_id) else None


DECISIONS: Decisions = {
    asked.RemoveComment: _remove,
    asked.RestoreComment: _restore,
    asked.MuteUser: _mute,
    asked.UnmuteUser: _unmute,
    asked.BlockUser: _block,
    asked.UnblockUser: _unblock,
    asked.SetSlowMode: _slow,
}


def _not_over(state: State, _entry: LedgerEntry, _event: Event) -> str | None:
    return over_objection(state)


def _restored_objection(state: State, entry: LedgerEntry, event: CommentRestored) -> str | None:
    if event.comment_id not in state.moderation.removed:
        return "this comment was not removed"
    return over_objection(state)


def _about_staff(state: State, entry: LedgerEntry, event: UserMuted | UserBlocked) -> str | None:
    if role_of(state, event.target_id) is not Who.ANYBODY:
        return f"user {event.target_id} works in the auction"
    return over_objection(state)


def _blocked_objection(state: State, entry: LedgerEntry, event: UserBlocked) -> str | None:
    if event.bids and not same_bid(event.was, state.high):
        return "another bid stood than it names"
    if event.high is not None and event.high.user_id == event.target_id:
        return "a bid of the user who was blocked cannot stand"
    if event.maximum != state.maxima.standing.get(event.target_id):
        return "it withdraws another maximum bid than the one that stood"
    return _about_staff(state, entry, event)


def _slow_objection(state: State, entry: LedgerEntry, event: SlowModeSet) -> str | None:
    if event.before != state.moderation.slow_seconds:
        return "it names another slow mode before it than there was"
    return over_objection(state)


OBJECTIONS: Objections = {
    CommentRemoved: _not_over,
    CommentRestored: _restored_objection,
    UserMuted: _about_staff,
    UserUnmuted: _not_over,
    UserBlocked: _blocked_objection,
    UserUnblocked: _not_over,
    SlowModeSet: _slow_objection,
}


def _removed_words(event: CommentRemoved, _name_of: NameOf) -> str:
    return f"removed comment {event.comment_id}"


def _restored_words(event: CommentRestored, _name_of: NameOf) -> str:
    return f"put comment {event.comment_id} back"


def _muted_words(event: UserMuted, name_of: NameOf) -> str:
    until = f" until {event.until:%H:%M} UTC" if event.until else ""
    return f"muted {name_of(event.target_id)}{until}"


def _unmuted_words(event: UserUnmuted, name_of: NameOf) -> str:
    return f"let {name_of(event.target_id)} write again"


def _blocked_words(event: UserBlocked, name_of: NameOf) -> str:
    blocked = f"blocked {name_of(event.target_id)}"
    if not event.bids:
        return blocked
    count = f"{len(event.bids)} bids" if len(event.bids) > 1 else "one bid"
    high = event.high
    stands = f"{the_bid(high, name_of)} stands" if high else "no bid stands"
    return f"{blocked}, and {count} with it: now {stands}"


def _unblocked_words(event: UserUnblocked, name_of: NameOf) -> str:
    return f"let {name_of(event.target_id)} in again"


def _slow_words(event: SlowModeSet, _name_of: NameOf) -> str:
    if not event.seconds:
        return "turned slow mode off"
    return f"set slow mode to one comment every {event.seconds} s"


WORDS: Words = {
    CommentRemoved: _removed_words,
    CommentRestored: _restored_words,
    UserMuted: _muted_words,
    UserUnmuted: _unmuted_words,
    UserBlocked: _blocked_words,
    UserUnblocked: _unblocked_words,
    SlowModeSet: _slow_words,
}
