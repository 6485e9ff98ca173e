"""The six documented records (guide: Database Models).

Field names are the columns' and the wire's own spelling. Times are aware and in UTC; on the wire
they are ISO 8601 with milliseconds (D18).
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from baraka_server.contract.fields import Time


class AuctionType(StrEnum):
    """The guide's enum of auctions. Both types are treated alike."""

    Live = "Live"
    Open = "Open"


class UserType(StrEnum):
    """The guide's enum of users. It gives no rights."""

    Normal = "Normal"
    Expert = "Expert"


class Record(BaseModel):
    """A row in its documented shape."""

    model_config = ConfigDict(frozen=True)


def masked(number: str) -> str:
    """A phone number for other people's eyes: its last two digits (D17)."""
    return "••••••" + number[-2:]


class Category(Record):
    """A row of `categories`."""

    id: int
    name: str
    pic_url: str
    createdAt: Time
    updatedAt: Time


class User(Record):
    """A row of `users`. `otpCode` is never read, and `number` masked for others (D17)."""

    id: int
    name: str
    type: UserType
    category_id: int | None
    number: str
    otpCode: str | None
    createdAt: Time
    updatedAt: Time

    def as_seen_by_others(self, *, whole_number: bool = False) -> User:
        """This user for other people's eyes: never the code, and two digits of the number (D17)."""
        number = self.number if whole_number else masked(self.number)
        return self.model_copy(update={"otpCode": None, "number": number})


class Auction(Record):
    """A row of `Auction`."""

    id: int
    title: str
    description: str
    type: AuctionType
    current_product: str | None
    product_description: str | None
    actualPrice: int
    minBidPrice: int
    bidPrice: int
    quantity: int
    expiryDate: Time
    startDate: Time | None
    isLive: bool
    isExpired: bool
    isCanceled: bool
    isEnded: bool
    image_url: str
    user_id: int | None
    winning_user_id: int | None
    category_id: int
    createdAt: Time
    updatedAt: Time


class Bid(Record):
    """A row of `Auction_bids`."""

    id: int
    auction_id: int
    user_id: int
    bid: int
    createdAt: Time
    updatedAt: Time


class BidWithUser(Bid):
    """A bid and its bidder, as the wire always has it.

    `paddle` is the bidder's number in the auction (D36). `automatic`: the server bid it for the user's
    maximum (D43). `floor`: it was made in the room or by telephone (D40). No other bid has these fields. The
    guide has none of them, nor do its bids.
    """

    user: User
    paddle: int | None = None
    automatic: bool | None = None
    floor: bool | None = None


class Comment(Record):
    """A row of `Auction_comments`."""

    id: int
    auction_id: int
    user_id: int
    comment: str
    createdAt: Time
    updatedAt: Time


class CommentWithUser(Comment):
    """A comment and its author, as the wire always has it."""

    user: User


class AuctionWithLists(Auction):
    """The auction with its relations, as `auctionEnded` carries it."""

    Auction_bids: list[BidWithUser]
    Auction_comments: list[CommentWithUser]


class Winning(Record):
    """A row of `winnings`: one lot that was awarded."""

    id: int
    user_id: int
    auction_id: int | None
    product: str
    price: int
    weight: str | None
    sold: bool
    createdAt: Time
    updatedAt: Time
