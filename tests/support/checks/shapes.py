"""The documented shapes, typed by hand from the guide, so that the code cannot change both sides."""

from __future__ import annotations

import re
from typing import Any

LEDGER = re.compile(r"[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

AUCTION = {
    "id": int,
    "title": str,
    "description": str,
    "type": str,
    "current_product": (str, type(None)),
    "product_description": (str, type(None)),
    "actualPrice": int,
    "minBidPrice": int,
    "bidPrice": int,
    "quantity": int,
    "expiryDate": TIME,
    "startDate": (TIME, type(None)),
    "isLive": bool,
    "isExpired": bool,
    "isCanceled": bool,
    "isEnded": bool,
    "image_url": str,
    "user_id": (int, type(None)),
    "winning_user_id": (int, type(None)),
    "category_id": int,
    "createdAt": TIME,
    "updatedAt": TIME,
}
USER = {
    "id": int,
    "name": str,
    "type": str,
    "category_id": (int, type(None)),
    "number": str,
    "otpCode": (type(None),),
    "createdAt": TIME,
    "updatedAt": TIME,
}
ROW = {"id": int, "auction_id": int, "user_id": int, "createdAt": TIME, "updatedAt": TIME}
BID = ROW | {"bid": int, "user": USER, "paddle": (int, type(None))}
COMMENT = ROW | {"comment": str, "user": USER}
ADDED = {"auctionId": int, "seq": int, "ledger": LEDGER, "serverTime": TIME}

CLOCK = {"clock": (dict, type(None))}
NEXT = CLOCK | {"nextBid": (int, type(None)), "reserveMet": (bool, type(None))}
OWN = {
    "role": (str, type(None)),
    "paddle": (int, type(None)),
    "registered": bool,
    "limit": (int, type(None)),
    "maximum": (int, type(None)),
}

SHAPES: dict[str, dict[str, Any]] = {
    "auctionStarted": AUCTION | ADDED,
    "userCountUpdate": ADDED | {"userCount": int},
    "newComment": ADDED | {"newComment": COMMENT, "comments": [COMMENT]},
    "newBid": ADDED | NEXT | {"newBid": BID, "auctionBids": [BID], "round": int},
    "auctionCanceled": ADDED | {"message": str},
    "auctionFinished": ADDED | {"message": str},
    "auctionEnded": ADDED
    | NEXT
    | {
        "auction": AUCTION | {"Auction_bids": [BID], "Auction_comments": [COMMENT]},
        "winningBid": (BID, type(None)),
        "winningUser": (USER, type(None)),
    },
    "auction_change_product": ADDED
    | NEXT
    | {"product": str, "bidPrice": int, "minBidPrice": int, "actualPrice": int, "round": int},
    "broadCasterLeft": ADDED,
    "auctionState": ADDED
    | NEXT
    | {
        "lot": (type(None),),
        "lotsVersion": int,
        "auction": AUCTION,
        "auctionBids": [BID],
        "auctionComments": [COMMENT],
        "userCount": int,
        "round": int,
        "bidding": str,
        "slowMode": int,
        "registration": str,
        "maxima": bool,
    }
    | OWN,
    "auctionChanged": ADDED | {"auction": AUCTION, "highestBid": (BID, type(None)), "round": int},
    "auctionEntry": ADDED,
    "error": {"message": str, "code": str, "event": str},
}


def assert_shape(payload: Any, shape: Any, path: str = "payload") -> None:
    """Exactly these fields, each of its type: no field more, no field less."""
    if isinstance(shape, tuple):
        shape = shape[-1] if payload is None else shape[0]
    if isinstance(shape, dict):
        assert isinstance(payload, dict), path
        assert payload.keys() == shape.keys(), f"{path}: {payload.keys() ^ shape.keys()}"
        for name, inner in shape.items():
            assert_shape(payload[name], inner, f"{path}.{name}")
    elif isinstance(shape, list):
        assert isinstance(payload, list), path
        for index, item in enumerate(payload):
            assert_shape(item, shape[0], f"{path}[{index}]")
    elif isinstance(shape, re.Pattern):
        assert shape.fullmatch(str(payload)), f"{path}: {payload!r}"
    else:
        assert type(payload) is shape, f"{path}: {payload!r} is no {shape.__name__}"
