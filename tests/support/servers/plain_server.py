"""A Socket.IO server that speaks the guide and nothing else.

No acknowledgements, no `seq`, `round` or `serverTime`, no `auctionState`, no HTTP beside it: as a
server is that was written from the guide alone.
"""

from __future__ import annotations

from typing import Any, Self

import socketio
from aiohttp import web

from baraka_server.contract.client_events import GUIDE_EVENTS
from tests.support.servers.free_port import listen

OWNER = 1
NAMES = {1: "Amina", 2: "Bilal", 3: "Dina"}
TOKENS = {"amina": 1, "bilal": 2, "dina": 3}


class Unacknowledging(socketio.AsyncServer):  # type: ignore[misc]
    """python-socketio acknowledges by itself, with nothing in it; other servers do not."""

    async def _send_packet(self, eio_sid: str, packet: Any) -> None:
        if packet.packet_type != socketio.packet.ACK:
            await super()._send_packet(eio_sid, packet)


class PlainServer:
    def __init__(self, *, empty_acknowledgements: bool = False) -> None:
        self.url = ""
        self.auction: dict[str, Any] = {
            "id": 1,
            "title": "Plain Gold",
            "isLive": False,
            "isEnded": False,
            "isCanceled": False,
            "current_product": None,
        } | dict.fromkeys(("minBidPrice", "bidPrice", "actualPrice"), 0)
        self.bids: list[dict[str, Any]] = []
        self.comments: list[dict[str, Any]] = []
        self.winnings: list[tuple[int, str, int]] = []
        self.late_bid: tuple[int, int] | None = None
        """User and amount of a bid that arrives right before the next award."""
        kind = socketio.AsyncServer if empty_acknowledgements else Unacknowledging
        self._sio = kind(async_mode="aiohttp", always_connect=True)
        self._users: dict[str, int] = {}
        self._room: set[str] = set()
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

    async def _connect(self, sid: str, _environ: object, auth: Any = None) -> None:
        user = TOKENS.get((auth or {}).get("token", ""))
        if user is None:
            await self._refuse(sid, "Invalid or expired token")
            await self._sio.disconnect(sid)
            return
        self._users[sid] = user

    async def _disconnect(self, sid: str, *_: object) -> None:
        self._room.discard(sid)

    def _handler(self, name: str) -> Any:
        async def handle(sid: str, data: dict[str, Any]) -> None:  # None: no acknowledgement
            user = self._users[sid]
            if name in OWNER_ONLY and user != OWNER:
                await self._refuse(sid, "You are not allowed to end the auction")
                return
            await getattr(self, f"_on_{name}")(sid, user, data)

        return handle

    async def _refuse(self, sid: str, message: str) -> None:
        await self._sio.emit("error", {"message": message}, to=sid)

    async def _tell(self, event: str, data: dict[str, Any]) -> None:
        await self._sio.emit(event, data, room="auction_1")

    async def _on_startLiveAuction(self, _sid: str, _user: int, _data: Any) -> None:
        self.auction["isLive"] = True
        await self._sio.emit("auctionStarted", self.auction)

    async def _on_joinAuction(self, sid: str, _user: int, _data: Any) -> None:
        if not self.auction["isLive"]:
            await self._refuse(sid, "Auction has not started yet.")
            return
        await self._sio.enter_room(sid, "auction_1")
        self._room.add(sid)
        await self._tell("userCountUpdate", {"auctionId": 1, "userCount": len(self._room)})

    async def _on_leaveAuction(self, sid: str, _user: int, _data: Any) -> None:
        await self._sio.leave_room(sid, "auction_1")

    async def _on_changeCuurentProduct(self, _sid: str, _user: int, data: Any) -> None:
        prices = {name: data[name] for name in ("minBidPrice", "bidPrice", "actualPrice")}
        self.auction.update(current_product=data["product"], **prices)
        self.bids.clear()
        await self._tell("auction_change_product", {"product": data["product"], **prices})

    async def _on_placeBid(self, sid: str, user: int, data: Any) -> None:
        last = self.bids[0]["bid"] if self.bids else 0
        if data["amount"] <= last:
            await self._refuse(sid, f"Bid must be higher than the current bid ({last})")
            return
        await self._bid(user, data["amount"])

    async def _bid(self, user: int, amount: int) -> None:
        who = {"id": user, "name": NAMES[user]}
        row = {"id": len(self.bids) + 1, "user_id": user, "bid": amount, "user": who}
        self.bids.insert(0, row)
        await self._tell("newBid", {"newBid": row, "auctionBids": self.bids})

    async def _on_comment(self, _sid: str, user: int, data: Any) -> None:
        who = {"id": user, "name": NAMES[user]}
        row = {"id": len(self.comments) + 1, "user": who, "comment": data["comment"]}
        self.comments.append(row)
        await self._tell("newComment", {"newComment": row, "comments": self.comments})

    async def _on_awardingAuction(self, sid: str, _user: int, data: Any) -> None:
        if self.auction["current_product"] is None:
            await self._refuse(sid, "Auction could not be ended.")
            return
        if self.late_bid:
            await self._bid(*self.late_bid)
            self.late_bid = None
        high = self.bids[0] if self.bids else None
        if high:
            self.winnings.append((high["user_id"], data["product"], high["bid"]))
        self.bids, self.comments = [], []
        self.auction.update(current_product=None, minBidPrice=0, bidPrice=0, actualPrice=0)
        winner = high["user"] if high else None
        told = {"auction": self.auction, "winningBid": high, "winningUser": winner}
        await self._tell("auctionEnded", told)

    async def _on_broadCasterLeave(self, _sid: str, _user: int, _data: Any) -> None:
        await self._tell("broadCasterLeft", {"auctionId": 1})

    async def _on_endAuction(self, _sid: str, _user: int, _data: Any) -> None:
        self.auction.update(isLive=False, isEnded=True)
        await self._tell(
            "auctionFinished", {"auctionId": 1, "message": "The auction has been ended."}
        )

    async def _on_cancelAuction(self, _sid: str, _user: int, _data: Any) -> None:
        self.auction.update(isLive=False, isCanceled=True)
        await self._tell(
            "auctionCanceled", {"auctionId": 1, "message": "The auction has been canceled."}
        )


OWNER_ONLY = {name for name, event in GUIDE_EVENTS.items() if event.who.is_staff}
