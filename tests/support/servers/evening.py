"""An evening of auction 1 through a real house, from the run list to the end: for what comes after it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import update

from baraka_server.contract.client_events import JoinAuction, PlaceBid, StartAuction
from baraka_server.contract.refusals import Refusal
from baraka_server.contract.vocabulary import parse
from baraka_server.contract.winnings import CorrectWinning, PayWinning, ReassignWinning
from baraka_server.live.audience import Viewer
from baraka_server.live.desk import carry_out
from baraka_server.live.house import House
from baraka_server.store.store import Store
from baraka_server.store.tables import users
from tests.support.clients.hall import Hall, open_house, viewer

AMINA, BILAL, DINA, LAYLA = 1, 2, 3, 4
NAMES = {BILAL: "Bilal", DINA: "=HYPERLINK(1)", LAYLA: "ليلى العمري"}
NUMBERS = {BILAL: "+923001112202", DINA: "+923001112203", LAYLA: "+97150111220٤"}
LOTS = ("Ring", "Vase", "Rug", "Chain", "مصباح نحاسي", "Clock", "Map")


class Evening:
    """What Amina does, and who bids. `won` are the winnings by the number of their lot."""

    def __init__(self, store: Store, house: House) -> None:
        self._store = store
        self._house = house
        self._people = {user_id: viewer(user_id) for user_id in (AMINA, BILAL, DINA, LAYLA)}
        self.won: dict[int, int] = {}

    async def does(self, name: str, **payload: Any) -> dict[str, Any]:
        return await self._submit(AMINA, parse(name, [{"auctionId": 1, **payload}]))

    async def bids(self, user_id: int, amount: int) -> int:
        done = await self._submit(user_id, PlaceBid(auction_id=1, amount=amount))
        return int(done["bidId"])

    async def sells(self, lot: int, *bids: tuple[int, int]) -> None:
        """Put the lot up where it is not, take the bids, and award it."""
        await self.does("openLot", lotId=lot)
        last = [await self.bids(user_id, amount) for user_id, amount in bids][-1]
        done = await self.does("awardingAuction", product=LOTS[lot - 1], weight="5g", bidId=last)
        self.won[lot] = done["winningId"]

    async def begins(self) -> None:
        async with self._store.writing() as connection:
            for user_id, name in NAMES.items():
                values = {"name": name, "number": NUMBERS[user_id]}
                await connection.execute(update(users).where(users.c.id == user_id).values(values))
        await self._submit(AMINA, StartAuction(auction_id=1))
        for user_id in NAMES:
            await self._submit(user_id, JoinAuction(auction_id=1))
        prices = {"minBidPrice": 10, "bidPrice": 20, "actualPrice": 30}
        await self.does("addLots", lots=[{"product": one, **prices} for one in LOTS])

    async def is_held(self) -> None:
        """Three lots are sold, three pass, one is withdrawn.

        Lot 4 is sold twice: the first sale is taken back. The end finds lot 7 on the block.
        """
        await self.sells(1, (BILAL, 100), (DINA, 120))
        await self.does("openLot", lotId=2)
        await self.does("passLot")
        await self.does("openLot", lotId=3)
        await self.does("passLot", withBids=await self.bids(BILAL, 300))
        await self.sells(4, (DINA, 50))
        await self.does("reopenLot")
        await self.sells(4, (BILAL, 60))
        await self.does("withdrawLot", lotId=6)
        await self.sells(5, (LAYLA, 70))
        await self.does("openLot", lotId=7)
        await self.bids(DINA, 40)
        await self.does("endAuction")

    async def is_paid(self, lot: int, *, paid: bool = True) -> None:
        await self._behind(PayWinning(auction_id=1, winning_id=self.won[lot], paid=paid))

    async def is_corrected(self, lot: int, price: int, reason: str) -> None:
        winning = self.won[lot]
        await self._behind(
            CorrectWinning(auction_id=1, winning_id=winning, price=price, reason=reason)
        )

    async def is_reassigned(self, lot: int, paddle: int | None, price: int | None = None) -> None:
        """Without a paddle it is nobody's any more."""
        winning = self.won[lot]
        await self._behind(
            ReassignWinning(auction_id=1, winning_id=winning, paddle=paddle, price=price)
        )

    async def _submit(self, user_id: int, event: Any) -> dict[str, Any]:
        assert not isinstance(event, Refusal), event.message
        who: Viewer = self._people[user_id]
        done = await self._house.submit(who, event)
        assert not isinstance(done, Refusal), done.message
        return dict(done)

    async def _behind(self, event: Any) -> None:
        done = await carry_out(self._store, event)
        assert not isinstance(done, Refusal), done.message


@asynccontextmanager
async def evening_in(store: Store) -> AsyncIterator[Evening]:
    """The evening in a house of its own, as a server has one, from when it is live."""
    house = open_house(store, Hall())
    try:
        evening = Evening(store, house)
        await evening.begins()
        yield evening
    finally:
        await house.close()


async def play_evening(store: Store) -> Evening:
    """The whole evening; behind it the house is closed."""
    async with evening_in(store) as evening:
        await evening.is_held()
    return evening
