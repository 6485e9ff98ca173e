"""Random commands of the model's hosts and bidders, and changes by other programs."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from baraka_server.contract.client_events import (
    AwardLot,
    BroadcasterLeave,
    CancelAuction,
    ChangeLot,
    ClientEvent,
    EndAuction,
    PlaceBid,
    PostComment,
    StartAuction,
)
from baraka_server.contract.hammer import ReopenLot, UndoBid
from tests.live.naive import AMINA, NOBODY

AUCTIONS = (1, 2, 3)
PRODUCTS = ("Ring", "Pearl", "Chain")


@st.composite
def commands(draw: Any) -> tuple[int, ClientEvent]:
    """A random command and its sender.

    The amount of a bid is by how much it is above the highest, below if < 0. The id of a bid is its place
    from the newest, which is 1, and 0 for none that there is; so is the `seq` of an award.
    """
    auction = draw(st.sampled_from(AUCTIONS))
    kind = draw(st.sampled_from(KINDS))
    if kind in LAST and draw(st.integers(0, 4)):
        kind = PlaceBid
    fields: dict[str, Any] = {"auction_id": auction}
    if kind is ChangeLot:
        fields["product"] = draw(st.sampled_from(PRODUCTS))
        fields |= {"minimum_price": draw(st.sampled_from([0, 5, 20]))}
        fields |= {"start_price": 1, "market_price": 2}
    elif kind is AwardLot:
        fields |= {"product": "Lot", "weight": "5g"}
        if draw(st.integers(0, 2)) == 0:
            fields |= {"runner_up": True, "bid_id": draw(st.integers(0, 3))}
    elif kind is UndoBid:
        fields["bid_id"] = draw(st.sampled_from([1, 1, 1, 2, 0]))
    elif kind is ReopenLot:
        fields["award_seq"] = draw(st.sampled_from([1, 1, 1, 0]))
    elif kind is PostComment:
        fields["comment"] = draw(st.sampled_from(["Lovely", "💍", "<b>"]))
    elif kind is PlaceBid:
        fields["amount"] = draw(st.integers(-3, 20))
        fields["round"] = draw(st.sampled_from([None] * 6 + [0, 1, 2, 3]))
    if kind in (PlaceBid, PostComment):
        # Not one id in two auctions at once: which of the two is the first, nobody could say.
        fields["request_id"] = draw(
            st.sampled_from([None] * 4 + [f"{auction} {n}" for n in "abcd"])
        )
    owner_only = kind.who.is_staff and draw(st.integers(0, 5))
    user_id = AMINA if owner_only else draw(st.sampled_from([AMINA, NOBODY] + [2, 3, 4] * 4))
    return user_id, kind.model_construct(**fields)


KINDS: list[type[ClientEvent]] = [
    *[PlaceBid] * 14,
    *[PostComment] * 4,
    *[ChangeLot] * 4,
    *[AwardLot] * 3,
    *[UndoBid] * 3,
    *[ReopenLot] * 2,
    *[StartAuction] * 3,
    BroadcasterLeave,
    CancelAuction,
    EndAuction,
]
LAST = (CancelAuction, EndAuction)

ALTERATIONS = st.sampled_from(
    [
        {"isLive": True},
        {"isLive": True, "current_product": "Brooch", "minBidPrice": 10},
        {"isLive": False},
        {"minBidPrice": 15},
        {"current_product": None},
        {"current_product": " "},
        {"current_product": "Pearl"},
        {"title": "Renamed"},
    ]
)

BATCHES = st.lists(commands(), min_size=1, max_size=10)
NODES = st.integers(0, 1)
