"""A bidder: joins an auction and bids one step above whoever leads, up to a limit.

    python examples/python_bidder.py http://127.0.0.1:3000 1 "$TOKEN" --up-to 2000

Needs `pip install "python-socketio[asyncio_client]"` and nothing of Baraka.
"""

import argparse
import asyncio
import base64
import json

import socketio

ANSWER_SECONDS_MAX = 5


class Bidder:
    def __init__(self, auction_id, user_id, up_to, step):
        self.auction_id = auction_id
        self.user_id = user_id
        self.up_to = up_to
        self.step = step
        self.lot = None  # what is on the block: product, minBidPrice and the round
        self.highest = None  # the bid that leads, as the server tells of it
        self.done = asyncio.Event()
        self.changed = asyncio.Event()
        self.socket = socketio.AsyncClient()
        self.socket.on("connect", self.join)  # after a reconnection too: rooms do not outlive one
        self.socket.on("error", self.refused)
        self.socket.on("auction_change_product", self.lot_changed)
        self.socket.on("newBid", self.bid_placed)
        self.socket.on("auctionEnded", self.awarded)
        for over in ("auctionFinished", "auctionCanceled"):
            self.socket.on(over, self.sale_over)

    async def join(self):
        state = await self.socket.call("joinAuction", {"auctionId": self.auction_id})
        if not state["ok"]:
            self.done.set()
            return
        auction, bids = state["auction"], state["auctionBids"]
        print(f"In the room of “{auction['title']}”.")
        # Lots and bids came and went without us, maybe: only the state says who leads by now.
        self.lot = None
        if auction["current_product"]:
            lot = {"product": auction["current_product"], "minBidPrice": auction["minBidPrice"]}
            self.look_at(lot | {"round": state["round"]}, bids[0] if bids else None)

    def look_at(self, lot, highest):
        self.lot, self.highest = lot, highest
        print(f"On the block: {lot['product']}, minimum {lot['minBidPrice']}")
        if self.leads():
            print(f"My bid of {highest['bid']} leads.")
        self.changed.set()

    def leads(self):
        return self.highest is not None and self.highest["user_id"] == self.user_id

    async def lot_changed(self, lot):
        if self.lot and lot["round"] == self.lot["round"]:  # only its prices changed
            self.lot = lot
        else:
            self.look_at(lot, None)

    async def bid_placed(self, news):
        self.highest = news["newBid"]
        print(f"{self.highest['user']['name']} bids {self.highest['bid']}")
        self.changed.set()

    async def bid(self):
        """Bid while somebody else leads and it is worth it."""
        while True:
            await self.changed.wait()
            self.changed.clear()
            if self.lot is None or self.leads():
                continue
            minimum = max(self.lot["minBidPrice"], 1)
            amount = minimum if self.highest is None else self.highest["bid"] + self.step
            if amount > self.up_to:
                print(f"{amount} is more than I would give.")
                continue
            # The round keeps a late bid off the next product.
            bid = {"auctionId": self.auction_id, "amount": amount, "round": self.lot["round"]}
            try:
                await self.socket.call("placeBid", bid, timeout=ANSWER_SECONDS_MAX)
            except socketio.exceptions.SocketIOError:
                print("No answer: the state says what became of it, once it is connected again.")

    async def awarded(self, news):
        winner = news["winningUser"]
        print(f"Sold to {winner['name']} for {news['winningBid']['bid']}" if winner else "Passed.")
        self.lot = None

    async def refused(self, error):
        print(f"Refused: {error['message']}")
        if error.get("code") in ("no_token", "invalid_token"):
            self.done.set()

    async def sale_over(self, news):
        print(news["message"])
        self.done.set()


def user_of(token):
    """The user whom an access token names, to know the own bids by. The server checks the token."""
    try:
        claims = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        return int(claims.get("sub") or claims.get("userId") or claims["id"])
    except (IndexError, KeyError, ValueError):
        return None


def whole(text):
    """An amount in plain digits: int() would also read 1_5."""
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number in plain digits")
    return int(text)


async def main():
    arguments = argparse.ArgumentParser(description="Bid in an auction, up to a limit.")
    arguments.add_argument("url")
    arguments.add_argument("auction", type=int)
    arguments.add_argument("token")
    arguments.add_argument("--up-to", type=whole, default=2000, help="the highest bid to place")
    arguments.add_argument("--step", type=whole, default=50, help="how much more than the last bid")
    given = arguments.parse_args()

    bidder = Bidder(given.auction, user_of(given.token), given.up_to, given.step)
    await bidder.socket.connect(given.url, auth={"token": given.token})
    bidding = asyncio.create_task(bidder.bid())
    await bidder.done.wait()
    bidding.cancel()
    await bidder.socket.disconnect()


if __name__ == "__main__":
    asyncio.run(main())
