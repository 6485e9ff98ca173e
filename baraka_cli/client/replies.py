"""`Reply`: the result of a client event. `ANSWERED_BY`: the server events that tell it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from baraka_server.contract.client_events import (
    AwardLot,
    BroadcasterLeave,
    CancelAuction,
    ChangeLot,
    ClientEvent,
    EndAuction,
    JoinAuction,
    LeaveAuction,
    PlaceBid,
    PostComment,
    StartAuction,
)
from baraka_server.contract.clock import (
    AuctionClock,
    BiddingPaused,
    BiddingResumed,
    FairWarning,
    FairWarningGiven,
    PauseBidding,
    PauseClock,
    ResumeBidding,
    ResumeClock,
    StartClock,
    StopClock,
)
from baraka_server.contract.hammer import BidUndone, LotReopened, ReopenLot, UndoBid
from baraka_server.contract.house_rules import HouseRulesChanged, SetHouseRules
from baraka_server.contract.lots import (
    AddLots,
    EditLot,
    LotsChanged,
    MoveLot,
    OfferAgain,
    OpenLot,
    PassLot,
    RepriceLot,
    WithdrawLot,
)
from baraka_server.contract.maxima import MaximumChanged, SetMaximumBid, WithdrawMaximum
from baraka_server.contract.moderation import (
    BlockUser,
    CommentRemoved,
    MuteUser,
    RemoveComment,
    RestoreComment,
    SetSlowMode,
    SlowMode,
    UnblockUser,
    UnmuteUser,
)
from baraka_server.contract.people import SetRole
from baraka_server.contract.prices import FloorBid, NextBidChanged, SetIncrements
from baraka_server.contract.refusals import TEXTS, Code
from baraka_server.contract.registration import RegisterBidder
from baraka_server.contract.server_events import (
    AuctionCanceled,
    AuctionFinished,
    AuctionStarted,
    AuctionState,
    BroadcasterLeft,
    LotAwarded,
    LotChanged,
    NewBid,
    NewComment,
    ServerEvent,
    UserCountUpdate,
)

TOKEN_REFUSALS = frozenset({TEXTS[Code.NO_TOKEN], TEXTS[Code.INVALID_TOKEN]})
"""Texts of `error` that refuse the connection, before anything was sent."""

ANSWERED_BY: dict[type[ClientEvent], tuple[type[ServerEvent], ...]] = {
    StartAuction: (AuctionStarted,),
    JoinAuction: (UserCountUpdate, AuctionState),
    LeaveAuction: (),
    BroadcasterLeave: (BroadcasterLeft,),
    PostComment: (NewComment,),
    PlaceBid: (NewBid,),
    SetMaximumBid: (MaximumChanged,),
    WithdrawMaximum: (MaximumChanged,),
    CancelAuction: (AuctionCanceled,),
    EndAuction: (AuctionFinished,),
    AwardLot: (LotAwarded,),
    ChangeLot: (LotChanged,),
    SetIncrements: (NextBidChanged,),
    FloorBid: (NewBid,),
    AddLots: (LotsChanged,),
    EditLot: (LotsChanged,),
    MoveLot: (LotsChanged,),
    WithdrawLot: (LotsChanged,),
    OfferAgain: (LotsChanged,),
    OpenLot: (LotChanged,),
    RepriceLot: (LotChanged,),
    PassLot: (LotAwarded,),
    UndoBid: (BidUndone,),
    ReopenLot: (LotReopened,),
    StartClock: (AuctionClock,),
    PauseClock: (AuctionClock,),
    ResumeClock: (AuctionClock,),
    StopClock: (AuctionClock,),
    FairWarning: (FairWarningGiven,),
    PauseBidding: (BiddingPaused,),
    ResumeBidding: (BiddingResumed,),
    SetRole: (),
    SetHouseRules: (HouseRulesChanged,),
    RegisterBidder: (),
    RemoveComment: (CommentRemoved,),
    RestoreComment: (NewComment,),
    MuteUser: (),
    UnmuteUser: (),
    BlockUser: (),
    UnblockUser: (),
    SetSlowMode: (SlowMode,),
}
"""Server events that follow a client event when it was done, where nothing is acknowledged."""

_NAMES_ANSWERED_BY = {
    event.wire_name: frozenset(heard.wire_name for heard in answers)
    for event, answers in ANSWERED_BY.items()
}


def answered_by(name: str) -> frozenset[str]:
    """The names of the server events that answer the client event `name`."""
    return _NAMES_ANSWERED_BY.get(name, frozenset())


class NoReply(StrEnum):
    """Why there is no reply. The values stand where the code of a refusal would stand."""

    OFFLINE = "offline"
    """It was not sent."""
    SILENT = "silent"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Reply:
    """Done, refused, or lost: `ok` is True, False, or None where nobody knows (D20).

    `data` is the acknowledgement, or the payload of `error` where nothing is acknowledged.
    """

    ok: bool | None
    data: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def none(cls, why: NoReply, message: str) -> Reply:
        """No reply; `message` says so to a person."""
        return cls(None, {"code": why.value, "message": message})

    @property
    def message(self) -> str:
        return str(self.data.get("message", ""))

    @property
    def code(self) -> str:
        return str(self.data.get("code", ""))


DONE = Reply(True)
LOST = Reply(None)


@dataclass(eq=False, slots=True)
class Request:
    """A client event that was sent and has no reply yet.

    `answered_by` are the names of server events that are taken for its reply.
    """

    event: str
    payload: Mapping[str, Any]
    answered_by: frozenset[str]
    reply: asyncio.Future[Reply]

    def resolve(self, reply: Reply) -> None:
        """Take `reply`, unless there was one before."""
        if not self.reply.done():
            self.reply.set_result(reply)


def acknowledged(values: Sequence[Any]) -> Reply | None:
    """The reply that an acknowledgement says; None where it says only that the event was received."""
    said = values[0] if values else None
    if isinstance(said, dict) and isinstance(said.get("ok"), bool):
        return Reply(said["ok"], said)
    return None
