"""`GuideScreen`: what an app shows that was written by the guide alone, from the official client's events.

It reads the fields that the guide documents and no others, as the guide's own examples do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.clients.phones import Phone

DOCUMENTED = {
    "auction_change_product": ("product", "bidPrice", "minBidPrice", "actualPrice"),
    "newBid": ("newBid", "auctionBids"),
    "newComment": ("newComment", "comments"),
    "auctionEnded": ("auction", "winningBid", "winningUser"),
    "auctionFinished": ("auctionId", "message"),
    "auctionCanceled": ("auctionId", "message"),
}


@dataclass(frozen=True)
class Shown:
    """The screen: product and price, the bids newest first, the last winner, the lines of the chat."""

    product: str = ""
    price: int = 0
    bids: tuple[tuple[str, int], ...] = ()
    winner: tuple[str, int] | None = None
    chat: tuple[str, ...] = ()


class GuideScreen:
    """The screen of one phone, which follows what the phone hears."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone

    @property
    def shown(self) -> Shown:
        shown = Shown()
        for name, payload in list(self.phone.events):
            shown = after(shown, name, payload)
        return shown

    async def shows(self, **expected: Any) -> Shown:
        """Wait until the screen shows this."""

        def is_there() -> bool:
            there = self.shown
            return all(getattr(there, name) == value for name, value in expected.items())

        try:
            await self.phone.until(is_there, "the screen")
        except AssertionError:
            raise AssertionError(f"{expected} is not shown, but {self.shown}") from None
        return self.shown


def after(shown: Shown, name: str, payload: dict[str, Any]) -> Shown:
    """The screen after one more event, of which it reads the documented fields."""
    told = {field: payload[field] for field in DOCUMENTED.get(name, ()) if field in payload}
    bids, winner, chat = shown.bids, shown.winner, shown.chat
    match name:
        case "auction_change_product":
            return Shown(told["product"], told["bidPrice"], bids, None, chat)
        case "newBid":
            listed = tuple((row["user"]["name"], row["bid"]) for row in told["auctionBids"])
            return Shown(shown.product, told["newBid"]["bid"], listed, winner, chat)
        case "newComment":
            lines = tuple(row["comment"] for row in told["comments"])
            return Shown(shown.product, shown.price, bids, winner, lines)
        case "auctionEnded":
            user, bid = told["winningUser"], told["winningBid"]
            won = (user["name"], bid["bid"]) if user and bid else None
            product = told["auction"]["current_product"] or ""
            return Shown(product, told["auction"]["bidPrice"], (), won, ())
    return shown
