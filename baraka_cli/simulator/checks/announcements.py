"""Checks announcements: the same for everybody, and each allowed after those before it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from baraka_cli.client.frames import Frame
from baraka_cli.simulator.checks.clocks import Clocks
from baraka_cli.simulator.checks.cores import Core, Row, core_of, rows
from baraka_cli.simulator.checks.descriptions import difference, one_bid, said
from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.checks.maxima import Maxima
from baraka_cli.simulator.checks.people import People
from baraka_cli.simulator.checks.records import Records, differing
from baraka_cli.simulator.checks.registrations import Registrations
from baraka_cli.simulator.checks.truth import PRICES, Moment, Truth
from baraka_cli.simulator.result import Promise
from baraka_server.contract.hammer import BidUndone, LotReopened
from baraka_server.contract.server_events import (
    AuctionChanged,
    AuctionStarted,
    LotAwarded,
    LotChanged,
    NewBid,
    NewComment,
)

CHANGED: Core = (AuctionChanged.wire_name,)
TAKES_BACK = {BidUndone.wire_name, LotReopened.wire_name}
IN_TWO_WORDINGS = {AuctionChanged.wire_name} | TAKES_BACK
"""Events of ours that are followed by the same in the guide's words, with the same number."""
DETAILS = (
    *("round", "serverTime", "message", "clock", "endsAt", "extendSeconds", "windowSeconds"),
    *("award", "reason"),
)
"""What an announcement says beside what it is about, the same for everybody."""


class Announcements:
    """Judge of announcements: keeps one `Truth` for each auction and compares each with it."""

    def __init__(
        self,
        findings: Findings,
        clocks: Clocks,
        people: People,
        maxima: Maxima,
        registrations: Registrations,
    ) -> None:
        self._findings = findings
        self._clocks = clocks
        self._people = people
        self._maxima = maxima
        self._registrations = registrations
        self._truths: dict[int, Truth] = {}
        self.records = Records(findings, self.meddled)
        self._said: dict[tuple[int, int], Mapping[str, Any]] = {}
        """What was said first at a number, beside what it is about."""

    def meddled(self, auction_id: int) -> bool:
        """Whether another program is known to have changed the auction."""
        return self.truth(auction_id).meddled

    def truth(self, auction_id: int) -> Truth:
        truth = self._truths.get(auction_id)
        if truth is None:
            truth = self._truths[auction_id] = Truth(auction_id, partial(self._judge, auction_id))
        return truth

    def told_again(self, frame: Frame) -> bool:
        """Whether the frame says in the guide's words what an event of ours has said."""
        core = self.truth(frame.auction_id or 0).cores.get(frame.seq or 0)
        return core is not None and core[0] in IN_TWO_WORDINGS and frame.name != core[0]

    @property
    def auctions(self) -> list[int]:
        return list(self._truths)

    def look_at_auction(self, frame: Frame) -> None:
        """The auction's row in an announcement: as it was told before, and live when it was started."""
        is_start = frame.name == AuctionStarted.wire_name
        auction = frame.data if is_start else frame.data.get("auction")
        if not isinstance(auction, Mapping) or frame.name == AuctionChanged.wire_name:
            return
        self.records.see_auction(frame.name, auction, frame.text)
        if is_start:
            self._findings.expect(
                Promise.ANNOUNCED_IS_KEPT,
                auction.get("isLive") is not False,
                f"{frame.name}: it says that auction {auction.get('id')} is not live",
                frame.text,
            )

    def place(self, auction_id: int, seq: int, frame: Frame) -> None:
        """Note what stands at `seq`, and look whether everybody was told the same."""
        core = core_of(frame)
        truth = self.truth(auction_id)
        self._note_what_others_did(truth, seq, frame)
        stands = truth.take(seq, core, frame.data)
        if stands[0] in IN_TWO_WORDINGS and core[0] != stands[0]:
            if stands[0] in TAKES_BACK:
                truth.when(seq, partial(self._look_at_guided, truth, seq, frame, stands[-1]))
            return
        if stands != core and not (
            core == (AuctionStarted.wire_name,) and seq <= (truth.known or 0)
        ):
            self._findings.broken(
                Promise.ONE_ORDER,
                f"auction {auction_id}: number {seq} is {said(stands)} for some and "
                f"{said(core)} for others",
                frame.text,
            )
            return
        self._look_at_details(auction_id, seq, frame)
        if frame.name == LotAwarded.wire_name:
            self._look_at_winner(auction_id, seq, frame)
        if (
            "auctionBids" in frame.data
            or "comments" in frame.data
            or frame.name == LotAwarded.wire_name
        ):
            truth.when(seq, partial(self._look_at_lists, truth, seq, frame))

    def _note_what_others_did(self, truth: Truth, seq: int, frame: Frame) -> None:
        """Another program's changes of the auction and of its bids: they are announced, too."""
        if frame.name == CHANGED[0] and isinstance(frame.data.get("auction"), dict):
            truth.changes.setdefault(seq, frame.data["auction"])
        first = truth.cores.get(seq)
        if first is not None and first[0] in TAKES_BACK:
            return
        if "formerBid" in frame.data and isinstance(frame.data.get("auctionBids"), list):
            # Behind an undo an award is refused once, and what stands is told: that is the same bid.
            truth.meddled = truth.meddled or not truth.took_back
            with suppress(KeyError, TypeError):  # its shape was found wrong already
                listed = rows(reversed(frame.data["auctionBids"]), "bid")
                truth.relisted.setdefault(seq, listed)

    def _look_at_details(self, auction_id: int, seq: int, frame: Frame) -> None:
        """Round, time and every field of the new row are the same for everybody."""
        where = f"auction {auction_id}, number {seq}"
        if frame.name == AuctionStarted.wire_name:
            return  # told again to whom it was missed by, with the row as it is by then
        details = {name: frame.data[name] for name in DETAILS if name in frame.data}
        first = self._said.setdefault((auction_id, seq), details)
        self._findings.expect(
            Promise.ONE_ORDER,
            details == first,
            f"{where} has {differing(details, first)} for others",
            frame.text,
        )
        for name in ("newBid", "newComment"):
            row = frame.data.get(name)
            if isinstance(row, dict):
                self.records.see(Promise.ONE_ORDER, where, row, frame.text)

    def _look_at_winner(self, auction_id: int, seq: int, frame: Frame) -> None:
        """Expect the bidder of the winning bid as the winner. `_judge` knows which bid must win."""
        where = f"auction {auction_id}, number {seq}"
        bid, user = frame.data.get("winningBid"), frame.data.get("winningUser")
        bidder = bid.get("user_id") if isinstance(bid, dict) else None
        named = user.get("id") if isinstance(user, dict) else None
        self._findings.expect(
            Promise.AWARD_IS_HIGHEST,
            bidder == named,
            f"{where}: the winning bid is user {bidder}'s, but the winning user is {named}",
            frame.text,
        )
        if not isinstance(bid, dict) or not isinstance(user, dict):
            return
        self.records.see(Promise.AWARD_IS_HIGHEST, f"{where}, winningBid", bid, frame.text)
        self.records.see_user(Promise.AWARD_IS_HIGHEST, f"{where}, winningUser", user, frame.text)
        auction = frame.data.get("auction")
        if isinstance(auction, dict) and "winning_user_id" in auction:
            noted = auction["winning_user_id"]
            self._findings.expect(
                Promise.AWARD_IS_HIGHEST,
                noted == bidder,
                f"{where}: user {bidder} won, but the auction's winning_user_id is {noted}",
                frame.text,
            )

    def _look_at_guided(self, truth: Truth, seq: int, frame: Frame, standing: Row | None) -> None:
        """What was taken back, in the guide's words: the bid that stands with the list, or the lot."""
        if seq <= truth.begins or truth.meddled:
            return
        core, where = core_of(frame), f"auction {truth.auction_id}, number {seq}"
        behind = truth.standing_at(seq)
        if core[0] == NewBid.wire_name:
            self._findings.expect(
                Promise.LISTS_ARE_THE_FOLD,
                core[1:] == standing,
                f"{where}: {said(core)} is told as the one that stands, but it is {one_bid(standing)}",
                frame.text,
            )
            self._look_at_lists(truth, seq, frame)
        elif core[0] == LotChanged.wire_name and behind is not None and behind.lot is not None:
            lot = behind.lot
            there = (lot.product, lot.minimum, lot.start, lot.market)
            self._findings.expect(
                Promise.ANNOUNCED_IS_KEPT,
                core[1:] == there,
                f"{where}: {said(core)} is told to be on the block, and it is {lot.product!r}",
                frame.text,
            )

    def _look_at_lists(self, truth: Truth, seq: int, frame: Frame) -> None:
        if seq <= truth.begins:
            return
        try:
            if frame.name == NewBid.wire_name:
                listed = list(reversed(rows(frame.data["auctionBids"], "bid")))
                self._compare(truth, seq, "bids", listed, truth.bids_at(seq), frame.text)
            elif frame.name == NewComment.wire_name:
                listed = rows(frame.data["comments"], "comment")
                self._compare(truth, seq, "comments", listed, truth.comments_at(seq), frame.text)
            else:
                for name in ("bids", "comments"):
                    self._findings.expect(
                        Promise.LISTS_ARE_THE_FOLD,
                        not frame.data["auction"].get(f"Auction_{name}"),
                        f"auction {truth.auction_id}, number {seq}: {name} stand after the award",
                        frame.text,
                    )
                self._look_at_block(truth, seq, frame)
        except (KeyError, TypeError, AttributeError):
            pass  # its shape was found wrong already

    def _look_at_block(self, truth: Truth, seq: int, frame: Frame) -> None:
        """With an award nothing is on the block any more, and the auction goes on."""
        auction = frame.data["auction"]
        if truth.meddled or truth.changes:
            return  # the row may be as another program made it
        where = f"auction {truth.auction_id}, number {seq}"
        product = auction.get("current_product")
        self._findings.expect(
            Promise.ANNOUNCED_IS_KEPT,
            not (product or "").strip(),
            f"{where}: {product!r} is on the block after the award",
            frame.text,
        )
        self._findings.expect(
            Promise.ANNOUNCED_IS_KEPT,
            auction.get("isLive") is not False,
            f"{where}: the award says that the auction is not live",
            frame.text,
        )
        price = next((name for name in PRICES if auction.get(name)), None)
        self._findings.expect(
            Promise.ANNOUNCED_IS_KEPT,
            price is None,
            f"{where}: {price} is {auction.get(price or '')!r} after the award",
            frame.text,
        )

    def _compare(
        self, truth: Truth, seq: int, name: str, listed: list[Row], folded: list[Row], text: str
    ) -> None:
        self._findings.expect(
            Promise.LISTS_ARE_THE_FOLD,
            listed == folded,
            f"auction {truth.auction_id}, number {seq}: the {name} are "
            f"{difference(listed, folded)} by what was announced",
            text,
        )

    def _judge(self, auction_id: int, seq: int, core: Core, before: Moment) -> None:
        """Judge an announcement by what was said before it."""
        if not self.truth(auction_id).meddled:
            self._clocks.follow(auction_id, seq, core, before)
            self._people.follow(auction_id, seq, core, before)
            self._maxima.follow(auction_id, seq, core, before)
            self._registrations.follow(auction_id, seq, core, before)
        where = f"auction {auction_id}, number {seq}"
        match core:
            case (NewBid.wire_name, _, _, int(amount)) if (
                seq not in self.truth(auction_id).relisted
            ):
                if before.bids:
                    top = before.bids[-1][2]
                    rises = amount > top
                    what = f"{where}: a bid of {amount} was accepted after one of {top}"
                else:
                    rises = before.lot is None or amount >= before.lot.minimum
                    least = before.lot.minimum if before.lot else 0
                    what = f"{where}: a first bid of {amount} is below the minimum of {least}"
                self._findings.expect(Promise.BIDS_RISE, rises, what)
            case (NewBid.wire_name, *row) if not before.bids or tuple(row) != before.bids[-1]:
                truth = self.truth(auction_id)
                self._findings.expect(
                    Promise.LISTS_ARE_THE_FOLD,
                    truth.meddled or not truth.took_back,
                    f"{where}: {said(core)} is told to stand, and nothing made it so",
                )
            case (LotAwarded.wire_name, won, _):
                top = before.bids[-1] if before.bids else None
                self._findings.expect(
                    Promise.AWARD_IS_HIGHEST,
                    won in before.bids and top is not None and won[1] != top[1],
                    f"{where}: awarded to {one_bid(won)} as the runner-up behind {one_bid(top)}",
                )
            case (BidUndone.wire_name, ids, standing):
                left = [row for row in before.bids if row[0] not in ids]
                newest = before.bids[-1][0] if before.bids else None
                may_be = newest in ids or self._people.may_have_gone(auction_id, ids, before.bids)
                self._expect_back(where, standing, left, may_be)
            case (LotReopened.wire_name, _, standing):
                self._expect_back(where, standing, before.hammered, before.lot is None)
            case (LotAwarded.wire_name, won):
                top = before.bids[-1] if before.bids else None
                self._findings.expect(
                    Promise.AWARD_IS_HIGHEST,
                    won == top,
                    f"{where}: awarded to {one_bid(won)}, but the highest is {one_bid(top)}",
                )

    def _expect_back(self, where: str, standing: Row | None, left: list[Row], may_be: bool) -> None:
        """Expect that what was taken back was the last thing, and that what is left stands."""
        top = left[-1] if left else None
        self._findings.expect(
            Promise.LISTS_ARE_THE_FOLD, may_be, f"{where}: what was taken back was not the last"
        )
        self._findings.expect(
            Promise.LISTS_ARE_THE_FOLD,
            standing == top,
            f"{where}: {one_bid(standing)} is said to stand, but what is left is {one_bid(top)}",
        )

    def finish(self) -> None:
        """Nothing may be missing that nobody heard."""
        self.records.finish()
        for auction_id, truth in self._truths.items():
            self._finish_order(auction_id, truth)

    def _finish_order(self, auction_id: int, truth: Truth) -> None:
        missing = truth.missing()
        if missing is not None:
            self._findings.broken(
                Promise.ONE_ORDER, f"auction {auction_id}: number {missing} was heard by nobody"
            )
        elif truth.waiting:
            self._findings.broken(
                Promise.ONE_ORDER,
                f"auction {auction_id}: number {truth.waiting[0]} was told of and not heard",
            )
