"""Rules of an auction: every action in every phase, by everybody (D5 to D14, D23).

The outcomes are typed by hand. What is in UPPER CASE happens (see HAPPENS); what is in lower case
is a refusal (see REFUSALS and MESSAGES).
"""

from datetime import timedelta

import pytest

from baraka_server.contract.client_events import (
    GUIDE_EVENTS,
    AwardLot,
    BroadcasterLeave,
    CancelAuction,
    ChangeLot,
    ClientEvent,
    EndAuction,
    PlaceBid,
    PostComment,
    StartAuction,
)
from baraka_server.contract.refusals import Code, Refusal
from baraka_server.domain.bid_entries import BidPlaced
from baraka_server.domain.decide import decide
from baraka_server.domain.decision import Command, Decision, HouseRules
from baraka_server.domain.events import (
    Adopted,
    Awarded,
    BroadcasterLeft,
    Canceled,
    Commented,
    Ended,
    Event,
    LotOpened,
    LotRepriced,
    Started,
)
from baraka_server.domain.parts import Lot, StandingBid
from baraka_server.domain.state import State, apply, next_entry
from tests.domain.phases import (
    AMINA,
    BILAL,
    DINA,
    NECKLACE,
    NOBODY,
    OPENING,
    OVER,
    PHASES,
    RING,
    after,
    without_paddle,
)

PEOPLE = {
    "owner": (AMINA, True),
    "other": (BILAL, True),
    "unknown": (NOBODY, False),  # a valid token whose user does not exist (D4)
}

COMMANDS: dict[str, ClientEvent] = {
    "start": StartAuction(auction_id=42),
    "next-lot": ChangeLot(
        auction_id=42,
        product="Silver Necklace – 925",
        minimum_price=50,
        start_price=60,
        market_price=70,
    ),
    "same-lot": ChangeLot(
        auction_id=42, product="Gold Ring – 18K", minimum_price=1, start_price=2, market_price=3
    ),
    "award": AwardLot(auction_id=42, product="Gold Ring – 18K", weight="5.2g"),
    "cancel": CancelAuction(auction_id=42),
    "end": EndAuction(auction_id=42),
    "stream-off": BroadcasterLeave(auction_id=42),
    "comment": PostComment(auction_id=42, comment="Great item!"),
    "bid": PlaceBid(auction_id=42, amount=2000),
    "house-bid": PlaceBid(auction_id=42, amount=2000),  # where the house lets owners bid (D13)
}

TABLE = """
                   nowhere  new      nolot    nobids   bids     canceled ended    both     prepared

start      owner   notfound STARTED  STARTED  STARTED  STARTED  canceled ended    canceled STARTED
start      other   notfound notowner notowner notowner notowner notowner notowner notowner notowner
start      unknown notfound notowner notowner notowner notowner notowner notowner notowner notowner

next-lot   owner   notfound notlive  OPENED   OPENED   OPENED   canceled ended    canceled notlive
next-lot   other   notfound notowner notowner notowner notowner notowner notowner notowner notowner
next-lot   unknown notfound notowner notowner notowner notowner notowner notowner notowner notowner

same-lot   owner   notfound notlive  OPENED   REPRICED REPRICED canceled ended    canceled notlive
same-lot   other   notfound notowner notowner notowner notowner notowner notowner notowner notowner
same-lot   unknown notfound notowner notowner notowner notowner notowner notowner notowner notowner

award      owner   notfound notlive  nolot    NOBODY   AWARDED  canceled ended    canceled notlive
award      other   notfound notowner notowner notowner notowner notowner notowner notowner notowner
award      unknown notfound notowner notowner notowner notowner notowner notowner notowner notowner

cancel     owner   notfound notlive  CANCELED CANCELED CANCELED canceled notlive  canceled notlive
cancel     other   notfound notowner notowner notowner notowner notowner notowner notowner notowner
cancel     unknown notfound notowner notowner notowner notowner notowner notowner notowner notowner

end        owner   notfound notlive  ENDED    ENDED    ENDED    notlive  ended    ended    notlive
end        other   notfound notowner notowner notowner notowner notowner notowner notowner notowner
end        unknown notfound notowner notowner notowner notowner notowner notowner notowner notowner

stream-off owner   notfound LEFT     LEFT     LEFT     LEFT     LEFT     LEFT     LEFT     LEFT
stream-off other   notfound notowner notowner notowner notowner notowner notowner notowner notowner
stream-off unknown notfound notowner notowner notowner notowner notowner notowner notowner notowner

comment    owner   notfound notlive  SAID     SAID     SAID     notlive  notlive  notlive  notlive
comment    other   notfound notlive  SAID     SAID     SAID     notlive  notlive  notlive  notlive
comment    unknown notfound notlive  nouser   nouser   nouser   notlive  notlive  notlive  notlive

bid        owner   notfound notlive  ownerbid ownerbid ownerbid notlive  notlive  notlive  notlive
bid        other   notfound notlive  nolot    BID      BID      notlive  notlive  notlive  notlive
bid        unknown notfound notlive  nouser   nouser   nouser   notlive  notlive  notlive  notlive

house-bid  owner   notfound notlive  nolot    BID      BID      notlive  notlive  notlive  notlive
house-bid  other   notfound notlive  nolot    BID      BID      notlive  notlive  notlive  notlive
house-bid  unknown notfound notlive  nouser   nouser   nouser   notlive  notlive  notlive  notlive
"""

HAPPENS: dict[str, Event] = {
    "STARTED": Started(),
    "OPENED": LotOpened(NECKLACE),
    "REPRICED": LotRepriced(Lot("Gold Ring – 18K", 1, 2, 3)),
    "AWARDED": Awarded(
        "Gold Ring – 18K", "5.2g", StandingBid(2, DINA, 1500, OPENING + timedelta(seconds=4))
    ),
    "NOBODY": Awarded("Gold Ring – 18K", "5.2g", None),  # D14
    "CANCELED": Canceled(),
    "ENDED": Ended(),
    "LEFT": BroadcasterLeft(),
    "SAID": Commented("Great item!"),
    "BID": BidPlaced(2000),
}

REFUSALS = {
    "notfound": "auction_not_found",
    "notowner": "not_owner",
    "notlive": "not_live",
    "canceled": "already_canceled",
    "ended": "already_ended",
    "nolot": "no_lot",
    "nouser": "user_not_found",
    "ownerbid": "owner_bid",
}

# What the refused one reads, by event and then by code.
MESSAGES = {
    "startLiveAuction": {
        "auction_not_found": "Unauthorized or Auction not found",
        "not_owner": "Unauthorized or Auction not found",
        "already_canceled": "Auction is already canceled",
        "already_ended": "Auction is already Ended",
    },
    "changeCuurentProduct": {
        "auction_not_found": OVER,
        "not_owner": OVER,
        "not_live": OVER,
        "already_canceled": OVER,
        "already_ended": OVER,
    },
    "awardingAuction": {
        "auction_not_found": OVER,
        "not_owner": "You are not allowed to end the auction",
        "not_live": OVER,
        "already_canceled": OVER,
        "already_ended": OVER,
        "no_lot": OVER,
    },
    "cancelAuction": {
        "auction_not_found": "Auction not found!",
        "not_owner": "You are not allowed to cancel this auction!",
        "not_live": "You only cancel live auctions!",
        "already_canceled": "Auction is already canceled",
    },
    "endAuction": {
        "auction_not_found": "Auction not found!",
        "not_owner": "You are not allowed to end the auction",
        "not_live": "Auction has not started yet.",
        "already_ended": "Auction is already Ended",
    },
    "broadCasterLeave": {
        "auction_not_found": "Auction not found!",
        "not_owner": "Only the owner of the auction may do this",
    },
    "comment": {
        "auction_not_found": "Auction not found!",
        "not_live": "Auction has not started yet.",
        "user_not_found": "User not found!",
    },
    "placeBid": {
        "auction_not_found": "Auction not found!",
        "not_live": "Auction has not started yet.",
        "user_not_found": "User not found!",
        "owner_bid": "You cannot bid on your own auction",
        "no_lot": "There is no product to bid on at the moment",
    },
}


def rows() -> list[tuple[str, str, dict[str, str]]]:
    header, *lines = [line.split() for line in TABLE.splitlines() if line.strip()]
    return [(command, who, dict(zip(header, cells, strict=True))) for command, who, *cells in lines]


CASES = [
    (command, who, phase, outcome)
    for command, who, cells in rows()
    for phase, outcome in cells.items()
]


def outcome_of(state: State | None, command: str, who: str) -> Decision:
    user_id, exists = PEOPLE[who]
    rules = HouseRules(owner_bids=command == "house-bid")
    return without_paddle(decide(state, Command(COMMANDS[command], user_id, exists), rules))


def test_the_table_has_everybody_asking_everything_in_every_phase() -> None:
    assert {case[:3] for case in CASES} == {
        (name, who, phase) for name in COMMANDS for who in PEOPLE for phase in PHASES
    }
    assert len(CASES) == len(COMMANDS) * len(PEOPLE) * len(PHASES)
    asked = {type(event) for event in COMMANDS.values()}
    assert {event for event in GUIDE_EVENTS.values() if event not in asked} == {
        GUIDE_EVENTS["joinAuction"],
        GUIDE_EVENTS["leaveAuction"],
    }


@pytest.mark.parametrize(("command", "who", "phase", "outcome"), CASES)
def test_a_command_has_the_outcome_of_the_table(
    command: str, who: str, phase: str, outcome: str
) -> None:
    decision = outcome_of(PHASES[phase], command, who)
    if outcome.isupper():
        expected = HAPPENS[outcome]
        if (command, phase) == ("same-lot", "nolot"):
            expected = LotOpened(Lot("Gold Ring – 18K", 1, 2, 3))
        assert decision == expected
        assert type(decision) is type(expected)
    else:
        assert isinstance(decision, Refusal)
        event, code = COMMANDS[command].wire_name, REFUSALS[outcome]
        assert (decision.event, decision.code) == (event, code)
        assert decision.message == MESSAGES[event][code]


def test_no_message_is_written_down_that_nobody_ever_reads() -> None:
    read = {
        (COMMANDS[command].wire_name, REFUSALS[o]) for command, *_, o in CASES if not o.isupper()
    }
    assert read == {(event, code) for event, codes in MESSAGES.items() for code in codes}


@pytest.mark.parametrize("name", [name for name in COMMANDS if COMMANDS[name].who.is_staff])
@pytest.mark.parametrize("user_id", [AMINA, BILAL, 0])
def test_an_auction_without_an_owner_obeys_nobody(name: str, user_id: int) -> None:
    ownerless = after((None, Adopted(None, True, False, False, RING, None)))
    decision = decide(ownerless, Command(COMMANDS[name], user_id), HouseRules())
    assert isinstance(decision, Refusal)
    assert decision.code is Code.NOT_OWNER


def test_a_second_award_of_a_round_finds_no_product() -> None:
    """D14."""
    state = PHASES["bids"]
    assert state is not None
    first = outcome_of(state, "award", "owner")
    assert isinstance(first, Awarded)
    again = outcome_of(apply(state, next_entry(state, first, AMINA, OPENING)), "award", "owner")
    assert isinstance(again, Refusal)
    assert (again.code, again.message) == (Code.NO_LOT, "Auction could not be ended.")
