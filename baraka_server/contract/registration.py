"""The command by which an owner registers bidders, and what these are told of it (D48)."""

from __future__ import annotations

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from baraka_server.contract.acknowledgements import RegistrationAccepted
from baraka_server.contract.client_events import ClientEvent, StaffCommand, Who
from baraka_server.contract.fields import Amount, Flag, Id, given
from baraka_server.contract.refusals import Code
from baraka_server.contract.server_events import AuctionEvent, Scope, ServerEvent


class RegisterBidder(StaffCommand):
    """Register a user to bid in the auction, or take that back."""

    wire_name = "registerBidder"
    answer = RegistrationAccepted
    who = Who.OWNER
    not_allowed = Code.NOT_OWNER
    over_http = True

    model_config = ConfigDict(
        json_schema_extra={
            "if": given("limit"),
            "then": given("approved", {"const": True}),
        }
    )

    user_id: Id = Field(alias="userId", description="The user who is meant.")
    approved: Flag = Field(description="Whether the user is registered from now on.")
    limit: Amount | None = Field(
        None, description="The user's highest single bid; without it there is no limit."
    )

    @model_validator(mode="after")
    def _limits_a_bidder(self) -> RegisterBidder:
        if self.limit is not None and not self.approved:
            raise PydanticCustomError("contract", "limit is for a user who is approved")
        return self

    @property
    def named_users(self) -> tuple[int, ...]:
        return (self.user_id,)


class RegistrationChanged(AuctionEvent):
    """The reader's registration in the auction was set; the room is told `auctionEntry`."""

    wire_name = "registrationChanged"
    scope = Scope.USER

    registered: bool = Field(description="Whether the reader is registered to bid.")
    paddle: int | None = Field(description="The reader's number in this auction.")
    limit: int | None = Field(description="The reader's highest single bid; null for no limit.")


COMMANDS: tuple[type[ClientEvent], ...] = (RegisterBidder,)
ANNOUNCEMENTS: tuple[type[ServerEvent], ...] = (RegistrationChanged,)
