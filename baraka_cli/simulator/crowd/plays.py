"""`Plays`: what the simulated host does with a lot beside what the guide has: mistakes, a clock, moderation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from baraka_cli.simulator.checks.findings import Findings
from baraka_cli.simulator.crowd.bidding import Bidding
from baraka_cli.simulator.crowd.cast import Member
from baraka_cli.simulator.crowd.chatting import Chatting
from baraka_cli.simulator.crowd.desk import Desk
from baraka_cli.simulator.crowd.errands import Errands
from baraka_cli.simulator.crowd.floor_bids import FloorBids
from baraka_cli.simulator.crowd.mistakes import Mistakes, Plan
from baraka_cli.simulator.crowd.moderating import Act, Moderating
from baraka_cli.simulator.crowd.registering import Registering
from baraka_cli.simulator.crowd.sale import Sale
from baraka_cli.simulator.crowd.selling_by_clock import ClockPlan, SellingByClock
from baraka_cli.simulator.crowd.visits import Visits
from baraka_cli.simulator.result import Promise
from baraka_server.contract.clock import StartClock
from baraka_server.contract.house_rules import SetHouseRules
from baraka_server.contract.maxima import SetMaximumBid
from baraka_server.contract.moderation import BlockUser, MuteUser, SetSlowMode

MISTAKES, CLOCKS, MODERATION = "mistakes of the host", "lots with a clock", "acts of moderation"
RULES, FLOOR = "rules of the house", "bids from the floor"
PROVED_BY = {
    Promise.CLOCK_IS_KEPT: (CLOCKS, (StartClock.wire_name,)),
    Promise.MAXIMA_ARE_KEPT: (RULES, (SetMaximumBid.wire_name, SetHouseRules.wire_name)),
    Promise.MODERATION_HOLDS: (
        MODERATION,
        (MuteUser.wire_name, BlockUser.wire_name, SetSlowMode.wire_name),
    ),
}
"""The play that each promise is looked at by, and the commands that it takes."""


@dataclass(slots=True)
class LotPlay:
    """What is done with one lot; what is done is taken off it."""

    accepted_before: int
    mistakes: Plan
    clock: ClockPlan | None = None
    acts: list[Act] = field(default_factory=list)
    floor_bids: int = 0


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
        self.planned: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self._lots = 0
        self._takes_maxima = scenario.maxima > 0
        self._truth = proof.truth(auction_id)
        self.mistakes = Mistakes(
            self._truth, desk, scenario.mistakes, Random(f"mistakes of {scenario.seed}")
        )
        self._floor = FloorBids(
            self._truth, desk, scenario.floor, Random(f"floor of {scenario.seed}")
        )
        self._registering = Registering(
            desk,
            everybody,
            bidding.maxima,
            takes_maxima=self._takes_maxima,
            approval=scenario.registration,
            limit=max(lot.market for lot in sale.lots),
            floor=self._floor,
            floor_user=_floor_user(sale, everybody) if scenario.floor else None,
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

    async def open(self) -> None:
        """Before the first lot."""
        self.planned[RULES] += self._registering.planned
        self.done[RULES] += await self._registering.open()

    def plan(self, lot_seconds: float) -> LotPlay:
        play = LotPlay(
            self._truth.accepted,
            self.mistakes.plan(),
            self._clocks.plan(lot_seconds),
            self._moderating.plan(),
            self._floor.plan(),
        )
        self.planned[FLOOR] += play.floor_bids
        self.planned[MISTAKES] += play.mistakes.undos + play.mistakes.reopens
        self.planned[CLOCKS] += play.clock is not None
        self.planned[MODERATION] += len(play.acts)
        return play

    async def begin(self, play: LotPlay) -> None:
        """The lot is up."""
        if self._lots:
            await self._registering.between_lots()
        self._lots += 1
        if play.clock is not None:
            self.done[CLOCKS] += await self._clocks.start(play.clock)

    async def go_on(self, play: LotPlay) -> None:
        """Called all the time while people bid."""
        mistakes = play.mistakes
        if mistakes.undos and self._truth.accepted - play.accepted_before > mistakes.undos:
            undone = await self.mistakes.undo()
            mistakes.undos -= undone
            self.done[MISTAKES] += undone
        if play.clock is not None:
            await self._clocks.go_on(play.clock)
        if play.floor_bids and await self._floor.make():
            play.floor_bids -= 1
            self.done[FLOOR] += 1
        if play.acts and self._truth.bids:
            self.done[MODERATION] += await play.acts.pop()()

    def is_over(self, play: LotPlay) -> bool:
        """Whether nobody can bid on the lot any more, by its clock."""
        return play.clock is not None and self._clocks.is_over

    async def run_out(self, play: LotPlay) -> None:
        """Everybody has bid enough."""
        if play.clock is not None:
            await self._clocks.run_out(play.clock)

    async def reopen(self) -> bool:
        """Whether the lot that was awarded last is open again."""
        reopened = await self.mistakes.reopen()
        self.done[MISTAKES] += reopened
        return reopened

    # --- what could not be done

    @property
    def why_not(self) -> str:
        """Why something that was planned was not done."""
        if not self.desk.acknowledged:
            return "the server acknowledges nothing"
        if self.desk.missing:
            return f"the server does not know {', '.join(sorted(self.desk.missing))}"
        return "the lots were over before"

    def finish(self, findings: Findings) -> None:
        """Say what could not be looked at, since the server does not have it."""
        for promise, (play, events) in PROVED_BY.items():
            is_planned = self._takes_maxima if play == RULES else self.planned[play]
            if is_planned and not self.desk.has(*events):
                findings[promise].unchecked = self.why_not


def _floor_user(sale: Sale, everybody: Sequence[Member]) -> int | None:
    """Somebody who does not bid: the bids of who has no paddle are in that name."""
    bidders = {one.phone.user_id for one in everybody if one.bidder is not None}
    return next((user for user in reversed(sale.place.others) if user not in bidders), None)
