"""Acts of a round: what one person did and all that followed of it, folded from the ledger (D37, D38)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from baraka_server.domain.bid_entries import BidPlaced, StandingBidChanged
from baraka_server.domain.events import Adopted, Awarded, Event, LedgerEntry, LotOpened
from baraka_server.domain.hammer import ActUndone, LotOpenedAgain, RunnerUpAwarded
from baraka_server.domain.lot_entries import LotPassed
from baraka_server.domain.maxima import Maxima, MaximumSet
from baraka_server.domain.moderation import UserBlocked
from baraka_server.domain.parts import StandingBid, same_bid

FOUND = 0
"""The `seq` of an act that no entry tells of: another program wrote the bid."""


@dataclass(frozen=True, slots=True)
class Act:
    """A bid and the automatic bids that followed of it, oldest first. `seq` is that of its own entry.

    `maximum`: it was the setting of a maximum, and all its bids followed of that (D43). `user_id` is whose
    it is; None where the bid was refused and only raised the equal maximum of somebody else.
    """

    seq: int
    bids: tuple[StandingBid, ...]
    maximum: bool = False
    user_id: int | None = None

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(bid.bid_id for bid in self.bids)

    def set_maximum(self, maxima: Maxima) -> int | None:
        """The entry by which the act set a maximum, if that is still the one of its user."""
        if not self.maximum or self.user_id is None:
            return None
        return self.seq if maxima.standing.get(self.user_id) == self.seq else None

    def without(self, ids: Collection[int]) -> Iterator[Act]:
        """What is left of it without some bids. Answers to a bid that is gone are acts of their own."""
        left = [bid for bid in self.bids if bid.bid_id not in ids]
        gone = {bid.user_id for bid in self.bids if bid.bid_id in ids}
        if self.user_id in gone:
            yield from (Act(self.seq, (bid,), user_id=bid.user_id) for bid in left)
        elif left:
            yield replace(self, bids=tuple(left))


class RoundActs:
    """The acts whose bids are on the list, oldest first, and those of the last award until a lot opens.

    Takes the entries of a round in order; entries of other kinds than `KINDS` change nothing. It knows
    the rows only as far as entries tell of them: which bid stands behind an undo is read from the rows.

        acts = RoundActs()
        for entry in entries:
            acts.take(entry)
    """

    KINDS: tuple[type[Event], ...] = (
        Adopted,
        LotOpened,
        MaximumSet,
        BidPlaced,
        StandingBidChanged,
        Awarded,
        RunnerUpAwarded,
        LotPassed,
        ActUndone,
        LotOpenedAgain,
        UserBlocked,
    )

    def __init__(self) -> None:
        self._acts: list[Act] = []
        self._sold: list[Act] = []
        self._set_by: dict[int, int | None] = {}  # the maxima of the round, by their entries
        self._round = 0
        self.meddled = False
        """Whether another program wrote bids in this round: there may be more than entries tell of."""

    @property
    def newest(self) -> Act | None:
        return self._acts[-1] if self._acts else None

    @property
    def bids(self) -> list[StandingBid]:
        """The bids on the list, oldest first."""
        return [bid for act in self._acts for bid in act.bids]

    @property
    def sold(self) -> list[StandingBid]:
        """The bids that were on the list at the last award, oldest first."""
        return [bid for act in self._sold for bid in act.bids]

    def take(self, entry: LedgerEntry) -> None:
        """Take the next entry. Raises `ValueError` for a bid of nobody."""
        match entry.event:
            case BidPlaced() as bid:
                self._place(entry, bid)
            case MaximumSet():
                self._set_by[entry.seq] = entry.user_id
            case LotOpened():
                self._begin()
            case Adopted(lot=lot, high=high):
                if entry.round != self._round:
                    self._begin()
                elif lot is None:
                    self._acts = []
                self._settle(high)
            case StandingBidChanged(high=high):
                self._settle(high)
            case Awarded(high=high) | RunnerUpAwarded(high=high) | LotPassed(high=high):
                self._sell_to(high)
                self._sold, self._acts = self._acts, []
            case ActUndone(bids=ids, high=high):
                self._drop(ids)
                self._settle(high)
            case UserBlocked(bids=ids, high=high) if ids:
                self._drop(ids)
                self._settle(high)
            case LotOpenedAgain(bids=back):
                left_out = {bid.bid_id for bid in self.sold} - {bid.bid_id for bid in back}
                self._acts, self._sold = self._sold, []
                self._drop(left_out)
        self._round = entry.round

    def _begin(self) -> None:
        self._acts, self._sold, self.meddled = [], [], False
        self._set_by.clear()

    def _place(self, entry: LedgerEntry, event: BidPlaced) -> None:
        if entry.user_id is None:
            raise ValueError("a bid has a bidder")
        bid = StandingBid(event.bid_id, entry.user_id, event.amount, entry.at, event.label_paddle)
        newest = self.newest
        if newest is not None and event.act == newest.seq:
            self._acts[-1] = replace(newest, bids=(*newest.bids, bid))
        elif event.act is not None:  # the first one of a maximum
            set_by = self._set_by.get(event.act)
            self._acts.append(Act(event.act, (bid,), maximum=True, user_id=set_by))
        else:
            whose = None if event.automatic else entry.user_id
            self._acts.append(Act(entry.seq, (bid,), user_id=whose))

    def _settle(self, high: StandingBid | None) -> None:
        """Take `high` for the highest row: what is above it was taken away by another program."""
        above = {bid.bid_id for bid in self.bids if high is None or bid.amount > high.amount}
        if above:
            self._drop(above)
        if high is not None and high.bid_id not in {bid.bid_id for bid in self.bids}:
            self._acts.append(Act(FOUND, (high,)))
            self.meddled = True

    def _sell_to(self, high: StandingBid | None) -> None:
        """Take the bid that won for one of the list: a runner-up's may be another program's."""
        if high is not None and high.bid_id not in {bid.bid_id for bid in self.bids}:
            place = sum(act.bids[-1].amount < high.amount for act in self._acts)
            self._acts.insert(place, Act(FOUND, (high,)))

    def _drop(self, ids: Collection[int]) -> None:
        self._acts = [left for act in self._acts for left in act.without(ids)]


def objection(acts: RoundActs, entry: LedgerEntry) -> str | None:
    """The reason why an entry of the hammer cannot follow these acts; None where it can."""
    match entry.event:
        case ActUndone(bids=ids):
            newest = acts.newest
            if newest is None:
                return "there was no bid to take back"
            if sorted(ids) != sorted(newest.ids):
                return f"it takes back {_bids(ids)}, and the newest were {_bids(newest.ids)}"
        case UserBlocked(target_id=user_id, bids=ids) if not acts.meddled:
            theirs = {bid.bid_id for bid in acts.bids if bid.user_id == user_id}
            if theirs != set(ids):
                return f"it takes back {_bids(ids)}, and the user had {_bids(theirs)}"
        case LotOpenedAgain(bids=back):
            known = {bid.bid_id: bid for bid in acts.sold}
            for bid in back:
                if not same_bid(known.get(bid.bid_id), bid):
                    return f"bid {bid.bid_id}, which it brings back, did not stand at the hammer"
            there = {bid.bid_id for bid in back}
            if [bid.bid_id for bid in back] != [bid_id for bid_id in known if bid_id in there]:
                return "it brings the bids back in another order"
        case RunnerUpAwarded(high=high) if not acts.meddled:
            if not any(same_bid(high, bid) for bid in acts.bids):
                return f"it sells to bid {high.bid_id}, which did not stand"
    return None


def _bids(ids: Collection[int]) -> str:
    return f"bid{'s' if len(ids) > 1 else ''} {', '.join(map(str, sorted(ids)))}"
