"""Proof of maximum bids: hashes, and that automatic bids are those that the amounts make (D43)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from baraka_server.domain.acts import RoundActs
from baraka_server.domain.automatic_bids import Maximum, Offer, answers, bid_worked_out, rank
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.events import LedgerEntry, Unknown
from baraka_server.domain.hammer import ActUndone
from baraka_server.domain.maxima import MaximaOpened, MaximumSet, Sealed
from baraka_server.domain.rules.answering import counted, maximum_answers, offer, terms
from baraka_server.domain.state import State


class MaximaProof:
    """Takes the entries of an auction in order, each with the state and the acts before it.

    `known` are the maximum bids by their entries: opened ones as the ledger has them, others as they are
    kept beside it. Where one of a round is not known, or not what was sealed, its automatic bids are not
    judged: that the row is not right is said of the table.

        proof.objection(state, acts, entry)
    """

    def __init__(self, auction_id: int, known: Mapping[int, Sealed]) -> None:
        self._auction_id = auction_id
        self._known = known
        self._hashes: dict[int, dict[int, str]] = {}  # by round and entry
        self._unproved_rounds: set[int] = set()
        self._due: deque[Offer] = deque()
        self._act = 0

    def objection(self, state: State, acts: RoundActs, entry: LedgerEntry) -> str | None:
        """The reason why `entry` cannot follow, as far as it is about maximum bids; None where it can."""
        event = entry.event
        if not state.understood or isinstance(event, Unknown):
            return None
        if self._due:
            return self._pay(entry)
        match event:
            case MaximumSet():
                return self._set(state, entry, event)
            case BidPlaced():
                return self._bid(state, entry, event)
            case ActUndone():
                return _wrongly_undone(state, acts, event)
            case MaximaOpened():
                return self._opened(event)
        return None

    @property
    def owed(self) -> str | None:
        """What the ledger lacks at its end."""
        if not self._due:
            return None
        return f"it is missing: {_answer(self._due[0])}"

    def _pay(self, entry: LedgerEntry) -> str | None:
        due, event = self._due.popleft(), entry.event
        if (
            isinstance(event, BidPlaced)
            and (event.automatic, event.act) == (True, self._act)
            and Offer(entry.user_id or 0, event.amount) == due
        ):
            return None
        return f"it is not what had to follow: {_answer(due)}"

    def _set(self, state: State, entry: LedgerEntry, event: MaximumSet) -> str | None:
        self._hashes.setdefault(entry.round, {})[entry.seq] = event.hash
        sealed = self._known.get(entry.seq)
        place = sealed and (sealed.round, sealed.user_id)
        if (
            sealed is None
            or place != (entry.round, entry.user_id or 0)
            or sealed.hash(self._auction_id) != event.hash
        ):
            self._unproved_rounds.add(entry.round)
        else:
            self._owe(entry, maximum_answers(state, self._known, sealed))
        return None

    def _bid(self, state: State, entry: LedgerEntry, event: BidPlaced) -> str | None:
        by = terms(state)
        if entry.round in self._unproved_rounds or by is None:
            return None
        bid, maxima = Offer(entry.user_id or 0, event.amount), counted(state, self._known)
        if not event.automatic:
            done = bid_worked_out(offer(state.high), bid, maxima, by)
            if done.refused:
                return f"it had to be refused: {_answer(done.bids[0])}"
            self._owe(entry, done.bids[1:])
            return None
        if event.act is not None:
            return "no maximum bid had to answer there"
        if not _raises(bid, maxima):
            return "no maximum bid was equal to a bid that was refused"
        self._owe(entry, answers(bid, maxima, by))
        return None

    def _owe(self, entry: LedgerEntry, bids: tuple[Offer, ...]) -> None:
        self._due.extend(bids)
        self._act = entry.seq

    def _opened(self, event: MaximaOpened) -> str | None:
        hashes = self._hashes.get(event.of_round, {})
        told = {
            one.seq: Sealed(event.of_round, one.user_id, one.amount, one.salt)
            for one in event.maxima
        }
        if told.keys() != hashes.keys():
            return "it opens other maximum bids than were set"
        for seq, sealed in told.items():
            if sealed.hash(self._auction_id) != hashes[seq]:
                return f"the maximum bid of entry {seq} is not the one that was sealed"
        return None


def _raises(bid: Offer, maxima: list[Maximum]) -> bool:
    """Whether this is a whole maximum that only the bidder who was refused may have been above."""
    own = next((one for one in maxima if one.user_id == bid.user_id), None)
    if own is None or own.reach != bid.amount:
        return False
    above = [one for one in maxima if rank(one) < rank(own)]
    return len(above) <= 1


def _wrongly_undone(state: State, acts: RoundActs, event: ActUndone) -> str | None:
    newest = acts.newest
    if newest is None:
        return None
    if event.maximum != newest.set_maximum(state.maxima):
        return "it withdraws another maximum bid than the one of the act"
    if event.against_maximum != state.maxima.of_another(newest.user_id):
        return "it says of the maximum bids of others what was not so"
    return None


def _answer(due: Offer) -> str:
    """Not the amount, which may be sealed."""
    return f"the maximum bid of user {due.user_id} answers here"
