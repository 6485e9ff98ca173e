"""Compares the ledger and the tables of a simulated sale with what its crowd heard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from baraka_cli.simulator.checks.cores import RUNNER_UP, Core, Row
from baraka_cli.simulator.result import Promise
from baraka_server.contract.clock import (
    AuctionClock,
    BiddingPaused,
    BiddingResumed,
    FairWarningGiven,
)
from baraka_server.contract.hammer import BidUndone, LotReopened
from baraka_server.contract.house_rules import HouseRulesChanged
from baraka_server.contract.moderation import CommentRemoved, SlowMode
from baraka_server.contract.server_events import (
    AuctionCanceled,
    AuctionChanged,
    AuctionEntry,
    AuctionFinished,
    AuctionStarted,
    BroadcasterLeft,
    LotAwarded,
    LotChanged,
    NewBid,
    NewComment,
)
from baraka_server.store import audit
from baraka_server.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from baraka_cli.simulator.checks.proof import Proof
    from baraka_server.contract.reports import HistoryEntry
    from baraka_server.store.store import Store

NAMES = {
    "adopted": AuctionChanged.wire_name,
    "started": AuctionStarted.wire_name,
    "canceled": AuctionCanceled.wire_name,
    "ended": AuctionFinished.wire_name,
    "broadcaster_left": BroadcasterLeft.wire_name,
    "bidding_paused": BiddingPaused.wire_name,
    "bidding_resumed": BiddingResumed.wire_name,
    **dict.fromkeys(
        (
            *("user_muted", "user_unmuted", "user_blocked", "user_unblocked", "role_set"),
            *("maximum_set", "maximum_withdrawn", "maxima_opened", "bidder_registered"),
        ),
        AuctionEntry.wire_name,
    ),
}
"""Entries that say nothing but that it happened, and how that was announced."""


async def compare(store: Store, auction_id: int, proof: Proof) -> None:
    """Tell `proof` whether ledger and tables say what was announced, and what does not (D26)."""
    proof.findings[Promise.DATABASE_AGREES].unchecked = ""
    try:
        verdict = await audit.verify(store, auction_id)
        entries = {entry.seq: entry async for entry in audit.history(store, auction_id)}
    except StoreError as error:
        proof.findings[Promise.DATABASE_AGREES].unchecked = f"the database cannot be read: {error}"
        return
    where = f"auction {auction_id}"
    if verdict.alteredEntry is not None:
        altered = verdict.alteredEntry
        proof.findings.broken(
            Promise.DATABASE_AGREES, f"{where}: entry {altered.seq} of the ledger: {altered.reason}"
        )
    for row in verdict.disagreements:
        proof.findings.broken(
            Promise.DATABASE_AGREES, f"{where}: row {row.rowId} of {row.table}: {row.reason}"
        )
    truth = proof.truth(auction_id)
    if not proof.numbered:
        proof.findings[
            Promise.DATABASE_AGREES
        ].unchecked = "announcements have no seq to compare by"
        return
    for seq, heard in sorted(truth.cores.items()):
        entry = entries.get(seq)
        kept = _core(entry, entries) if entry else None
        if kept == heard:
            proof.findings.looked(Promise.DATABASE_AGREES)
        else:
            proof.findings.broken(
                Promise.DATABASE_AGREES,
                f"{where}, number {seq}: {heard} was announced, but the ledger has {kept}",
            )
    unheard = [seq for seq in entries if seq > (truth.known or 0)]
    if unheard:
        proof.findings.broken(
            Promise.DATABASE_AGREES,
            f"{where}: the ledger goes on to number {max(unheard)}, and nobody heard it",
        )


def _core(entry: HistoryEntry, entries: Mapping[int, HistoryEntry]) -> Core:
    data = entry.data
    if not entry.known:
        return (AuctionEntry.wire_name,)
    match entry.kind:
        case "bid":
            return NewBid.wire_name, data["bid_id"], entry.userId, data["amount"]
        case "comment":
            return NewComment.wire_name, data["comment_id"], entry.userId, data["comment"]
        case "standing_bid_changed" if (high := data["high"]) is not None:
            return NewBid.wire_name, high["bid_id"], high["user_id"], high["amount"]
        case "lot_opened" | "lot_repriced" | "standing_bid_changed":
            lot = data["lot"]
            prices = (lot["minimum_price"], lot["start_price"], lot["market_price"])
            return LotChanged.wire_name, lot["product"], *prices
        case "awarded":
            return LotAwarded.wire_name, _row(data["high"])
        case "runner_up_awarded":
            return LotAwarded.wire_name, _row(data["high"]), RUNNER_UP
        case "bid_undone":
            return BidUndone.wire_name, tuple(data["bids"]), _row(data["high"])
        case "lot_reopened":
            back = data.get("bids") or [None]
            standing = tuple(back[-1][:3]) if back[-1] else None
            return LotReopened.wire_name, data["lot"]["product"], standing
        case "house_rules_set":
            rules = data["rules"]
            return HouseRulesChanged.wire_name, rules["registration"], rules["maxima"]
        case "lot_passed":
            return LotAwarded.wire_name, None
        case "user_blocked" if data.get("bids"):
            return BidUndone.wire_name, tuple(data["bids"]), _row(data.get("high"))
        case "clock_started" | "clock_paused" | "clock_resumed":
            runs = entry.kind != "clock_paused"
            return AuctionClock.wire_name, data["ends_ms"] - data["clock_ms"], runs
        case "clock_stopped":
            return AuctionClock.wire_name, None, False
        case "fair_warning":
            return FairWarningGiven.wire_name, data["stage"]
        case "slow_mode_set":
            return SlowMode.wire_name, data["seconds"]
        case "comment_removed":
            return CommentRemoved.wire_name, data["comment_id"]
        case "comment_restored":
            return _posted(data["comment_id"], entries)
    return (NAMES.get(entry.kind, entry.kind),)


def _posted(comment_id: int, entries: Mapping[int, HistoryEntry]) -> Core:
    """The comment that was put back, as it was posted."""
    for entry in entries.values():
        if entry.kind == "comment" and entry.data["comment_id"] == comment_id:
            return NewComment.wire_name, comment_id, entry.userId, entry.data["comment"]
    return (NewComment.wire_name, comment_id)


def _row(bid: Mapping[str, Any] | None) -> Row | None:
    return (bid["bid_id"], bid["user_id"], bid["amount"]) if bid else None
