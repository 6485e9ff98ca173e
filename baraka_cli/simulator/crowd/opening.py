"""`Opening`: starts the auctions of a run, and leaves one alone that somebody else holds.

To start an auction that is live is harmless and announced again (D5), so that two runs at once could take
the same one. One that was started before the host connected can be joined; what is started later is heard.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from baraka_cli.client.frames import Frame
from baraka_cli.simulator.crowd.cast import Member
from baraka_cli.simulator.crowd.errands import Errands
from baraka_cli.simulator.crowd.sale import Sale, SaleStopped
from baraka_cli.simulator.crowd.visits import Visits
from baraka_server.contract.client_events import JoinAuction, StartAuction

HEARD_SECONDS_MAX = 2
"""How long the announcement of a start may take that was answered already."""


class Opening:
    """`first_comers` connect before anything is started, to hear of it."""

    def __init__(
        self,
        sale: Sale,
        host: Member,
        first_comers: Sequence[Member],
        visits: Visits,
        errands: Errands,
    ) -> None:
        self.started: list[int] = []
        """Auctions that were asked to start here, and did for all that is known."""
        self._sale = sale
        self._host = host
        self._first_comers = first_comers
        self._visits = visits
        self._errands = errands
        self._heard: defaultdict[int, set[int | None]] = defaultdict(set)
        """The starts that were announced, by auction: their numbers, None for one without."""

    def heard(self, auction_id: int, frame: Frame) -> None:
        """`auctionStarted`, at any phone of ours."""
        self._heard[auction_id].add(frame.seq)

    async def run(self) -> None:
        """Raises `CouldNotConnect`, and `SaleStopped` for an auction that is not to be had."""
        await self._visits.connect(self._host)
        for one in self._first_comers:
            await self._visits.connect(one)
        for auction_id in self._sale.auctions:
            await self._start(auction_id)

    async def _start(self, auction_id: int) -> None:
        await self._expect_nobody_holds(auction_id)
        connected = [one for one in (self._host, *self._first_comers) if one.phone.connected]
        self._sale.proof.starts.begins(auction_id, [one.seat for one in connected])
        self.started.append(auction_id)
        payload = {"auctionId": auction_id}
        answer = await self._visits.ask(self._host, StartAuction.wire_name, payload)
        if not answer.ok:
            if answer.ok is False or self._host.phone.refused_token:
                self.started.remove(auction_id)
            self._host.phone.look_at_token()
            why = answer.message or "no answer"
            raise SaleStopped(f"auction {auction_id} cannot be started: {why}")
        if await self._came_second(auction_id, answer.data.get("seq")):
            self.started.remove(auction_id)
            raise SaleStopped(_taken(auction_id))

    async def _expect_nobody_holds(self, auction_id: int) -> None:
        """Raises `SaleStopped` where the host gets in before it is started here.

        One that was named may be live, but nothing may be on the block.
        """
        proof, seat, place = self._sale.proof, self._host.seat, self._sale.place
        proof.joining(seat, auction_id, resumes=False)
        payload = {"auctionId": auction_id}
        answer = await self._visits.ask_once(self._host, JoinAuction.wire_name, payload)
        if (
            answer.ok and not answer.data
        ):  # what everybody hears may come before the acknowledgement
            answer = await self._visits.ask_once(self._host, JoinAuction.wire_name, payload)
        self._host.phone.look_at_token()
        if not answer.ok:
            proof.left(seat, auction_id)
        if self._heard[auction_id]:
            raise SaleStopped(_taken(auction_id))
        if not answer.ok:
            return
        if not (place.named and auction_id == place.auction_id):
            raise SaleStopped(_taken(auction_id))
        auction = answer.data.get("auction")
        product = auction.get("current_product") if isinstance(auction, dict) else None
        if product and product.strip():
            raise SaleStopped(
                f"Auction {auction_id} is being held already: '{product}' is on the block. Bring the "
                "crowd alone with --no-host, or name another one"
            )

    async def _came_second(self, auction_id: int, seq: object) -> bool:
        """Whether it was started by somebody else before it was, here, with this number."""
        heard = self._heard[auction_id]
        if not isinstance(seq, int):
            return False
        await self._errands.until(lambda: seq in heard, HEARD_SECONDS_MAX)
        return any(other is not None and other < seq for other in heard)


def _taken(auction_id: int) -> str:
    return (
        f"Auction {auction_id} was started by somebody else just now, another simulation maybe. It is "
        "left to them; try again to take another one."
    )
