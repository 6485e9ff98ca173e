"""The rules of reserves: a lot is not awarded below its reserve, unless its host says so (D42)."""

from __future__ import annotations

from baraka_server.domain.events import Awarded
from baraka_server.domain.hammer import RunnerUpAwarded
from baraka_server.domain.parts import StandingBid
from baraka_server.domain.state import State


def reserve_met(state: State) -> bool | None:
    """Whether the bid that stands is at least the reserve of the lot on the block; None without one."""
    lot = state.run_list.open
    return lot.values.reserve_met(state.high) if lot else None


def is_below_reserve(state: State, bid: StandingBid | None) -> bool:
    """Whether a bid is below the reserve of the lot on the block. No bid is below none."""
    lot = state.run_list.open
    return bid is not None and lot is not None and lot.values.reserve_met(bid) is False


def fixes_reserve(state: State) -> bool:
    """Whether bids or maximum bids stand on the lot, so that a reserve can neither be set nor raised.

    One that was moved up to a sealed maximum would be paid by it.
    """
    return state.high is not None or bool(state.maxima.standing)


def reserve_objection(state: State, event: Awarded | RunnerUpAwarded) -> str | None:
    """The objection to what an award says of the reserve. A clock's says nothing: it sells at it or above."""
    if is_below_reserve(state, event.high) == event.below_reserve:
        return None
    if event.below_reserve:
        return "it says that the bid was below the reserve, which it was not"
    return "the bid was below the reserve, and it does not say so"
