"""`auction_record`: an auction's row as a record, for tests that need no database."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from baraka_server.contract.records import Auction, AuctionType


def auction_record(auction_id: int, owner_id: int, at: datetime, **columns: Any) -> Auction:
    """An auction that was made `at` and has not begun, but for `columns`."""
    row: dict[str, Any] = {
        "id": auction_id,
        "title": "Friday night",
        "description": "",
        "type": AuctionType.Live,
        "current_product": None,
        "product_description": None,
        "actualPrice": 0,
        "minBidPrice": 0,
        "bidPrice": 0,
        "quantity": 1,
        "expiryDate": at,
        "startDate": None,
        "isLive": False,
        "isExpired": False,
        "isCanceled": False,
        "isEnded": False,
        "image_url": "",
        "user_id": owner_id,
        "winning_user_id": None,
        "category_id": 1,
        "createdAt": at,
        "updatedAt": at,
    }
    return Auction(**row | columns)
