"""Commands of moderators, and what the room is told of them (D47)."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from baraka_server.contract.acknowledgements import BlockAccepted
from baraka_server.contract.client_events import ClientEvent, StaffCommand, Who
from baraka_server.contract.fields import Id, Minutes, SlowSeconds, Text, given
from baraka_server.contract.server_events import AuctionEvent, Scope, ServerEvent


class ModeratorCommand(StaffCommand):
    """A command that a moderator may give, and so all who work in the auction."""

    who = Who.MODERATOR
    over_http = True

    @property
    def needs_rows(self) -> bool:
        return True


class RemoveComment(ModeratorCommand):
    """Take a comment off the list."""

    wire_name = "removeComment"

    comment_id: Id = Field(alias="commentId", description="The comment's `id`.")


class RestoreComment(ModeratorCommand):
    """Put a comment back that was removed, until the lot is awarded."""

    wire_name = "restoreComment"

    comment_id: Id = Field(alias="commentId", description="The comment's `id`.")


class AboutUser(ModeratorCommand):
    """A command about a person, by the user's id or the paddle."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [given("userId"), given("paddle")]})

    user_id: Id | None = Field(None, alias="userId", description="The user who is meant; or:")
    paddle: Id | None = Field(None, description="The bidder's number in this auction.")

    @model_validator(mode="before")
    @classmethod
    def _names_one(cls, payload: Any) -> Any:
        named = [name for name in ("userId", "user_id", "paddle") if payload.get(name) is not None]
        if len(named) != 1:
            raise PydanticCustomError("contract", "either userId or paddle must be there")
        return payload

    @property
    def named_users(self) -> tuple[int, ...]:
        return () if self.user_id is None else (self.user_id,)


class MuteUser(AboutUser):
    """Refuse a user's comments in this auction, for some minutes or until it is taken back."""

    wire_name = "muteUser"

    at_a_time = True

    minutes: Minutes | None = Field(
        None, description="For how long; without it until `unmuteUser`."
    )


class UnmuteUser(AboutUser):
    """Let a user comment again."""

    wire_name = "unmuteUser"


class BlockUser(AboutUser):
    """Put a user out of the auction; the bids of the round are withdrawn."""

    wire_name = "blockUser"
    answer = BlockAccepted


class UnblockUser(AboutUser):
    """Let a user in again; no bid comes back."""

    wire_name = "unblockUser"


class SetSlowMode(ModeratorCommand):
    """Set how long a user has to wait between two comments."""

    wire_name = "slowMode"

    seconds: SlowSeconds = Field(description="0 is off.")
    say: Text | None = Field(
        None, description="The host's comment about it, in place of the English one."
    )


class CommentRemoved(AuctionEvent):
    """A comment was taken off the list; later lists lack it."""

    wire_name = "commentRemoved"
    scope = Scope.ROOM

    comment_id: int = Field(alias="commentId")


class SlowMode(AuctionEvent):
    """The time that a user has to wait between two comments; 0 is off."""

    wire_name = "slowMode"
    scope = Scope.ROOM

    seconds: int


COMMANDS: tuple[type[ClientEvent], ...] = (
    RemoveComment,
    RestoreComment,
    MuteUser,
    UnmuteUser,
    BlockUser,
    UnblockUser,
    SetSlowMode,
)
ANNOUNCEMENTS: tuple[type[ServerEvent], ...] = (CommentRemoved, SlowMode)
