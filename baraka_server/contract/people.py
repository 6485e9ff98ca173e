"""Commands about the people of an auction, and what they and the room are told (D46)."""

from __future__ import annotations

from pydantic import Field

from baraka_server.contract.client_events import ClientEvent, StaffCommand, Who
from baraka_server.contract.fields import Flag, Id, Role
from baraka_server.contract.refusals import Code
from baraka_server.contract.server_events import AuctionEvent, Scope, ServerEvent


class SetRole(StaffCommand):
    """Give a user a role in the auction, another one, or none any more."""

    wire_name = "setRole"
    who = Who.OWNER
    not_allowed = Code.NOT_OWNER
    over_http = True

    user_id: Id = Field(alias="userId", description="The user who is meant.")
    role: Role = Field(description="`clerk`, `moderator`, or null to take it away.")
    sees_numbers: Flag = Field(
        False,
        alias="seesNumbers",
        description="Whether a clerk sees the whole telephone numbers of winners.",
    )

    @property
    def needs_rows(self) -> bool:
        return True  # whether the user has bid

    @property
    def named_users(self) -> tuple[int, ...]:
        return (self.user_id,)


class RoleChanged(AuctionEvent):
    """The reader has another role in the auction; the room is told `auctionEntry`."""

    wire_name = "roleChanged"
    scope = Scope.USER

    role: str | None = Field(description="`clerk`, `moderator`, or null for none.")


COMMANDS: tuple[type[ClientEvent], ...] = (SetRole,)
ANNOUNCEMENTS: tuple[type[ServerEvent], ...] = (RoleChanged,)
