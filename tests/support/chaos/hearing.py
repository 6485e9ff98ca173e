"""Checks of what people heard in a sale: in its order, without gaps, and nothing that is not true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.events import LedgerEntry
from baraka_server.store.ledger import ledger_id
from tests.support.chaos.judged import Sale
from tests.support.chaos.people import ODD, Bidder
from tests.support.checks.proof import NOT_NEWS, Told, as_heard, in_all_words


def heard_in_order(sale: Sale) -> Iterator[str]:
    """Every event is of the entry behind the one before it, or of the same; or it is the whole state.

    A reader who is slow is spared bids that the list of a newer one has (D25).
    """
    for one in sale.bidders:
        seq, history = 0, None
        for name, payload in one.phone.events:
            if name in ODD or not payload or payload.get("auctionId") != 1:
                continue
            who = f"user {one.phone.user_id}"
            if name != "auctionState":
                follows = payload["seq"] in {seq, seq + 1}
                if not follows and not _has_all_behind(seq, name, payload, sale.ledger):
                    yield f"{who} heard {name} of {payload['seq']} after {seq}"
            else:
                missed = {told["data"]["seq"] for told in payload.get("missed") or ()}
                whole = set(range(seq + 1, payload["seq"] + 1))
                since = min(missed, default=payload["seq"] + 1)  # it may have asked twice
                complete = missed == set(range(since, payload["seq"] + 1)) >= whole
                if payload.get("missedComplete") and not complete:
                    yield f"{who} was told {sorted(missed)} as all behind {seq}, not {whole}"
                goes_back = payload["seq"] < seq
                if goes_back and (sale.evidence.kept_seq is None or payload["ledger"] == history):
                    yield f"{who} was told a state of {payload['seq']} after {seq}"
            seq, history = payload["seq"], payload.get("ledger")


def _has_all_behind(
    seq: int, name: str, payload: dict[str, Any], ledger: Sequence[LedgerEntry]
) -> bool:
    """Whether all entries between `seq` and an event are bids that are on the list of this event."""
    left_out = [entry.event for entry in ledger[seq : payload["seq"] - 1]]
    listed = {row["id"] for row in payload.get("auctionBids") or ()}
    bids = [one.bid_id for one in left_out if isinstance(one, BidPlaced)]
    is_newer = name == "newBid" and payload["seq"] > seq
    return is_newer and len(bids) == len(left_out) and listed.issuperset(bids)


def heard_what_is_true(sale: Sale) -> Iterator[str]:
    """What was heard is what the ledger has, word for word; after a fail-over since the whole state."""
    words: dict[int, list[Told]] = {}
    ids: dict[int, str] = {}
    lot = None
    for entry in sale.ledger:
        words[entry.seq] = in_all_words(entry, lot)
        ids[entry.seq] = ledger_id(entry.hash)
        lot = getattr(entry.event, "lot", lot)
    for one in sale.bidders:
        was_there = True
        for at, (name, payload) in enumerate(one.phone.events):
            if name in ODD or not payload or payload.get("auctionId") != 1:
                continue
            who, seq = f"user {one.phone.user_id}", payload["seq"]
            is_there = payload.get("ledger") == ids.get(seq)
            if is_there and not was_there and name != "auctionState":
                yield f"{who} heard {name} of {seq} and no state of the history that it is of"
            may_be_lost = one.phone.heard_at[at] < sale.evidence.lost_at
            if was_there and not is_there and not (sale.evidence.kept_seq and may_be_lost):
                yield f"{who} heard {name} of {seq} in a history that is none"
            was_there = is_there
            if not is_there:
                continue
            told = [(name, payload)]
            if name == "auctionState":
                told = [(each["event"], each["data"]) for each in payload.get("missed") or ()]
            for event, data in told:
                if event in NOT_NEWS or event == "auctionStarted":
                    continue
                heard = as_heard(event, data)
                repeats = name == event and _is_repeated(one, at)
                if heard not in words[data["seq"]] and not repeats:
                    yield f"{who} heard {heard}, not {words[data['seq']]}"
        if not was_there:
            yield f"user {one.phone.user_id} is in a history that is none"


def _is_repeated(one: Bidder, at: int) -> bool:
    """Whether it is a whole state once more, in the words of the guide."""
    for name, payload in reversed(one.phone.events[:at]):
        if name == "auctionState":
            return bool(payload["seq"] == one.phone.events[at][1]["seq"])
        if name not in {"auction_change_product", "newBid", *NOT_NEWS}:
            return False
        if name not in NOT_NEWS and payload["seq"] != one.phone.events[at][1]["seq"]:
            return False
    return False
