"""Contender for comparison: python-socketio on aiohttp with its default options.

It has no rules and no ledger: it only tells everybody of a bid, in payloads of the same fields and
length as ours. The bids are in memory, or, with the URL of a database as its argument, in its table
`Auction_bids`, in a transaction each: the auction's row is locked, the last bid looked at, the new one
inserted. It runs on uvloop, as ours does. It prints its port, and ends with its stdin.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import socketio
import uvloop
from aiohttp import web
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from baraka_server.store import rows as stored
from baraka_server.store.engine import open_engine
from baraka_server.store.tables import bids as bids_table

NOW = "2026-01-01T12:00:00.000Z"
NAMES = ("Bilal", "Dina", "Elias", "Farah", "Ghassan", "Hana", "Idris")

sio = socketio.AsyncServer(async_mode="aiohttp", cors_allowed_origins="*")
wants_lists: dict[str, bool] = {}
rows: dict[int, list[dict[str, Any]]] = {}
engine: AsyncEngine | None = None


def row(auction_id: int, number: int, amount: int) -> dict[str, Any]:
    user_id = 2 + amount % 50
    user = {
        "id": user_id,
        "name": f"{NAMES[amount % len(NAMES)]} {chr(65 + user_id % 25)}.",
        "type": "Normal",
        "category_id": None,
        "number": f"••••••{user_id:02}",
        "otpCode": None,
        "createdAt": NOW,
        "updatedAt": NOW,
    }
    return {
        "id": number,
        "auction_id": auction_id,
        "user_id": user_id,
        "bid": amount,
        "createdAt": NOW,
        "updatedAt": NOW,
        "user": user,
    }


@sio.event
async def connect(sid: str, _environ: dict[str, Any], auth: Any) -> None:
    wants_lists[sid] = not (isinstance(auth, dict) and auth.get("updates") == "delta")


@sio.event
async def disconnect(sid: str, _reason: str) -> None:
    wants_lists.pop(sid, None)


def room(auction_id: int, lists: bool) -> str:
    return f"auction_{auction_id}" + ("" if lists else ":delta")


@sio.on("joinAuction")
async def join(sid: str, data: dict[str, Any]) -> dict[str, Any]:
    await sio.enter_room(sid, room(data["auctionId"], wants_lists[sid]))
    return {"ok": True}


@sio.on("leaveAuction")
async def leave(sid: str, data: dict[str, Any]) -> None:
    await sio.leave_room(sid, room(data["auctionId"], wants_lists[sid]))


@sio.on("startLiveAuction")
async def start(_sid: str, _data: dict[str, Any]) -> dict[str, Any]:
    return {"ok": True}


@sio.on("changeCuurentProduct")
async def change_lot(_sid: str, data: dict[str, Any]) -> dict[str, Any]:
    auction_id = data["auctionId"]
    rows[auction_id] = []
    if engine:
        async with engine.begin() as connection:
            mine = bids_table.c.auction_id == auction_id
            await connection.execute(delete(bids_table).where(mine))
    return {"ok": True}


async def is_inserted(database: AsyncEngine, auction_id: int, amount: int) -> bool:
    last = (
        select(bids_table.c.bid)
        .where(bids_table.c.auction_id == auction_id)
        .order_by(bids_table.c.id.desc())
        .limit(1)
    )
    async with database.begin() as connection:
        auction = await stored.read_auction(connection, auction_id, lock=True)
        highest = (await connection.execute(last)).scalar() or 0
        if auction is None or amount <= highest:
            return False
        values: dict[str, Any] = {"auction_id": auction_id, "user_id": 2, "bid": amount}
        values |= {"createdAt": auction.createdAt, "updatedAt": auction.createdAt}
        await connection.execute(insert(bids_table).values(values))
    return True


@sio.on("placeBid")
async def place_bid(_sid: str, data: dict[str, Any]) -> dict[str, Any]:
    auction_id = data["auctionId"]
    if engine and not await is_inserted(engine, auction_id, data["amount"]):
        return {"ok": False, "code": "bid_too_low"}
    bids = rows.setdefault(auction_id, [])
    new = row(auction_id, len(bids) + 1, data["amount"])
    bids.insert(0, new)
    common = {"auctionId": auction_id, "seq": len(bids), "serverTime": NOW}
    await sio.emit(
        "newBid",
        {"newBid": new, "round": 1, "auctionBids": bids} | common,
        room=room(auction_id, lists=True),
    )
    await sio.emit(
        "newBid", {"newBid": new, "round": 1} | common, room=room(auction_id, lists=False)
    )
    return {"ok": True}


async def main() -> None:
    global engine  # noqa: PLW0603
    if len(sys.argv) > 1:
        engine = open_engine(sys.argv[1], connections_max=10)
    app = web.Application()
    sio.attach(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=4096)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(main())
