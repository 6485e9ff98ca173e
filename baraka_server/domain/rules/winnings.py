"""The rules behind a sale: who may still win what, and for how much (D39)."""

from __future__ import annotations

from baraka_server.contract.fields import INT_MAX
from baraka_server.contract.names import numbered
from baraka_server.contract.refusals import Code
from baraka_server.contract.winnings import CorrectWinning, PayWinning, ReassignWinning
from baraka_server.domain.decision import Command, Decision, HouseRules, Unchanged
from baraka_server.domain.events import LedgerEntry
from baraka_server.domain.parts import FreeText, StandingBid
from baraka_server.domain.rules.operators import acted_by, operator_words
from baraka_server.domain.rules.tables import Decisions, NameOf, Objections, Words
from baraka_server.domain.state import State
from baraka_server.domain.winnings import WinningChanged, WinningPaid, Won


def _pay(_state: State, command: Command, event: PayWinning, _rules: HouseRules) -> Decision:
    if _won(command).paid == event.paid:
        return Unchanged()
    return WinningPaid(event.winning_id, event.paid, acted_by(command))


def _correct(state: State, command: Command, event: CorrectWinning, _rules: HouseRules) -> Decision:
    won = _won(command)
    if won.paid:
        return command.refused(Code.WINNING_PAID)
    return _changed(state, command, won.user_id, event.price, event.reason, won.label_paddle)


def _reassign(
    state: State, command: Command, event: ReassignWinning, _rules: HouseRules
) -> Decision:
    if _won(command).paid:
        return command.refused(Code.WINNING_PAID)
    if event.paddle is None:
        return _changed(state, command, None, None, event.reason)
    user_id, label = state.paddles.user_of(event.paddle), None
    if user_id is None and event.paddle in command.found.labels:
        user_id, label = state.sale_rules.floor_user_id, event.paddle
    if user_id is None or user_id not in command.found.users:
        return command.refused(Code.PADDLE_NOT_FOUND, paddle=event.paddle)
    standing = command.found.standing
    own = (bid.amount for bid in standing if _is_of(bid, user_id, label))
    price = event.price or max(own, default=None)
    if price is None:
        return command.refused(Code.NOT_STANDING)
    return _changed(state, command, user_id, price, event.reason, label)


def _is_of(bid: StandingBid, user_id: int, label: int | None) -> bool:
    """Whether it is this bidder's; a label's bids may be of a floor user before this one."""
    return bid.label_paddle == label and (label is not None or bid.user_id == user_id)


def _changed(
    state: State,
    command: Command,
    winner_id: int | None,
    price: int | None,
    reason: str | None,
    label: int | None = None,
) -> Decision:
    won = _won(command)
    if (winner_id, price, label) == (won.user_id, won.price, won.label_paddle):
        return Unchanged()
    said = FreeText.of(reason, command.found.salt, state.seq + 1, 0) if reason else None
    return WinningChanged(
        won.winning_id,
        winner_id,
        price,
        won.user_id,
        won.price,
        won.is_last,
        said,
        acted_by(command),
        winner_then=command.found.winner if winner_id is None else None,
        label_paddle=label,
        label_before=won.label_paddle,
    )


def _won(command: Command) -> Won:
    if command.found.won is None:
        raise ValueError("the winning was not read")
    return command.found.won


DECISIONS: Decisions = {PayWinning: _pay, CorrectWinning: _correct, ReassignWinning: _reassign}


def _paid_objection(_state: State, _entry: LedgerEntry, _event: WinningPaid) -> None:
    return None


def _changed_objection(_state: State, _entry: LedgerEntry, event: WinningChanged) -> str | None:
    if event.to_nobody:
        return None if event.price is None else "nobody pays a price"
    if type(event.price) is not int or not 1 <= event.price <= INT_MAX:
        return "that is not a price"
    now = (event.winner_id, event.price, event.label_paddle)
    before = (event.winner_before, event.price_before, event.label_before)
    return "it changes nothing" if now == before else None


OBJECTIONS: Objections = {WinningPaid: _paid_objection, WinningChanged: _changed_objection}


def _paid_words(event: WinningPaid, _name_of: NameOf) -> str:
    if event.paid:
        return f"{operator_words(event.by)}noted that winning {event.winning_id} is paid"
    return f"{operator_words(event.by)}noted that winning {event.winning_id} is not paid after all"


def _changed_words(event: WinningChanged, name_of: NameOf) -> str:
    now = "to nobody"
    if event.winner_id is not None:
        now = f"{numbered(event.label_paddle, name_of(event.winner_id))} for {event.price}"
    before = (
        f"{numbered(event.label_before, name_of(event.winner_before))} for {event.price_before}"
    )
    reason = event.reason.text or "erased" if event.reason else ""
    why = f" ({reason})" if reason else ""
    return f"{operator_words(event.by)}changed winning {event.winning_id}: {now}, before that {before}{why}"


WORDS: Words = {WinningPaid: _paid_words, WinningChanged: _changed_words}
