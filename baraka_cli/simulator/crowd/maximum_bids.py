"""`MaximumBids`: bidders who let the server bid for them (D43)."""

from __future__ import annotations

from random import Random

from baraka_cli.client.replies import Reply
from baraka_cli.simulator.crowd.cast import Member
from baraka_cli.simulator.crowd.people import INT_MAX, Bid
from baraka_cli.simulator.crowd.sale import Sale
from baraka_cli.simulator.crowd.visits import Visits
from baraka_server.contract.maxima import SetMaximumBid

MORE_MAX = 60
"""By how much more than the bid that somebody would make the maximum may be."""


class MaximumBids:
    """`share` is of the bids, from 0 to 1. None are set until they are `taken`."""

    def __init__(self, sale: Sale, visits: Visits, share: float, chance: Random) -> None:
        self.taken = False
        self._sale = sale
        self._visits = visits
        self._share = share
        self._chance = chance

    def wants(self, one: Member, bid: Bid) -> bool:
        """Whether this bidder sets a maximum in place of the bid."""
        if not self.taken or bid.malformed or one.board.round is None:
            return False
        return self._chance.random() < self._share

    async def set(self, one: Member, bid: Bid) -> Reply:
        auction_id = self._sale.place.auction_id
        payload = {
            "auctionId": auction_id,
            "amount": min(bid.amount + self._chance.randrange(MORE_MAX), INT_MAX),
            "round": one.board.round,
        }
        answer = await self._visits.ask(one, SetMaximumBid.wire_name, payload)
        self._sale.proof.answers.answered(auction_id, SetMaximumBid.wire_name, payload, answer)
        return answer
