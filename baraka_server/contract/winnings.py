"""Commands about winnings behind a sale. They are for the command line: no socket takes them (D39)."""

from __future__ import annotations

from pydantic import Field

from baraka_server.contract.client_events import StaffCommand, Who
from baraka_server.contract.fields import Amount, Flag, Id, Text
from baraka_server.contract.refusals import Code


class WinningCommand(StaffCommand):
    """A command about one winning of the auction."""

    who = Who.OWNER
    not_allowed = Code.NOT_OWNER

    winning_id: Id = Field(alias="winningId", description="The row in `winnings`.")

    @property
    def needs_rows(self) -> bool:
        return True


class PayWinning(WinningCommand):
    """Note that a winning was paid, or that it was not."""

    wire_name = "winnings paid"

    paid: Flag


class CorrectWinning(WinningCommand):
    """Change the price of a winning."""

    wire_name = "winnings correct"

    price: Amount
    reason: Text


class ReassignWinning(WinningCommand):
    """Give a winning to another bidder, at the highest own bid of that round or at a price; or to nobody."""

    wire_name = "winnings reassign"

    paddle: Id | None
    price: Amount | None = None
    reason: Text | None = None
