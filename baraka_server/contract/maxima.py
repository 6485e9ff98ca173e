"""Commands about maximum bids, which are sealed, and what their own user is told of them (D43).

An amount is never in a printed command: it must not get into a log.
"""

from __future__ import annotations

from pydantic import Field

from baraka_server.contract.client_events import ClientEvent, RoundEvent
from baraka_server.contract.fields import Amount, Counter
from baraka_server.contract.server_events import AuctionEvent, Scope, ServerEvent


class MaximumCommand(RoundEvent):
    """A command about the own maximum bid in a round, which has to be said."""

    round: Counter = Field(
        description="The round that the sender was looking at; in another one it is refused."
    )


class SetMaximumBid(MaximumCommand):
    """Have the server bid the least that leads, up to an amount; it replaces an earlier one of the round."""

    wire_name = "setMaximumBid"
    is_bid = True
    sealed = frozenset({"amount"})

    amount: Amount = Field(
        repr=False,
        description="The highest bid that may be made; what `placeBid` would take, or the own bid.",
    )


class WithdrawMaximum(MaximumCommand):
    """Withdraw the own maximum bid; bids that it made stand."""

    wire_name = "withdrawMaximum"


class MaximumChanged(AuctionEvent):
    """The reader's maximum bid in this round is another one, or none; the room is told `auctionEntry`."""

    wire_name = "maximumChanged"
    scope = Scope.USER

    maximum: int | None = Field(description="The amount; null for none.")
    reason: str = Field(description="`set`, `withdrawn`, `undone` or `blocked`.")


COMMANDS: tuple[type[ClientEvent], ...] = (SetMaximumBid, WithdrawMaximum)
ANNOUNCEMENTS: tuple[type[ServerEvent], ...] = (MaximumChanged,)
