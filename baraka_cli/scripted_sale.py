"""A short sale from a script, told as somebody in the room hears it.

Everything goes through Socket.IO: the cast are ordinary clients, and the narrator prints only what
arrives at a viewer's socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

import socketio
from rich.text import Text

from baraka_server.contract.client_events import (
    AwardLot,
    ChangeLot,
    ClientEvent,
    EndAuction,
    JoinAuction,
    PlaceBid,
    PostComment,
    StartAuction,
)
from baraka_server.contract.server_events import (
    AuctionFinished,
    AuctionStarted,
    Error,
    LotAwarded,
    LotChanged,
    NewBid,
    NewComment,
    UserCountUpdate,
)
from baraka_server.contract.text import printable

ANSWER_SECONDS_MAX = 10
HOST_ID, VIEWER_ID = 1, 2
BIDDER_IDS = (3, 4, 5, 6)

Tell = Callable[[Text], None]
MintToken = Callable[[int], str]


class SaleFailed(Exception):
    """The server refused something that the script needs."""


@dataclass(frozen=True, slots=True)
class ScriptedLot:
    """A lot and what is said about it: bids as (place in the cast, amount), or words."""

    product: str
    weight: str
    minimum: int
    start: int
    market: int
    script: tuple[tuple[int, int | str], ...]


LOTS = (
    ScriptedLot(
        "Gold Ring – 18K",
        "5.2g",
        800,
        1000,
        1400,
        (
            (0, "Good evening! Is it hallmarked?"),
            (0, 800),
            (1, 950),
            (2, 900),  # too low by now: refused
            (2, 1100),
            (3, "Lovely piece 💍"),
            (1, 1250),
            (2, 1300),
        ),
    ),
    ScriptedLot(
        "Silver Necklace – 925",
        "18g",
        300,
        400,
        700,
        ((3, 300), (0, 420), (3, 450), (1, "Out of my league…"), (0, 520)),
    ),
    ScriptedLot("Pearl Earrings", "6g", 900, 1000, 1200, ((2, "Not for me."),)),
)


class Caller:
    """One client of the contract. `emit` returns the acknowledgement."""

    def __init__(self, url: str, token: str) -> None:
        self.client = socketio.AsyncClient()
        self._url = url
        self._token = token

    async def __aenter__(self) -> Self:
        await self.client.connect(self._url, auth={"token": self._token}, transports=["websocket"])
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.disconnect()

    async def emit(self, event: ClientEvent) -> dict[str, Any]:
        payload = event.model_dump(by_alias=True, exclude_none=True)
        answer: dict[str, Any] = await self.client.call(
            event.wire_name, payload, timeout=ANSWER_SECONDS_MAX
        )
        return answer

    async def insist(self, event: ClientEvent) -> None:
        answer = await self.emit(event)
        if not answer.get("ok"):
            raise SaleFailed(f"{event.wire_name}: {answer.get('message')}")


async def hold_sale(
    url: str, auction_id: int, mint: MintToken, tell: Tell, *, pause: timedelta
) -> None:
    """Hold the whole sale; `pause` is the time between two lines of the script."""
    async with AsyncExitStack() as stack:

        async def connected(user_id: int) -> Caller:
            return await stack.enter_async_context(Caller(url, mint(user_id)))

        host, viewer = await connected(HOST_ID), await connected(VIEWER_ID)
        bidders = [await connected(user_id) for user_id in BIDDER_IDS]
        over = _narrate(viewer, bidders, tell)

        await host.insist(StartAuction(auction_id=auction_id))
        for caller in (viewer, *bidders, host):
            await caller.insist(JoinAuction(auction_id=auction_id))
        for lot in LOTS:
            await asyncio.sleep(pause.total_seconds())
            await host.insist(
                ChangeLot(
                    auction_id=auction_id,
                    product=lot.product,
                    minimum_price=lot.minimum,
                    start_price=lot.start,
                    market_price=lot.market,
                )
            )
            for place, line in lot.script:
                await asyncio.sleep(pause.total_seconds())
                said: ClientEvent
                if isinstance(line, int):
                    said = PlaceBid(auction_id=auction_id, amount=line)
                else:
                    said = PostComment(auction_id=auction_id, comment=line)
                await bidders[place].emit(said)
            await asyncio.sleep(pause.total_seconds())
            await host.insist(
                AwardLot(auction_id=auction_id, product=lot.product, weight=lot.weight)
            )
        await asyncio.sleep(pause.total_seconds())
        await host.insist(EndAuction(auction_id=auction_id))
        await asyncio.wait_for(over.wait(), ANSWER_SECONDS_MAX)


async def open_lot(url: str, auction_id: int, mint: MintToken) -> ScriptedLot:
    """Start another auction and leave a lot on its block, for whoever wants to try."""
    lot = LOTS[0]
    async with Caller(url, mint(HOST_ID)) as host:
        await host.insist(StartAuction(auction_id=auction_id))
        await host.insist(
            ChangeLot(
                auction_id=auction_id,
                product=lot.product,
                minimum_price=lot.minimum,
                start_price=lot.start,
                market_price=lot.market,
            )
        )
    return lot


def _narrate(viewer: Caller, bidders: list[Caller], tell: Tell) -> asyncio.Event:
    """Tell what the viewer hears, and what single bidders are refused. Set when the sale is over."""
    over = asyncio.Event()
    highest = 0

    def line(mark: str, style: str, *parts: str | tuple[str, str]) -> None:
        shown = [part if isinstance(part, str) else (printable(part[0]), part[1]) for part in parts]
        tell(Text.assemble((f" {mark} ", style), *shown))

    async def started(auction: dict[str, Any]) -> None:
        line("▶", "bold green", "Live: ", (auction["title"], "bold"))

    async def counted(news: dict[str, Any]) -> None:
        line("◉", "dim", (f"{news['userCount']} in the room", "dim"))

    async def lot_changed(lot: dict[str, Any]) -> None:
        nonlocal highest
        highest = 0
        line(
            "◆",
            "bold magenta",
            "On the block: ",
            (lot["product"], "bold"),
            (f"   start {lot['bidPrice']:,}, minimum {lot['minBidPrice']:,}", "dim"),
        )

    async def bid_placed(news: dict[str, Any]) -> None:
        nonlocal highest
        bid = news["newBid"]
        rise = f"   +{bid['bid'] - highest:,}" if highest else ""
        highest = bid["bid"]
        line(
            "●",
            "bold cyan",
            (f"{bid['bid']:>7,}", "bold cyan"),
            ("  " + bid["user"]["name"], ""),
            (rise, "dim"),
        )

    async def commented(news: dict[str, Any]) -> None:
        comment = news["newComment"]
        line("“", "dim", (comment["user"]["name"], "dim"), ": ", (comment["comment"], "italic"))

    async def awarded(news: dict[str, Any]) -> None:
        if news["winningBid"] is None:
            line("○", "yellow", "Passed: no bids.")
            return
        winner, amount = news["winningUser"]["name"], news["winningBid"]["bid"]
        line("★", "bold yellow", "Sold to ", (winner, "bold yellow"), f" for {amount:,}")

    async def finished(news: dict[str, Any]) -> None:
        line("■", "bold green", (news["message"], ""))
        over.set()

    async def refused(error: dict[str, Any]) -> None:
        line("✗", "red", ("one bidder alone hears: ", "dim"), (error["message"], "red"))

    for name, heard in {
        AuctionStarted.wire_name: started,
        UserCountUpdate.wire_name: counted,
        LotChanged.wire_name: lot_changed,
        NewBid.wire_name: bid_placed,
        NewComment.wire_name: commented,
        LotAwarded.wire_name: awarded,
        AuctionFinished.wire_name: finished,
    }.items():
        viewer.client.on(name, heard)
    for bidder in bidders:
        bidder.client.on(Error.wire_name, refused)
    return over
