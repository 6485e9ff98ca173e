"""The rules of an auction: `decide` makes a command events or a refusal.

The rules themselves are in `rules/`, a module for each area.
"""

from __future__ import annotations

from baraka_server.contract.refusals import Code
from baraka_server.domain.decision import Command, Decision, HouseRules
from baraka_server.domain.rules import (
    block,
    clock,
    floor,
    hammer,
    house_rules,
    lots,
    maxima,
    moderation,
    people,
    prices,
    registration,
    sale,
    winnings,
)
from baraka_server.domain.rules.tables import Decisions
from baraka_server.domain.staff import may
from baraka_server.domain.state import State

DECISIONS: Decisions = {
    **sale.DECISIONS,
    **block.DECISIONS,
    **lots.DECISIONS,
    **prices.DECISIONS,
    **floor.DECISIONS,
    **maxima.DECISIONS,
    **clock.DECISIONS,
    **hammer.DECISIONS,
    **people.DECISIONS,
    **house_rules.DECISIONS,
    **registration.DECISIONS,
    **moderation.DECISIONS,
    **winnings.DECISIONS,
}
"""The decision for each client event but joins and leaves, which the ledger does not keep."""


def decide(state: State | None, command: Command, rules: HouseRules) -> Decision:
    """Decide a command. `state` is None where there is no such auction.

    decide(state, Command(PlaceBid(auction_id=42, amount=1500), 7), HouseRules()) == BidPlaced(1500)
    """
    event = command.event
    if state is None:
        return command.refused(Code.AUCTION_NOT_FOUND)
    if not state.understood:
        return command.refused(Code.UNAVAILABLE)
    if not command.of_operator and not may(state, command.user_id, event.who):
        return command.refused(event.not_allowed)
    return DECISIONS[type(event)](state, command, event, rules)
