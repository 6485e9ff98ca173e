"""`Plays`: what the simulated host does with a lot beside what the guide has: mistakes, a clock, moderation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from baraka_cli.simulator.crowd.bidding import Bidding
from baraka_cli.simulator.crowd.cast import Member
from baraka_cli.simulator.crowd.chatting import Chatting
from baraka_cli.simulator.crowd.desk import Desk
from baraka_cli.simulator.crowd.errands import Errands
from baraka_cli.simulator.crowd.mistakes import Mistakes, Plan
from baraka_cli.simulator.crowd.moderating import Act, Moderating
from baraka_cli.simulator.crowd.sale import Sale
from baraka_cli.simulator.crowd.selling_by_clock import ClockPlan, SellingByClock
from baraka_cli.simulator.crowd.visits import Visits


@dataclass(slots=True)
class LotPlay:
    """What is done with one lot; what is done is taken off it."""

    accepted_before: int
    mistakes: Plan
    clock: ClockPlan | None = None
    acts: list[Act] = field(default_factory=list)


class Plays:
    """Those that the server does not know are left out, once it has said so."""

    def __init__(
        self,
        sale: Sale,
        desk: Desk,
        everybody: Sequence[Member],
        bidding: Bidding,
        chatting: Chatting,
        visits: Visits,
        errands: Errands,
    ) -> None:
        scenario, proof, auction_id = sale.scenario, sale.proof, sale.place.auction_id
        self.desk = desk
        self._truth = proof.truth(auction_id)
        self.mistakes = Mistakes(
            self._truth, desk, scenario.mistakes, Random(f"mistakes of {scenario.seed}")
        )
        self._clocks = SellingByClock(
            proof, auction_id, desk, bidding, scenario.clocks, Random(f"clocks of {scenario.seed}")
        )
        self._moderating = Moderating(
            proof,
            auction_id,
            everybody,
            desk,
            bidding,
            chatting,
            visits,
            errands,
            scenario.moderation,
            Random(f"moderation of {scenario.seed}"),
        )

    def plan(self, lot_seconds: float) -> LotPlay:
        return LotPlay(
            self._truth.accepted,
            self.mistakes.plan(),
            self._clocks.plan(lot_seconds),
            self._moderating.plan(),
        )

    async def begin(self, play: LotPlay) -> None:
        """The lot is up."""
        if play.clock is not None:
            await self._clocks.start(play.clock)

    async def go_on(self, play: LotPlay) -> None:
        """Called all the time while people bid."""
        mistakes = play.mistakes
        if mistakes.undos and self._truth.accepted - play.accepted_before > mistakes.undos:
            mistakes.undos -= await self.mistakes.undo()
        if play.clock is not None:
            await self._clocks.go_on(play.clock)
        await self._moderating.go_on(play.acts)

    def is_over(self, play: LotPlay) -> bool:
        """Whether nobody can bid on the lot any more, by its clock."""
        return play.clock is not None and self._clocks.is_over

    async def run_out(self, play: LotPlay) -> None:
        """Everybody has bid enough."""
        if play.clock is not None:
            await self._clocks.run_out(play.clock)
