"""Recall of what happened in a sale before the console listened, into its sale book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from baraka_cli.console.records import Comment, moment, paddle_of
from baraka_cli.console.room_order import registered
from baraka_cli.console.sale_book import BIDS_KEPT_MAX, SaleBook
from baraka_server.contract.names import same_name
from baraka_server.contract.text import printable

# What an entry of the ledger is, as `/api/auctions/{id}/history` calls it.
LOT_OPENED, BID = "lot_opened", "bid"
POSTED, REMOVED, RESTORED = "comment", "comment_removed", "comment_restored"
CLEARED_BY = frozenset({"awarded", "runner_up_awarded", "lot_passed"})


def recall(book: SaleBook, history: Sequence[Mapping[str, Any]]) -> None:
    """Take what happened before the console listened: the last entries of the ledger, in order.

    They tell how long the lot is up, and when bids came. Raises `AttributeError`, `KeyError`,
    `TypeError` and `ValueError` for what is not an entry.
    """
    # Of what only a newer server knows nothing is certain.
    history = [entry for entry in history if entry.get("known") is not False]
    bids, opened = [], None
    for entry in history:
        at = moment(entry["at"]) + book.clock_behind
        if who := printable(entry.get("who") or ""):
            own = entry["data"].get("label_paddle") is None  # else it is a label's of the floor
            book.names.hear(entry.get("userId"), who, paddle_of(entry) if own else None)
        registered(book, entry)
        if entry["kind"] == LOT_OPENED:
            opened = (entry["round"], printable(entry["data"]["lot"]["product"]), at)
        if book.first_seq is None or entry["seq"] > book.first_seq:
            continue
        if entry["kind"] == BID:
            bids.append(at)
    if book.lot and opened and opened[0] == book.round and same_name(opened[1], book.lot.product):
        book.lot_since, book.lot_since_known = opened[2], True
    book.bid_times.extendleft(reversed(bids[-BIDS_KEPT_MAX:]))
    if book.role is not None and book.last_hammer is None:
        book.chat.recall(_removed(history))
    book.version += 1


def _removed(history: Sequence[Mapping[str, Any]]) -> list[Comment]:
    """The comments that the history has as removed and that may be put back, oldest first."""
    posted: dict[int, Comment] = {}
    removed: set[int] = set()
    for entry in history:
        kind = entry["kind"]
        if kind in CLEARED_BY:
            posted, removed = {}, set()
        elif kind == POSTED:
            comment = _posted(entry)
            posted[comment.id or 0] = comment
        elif kind == REMOVED:
            removed.add(entry["data"]["comment_id"])
        elif kind == RESTORED:
            removed.discard(entry["data"]["comment_id"])
    return [posted[id_] for id_ in sorted(removed) if id_ in posted]


def _posted(entry: Mapping[str, Any]) -> Comment:
    return Comment(
        entry["data"]["comment_id"],
        entry.get("userId"),
        printable(entry.get("who") or "") or "(no name)",
        printable(entry["data"]["comment"]),
        moment(entry["at"]),
        removed=True,
    )
