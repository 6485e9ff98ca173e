"""The command by which an owner sets the rules of an auction, and what the room is told of them (D48)."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from baraka_server.contract.client_events import ClientEvent, StaffCommand, Who
from baraka_server.contract.fields import Flag, Id, RegistrationKind
from baraka_server.contract.refusals import Code
from baraka_server.contract.server_events import AuctionEvent, Scope, ServerEvent

REGISTRATION = "`open`: everybody may bid; `approval`: those whom the owner registered."
MAXIMA = "Whether maximum bids are taken."


class SetHouseRules(StaffCommand):
    """Set rules of the auction. Those that are left out stay as they are."""

    wire_name = "setHouseRules"
    who = Who.OWNER
    not_allowed = Code.NOT_OWNER
    over_http = True

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": [name]} for name in ("registration", "maxima", "floorUserId")]
        }
    )

    registration: RegistrationKind = Field(None, description=REGISTRATION)
    maxima: Flag = Field(False, description=MAXIMA)
    floor_user_id: Id | None = Field(
        None,
        alias="floorUserId",
        description="The user in whose name bids from the room are placed; null for nobody.",
    )

    @model_validator(mode="after")
    def _says_something(self) -> SetHouseRules:
        if not self.values:
            raise PydanticCustomError(
                "contract", "one of registration, maxima and floorUserId must be there"
            )
        return self

    @property
    def values(self) -> dict[str, Any]:
        """The rules that are set, by their names here."""
        said = self.model_fields_set & {"registration", "maxima", "floor_user_id"}
        return {name: getattr(self, name) for name in said}

    @property
    def named_users(self) -> tuple[int, ...]:
        return () if self.floor_user_id is None else (self.floor_user_id,)

    def payload(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True, exclude_unset=True)


class HouseRulesChanged(AuctionEvent):
    """The rules of the auction were set: as they are now."""

    wire_name = "houseRulesChanged"
    scope = Scope.ROOM

    registration: str = Field(description=REGISTRATION)
    maxima: bool = Field(description=MAXIMA)


COMMANDS: tuple[type[ClientEvent], ...] = (SetHouseRules,)
ANNOUNCEMENTS: tuple[type[ServerEvent], ...] = (HouseRulesChanged,)
