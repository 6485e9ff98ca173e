"""`Finding`: what is handed to a finder, which reads what the rows say for a command's decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from baraka_server.domain.decision import Command
from baraka_server.domain.events import LedgerEntry
from baraka_server.domain.parts import StandingBid
from baraka_server.domain.state import State
from baraka_server.store.locked import LockedAuction


@dataclass(frozen=True, slots=True)
class Finding:
    """What a finder looks at: the locked auction, the state before the commands, and the commands.

    `unwritten` are the entries up to that state that are not in the ledger yet: of other programs.
    """

    auction: LockedAuction
    state: State
    unwritten: Sequence[LedgerEntry]
    commands: Sequence[Command]

    async def highest_bids(self, count: int, bid_id: int | None = None) -> tuple[StandingBid, ...]:
        """The highest bids by their rows; with `bid_id` that one, if it is there."""
        rows = await self.auction.highest_bids(count, bid_id)
        return await labelled(self.auction, self.state, rows)


async def labelled(
    auction: LockedAuction, state: State, rows: Sequence[StandingBid]
) -> tuple[StandingBid, ...]:
    """Bids that were read from rows, with the labels of the floor that made them (D40)."""
    if not rows or None not in state.paddles.bidders:
        return tuple(rows)
    marked = {bid.bid_id: bid.label_paddle for bid in await auction.marked_bids(state)}
    return tuple(replace(bid, label_paddle=marked.get(bid.bid_id)) for bid in rows)
