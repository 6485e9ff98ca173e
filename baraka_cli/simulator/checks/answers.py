"""Checks replies: what was acknowledged is announced, and what was refused is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from baraka_cli.client.replies import Reply
from baraka_cli.simulator.checks.announcements import Announcements
from baraka_cli.simulator.checks.cores import Core
from baraka_cli.simulator.checks.descriptions import said
from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.checks.refusals import Refusals
from baraka_cli.simulator.result import Promise
from baraka_server.contract.client_events import (
    AwardLot,
    ChangeLot,
    EndAuction,
    PlaceBid,
    PostComment,
)
from baraka_server.contract.clock import (
    AuctionClock,
    BiddingPaused,
    BiddingResumed,
    FairWarning,
    FairWarningGiven,
    PauseBidding,
    PauseClock,
    ResumeBidding,
    ResumeClock,
    StartClock,
    StopClock,
)
from baraka_server.contract.hammer import BidUndone, LotReopened, ReopenLot, UndoBid
from baraka_server.contract.house_rules import HouseRulesChanged, SetHouseRules
from baraka_server.contract.maxima import SetMaximumBid, WithdrawMaximum
from baraka_server.contract.moderation import (
    BlockUser,
    CommentRemoved,
    MuteUser,
    RemoveComment,
    RestoreComment,
    SetSlowMode,
    SlowMode,
    UnblockUser,
    UnmuteUser,
)
from baraka_server.contract.prices import FloorBid
from baraka_server.contract.refusals import Code
from baraka_server.contract.registration import RegisterBidder
from baraka_server.contract.server_events import (
    AuctionEntry,
    AuctionFinished,
    LotAwarded,
    LotChanged,
    NewBid,
    NewComment,
)

ANNOUNCED_AS: dict[str, tuple[str, str]] = {
    PostComment.wire_name: (NewComment.wire_name, "comment"),
    ChangeLot.wire_name: (LotChanged.wire_name, "product"),
    AwardLot.wire_name: (LotAwarded.wire_name, ""),
    EndAuction.wire_name: (AuctionFinished.wire_name, ""),
    UndoBid.wire_name: (BidUndone.wire_name, ""),
    ReopenLot.wire_name: (LotReopened.wire_name, ""),
    StartClock.wire_name: (AuctionClock.wire_name, ""),
    PauseClock.wire_name: (AuctionClock.wire_name, ""),
    ResumeClock.wire_name: (AuctionClock.wire_name, ""),
    StopClock.wire_name: (AuctionClock.wire_name, ""),
    FairWarning.wire_name: (FairWarningGiven.wire_name, "stage"),
    PauseBidding.wire_name: (BiddingPaused.wire_name, ""),
    ResumeBidding.wire_name: (BiddingResumed.wire_name, ""),
    RemoveComment.wire_name: (CommentRemoved.wire_name, "commentId"),
    RestoreComment.wire_name: (NewComment.wire_name, "commentId"),
    SetSlowMode.wire_name: (SlowMode.wire_name, "seconds"),
    MuteUser.wire_name: (AuctionEntry.wire_name, ""),
    UnmuteUser.wire_name: (AuctionEntry.wire_name, ""),
    UnblockUser.wire_name: (AuctionEntry.wire_name, ""),
    FloorBid.wire_name: (NewBid.wire_name, "amount"),
    SetMaximumBid.wire_name: (AuctionEntry.wire_name, ""),
    WithdrawMaximum.wire_name: (AuctionEntry.wire_name, ""),
    RegisterBidder.wire_name: (AuctionEntry.wire_name, ""),
    SetHouseRules.wire_name: (HouseRulesChanged.wire_name, ""),
}
"""Server event for each client event that was done, and the field that both have."""


def announced_as(event: str, answer: Reply) -> tuple[str, str] | None:
    """None for what makes no entry, and where nothing had to be changed."""
    if answer.data.get("changed") is False:
        return None
    if event == BlockUser.wire_name:
        return (BidUndone if answer.data.get("bidIds") else AuctionEntry).wire_name, ""
    return ANNOUNCED_AS.get(event)


@dataclass(slots=True)
class _Made:
    """Counts of bids of one user and amount, by their results."""

    accepted: int = 0
    unknown: int = 0
    refused: int = 0


class Answers:
    """Every command that changes an auction, until what it changed was announced."""

    def __init__(
        self, findings: Findings, announcements: Announcements, refusals: Refusals
    ) -> None:
        self.acknowledged = False
        """Whether any bid was (D20)."""
        self._findings = findings
        self._announcements = announcements
        self._refusals = refusals
        self._made: dict[int, dict[tuple[int, int], _Made]] = {}
        self._bidders: set[int] = set()
        self._awaited: dict[tuple[int, int], str] = {}
        """Commands that were acknowledged, by auction and number, until that number was heard."""
        self._unplaced: Counter[tuple[int, int, int]] = Counter()
        """Auction, user and amount of bids that were acknowledged without a number."""

    def sends_bid(self, user_id: int) -> None:
        """All bids of this user are sent by this crowd."""
        self._bidders.add(user_id)

    def answered_bid(
        self,
        auction_id: int,
        user_id: int,
        payload: Mapping[str, Any],
        answer: Reply,
        *,
        malformed: bool,
    ) -> None:
        """Take the reply to a bid. `malformed` ones must be refused (D12, D16)."""
        amount = payload.get("amount")
        self._count_bid(auction_id, user_id, amount, answer)
        if answer.ok is False:
            self._refusals.look(
                auction_id, PlaceBid.wire_name, payload, answer, malformed=malformed
            )
        elif answer.ok and malformed:
            self._findings.broken(
                Promise.REFUSALS_ARE_RIGHT,
                f"a bid of {amount!r} was accepted",
                dict(answer.data),
            )
        elif answer.ok and isinstance(answer.data.get("seq"), int):
            self.acknowledged = True
            seq, bid_id = answer.data["seq"], answer.data.get("bidId")
            what = f"bid {bid_id} of {amount}, acknowledged with number {seq} of {auction_id}"
            self._awaited[auction_id, seq] = what
            core = (NewBid.wire_name, bid_id, user_id, amount)
            look = partial(self._look_at_acknowledged, auction_id, seq, core, what)
            self._announcements.truth(auction_id).when(seq, look)
        elif answer.data.get("ok") and isinstance(amount, int):
            self.acknowledged = True
            self._unplaced[auction_id, user_id, amount] += 1

    def _count_bid(self, auction_id: int, user_id: int, amount: object, answer: Reply) -> None:
        if not isinstance(amount, int | float) or isinstance(amount, bool):
            return
        made = self._made.setdefault(auction_id, {}).setdefault((user_id, int(amount)), _Made())
        if answer.ok:
            made.accepted += 1
        elif answer.ok is None or answer.code == Code.OUTCOME_UNKNOWN:
            made.unknown += 1
        else:
            made.refused += 1

    def _look_at_acknowledged(self, auction_id: int, seq: int, core: Core, what: str) -> None:
        self._awaited.pop((auction_id, seq), None)
        truth = self._announcements.truth(auction_id)
        if seq <= truth.begins:
            return
        stands = truth.cores.get(seq)
        self._findings.expect(
            Promise.ACKNOWLEDGED_IS_ANNOUNCED,
            stands == core,
            f"{what}, was not announced: that number is {said(stands)}",
        )

    def answered(
        self, auction_id: int, event: str, payload: Mapping[str, Any], answer: Reply
    ) -> None:
        """Take the reply to anything but a bid."""
        if answer.ok is False:
            self._refusals.look(auction_id, event, payload, answer, malformed=False)
        seq, announced = answer.data.get("seq"), announced_as(event, answer)
        if answer.ok and announced is not None and isinstance(seq, int):
            what = f"{event}, acknowledged with number {seq} of {auction_id}"
            self._awaited[auction_id, seq] = what
            look = partial(self._look_at_done, auction_id, seq, announced, payload, what)
            self._announcements.truth(auction_id).when(seq, look)

    def _look_at_done(
        self,
        auction_id: int,
        seq: int,
        announced: tuple[str, str],
        payload: Mapping[str, Any],
        what: str,
    ) -> None:
        self._awaited.pop((auction_id, seq), None)
        truth = self._announcements.truth(auction_id)
        if seq <= truth.begins:
            return
        stands = truth.cores.get(seq)
        name, value = announced
        rightly = stands is not None and stands[0] == name
        if rightly and stands is not None and value:
            rightly = payload.get(value) in stands
        self._findings.expect(
            Promise.ACKNOWLEDGED_IS_ANNOUNCED,
            rightly,
            f"{what}, was not announced: that number is {said(stands)}",
        )

    def finish(self) -> None:
        """Report what was acknowledged and never announced, or announced and never accepted."""
        for auction_id in self._announcements.auctions:
            self._finish_bids(auction_id)
        for (auction_id, seq), what in sorted(self._awaited.items()):
            self._findings.broken(
                Promise.ACKNOWLEDGED_IS_ANNOUNCED,
                f"auction {auction_id}: {what}, never came ({seq})",
            )
        self._finish_unplaced()

    def _finish_bids(self, auction_id: int) -> None:
        made = self._made.get(auction_id, {})
        for (user_id, amount), times in self._announced(auction_id, by_hand=True).items():
            if user_id not in self._bidders:
                continue
            one = made.get((user_id, amount), _Made())
            self._findings.expect(
                Promise.REFUSED_STAYS_REFUSED,
                times <= one.accepted + one.unknown,
                f"auction {auction_id}: a bid of {amount} by user {user_id} was announced "
                f"{times} times; {one.accepted} were accepted, {one.refused} refused",
            )

    def _finish_unplaced(self) -> None:
        for (auction_id, user_id, number), times in sorted(self._unplaced.items()):
            told = self._announced(auction_id)[user_id, number]
            self._findings.expect(
                Promise.ACKNOWLEDGED_IS_ANNOUNCED,
                told >= times,
                f"auction {auction_id}: a bid of {number} by user {user_id} was acknowledged "
                f"{times} times and announced {told} times",
            )

    def _announced(self, auction_id: int, *, by_hand: bool = False) -> Counter[tuple[int, int]]:
        """Counts of announced bids, by user and amount; `by_hand` without those of maxima and of the staff."""
        truth = self._announcements.truth(auction_id)
        left_out = truth.not_by_hand if by_hand else ()
        bids = (row for seq, row in truth.all_bids() if seq not in left_out)
        return Counter((user_id, amount) for _, user_id, amount in bids)
