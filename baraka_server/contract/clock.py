"""Commands about the clock, pauses and warnings, and what the room is told of them (D44, D45)."""

from __future__ import annotations

from pydantic import Field

from baraka_server.contract.client_events import ClientEvent, StaffCommand
from baraka_server.contract.fields import AutoAward, ClockSeconds, Stage, Text, WindowSeconds
from baraka_server.contract.server_events import AuctionEvent, ClockShown, Scope, ServerEvent

GOING = {1: "Going once", 2: "Going twice", 3: "Last call"}
"""What the host says with a warning, by its stage."""

SAY = (
    "What the host says with it in the comments, 1 to 191 characters, in place of the English text."
)
WINDOW_SECONDS = 10


class LotCommand(StaffCommand):
    """A command about the lot on the block."""

    about_lot = True


class StartClock(LotCommand):
    """Start a clock: bidding closes when it runs out."""

    wire_name = "startClock"

    seconds: ClockSeconds = Field(description="How long the clock runs, 1 to 604800.")
    extend_seconds: WindowSeconds = Field(
        WINDOW_SECONDS,
        alias="extendSeconds",
        description="How much is left at least after a bid in the window, 0 to 600.",
    )
    window_seconds: WindowSeconds = Field(
        WINDOW_SECONDS,
        alias="windowSeconds",
        description="The last seconds, in which a bid extends the clock, 0 to 600.",
    )
    award: AutoAward = Field(
        None, description="`auto`: the lot is awarded, or passed, when the clock runs out."
    )
    say: Text | None = Field(None, description=SAY)


class PauseClock(LotCommand):
    """Let the clock stand still; bidding stays open."""

    wire_name = "pauseClock"


class ResumeClock(LotCommand):
    """Let a paused clock run on, with what was left or with so many seconds."""

    wire_name = "resumeClock"

    seconds: ClockSeconds | None = Field(
        None, description="How long it runs then; what was left where this is absent."
    )


class StopClock(LotCommand):
    """Take the clock off; bidding goes on without one."""

    wire_name = "stopClock"


class FairWarning(LotCommand):
    """Warn the room: going once, going twice, last call."""

    wire_name = "fairWarning"

    stage: Stage = Field(description="1, 2 or 3.")
    say: Text | None = Field(None, description=SAY)


class PauseBidding(LotCommand):
    """Refuse bids until bidding is resumed; the clock stands still."""

    wire_name = "pauseBidding"

    say: Text | None = Field(None, description=SAY)


class ResumeBidding(LotCommand):
    """Take bids again."""

    wire_name = "resumeBidding"

    say: Text | None = Field(None, description=SAY)


class AwardByClock(ClientEvent):
    """The award of a clock that ran out. Only the server gives it: the vocabulary does not have it."""

    wire_name = "awardByClock"

    ends_ms: int


class AuctionClock(AuctionEvent, ClockShown):
    """The clock was started, paused, resumed or stopped."""

    wire_name = "auctionClock"
    scope = Scope.ROOM


class FairWarningGiven(AuctionEvent):
    """The room was warned: going once, going twice, last call."""

    wire_name = "fairWarning"
    scope = Scope.ROOM

    stage: int


class BiddingPaused(AuctionEvent):
    """Bids are refused from now on; the clock stands still."""

    wire_name = "biddingPaused"
    scope = Scope.ROOM

    clock: ClockShown | None


class BiddingResumed(AuctionEvent):
    """Bids are taken again."""

    wire_name = "biddingResumed"
    scope = Scope.ROOM

    clock: ClockShown | None


COMMANDS: tuple[type[ClientEvent], ...] = (
    StartClock,
    PauseClock,
    ResumeClock,
    StopClock,
    FairWarning,
    PauseBidding,
    ResumeBidding,
)
ANNOUNCEMENTS: tuple[type[ServerEvent], ...] = (
    AuctionClock,
    FairWarningGiven,
    BiddingPaused,
    BiddingResumed,
)
