"""Refusals: the table of all codes and texts. Call sites name a code; they never spell a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any

from pydantic import WithJsonSchema


class Code(StrEnum):
    """The reason of a refusal, for programs; its text is for people."""

    NO_TOKEN = "no_token"
    INVALID_TOKEN = "invalid_token"
    OLD_CLIENT = "old_client"
    AUCTION_NOT_FOUND = "auction_not_found"
    USER_NOT_FOUND = "user_not_found"
    NOT_OWNER = "not_owner"
    NOT_LIVE = "not_live"
    ALREADY_CANCELED = "already_canceled"
    ALREADY_ENDED = "already_ended"
    BID_TOO_LOW = "bid_too_low"
    BID_BELOW_MINIMUM = "bid_below_minimum"
    NO_LOT = "no_lot"
    NOT_JOINED = "not_joined"
    ROUND_OVER = "round_over"
    OTHER_BID_LEADS = "other_bid_leads"
    STANDING_BID_CHANGED = "standing_bid_changed"
    OWNER_BID = "owner_bid"
    REQUEST_ID_REUSED = "request_id_reused"
    MALFORMED = "malformed"
    BAD_PARAMETER = "bad_parameter"
    UNKNOWN_EVENT = "unknown_event"
    TOO_FAST = "too_fast"
    BUSY = "busy"
    UNAVAILABLE = "unavailable"
    UNSUITED = "unsuited"
    OUTCOME_UNKNOWN = "outcome_unknown"
    FAULT = "fault"
    # of the auction house
    NOT_STAFF = "not_staff"
    STAFF_BID = "staff_bid"
    IS_STAFF = "is_staff"
    HAS_BIDS = "has_bids"
    LOT_NOT_FOUND = "lot_not_found"
    LOT_NOT_WAITING = "lot_not_waiting"
    LOT_OPEN = "lot_open"
    NUMBER_TAKEN = "number_taken"
    LOTS_CHANGED = "lots_changed"
    BIDS_STAND = "bids_stand"
    NOTHING_TO_UNDO = "nothing_to_undo"
    NOT_NEWEST = "not_newest"
    NOTHING_TO_REOPEN = "nothing_to_reopen"
    WINNING_SETTLED = "winning_settled"
    NOT_STANDING = "not_standing"
    BELOW_RESERVE = "below_reserve"
    BID_BELOW_STEP = "bid_below_step"
    OVER_LIMIT = "over_limit"
    NOT_REGISTERED = "not_registered"
    MAXIMA_OFF = "maxima_off"
    NO_MAXIMUM = "no_maximum"
    BIDDING_CLOSED = "bidding_closed"
    BIDDING_PAUSED = "bidding_paused"
    NO_CLOCK = "no_clock"
    CLOCK_RUNNING = "clock_running"
    CLOCK_MOVED = "clock_moved"
    COMMENT_NOT_FOUND = "comment_not_found"
    MUTED = "muted"
    SLOW_MODE = "slow_mode"
    BLOCKED = "blocked"
    BLOCKED_EVERYWHERE = "blocked_everywhere"
    PADDLE_NOT_FOUND = "paddle_not_found"
    NO_FLOOR_USER = "no_floor_user"
    FLOOR_CLOSED = "floor_closed"
    WINNING_PAID = "winning_paid"
    OTHER_HISTORY = "other_history"
    # of those who watch without an account, and of signing in
    WATCH_ONLY = "watch_only"
    OTHER_AUCTION = "other_auction"
    TOO_MANY_GUESTS = "too_many_guests"
    GUESTS_OFF = "guests_off"
    TOO_MANY_CODES = "too_many_codes"
    WRONG_CODE = "wrong_code"
    TOO_MANY_TRIES = "too_many_tries"
    CHALLENGE_OVER = "challenge_over"
    NAME_NEEDED = "name_needed"
    SESSION_OVER = "session_over"
    SIGN_IN_UNAVAILABLE = "sign_in_unavailable"


AnyCode = Annotated[str, WithJsonSchema({"type": "string", "format": "code"})]
"""A code as a client reads it: a newer server may have others."""

COULD_NOT_BE_ENDED = "Auction could not be ended."

TEXTS: dict[Code, str] = {
    # documented (guide: Common Error Messages)
    Code.NO_TOKEN: "No token provided",
    Code.INVALID_TOKEN: "Invalid or expired token",
    Code.AUCTION_NOT_FOUND: "Auction not found!",
    Code.USER_NOT_FOUND: "User not found!",
    Code.NOT_LIVE: "Auction has not started yet.",
    Code.ALREADY_CANCELED: "Auction is already canceled",
    Code.ALREADY_ENDED: "Auction is already Ended",
    Code.BID_TOO_LOW: "Bid must be higher than the current bid ({current})",
    # decided
    Code.BID_BELOW_MINIMUM: "Bid must be at least the minimum bid ({minimum})",
    Code.OWNER_BID: "You cannot bid on your own auction",
    # ours, where guide and decisions give no text
    Code.OLD_CLIENT: (
        "This app is too old: the server needs a client of Socket.IO 3 or newer. Please update it."
    ),
    Code.NOT_OWNER: "Only the owner of the auction may do this",
    Code.NO_LOT: "There is no product to bid on at the moment",
    Code.NOT_JOINED: "Join the auction before you bid",
    Code.ROUND_OVER: "The product has just changed",
    Code.OTHER_BID_LEADS: "Another bid leads by now",
    Code.STANDING_BID_CHANGED: "The standing bid has changed",
    Code.REQUEST_ID_REUSED: "This requestId was already used for something else",
    Code.MALFORMED: "Invalid payload: {reason}",
    Code.BAD_PARAMETER: "Invalid parameter: {reason}",
    Code.UNKNOWN_EVENT: "Unknown event: {name}{hint}",
    Code.TOO_FAST: "You are sending too fast",
    Code.BUSY: "The auction is too busy at the moment. Nothing was changed; please try again.",
    Code.UNAVAILABLE: (
        "The auction cannot be reached at the moment. Nothing was changed; please try again."
    ),
    Code.UNSUITED: "The database of this sale does not take this. Nothing was changed.",
    Code.OUTCOME_UNKNOWN: (
        "The server could not confirm this. Please look at the auction before you try again."
    ),
    # of the auction house: docs/auction-house.md
    Code.NOT_STAFF: "You have no role in this auction that may do this",
    Code.STAFF_BID: "You work in this auction and cannot bid in it",
    Code.IS_STAFF: "That user works in this auction",
    Code.HAS_BIDS: "That user has bids in this round; try again when the lot is sold",
    Code.LOT_NOT_FOUND: "There is no such lot in this auction",
    Code.LOT_NOT_WAITING: "Lot {number} is {lotState}",
    Code.LOT_OPEN: "{lot} is on the block",
    Code.NUMBER_TAKEN: "Lot number {number} is taken",
    Code.LOTS_CHANGED: "This was changed by somebody else; look at it again",
    Code.BIDS_STAND: "Bids stand on this lot",
    Code.NOTHING_TO_UNDO: "There is no bid to take back",
    Code.NOT_NEWEST: "Something else came after this bid",
    Code.NOTHING_TO_REOPEN: "No lot was awarded or passed since one was opened",
    Code.WINNING_SETTLED: "This lot was paid for, or its winning was changed: it cannot be opened again",
    Code.NOT_STANDING: "That bid does not stand",
    Code.BELOW_RESERVE: "The bid is below the reserve of this lot",
    Code.BID_BELOW_STEP: "Bid must be at least {nextBid}",
    Code.OVER_LIMIT: "Your limit in this auction is {limit}",
    Code.NOT_REGISTERED: "You are not registered to bid in this auction",
    Code.MAXIMA_OFF: "Maximum bids are not taken in this auction",
    Code.NO_MAXIMUM: "You have no maximum bid on this lot",
    Code.BIDDING_CLOSED: "Bidding is closed",
    Code.BIDDING_PAUSED: "Bidding is paused",
    Code.NO_CLOCK: "No clock is on",
    Code.CLOCK_RUNNING: "A clock is on already",
    Code.CLOCK_MOVED: "The clock was moved since",
    Code.COMMENT_NOT_FOUND: "There is no such comment",
    Code.MUTED: "You cannot write in this auction at the moment",
    Code.SLOW_MODE: "Please wait {seconds} s before you write again",
    Code.BLOCKED: "You cannot take part in this auction",
    Code.BLOCKED_EVERYWHERE: "You cannot take part in any auction here",
    Code.PADDLE_NOT_FOUND: "There is no paddle {paddle} in this auction",
    Code.NO_FLOOR_USER: "This auction has no floor user: its owner has to name one",
    Code.FLOOR_CLOSED: "Floor bids are closed for this lot: too many were taken back",
    Code.WINNING_PAID: "This winning is paid",
    Code.OTHER_HISTORY: "That head is of another history, or of another auction: make a whole export",
    Code.WATCH_ONLY: "You are watching as a guest. Please sign in to take part.",
    Code.OTHER_AUCTION: "This link is for another auction",
    Code.TOO_MANY_GUESTS: (
        "Too many people are watching as guests at the moment. Please sign in, or try again later."
    ),
    Code.GUESTS_OFF: "Nobody can watch here without an account. Please sign in.",
    Code.TOO_MANY_CODES: "Too many codes were asked for. Please wait before you ask for another one.",
    Code.WRONG_CODE: "This code is wrong or has expired",
    Code.TOO_MANY_TRIES: "Too many wrong codes. Please wait, and ask for another one.",
    Code.CHALLENGE_OVER: "Please ask for a code with your number again",
    Code.NAME_NEEDED: "You are new here: please give your name",
    Code.SESSION_OVER: "Please sign in again",
    Code.SIGN_IN_UNAVAILABLE: "Signing in does not work at the moment. Please try again.",
    Code.FAULT: "Something went wrong on the server (incident {incident}). Please try again.",
}

TEXTS_BY_EVENT: dict[tuple[str, Code], str] = {
    ("startLiveAuction", Code.AUCTION_NOT_FOUND): "Unauthorized or Auction not found",
    ("startLiveAuction", Code.NOT_OWNER): "Unauthorized or Auction not found",
    ("cancelAuction", Code.NOT_OWNER): "You are not allowed to cancel this auction!",
    ("cancelAuction", Code.NOT_LIVE): "You only cancel live auctions!",
    ("endAuction", Code.NOT_OWNER): "You are not allowed to end the auction",
    ("awardingAuction", Code.NOT_OWNER): "You are not allowed to end the auction",
    ("awardingAuction", Code.OTHER_BID_LEADS): COULD_NOT_BE_ENDED,
    ("awardingAuction", Code.STANDING_BID_CHANGED): COULD_NOT_BE_ENDED,
    ("awardingAuction", Code.NOT_STANDING): COULD_NOT_BE_ENDED,
    ("awardingAuction", Code.BELOW_RESERVE): COULD_NOT_BE_ENDED,
    # Whoever enters a bid from the floor is not who bids.
    ("floorBid", Code.USER_NOT_FOUND): "That bidder has no account any more",
    ("floorBid", Code.BLOCKED): "That bidder cannot take part in this auction",
    ("floorBid", Code.OWNER_BID): "The owner cannot bid on the own auction",
    ("floorBid", Code.STAFF_BID): "That bidder works in this auction and cannot bid in it",
    ("floorBid", Code.NOT_REGISTERED): "That bidder is not registered to bid in this auction",
    ("floorBid", Code.OVER_LIMIT): "The limit of that bidder in this auction is {limit}",
    ("changeCuurentProduct", Code.NOT_OWNER): COULD_NOT_BE_ENDED,
    # Every other refusal of these two has one text; the code says what it really was (D8).
    **{
        (event, code): COULD_NOT_BE_ENDED
        for event in ("awardingAuction", "changeCuurentProduct")
        for code in (
            Code.AUCTION_NOT_FOUND,
            Code.NOT_LIVE,
            Code.ALREADY_CANCELED,
            Code.ALREADY_ENDED,
            Code.NO_LOT,
            Code.ROUND_OVER,
            Code.WATCH_ONLY,
        )
    },
}


EXTRA_VALUES = frozenset(
    {
        "announced",
        "clock",
        "formerBid",
        "limit",
        "lotState",
        "lotsVersion",
        "nextBid",
        "numbers",
        "retryAfterMs",
        "round",
        "standingBid",
    }
)
"""The values that programs get beside the text, as fields of their own."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal: its code, the client event that it answers, and the values of its text.

    `event` is empty for a refused connection.

        Refusal(Code.BID_TOO_LOW, "placeBid", {"current": 900}).message
        == "Bid must be higher than the current bid (900)"
    """

    code: Code
    event: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        text = TEXTS_BY_EVENT.get((self.event, self.code)) or TEXTS[self.code]
        return text.format_map(self.values)

    @property
    def is_silent(self) -> bool:
        """Whether only the acknowledgement is sent, without `error`, which phones show to people (D30)."""
        return self.code is Code.UNKNOWN_EVENT and not self.values.get("hint")

    @property
    def extra(self) -> dict[str, Any]:
        """The values of this refusal that programs get beside the text."""
        return {name: value for name, value in self.values.items() if name in EXTRA_VALUES}
