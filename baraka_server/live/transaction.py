"""Transaction of an auction: all commands that waited are decided in order and written together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from baraka_server.contract.client_events import AwardLot
from baraka_server.contract.clock import AwardByClock
from baraka_server.contract.names import same_name
from baraka_server.contract.records import Auction, User
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.auction_record import adopted, lot_of
from baraka_server.domain.bid_entries import BidPlaced, StandingBidChanged
from baraka_server.domain.decide import decide
from baraka_server.domain.decision import Command, HouseRules
from baraka_server.domain.events import Adopted, LedgerEntry
from baraka_server.domain.parts import StandingBid, same_bid
from baraka_server.domain.state import State, apply
from baraka_server.live.batch import (
    BID_SEQ,
    BatchDecision,
    ExternalChange,
    Outcome,
    accepted,
    request_key,
)
from baraka_server.live.clock_look import Followed, Watch, follow, look_at_clock
from baraka_server.live.finding import Finding, labelled
from baraka_server.live.found import FINDERS, found_for
from baraka_server.live.just_done import JustDone
from baraka_server.live.relay import RelayedEntries
from baraka_server.live.taken_back import mark
from baraka_server.store.ends import NewestBid
from baraka_server.store.errors import StoreError
from baraka_server.store.ledger import GENESIS, Tail
from baraka_server.store.locked import Answered, LockedAuction
from baraka_server.store.store import Store, users_in

MISSED_EVENTS_MAX = 1_000


@dataclass(slots=True)
class Committed:
    """The result of a transaction: the state and the record after it, and an outcome for each command.

    `last_seqs` has for each command the last entry that it wrote, 0 for none.
    `entries` are those that this node has not announced, other nodes' among them, and `users` those
    whom they name. `state` and `record` are None where there is no such auction.
    """

    state: State | None
    record: Auction | None
    outcomes: list[Outcome]
    last_seqs: list[int]
    entries: list[LedgerEntry] = field(default_factory=list)
    users: dict[int, User] = field(default_factory=dict)
    just_done: JustDone = field(default_factory=JustDone)
    clock: Followed | None = None
    news: RelayedEntries | None = None
    """The entries that it wrote, for other nodes; None where it wrote none."""


@dataclass(frozen=True, slots=True)
class Known:
    """The knowledge of a node: the state as of its last commit, and the entry that it announced last.

    Each has the hash of its last entry: the ledger may have been replaced by another one (D34).
    """

    state: State | None
    announced_seq: int = 0
    announced_hash: str = GENESIS
    just_done: JustDone = field(default_factory=JustDone)
    clock: Watch | None = None


class Forked(StoreError):
    """The ledger is not the one that this node announced: a restored backup, or a lost commit."""


async def decide_and_write(
    auction: LockedAuction | None, commands: Sequence[Command], known: Known, rules: HouseRules
) -> Committed:
    """Decide `commands` in order on the locked auction, and write what came of them.

    Runs in a transaction and may run again, so it changes nothing but the database. Without commands
    it only sees to it that the ledger has a beginning. Raises `Forked`, and decides nothing, where
    whoever asked was looking at another history, and `Unfollowed`.
    """
    if auction is None:
        refusals = [decide(None, command, rules) for command in commands]
        no: list[Outcome] = [one for one in refusals if isinstance(one, Refusal)]
        return Committed(None, None, no, [0] * len(no))
    now = datetime.now(UTC)
    missed = await _missed(auction, known)
    held = known.state if _has_state(missed, auction.tail, known.state) else None
    base = await _base(auction, held, missed)
    missed = [entry for entry in missed if entry.seq > known.announced_seq]
    users = await auction.users(users_to_read(commands, base) | users_in(missed))
    clock = None
    if known.clock:
        asked = [command.event for command in commands]
        clock = await look_at_clock(auction, base, known.clock, asked, users)
        if clock and not clock.awards:
            commands = [one for one in commands if not isinstance(one.event, AwardByClock)]
    awards = any(
        isinstance(command.event, AwardLot | AwardByClock) or command.event.needs_rows
        for command in commands
    )
    external_changes = await _external_changes(auction, base, held, users, awards=awards)
    if unknown := {one.high.user_id for one in external_changes if one.high} - users.keys():
        users |= await auction.users(unknown)
    answered = await auction.answered(key for command in commands if (key := request_key(command)))

    decided = BatchDecision(
        auction.record.id, base, external_changes, users, rules, now, known.just_done, clock
    )
    finding = Finding(auction, decided.state, tuple(decided.entries), commands)
    decided.find(await found_for(finding, users))
    decided.earlier = {key: (was.fingerprint, _read(was)) for key, was in answered.items()}
    decided.of_maximum = {key: seq for key, was in answered.items() if (seq := _of_maximum(was))}
    decided.maxima = await auction.sealed_by(decided.of_maximum.values())
    for command in commands:
        decided.take(command)
    if commands and not decided.accepted and base.seq == 0:
        decided.forget()  # a refusal is not a reason to begin a ledger
    if unknown := users_in(decided.entries) - users.keys():
        users |= await auction.users(unknown)
    before = auction.tail
    written = await auction.write(decided.entries, base) if decided.entries else []

    state = replace(_with_rows(decided.state, written), hash=auction.tail.hash)
    answers = {entry.seq: accepted(auction.record.id, entry) for entry in written}
    outcomes = [_answer(one, answers) for one in decided.outcomes]
    if answered:
        repeated = {at for at, one in enumerate(commands) if request_key(one) in answered}
        outcomes = await mark(auction, state, outcomes, repeated)
    new = {key: one for key, one in decided.earlier.items() if key not in answered}
    refused = {key.user_id for key, (_, one) in new.items() if isinstance(one, Refusal)}
    full = await auction.users_with_many_requests(refused)
    await auction.remember(
        {
            key: Answered(mark, _kept(_answer(one, answers), decided.of_maximum.get(key)))
            for key, (mark, one) in new.items()
            if not isinstance(one, Refusal) or not (_is_for_now(one) or key.user_id in full)
        },
        now,
    )
    followed = await follow(auction, state, clock, known.clock) if known.clock else None
    return Committed(
        state,
        auction.record,
        outcomes,
        decided.last_seqs,
        missed + written,
        users,
        decided.just_done,
        followed,
        _news(auction, before, written),
    )


def users_to_read(commands: Iterable[Command], state: State | None) -> set[int]:
    """The users whom commands name, with the one whose bid stands and the owner, who says what is told."""
    named = {user_id for one in commands for user_id in (one.user_id, *one.event.named_users)}
    if state is not None:
        named |= {state.owner_id, state.high.user_id if state.high else None}
    return {user_id for user_id in named if user_id is not None}


def _news(
    auction: LockedAuction, before: Tail, written: Sequence[LedgerEntry]
) -> RelayedEntries | None:
    if not written:
        return None
    end = auction.tail
    return RelayedEntries(
        auction.record.id, before.seq, before.hash, end.seq, end.hash, tuple(written)
    )


async def decide_without_lock(
    store: Store, auction_id: int, commands: Sequence[Command], known: Known, rules: HouseRules
) -> Committed | None:
    """The outcomes of hosts' commands of which none changes anything; None where one may.

    They are those of `decide_and_write`: it is looked at whether anything happened elsewhere. What is to
    be remembered, and an award, for which all bids are looked at, need the lock.
    """
    state = known.state
    if state is None or not all(map(_may_need_no_lock, commands)):
        return None
    now = datetime.now(UTC)
    decided = BatchDecision(auction_id, state, (), {}, rules, now, known.just_done)
    for command in commands:
        decided.take(command)
    if decided.entries:
        return None
    record = await store.unlocked(auction_id, lambda auction: _unchanged(auction, state))
    if record is None:
        return None
    outcomes = [one for one in decided.outcomes if not isinstance(one, int)]
    return Committed(state, record, outcomes, decided.last_seqs, just_done=known.just_done)


async def _unchanged(auction: LockedAuction | None, state: State) -> Auction | None:
    """The auction's row, if the ledger ends in `state` and has heard of all that the rows have."""
    if auction is None or (auction.tail.seq, auction.tail.hash) != (state.seq, state.hash):
        return None
    users = await auction.users({state.high.user_id} if state.high else ())
    external_changes = await _external_changes(auction, state, state, users, awards=False)
    return None if external_changes else auction.record


def _may_need_no_lock(command: Command) -> bool:
    is_award = isinstance(command.event, AwardLot)
    finds = type(command.event) in FINDERS
    return command.event.who.is_staff and not (is_award or finds) and request_key(command) is None


async def _missed(auction: LockedAuction, known: Known) -> list[LedgerEntry]:
    """The entries that this node has not announced, or not folded into its state.

    They begin with the last one that this node has, as the ledger has it. Nothing is read where nothing
    happened elsewhere. Raises `Forked`.
    """
    since, tail = known.announced_seq, auction.tail
    if known.state is not None:
        since = min(since, known.state.seq)
    found: list[LedgerEntry] = []
    if since < tail.seq:
        found = await auction.entries_after(max(since - 1, 0), MISSED_EVENTS_MAX)
    if not _has(found, tail, known.announced_seq, known.announced_hash):
        raise Forked
    return found


def _has(found: Sequence[LedgerEntry], tail: Tail, seq: int, hash_: str) -> bool:
    """Whether the ledger has this entry, by what was read of it and by its end."""
    if seq in {0, tail.seq}:
        return seq == 0 or tail.hash == hash_
    return seq < tail.seq and next((e.hash == hash_ for e in found if e.seq == seq), True)


def _has_state(found: Sequence[LedgerEntry], tail: Tail, state: State | None) -> bool:
    return state is not None and _has(found, tail, state.seq, state.hash)


async def _base(
    auction: LockedAuction, known: State | None, missed: Sequence[LedgerEntry]
) -> State:
    """The state at the end of the ledger."""
    if auction.tail.seq == 0:
        return State()
    state = known
    for entry in missed:
        if state is not None and entry.seq > state.seq:
            state = apply(state, entry)
    if state is None or state.seq != auction.tail.seq:  # too much happened elsewhere
        return await auction.state()
    return state


async def _external_changes(
    auction: LockedAuction,
    base: State,
    known: State | None,
    users: Mapping[int, User],
    *,
    awards: bool,
) -> list[ExternalChange]:
    """The events for what another program changed in the rows, which the ledger does not have yet.

    All bids are read before an award, and when this node has not followed the auction so far;
    otherwise when the newest one is not the one that stands, or its user is gone. Behind an entry that
    a newer program wrote the rows are not judged (D55).
    """
    if not base.understood:
        return []
    high = base.high
    lot = lot_of(auction.record)
    followed = known is not None and base.seq > 0
    if awards or not followed or (lot and not _stands(high, auction.newest_bid, users)):
        found = await auction.highest_bid()
        if not same_bid(high, found):
            (high,) = await labelled(auction, base, [found]) if found else (None,)
    row = adopted(auction.record, high)
    if base.seq == 0:
        return [row]
    external_changes: list[ExternalChange] = []
    if row != _as_row(base, high):
        external_changes.append(row)
    same_lot = lot and base.lot and same_name(lot.product, base.lot.product)
    if lot and same_lot and not same_bid(base.high, high):
        external_changes.append(StandingBidChanged(lot, high, base.high))
    return external_changes


def _stands(high: StandingBid | None, newest: NewestBid | None, users: Mapping[int, User]) -> bool:
    """Whether the bid that stands by the ledger is the newest row, and its user is there."""
    if high is None or newest is None:
        return high is None and newest is None
    row = (newest.bid_id, newest.user_id, newest.amount)
    return row == (high.bid_id, high.user_id, high.amount) and high.user_id in users


def _with_rows(state: State, written: Sequence[LedgerEntry]) -> State:
    """The state after events that have their rows by now: the highest bid has an id."""
    if state.high is None or state.high.bid_id:
        return state
    bid_id = next(
        entry.event.bid_id for entry in reversed(written) if isinstance(entry.event, BidPlaced)
    )
    return replace(state, high=replace(state.high, bid_id=bid_id))


def _as_row(state: State, high: StandingBid | None) -> Adopted:
    """The auction's row as the ledger has it, with the bid that stands by the rows."""
    return Adopted(
        state.owner_id,
        state.live,
        state.canceled,
        state.ended,
        state.lot,
        high if state.lot else None,
    )


def _answer(outcome: Outcome | int, answers: Mapping[int, dict[str, Any]]) -> Outcome:
    """The outcome as it is answered, by the answers to the commands that became entries, by seq."""
    if isinstance(outcome, int):
        return answers[outcome]
    if isinstance(outcome, Refusal) and BID_SEQ in outcome.values:
        values = dict(outcome.values)
        bid_id = answers[values.pop(BID_SEQ)]["bidId"]
        return replace(
            outcome, values=values | {"standingBid": values["standingBid"] | {"bidId": bid_id}}
        )
    return outcome


def _is_for_now(refusal: Refusal) -> bool:
    """Whether a refusal is about this program or this socket, not about the auction.

    It is not kept: a repetition of the request is decided anew.
    """
    return refusal.code in {Code.UNAVAILABLE, Code.NOT_JOINED}


def _kept(outcome: Outcome, of_maximum: int | None = None) -> str:
    """The outcome as it is kept; with the entry of the maximum bid that it is about, if it is about one."""
    if isinstance(outcome, Refusal):
        refusal = [outcome.code, outcome.event, dict(outcome.values)]
        return json.dumps({"refused": refusal})
    kept: dict[str, Any] = {"accepted": outcome}
    return json.dumps(kept if of_maximum is None else kept | {"maximum": of_maximum})


def _of_maximum(answered: Answered) -> int | None:
    seq: int | None = json.loads(answered.outcome).get("maximum")
    return seq


def _read(answered: Answered) -> Outcome:
    """The outcome as it was kept; where a newer program kept a reason of its own, one that knows it answers."""
    kept = json.loads(answered.outcome)
    if "refused" in kept:
        code, event, values = kept["refused"]
        try:
            return Refusal(Code(code), event, values)
        except ValueError:
            return Refusal(Code.UNAVAILABLE, event)
    accepted: dict[str, Any] = kept["accepted"]
    return accepted
