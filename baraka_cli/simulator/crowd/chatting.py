"""`Chatting`: what commenters write beside the bidding."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from baraka_cli.simulator.crowd.cast import Member
from baraka_cli.simulator.crowd.errands import Errands
from baraka_cli.simulator.crowd.people import Commenter
from baraka_cli.simulator.crowd.sale import Sale
from baraka_cli.simulator.crowd.visits import Visits
from baraka_server.contract.client_events import PostComment


class Chatting:
    """`start` it, and it goes on while it is `open`."""

    def __init__(self, sale: Sale, everybody: Sequence[Member], visits: Visits) -> None:
        self.open = True
        self._rate = sale.scenario.comment_rate
        self._auction_id = sale.place.auction_id
        self._meter = sale.meter
        self._proof = sale.proof
        self._talkers = [(one, one.commenter) for one in everybody if one.commenter is not None]
        self._visits = visits

    def start(self, errands: Errands) -> None:
        if self._rate:
            for one, commenter in self._talkers:
                errands.start(self._chat(one, commenter))

    async def _chat(self, one: Member, commenter: Commenter) -> None:
        while self.open:
            await asyncio.sleep(commenter.pause(len(self._talkers) / self._rate))
            if one.inside and self.open:
                await self.say(one, commenter.says())

    async def say(self, one: Member, text: str) -> None:
        payload = {"auctionId": self._auction_id, "comment": text}
        self._meter.comment_sent()
        answer = await self._visits.ask(one, PostComment.wire_name, payload)
        self._proof.answers.answered(self._auction_id, PostComment.wire_name, payload, answer)
