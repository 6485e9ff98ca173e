"""Conversion between the rules' view of an auction and the documented `Auction` record."""

from __future__ import annotations

from typing import Any

from baraka_server.contract.fields import TEXT_CHARS_MAX
from baraka_server.contract.records import Auction
from baraka_server.domain.events import (
    Adopted,
    Awarded,
    Canceled,
    Ended,
    LedgerEntry,
    LotOpened,
    LotRepriced,
    Started,
)
from baraka_server.domain.hammer import LotOpenedAgain, RunnerUpAwarded
from baraka_server.domain.lot_entries import LotPassed
from baraka_server.domain.parts import FreeText, Lot, StandingBid
from baraka_server.domain.winnings import WinningChanged

NO_LOT: dict[str, Any] = {
    "current_product": None,
    "product_description": None,
    "actualPrice": 0,
    "minBidPrice": 0,
    "bidPrice": 0,
}
"""The columns of an auction with nothing on the block (D14)."""


LEDGERS_COLUMNS = (
    "user_id",
    "isLive",
    "isCanceled",
    "isEnded",
    "current_product",
    "minBidPrice",
    "bidPrice",
    "actualPrice",
    "winning_user_id",
)
"""The columns that the ledger's entries lead to; the others are as their last writer left them."""


def lot_of(record: Auction) -> Lot | None:
    """The lot on the block. A blank product is none: the existing system resets it to that."""
    if not record.current_product or not record.current_product.strip():
        return None
    return Lot(record.current_product, record.minBidPrice, record.bidPrice, record.actualPrice)


def adopted(record: Auction, high: StandingBid | None) -> Adopted:
    """The event that the auction is as its row and its highest bid say."""
    lot = lot_of(record)
    return Adopted(
        owner_id=record.user_id,
        live=record.isLive,
        canceled=record.isCanceled,
        ended=record.isEnded,
        lot=lot,
        high=high if lot else None,
    )


def with_other_columns(record: Auction, row: Auction) -> Auction:
    """`record` with the columns of `row` that no entry of the ledger changes."""
    return row.model_copy(update={name: getattr(record, name) for name in LEDGERS_COLUMNS})


def record_after(record: Auction, entry: LedgerEntry) -> Auction:
    """The record after `entry`. An entry that changes no column returns the same object."""
    changes = {
        name: value
        for name, value in _changes(record, entry).items()
        if getattr(record, name) != value
    }
    return record.model_copy(update={**changes, "updatedAt": entry.at}) if changes else record


def _changes(record: Auction, entry: LedgerEntry) -> dict[str, Any]:
    match entry.event:
        case Started():
            return {"isLive": True}
        case LotOpened(lot=lot, lot_id=int()) as opened:
            return _columns(lot) | {"product_description": _shortened(opened.description)}
        case LotOpened(lot=lot) | LotRepriced(lot=lot):
            return _columns(lot)
        case Awarded(high=None) | LotPassed():
            return NO_LOT
        case (
            Awarded(high=StandingBid(user_id=winner_id))
            | RunnerUpAwarded(high=StandingBid(user_id=winner_id))
        ):
            return {**NO_LOT, "winning_user_id": winner_id}
        case LotOpenedAgain(lot=lot, winner=winner_id) as again:
            restored = {**_columns(lot), "winning_user_id": winner_id}
            if again.lot_id is None:
                return restored
            return restored | {"product_description": _shortened(again.description)}
        case WinningChanged(is_last=True) as changed:
            return {"winning_user_id": changed.last_winner}
        case Canceled():
            return {"isLive": False, "isCanceled": True}
        case Ended():
            return {"isLive": False, "isEnded": True}
        case Adopted() as row:
            return {
                "user_id": row.owner_id,
                "isLive": row.live,
                "isCanceled": row.canceled,
                "isEnded": row.ended,
                **_adopted_columns(record, row.lot),
            }
        case _:
            return {}


def _adopted_columns(record: Auction, lot: Lot | None) -> dict[str, Any]:
    if lot is not None:
        return _columns(lot)
    # A row that has no lot stays as the other program left it; an older view of it loses its lot.
    return NO_LOT if lot_of(record) else {}


def _shortened(description: FreeText | None) -> str | None:
    """The description of a lot as far as the column takes it."""
    return description.text[:TEXT_CHARS_MAX] if description and description.text else None


def _columns(lot: Lot) -> dict[str, Any]:
    return {
        "current_product": lot.product,
        "minBidPrice": lot.minimum_price,
        "bidPrice": lot.start_price,
        "actualPrice": lot.market_price,
    }
