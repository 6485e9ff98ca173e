"""A server that speaks the guide alone, rightly; and wrongly, in one way or several, where told to.

As `plain_server` it has no acknowledgements, no `seq` and no HTTP. It holds several auctions and
verifies JSON web tokens, and it keeps to what the guide and the decisions ask of the plainest server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

import jwt
from aiohttp import web

from baraka_server.contract.client_events import GUIDE_EVENTS
from baraka_server.contract.refusals import COULD_NOT_BE_ENDED, TEXTS, Code, Refusal
from baraka_server.contract.vocabulary import parse
from tests.support.servers.baraka import SECRET
from tests.support.servers.free_port import listen
from tests.support.servers.plain_server import Unacknowledging

OWNER = 1
USERS = range(1, 61)
AUCTIONS = (1, 2)
STACK = "TypeError: x is undefined\n at /app/gateway.ts:7"
PRICES = ("minBidPrice", "bidPrice", "actualPrice")


class Wrong(StrEnum):
    """What a server may do wrong; the values are for people who read a test."""

    SELLS_TWICE = "an award does not clear the block"
    CANCELS_TWICE = "a canceled auction can be canceled"
    ENDS_TWICE = "an ended auction can be ended"
    RESTARTS_ENDED = "an ended auction can be started"
    RESTARTS_CANCELED = "a canceled auction can be started"
    START_CLEARS = "a second start clears the block"
    OWNER_BIDS = "the owner may bid"
    EARLY_BIDS = "a bid is taken before the start"
    UNJOINED_BIDS = "a bid is taken from outside the room"
    LATE_BIDS = "a bid is taken after the end"
    LOW_BIDS = "the minimum is not looked at"
    EQUAL_BIDS = "a bid may equal the last one"
    LOWER_BIDS = "a bid may be lower than the last one"
    BIDS_ON_NOTHING = "a bid is taken with nothing on the block"
    OTHER_NAMES = "the payload says who bids"
    UNKNOWN_USERS = "users who do not exist may bid"
    EXPIRED = "the end of a token is not looked at"
    FORGED = "signatures are not verified"
    UNSIGNED = "alg: none is taken"
    ENDLESS = "a token needs no end"
    NAMELESS = "a token needs no user"
    NO_TOKEN = "a token is not needed"
    WORDLESS = "who is refused is not told why"
    STAYS_OPEN = "who is refused is not disconnected"
    SERVES_REFUSED = "who is refused is served before the connection is closed"
    COUNTS_GHOSTS = "who is cut off is counted on"
    TAKES_MALFORMED = "payloads are not looked at"
    THROWS_OUT = "a malformed payload closes the connection"
    SAYS_NOTHING = "a malformed payload is not answered"
    SHOWS_INSIDES = "a malformed payload is answered with a stack trace"
    ANYBODY_STARTS = "anybody may start"
    ANYBODY_SELLS = "anybody may award"
    ANYBODY_ENDS = "anybody may end"


@dataclass
class Auction:
    id: int
    live: bool = False
    ended: bool = False
    canceled: bool = False
    product: str | None = None
    prices: dict[str, Any] = field(default_factory=dict)
    bids: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    inside: set[str] = field(default_factory=set)
    ghosts: int = 0
    winner: int | None = None

    @property
    def room(self) -> str:
        return f"auction_{self.id}"

    def told(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "title": f"Gold {self.id}",
            "description": "",
            "type": "Live",
            "current_product": self.product,
            "product_description": None,
            **{name: self.prices.get(name, 0) for name in PRICES},
            "quantity": 1,
            "expiryDate": BEGAN,
            "startDate": None,
            "image_url": "",
            "isLive": self.live,
            "isExpired": False,
            "isCanceled": self.canceled,
            "isEnded": self.ended,
            "user_id": OWNER,
            "winning_user_id": self.winner,
            "category_id": 1,
            "createdAt": BEGAN,
            "updatedAt": now(),
        }


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


BEGAN = now()


def user_told(user_id: int) -> dict[str, Any]:
    """A user as others see one."""
    return {
        "id": user_id,
        "name": f"User {user_id}",
        "type": "Normal",
        "category_id": None,
        "number": "••••••42",
        "otpCode": None,
        "createdAt": BEGAN,
        "updatedAt": BEGAN,
    }


class Refused(Exception):
    pass


class GuideServer:
    """`async with GuideServer(Wrong.SELLS_TWICE) as server:`"""

    def __init__(self, *wrong: Wrong) -> None:
        self.url = ""
        self.wrong = set(wrong)
        self.auctions = {number: Auction(number) for number in AUCTIONS}
        self._ids = 0
        self._acted: dict[str, asyncio.Event] = {}
        """Of those who are served before they are refused: set once their bid was taken."""
        self._users: dict[str, int] = {}
        self._sio = Unacknowledging(async_mode="aiohttp", always_connect=True)
        self._sio.on("connect", self._connect)
        self._sio.on("disconnect", self._disconnect)
        for name in GUIDE_EVENTS:
            self._sio.on(name, self._handler(name))

    async def __aenter__(self) -> Self:
        app = web.Application()
        self._sio.attach(app)
        self._runner, self.url = await listen(app)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._sio.shutdown()
        await self._runner.cleanup()

    # --- who is there

    def _identity(self, token: Any) -> int | None:
        """Whose the token is; None where it is refused."""
        try:
            kind = jwt.get_unverified_header(token).get("alg")
            verify = Wrong.FORGED not in self.wrong and kind != "none"
            if kind == "none" and Wrong.UNSIGNED not in self.wrong:
                return None
            claims = jwt.decode(
                token,
                SECRET,
                algorithms=["HS256"],
                options={
                    "verify_signature": verify,
                    "verify_exp": Wrong.EXPIRED not in self.wrong,
                    "require": [] if Wrong.ENDLESS in self.wrong else ["exp"],
                },
            )
            return int(claims["sub"])
        except (jwt.PyJWTError, ValueError):
            return None
        except KeyError:
            return 0 if Wrong.NAMELESS in self.wrong else None

    async def _connect(self, sid: str, _environ: object, auth: Any = None) -> None:
        token = (auth or {}).get("token")
        user = self._identity(token) if token else None
        if not token and Wrong.NO_TOKEN in self.wrong:
            user = 0
        if user is not None:
            self._users[sid] = user
            return
        if Wrong.SERVES_REFUSED in self.wrong:
            claims = jwt.decode(token or "", options={"verify_signature": False})
            self._users[sid] = int(claims["sub"])
            self._acted[sid] = asyncio.Event()
            self._sio.start_background_task(self._turn_away, sid, Code.INVALID_TOKEN)
            return
        await self._turn_away(sid, Code.INVALID_TOKEN if token else Code.NO_TOKEN)

    async def _turn_away(self, sid: str, code: Code) -> None:
        if Wrong.SERVES_REFUSED in self.wrong:
            await self._acted[sid].wait()
        if Wrong.WORDLESS not in self.wrong:
            await self._sio.emit("error", {"message": TEXTS[code]}, to=sid)
        if Wrong.STAYS_OPEN not in self.wrong:
            await self._sio.disconnect(sid)

    async def _disconnect(self, sid: str, *_: object) -> None:
        for auction in self.auctions.values():
            if sid in auction.inside:
                auction.inside.discard(sid)
                auction.ghosts += Wrong.COUNTS_GHOSTS in self.wrong
                await self._count(auction)

    async def _count(self, auction: Auction) -> None:
        count = len(auction.inside) + auction.ghosts
        await self._tell(auction, "userCountUpdate", auctionId=auction.id, userCount=count)

    async def _tell(self, at: Auction, event: str, /, **data: Any) -> None:
        await self._sio.emit(event, data, room=at.room)

    # --- what is asked

    def _handler(self, name: str) -> Callable[..., Any]:
        async def handle(sid: str, data: Any = None) -> None:
            if sid not in self._users:
                return
            try:
                auction, data = self._read(name, data)
                await getattr(self, f"_on_{name}")(sid, self._users[sid], auction, data)
                if sid in self._acted and name == "placeBid":
                    self._acted[sid].set()
            except Refused as refused:
                if str(refused) == "hang up":
                    await self._sio.disconnect(sid)
                elif str(refused):
                    await self._sio.emit("error", {"message": str(refused)}, to=sid)

        return handle

    def _read(self, name: str, data: Any) -> tuple[Auction, dict[str, Any]]:
        """Raises `Refused` for what the guide does not allow."""
        parsed = parse(name, (data,))
        if isinstance(parsed, Refusal):
            if Wrong.TAKES_MALFORMED in self.wrong and isinstance(data, dict):
                data = {"auctionId": 1, "amount": 1, "comment": "", "product": "", **data}
                prices = dict.fromkeys(PRICES, 0)
                return self.auctions[1], prices | data
            if Wrong.THROWS_OUT in self.wrong:
                raise Refused("hang up")
            if Wrong.SAYS_NOTHING in self.wrong:
                raise Refused("")
            insides = Wrong.SHOWS_INSIDES in self.wrong
            raise Refused(STACK if insides else parsed.message)
        auction = self.auctions.get(data["auctionId"])
        if auction is None:
            raise Refused(TEXTS[Code.AUCTION_NOT_FOUND])
        return auction, data

    def _needs_owner(self, user: int, text: str, but: Wrong | None = None) -> None:
        if user != OWNER and but not in self.wrong:
            raise Refused(text)

    async def _on_startLiveAuction(self, _sid: str, user: int, at: Auction, _data: Any) -> None:
        self._needs_owner(user, "Unauthorized or Auction not found", Wrong.ANYBODY_STARTS)
        if at.ended and Wrong.RESTARTS_ENDED not in self.wrong:
            raise Refused(TEXTS[Code.ALREADY_ENDED])
        if at.canceled and Wrong.RESTARTS_CANCELED not in self.wrong:
            raise Refused(TEXTS[Code.ALREADY_CANCELED])
        if Wrong.START_CLEARS in self.wrong:
            at.bids, at.product = [], None
        at.live = True
        await self._sio.emit("auctionStarted", at.told())

    async def _on_joinAuction(self, sid: str, _user: int, at: Auction, _data: Any) -> None:
        self._needs_live(at)
        await self._sio.enter_room(sid, at.room)
        at.inside.add(sid)
        await self._count(at)

    async def _on_leaveAuction(self, sid: str, _user: int, at: Auction, _data: Any) -> None:
        await self._sio.leave_room(sid, at.room)
        at.inside.discard(sid)
        await self._count(at)

    def _needs_live(self, at: Auction) -> None:
        if not at.live:
            raise Refused(TEXTS[Code.NOT_LIVE])

    async def _on_comment(self, _sid: str, user: int, at: Auction, data: Any) -> None:
        self._needs_live(at)
        row = self._row(at, user, comment=data["comment"])
        at.comments.append(row)
        await self._tell(at, "newComment", newComment=row, comments=at.comments)

    async def _on_placeBid(self, sid: str, user: int, at: Auction, data: Any) -> None:
        self._look_at_bidder(sid, user, at)
        if at.product is None and not self._takes(at):
            raise Refused(TEXTS[Code.NO_LOT])
        self._look_at_amount(at, data["amount"])
        if Wrong.OTHER_NAMES in self.wrong:
            user = data.get("userId", user)
        row = self._row(at, user, bid=data["amount"])
        at.bids.insert(0, row)
        await self._tell(at, "newBid", newBid=row, auctionBids=at.bids)

    def _takes(self, at: Auction) -> bool:
        """Whether it takes a bid where none is due."""
        early = not at.live and not at.ended and Wrong.EARLY_BIDS in self.wrong
        late = at.ended and Wrong.LATE_BIDS in self.wrong
        return early or late or (at.live and Wrong.BIDS_ON_NOTHING in self.wrong)

    def _look_at_bidder(self, sid: str, user: int, at: Auction) -> None:
        if not at.live and not self._takes(at):
            raise Refused(TEXTS[Code.NOT_LIVE])
        if user not in USERS and Wrong.UNKNOWN_USERS not in self.wrong:
            raise Refused(TEXTS[Code.USER_NOT_FOUND])
        if user == OWNER and Wrong.OWNER_BIDS not in self.wrong:
            raise Refused(TEXTS[Code.OWNER_BID])
        outside = sid not in at.inside and not self._takes(at)
        if outside and Wrong.UNJOINED_BIDS not in self.wrong:
            raise Refused(TEXTS[Code.NOT_JOINED])

    def _look_at_amount(self, at: Auction, amount: Any) -> None:
        if not isinstance(amount, int):
            return
        least = at.prices.get("minBidPrice", 0)
        if not at.bids and amount < least and Wrong.LOW_BIDS not in self.wrong:
            raise Refused(f"Bid must be at least the minimum bid ({least})")
        last = at.bids[0]["bid"] if at.bids else -1
        equal = amount == last and Wrong.EQUAL_BIDS in self.wrong
        lower = amount < last and Wrong.LOWER_BIDS in self.wrong
        if amount <= last and not (equal or lower):
            raise Refused(f"Bid must be higher than the current bid ({last})")

    async def _on_changeCuurentProduct(self, _sid: str, user: int, at: Auction, data: Any) -> None:
        self._needs_owner(user, COULD_NOT_BE_ENDED)
        self._needs_live(at)
        at.product, at.bids = data["product"], []
        at.prices = {name: data[name] for name in PRICES}
        await self._tell(at, "auction_change_product", product=at.product, **at.prices)

    async def _on_awardingAuction(self, _sid: str, user: int, at: Auction, _data: Any) -> None:
        self._needs_owner(user, "You are not allowed to end the auction", Wrong.ANYBODY_SELLS)
        if not at.live or at.product is None:
            raise Refused(COULD_NOT_BE_ENDED)
        high = at.bids[0] if at.bids else None
        at.winner = high["user_id"] if high else at.winner
        if Wrong.SELLS_TWICE not in self.wrong:
            at.product, at.bids, at.comments, at.prices = None, [], [], {}
        auction = at.told() | {"Auction_bids": [], "Auction_comments": []}
        winner = high["user"] if high else None
        await self._tell(at, "auctionEnded", auction=auction, winningBid=high, winningUser=winner)

    async def _on_broadCasterLeave(self, _sid: str, user: int, at: Auction, _data: Any) -> None:
        self._needs_owner(user, TEXTS[Code.NOT_OWNER])
        await self._tell(at, "broadCasterLeft", auctionId=at.id)

    async def _on_endAuction(self, _sid: str, user: int, at: Auction, _data: Any) -> None:
        self._needs_owner(user, "You are not allowed to end the auction", Wrong.ANYBODY_ENDS)
        if at.ended and Wrong.ENDS_TWICE not in self.wrong:
            raise Refused(TEXTS[Code.ALREADY_ENDED])
        at.live, at.ended = False, True
        message = "The auction has been ended."
        await self._tell(at, "auctionFinished", auctionId=at.id, message=message)

    async def _on_cancelAuction(self, _sid: str, user: int, at: Auction, _data: Any) -> None:
        self._needs_owner(user, "You are not allowed to cancel this auction!")
        if at.canceled and Wrong.CANCELS_TWICE not in self.wrong:
            raise Refused(TEXTS[Code.ALREADY_CANCELED])
        at.live, at.canceled = False, True
        message = "The auction has been canceled."
        await self._tell(at, "auctionCanceled", auctionId=at.id, message=message)

    def _row(self, at: Auction, user: int, **value: Any) -> dict[str, Any]:
        self._ids += 1
        row = {"id": self._ids, "auction_id": at.id, "user_id": user, "user": user_told(user)}
        return row | value | {"createdAt": now(), "updatedAt": now()}
