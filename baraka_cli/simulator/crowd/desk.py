"""`Desk`: where the simulated host gives the commands that the guide does not have."""

from __future__ import annotations

from typing import Any

from baraka_cli.client.replies import LOST, Reply
from baraka_cli.simulator.crowd.cast import Member
from baraka_cli.simulator.crowd.errands import Errands
from baraka_cli.simulator.crowd.sale import Sale, SaleStopped
from baraka_cli.simulator.crowd.visits import Visits
from baraka_server.contract.refusals import Code

UNDECIDED = frozenset({Code.UNAVAILABLE, Code.OUTCOME_UNKNOWN, Code.BUSY})


class Desk:
    """A server that does not know a command is not asked for it again, nor one that acknowledges nothing."""

    def __init__(self, sale: Sale, host: Member, visits: Visits, errands: Errands) -> None:
        self.missing: set[str] = set()
        """Commands that the server does not know."""
        self._sale = sale
        self._host = host
        self._visits = visits
        self._errands = errands

    @property
    def acknowledged(self) -> bool:
        return bool(self._sale.pool.acknowledges)

    def has(self, *events: str) -> bool:
        """Whether the server knows these commands, for all that is known."""
        return self.acknowledged and self.missing.isdisjoint(events)

    async def ask(self, event: str, fields: dict[str, Any]) -> Reply:
        """The reply to a command, once whatever came of it was heard."""
        if not self.has(event):
            return LOST
        auction_id = self._sale.place.auction_id
        payload = {"auctionId": auction_id, **fields}
        reply = await self._visits.ask(self._host, event, payload)
        self._sale.proof.answers.answered(auction_id, event, payload, reply)
        if reply.code == Code.UNKNOWN_EVENT:
            self.missing.add(event)
        seq, truth = reply.data.get("seq"), self._sale.proof.truth(auction_id)
        if reply.ok and isinstance(seq, int):
            await self._errands.wait_for(lambda: (truth.known or 0) >= seq)
        return reply

    async def do(self, event: str, fields: dict[str, Any], *unless: Code) -> bool:
        """Whether it was done; an answer that was lost leaves that open.

        Raises `SaleStopped` for a refusal, but for one that says `unless`.
        """
        return self.was_done(event, await self.ask(event, fields), *unless)

    def was_done(self, event: str, reply: Reply, *unless: Code) -> bool:
        """What `do` says of a reply."""
        may_be = {*UNDECIDED, Code.UNKNOWN_EVENT, *unless}
        if reply.ok is False and reply.code not in may_be:
            raise SaleStopped(f"the server refused {event}: {reply.message}")
        return bool(reply.ok)
