"""A host: puts one lot after the other on the block, and awards each when the bidding dries up.

    python examples/python_host.py http://127.0.0.1:3000 1 "$TOKEN" examples/lots.csv

The token must be the one of the auction's owner. Needs `pip install "python-socketio[asyncio_client]"`
and nothing of Baraka.
"""

import argparse
import asyncio
import csv
import sys
import uuid
from pathlib import Path

import socketio

ANSWER_SECONDS_MAX = 5


class Host:
    def __init__(self, auction_id, quiet_seconds):
        self.auction_id = auction_id
        self.quiet_seconds = quiet_seconds
        self.is_live = False
        self.highest = None  # the bid that leads, as the server tells of it
        self.bid_placed = asyncio.Event()
        self.socket = socketio.AsyncClient()
        self.socket.on("connect", self.on_connect)
        self.socket.on("auction_change_product", self.on_lot)
        self.socket.on("newBid", self.on_bid)
        self.socket.on("newComment", self.on_comment)
        self.socket.on("auctionEnded", self.on_award)
        self.socket.on("error", self.on_error)

    async def hold(self, lots):
        await self.send("startLiveAuction")
        self.is_live = True
        await self.enter()
        for lot in lots:
            await self.send(
                "changeCuurentProduct",
                product=lot["product"],
                minBidPrice=whole(lot["minimum"]),
                bidPrice=whole(lot["start"]),
                actualPrice=whole(lot["market"]),
            )
            await self.award(lot)
        await self.send("endAuction")
        print("The sale is over.")

    async def enter(self):
        state = await self.send("joinAuction")
        bids = state["auctionBids"]
        self.highest = bids[0] if bids else None

    async def award(self, lot):
        """Award the lot to the bid that we know of. Another one that came meanwhile keeps it open."""
        is_awarded = False
        while not is_awarded:
            await self.until_quiet()
            answer = await self.send(
                "awardingAuction",
                but="other_bid_leads",
                product=lot["product"],
                weight=lot.get("weight") or "",
                bidId=self.highest["id"] if self.highest else 0,
            )
            is_awarded = answer["ok"]

    async def until_quiet(self):
        while True:
            self.bid_placed.clear()
            try:
                await asyncio.wait_for(self.bid_placed.wait(), self.quiet_seconds)
            except TimeoutError:
                return

    async def send(self, event, but=None, **fields):
        """The answer to an event, which is sent until one comes; `but` is a refusal that may be.

        The id makes it one request, however often the connection is lost.
        """
        request = {"auctionId": self.auction_id, "requestId": uuid.uuid4().hex, **fields}
        while True:
            try:
                answer = await self.socket.call(event, request, timeout=ANSWER_SECONDS_MAX)
            except socketio.exceptions.SocketIOError:
                await asyncio.sleep(1)
                continue
            if not answer["ok"] and answer["code"] != but:
                sys.exit(f"{event} was refused: {answer['message']}")
            return answer

    async def on_connect(self):
        if self.is_live:  # again: rooms do not outlive a connection
            await self.enter()
            print("Back in the room.")
            self.bid_placed.set()  # there may have been some: it is not quiet yet

    async def on_lot(self, lot):
        self.highest = None
        print(f"On the block: {lot['product']}, minimum {lot['minBidPrice']}")

    async def on_bid(self, news):
        self.highest = news["newBid"]
        print(f"  {self.highest['bid']} by {self.highest['user']['name']}")
        self.bid_placed.set()

    async def on_comment(self, news):
        print(f"  {news['newComment']['user']['name']}: {news['newComment']['comment']}")

    async def on_award(self, news):
        winner = news["winningUser"]
        print(
            f"★ Sold to {winner['name']} for {news['winningBid']['bid']}" if winner else "Passed."
        )

    async def on_error(self, error):
        print(f"Refused: {error['message']}")


def whole(text):
    """An amount in plain digits. int() would also read 1_500, and a decimal comma has two meanings."""
    if not (text.isascii() and text.isdigit()):
        sys.exit(f"'{text}' is not a whole number in plain digits")
    return int(text)


async def main():
    arguments = argparse.ArgumentParser(description="Hold a sale of the lots in a file.")
    arguments.add_argument("url")
    arguments.add_argument("auction", type=int)
    arguments.add_argument("token")
    arguments.add_argument("lots", type=Path, help="CSV: product,weight,minimum,start,market")
    arguments.add_argument(
        "--quiet", type=float, default=10, help="seconds without a bid after which a lot is awarded"
    )
    given = arguments.parse_args()
    with given.lots.open(newline="", encoding="utf-8-sig") as file:
        lots = list(csv.DictReader(file))

    host = Host(given.auction, given.quiet)
    await host.socket.connect(given.url, auth={"token": given.token})
    try:
        await host.hold(lots)
    finally:
        await host.socket.disconnect()


if __name__ == "__main__":
    asyncio.run(main())
