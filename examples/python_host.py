"""A host: puts one lot after the other on the block, and awards each when the bidding dries up.

    python examples/python_host.py http://127.0.0.1:3000 1 "$TOKEN" examples/lots.csv

The token must be the one of the auction's owner. Needs `pip install "python-socketio[asyncio_client]"`
and nothing of Baraka.
"""

import argparse
import asyncio
import csv
import sys
from pathlib import Path

import socketio


class Host:
    def __init__(self, auction_id, quiet_seconds):
        self.auction_id = auction_id
        self.quiet_seconds = quiet_seconds
        self.bid_placed = asyncio.Event()
        self.socket = socketio.AsyncClient()
        self.socket.on("auction_change_product", self.on_lot)
        self.socket.on("newBid", self.on_bid)
        self.socket.on("newComment", self.on_comment)
        self.socket.on("auctionEnded", self.on_award)
        self.socket.on("error", self.on_error)

    async def hold(self, lots):
        await self.ask("startLiveAuction")
        await self.ask("joinAuction")
        for lot in lots:
            await self.ask(
                "changeCuurentProduct",
                product=lot["product"],
                minBidPrice=int(lot["minimum"]),
                bidPrice=int(lot["start"]),
                actualPrice=int(lot["market"]),
            )
            await self.until_quiet()
            await self.ask("awardingAuction", product=lot["product"], weight=lot["weight"])
        await self.ask("endAuction")
        print("The sale is over.")

    async def until_quiet(self):
        while True:
            self.bid_placed.clear()
            try:
                await asyncio.wait_for(self.bid_placed.wait(), self.quiet_seconds)
            except TimeoutError:
                return

    async def ask(self, event, **fields):
        answer = await self.socket.call(event, {"auctionId": self.auction_id, **fields})
        if not answer["ok"]:
            sys.exit(f"{event} was refused: {answer['message']}")

    async def on_lot(self, lot):
        print(f"On the block: {lot['product']}, minimum {lot['minBidPrice']}")

    async def on_bid(self, news):
        print(f"  {news['newBid']['bid']} by {news['newBid']['user']['name']}")
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
    with given.lots.open(newline="", encoding="utf-8") as file:
        lots = list(csv.DictReader(file))

    host = Host(given.auction, given.quiet)
    await host.socket.connect(given.url, auth={"token": given.token})
    try:
        await host.hold(lots)
    finally:
        await host.socket.disconnect()


if __name__ == "__main__":
    asyncio.run(main())
