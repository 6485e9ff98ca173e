"""Rules of an auction: every action in every phase, by everybody (D5 to D14, D23).

The outcomes are typed by hand. What is in UPPER CASE happens (see HAPPENS); what is in lower case
is a refusal (see REFUSALS and MESSAGES).
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from baraka_server.contract.client_events import (
    CLIENT_EVENTS,
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
from baraka_server.domain.decide import Command, Decision, HouseRules, RefusedOnce, Seen, decide
from baraka_server.domain.events import (
    Adopted,
    Awarded,
    BidPlaced,
    BroadcasterLeft,
    Canceled,
    Commented,
    Ended,
    Event,
    Lot,
    LotOpened,
    LotRepriced,
    StandingBid,
    StandingBidChanged,
    Started,
)
from baraka_server.domain.state import State, apply, next_entry

AMINA, BILAL, DINA, NOBODY = 1, 2, 3, 404  # Amina hosts; Bilal and Dina bid
OPENING = datetime(2026, 1, 2, 18, 0, tzinfo=UTC)

RING = Lot("Gold Ring – 18K", minimum_price=800, start_price=1000, market_price=1400)
NECKLACE = Lot("Silver Necklace – 925", minimum_price=50, start_price=60, market_price=70)


def after(*events: tuple[int | None, Event]) -> State:
    state = State()
    for second, (user_id, event) in enumerate(events):
        now = OPENING + timedelta(seconds=second)
        state = apply(state, next_entry(state, event, user_id, now))
    return state


def adopted(
    *, live: bool = False, canceled: bool = False, ended: bool = False, lot: Lot | None = None
) -> tuple[None, Adopted]:
    return None, Adopted(AMINA, live, canceled, ended, lot, None)


NEW = [adopted()]
LIVE = [*NEW, (AMINA, Started())]
ON_THE_BLOCK = [*LIVE, (AMINA, LotOpened(RING))]
BID_ON = [*ON_THE_BLOCK, (BILAL, BidPlaced(1000, 1)), (DINA, BidPlaced(1500, 2))]

PHASES: dict[str, State | None] = {
    "nowhere": None,
    "new": after(*NEW),
    "nolot": after(*LIVE),
    "nobids": after(*ON_THE_BLOCK),
    "bids": after(*BID_ON),
    "canceled": after(*BID_ON, (AMINA, Canceled())),
    "ended": after(*BID_ON, (AMINA, Ended())),
    "both": after(adopted(canceled=True, ended=True, lot=RING)),
    "prepared": after(adopted(lot=RING)),  # never live, and yet with a product in its row
}

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
OVER = "Auction could not be ended."  # D8: whatever was really wrong
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
    return decide(state, Command(COMMANDS[command], user_id, exists), rules)


def test_the_table_has_everybody_asking_everything_in_every_phase() -> None:
    assert {case[:3] for case in CASES} == {
        (name, who, phase) for name in COMMANDS for who in PEOPLE for phase in PHASES
    }
    assert len(CASES) == len(COMMANDS) * len(PEOPLE) * len(PHASES)
    asked = {type(event) for event in COMMANDS.values()}
    assert {event for event in CLIENT_EVENTS.values() if event not in asked} == {
        CLIENT_EVENTS["joinAuction"],
        CLIENT_EVENTS["leaveAuction"],
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


@pytest.mark.parametrize("name", [name for name in COMMANDS if COMMANDS[name].owner_only])
@pytest.mark.parametrize("user_id", [AMINA, BILAL, 0])
def test_an_auction_without_an_owner_obeys_nobody(name: str, user_id: int) -> None:
    ownerless = after((None, Adopted(None, True, False, False, RING, None)))
    decision = decide(ownerless, Command(COMMANDS[name], user_id), HouseRules())
    assert isinstance(decision, Refusal)
    assert decision.code is Code.NOT_OWNER


# --- bids --------------------------------------------------------------------

# The minimum is 800, the price shown at the start 1000; the highest bid, where there is one, 1500.
BIDS = [
    # phase, amount, round, what comes of it
    ("nobids", 1, None, "Bid must be at least the minimum bid (800)"),
    ("nobids", 799, None, "Bid must be at least the minimum bid (800)"),
    ("nobids", 800, None, BidPlaced(800)),
    ("nobids", 801, None, BidPlaced(801)),
    ("nobids", 999, None, BidPlaced(999)),  # the start price refuses nothing (D11)
    ("nobids", 2147483647, None, BidPlaced(2147483647)),
    ("bids", 1, None, "Bid must be higher than the current bid (1500)"),
    ("bids", 800, None, "Bid must be higher than the current bid (1500)"),
    ("bids", 1499, None, "Bid must be higher than the current bid (1500)"),
    ("bids", 1500, None, "Bid must be higher than the current bid (1500)"),
    ("bids", 1501, None, BidPlaced(1501)),
    ("bids", 2147483647, None, BidPlaced(2147483647)),
    # the round that the bidder was looking at (D23); this one is the first
    ("bids", 1501, 1, BidPlaced(1501)),
    ("nobids", 800, 1, BidPlaced(800)),
    ("bids", 1501, 0, "The product has just changed"),
    ("bids", 1501, 2, "The product has just changed"),
    ("bids", 1501, 9007199254740991, "The product has just changed"),
    ("bids", 1, 0, "The product has just changed"),
    ("nolot", 1501, None, "There is no product to bid on at the moment"),
    ("nolot", 1501, 0, "There is no product to bid on at the moment"),
    ("nolot", 1501, 1, "The product has just changed"),
]

BID_CODES = {
    "Bid must be at least the minimum bid (800)": "bid_below_minimum",
    "Bid must be higher than the current bid (1500)": "bid_too_low",
    "The product has just changed": "round_over",
    "There is no product to bid on at the moment": "no_lot",
}


def bid(state: State, amount: int, bid_round: int | None = None, user_id: int = BILAL) -> Decision:
    event = PlaceBid(auction_id=42, amount=amount, round=bid_round)
    return decide(state, Command(event, user_id), HouseRules(owner_bids=user_id == AMINA))


@pytest.mark.parametrize("bidder", [BILAL, DINA, AMINA])
@pytest.mark.parametrize(("phase", "amount", "bid_round", "outcome"), BIDS)
def test_a_bid_is_measured_by_the_minimum_the_last_bid_and_the_round(
    phase: str, amount: int, bid_round: int | None, outcome: Event | str, bidder: int
) -> None:
    """D11; whoever leads may raise the own bid, and a house's owner bids as everybody does."""
    state = PHASES[phase]
    assert state is not None
    decision = bid(state, amount, bid_round, bidder)
    if isinstance(outcome, str):
        assert isinstance(decision, Refusal)
        assert (decision.message, decision.code) == (outcome, BID_CODES[outcome])
    else:
        assert decision == outcome


def test_owners_are_refused_before_anything_about_their_bid_is_looked_at() -> None:
    """D13."""
    state = PHASES["bids"]
    for amount, bid_round in [(1, None), (2000, None), (2000, 0), (2000, 1)]:
        command = Command(PlaceBid(auction_id=42, amount=amount, round=bid_round), AMINA)
        decision = decide(state, command, HouseRules())
        assert isinstance(decision, Refusal)
        assert decision.code is Code.OWNER_BID


def test_a_minimum_of_nothing_lets_the_smallest_bid_in() -> None:
    free = LotOpened(Lot("Box", 0, 0, 0))
    assert bid(after(*LIVE, (AMINA, free)), 1) == BidPlaced(1)


def test_a_raised_minimum_does_not_count_once_somebody_has_bid() -> None:
    """D11: only the first bid must reach it."""
    state = after(*BID_ON, (AMINA, LotRepriced(Lot(RING.product, 9000, 9000, 9000))))
    assert bid(state, 1501) == BidPlaced(1501)


# --- rounds ------------------------------------------------------------------

ROUNDS = [
    # what happened after the two bids on the ring; the round, the high bid and the next least bid
    ("nothing", [], 1, 1500, 1501),
    ("other prices", [(AMINA, LotRepriced(Lot(RING.product, 9000, 1, 1)))], 1, 1500, 1501),
    ("a comment", [(BILAL, Commented("!"))], 1, 1500, 1501),
    ("announced again", [(AMINA, Started())], 1, 1500, 1501),
    ("the host left", [(AMINA, BroadcasterLeft())], 1, 1500, 1501),
    ("another product", [(AMINA, LotOpened(NECKLACE))], 2, None, 50),
    ("there and back", [(AMINA, LotOpened(NECKLACE)), (AMINA, LotOpened(RING))], 3, None, 800),
    ("awarded", [(AMINA, Awarded("Ring", "", None))], 1, None, None),
    (
        "the same product again after its award",
        [(AMINA, Awarded("Ring", "", None)), (AMINA, LotOpened(RING))],
        2,
        None,
        800,
    ),
]


@pytest.mark.parametrize(
    ("events", "bid_round", "high", "least"),
    [case[1:] for case in ROUNDS],
    ids=[case[0] for case in ROUNDS],
)
def test_bids_stay_in_their_round(
    events: list[tuple[int, Event]], bid_round: int, high: int | None, least: int | None
) -> None:
    """D10: a late bid can never land on the next product."""
    state = after(*BID_ON, *events)
    assert state.round == bid_round
    assert (state.high.amount if state.high else None) == high
    if least is None:
        assert isinstance(bid(state, 2147483647), Refusal)
    else:
        assert isinstance(bid(state, least - 1), Refusal)
        assert bid(state, least) == BidPlaced(least)
        assert bid(state, least, bid_round) == BidPlaced(least)
    if bid_round > 1:
        late = bid(state, 2147483647, 1)
        assert isinstance(late, Refusal)
        assert late.code is Code.ROUND_OVER


@pytest.mark.parametrize(
    ("on_the_block", "product", "is_the_same"),
    [
        ("Gold Ring – 18K", "gold ring – 18k", False),
        ("Gold Ring – 18K", "Gold Ring", False),
        ("Gold Ring – 18K", "Gold Ring – 18K ", True),
        ("Gold Ring – 18K", "  Gold   Ring\t–\n18K", True),
        ("Gold Ring – 18K", "Gold\u00a0Ring – 18K", True),
        ("Perl\u00e9", "Perle\u0301", True),  # one letter, or a letter and its accent
        ("آ", "آ", True),
        ("Ring", "R ing", False),
    ],
)
def test_a_name_is_the_same_but_for_blanks_and_unicode_forms(
    on_the_block: str, product: str, is_the_same: bool
) -> None:
    """D33: the prices change and the bids stay, or a new round begins. The name is kept as it came."""
    before = after(*LIVE, (AMINA, LotOpened(Lot(on_the_block, 1, 1, 1))), (BILAL, BidPlaced(9, 1)))
    decision = decide(before, Command(change_to(product), AMINA), HouseRules())
    assert isinstance(decision, LotOpened | LotRepriced)
    assert type(decision) is (LotRepriced if is_the_same else LotOpened)
    assert decision.lot.product == product
    adoption = adopted(live=True, lot=Lot(product, 1, 1, 1))[1]
    for event in (decision, adoption):  # another program writes as it likes, too
        assert next_entry(before, event, AMINA, OPENING).round == (1 if is_the_same else 2)


# --- commands that do not say what they are about ----------------------------

A, B = Lot("A", 1, 1, 1), Lot("B", 1, 1, 1)
ROUND_2 = [*LIVE, (AMINA, LotOpened(A)), (BILAL, BidPlaced(5, 1)), (AMINA, Awarded("A", "", None))]
B_IS_ON = after(*ROUND_2, (AMINA, LotOpened(B)), (DINA, BidPlaced(900, 2)))
B_WITHOUT_BIDS = after(*ROUND_2, (AMINA, LotOpened(B)))
A_IS_ON_AGAIN = after(*ROUND_2, (AMINA, LotOpened(A)), (DINA, BidPlaced(900, 2)))
HERE_NOW, HERE_BEFORE = Seen(2, here=True), Seen(1, here=True)
BACK_NOW, BACK_BEFORE, UNKNOWN = Seen(2), Seen(1), Seen(None)
SOLD, OVER_NOW = "sold", "round_over"


def change_to(product: str, **more: int) -> ChangeLot:
    prices = {"minimum_price": 1, "start_price": 2, "market_price": 3}
    return ChangeLot(auction_id=42, product=product, **prices, **more)


@pytest.mark.parametrize(
    ("state", "names", "seen", "outcome"),
    [
        # the product of an earlier round, and not the one on the block: a repetition, whoever sends it
        (B_IS_ON, {"product": "A"}, HERE_NOW, OVER_NOW),
        (B_IS_ON, {"product": " A "}, None, OVER_NOW),
        (B_IS_ON, {"product": "A"}, UNKNOWN, OVER_NOW),
        # the one on the block, which no other round had: it says what it is about
        (B_IS_ON, {"product": "B"}, HERE_BEFORE, SOLD),
        (B_IS_ON, {"product": "B "}, BACK_BEFORE, SOLD),
        (B_IS_ON, {"product": "B"}, UNKNOWN, SOLD),
        # a name that never was on the block is free text; a phone awards every lot as "Ring"
        (B_IS_ON, {"product": "Ring"}, HERE_NOW, SOLD),
        (B_IS_ON, {"product": "Ring"}, UNKNOWN, SOLD),
        (B_IS_ON, {"product": "Ring"}, None, SOLD),
        (B_IS_ON, {"product": "Ring"}, HERE_BEFORE, OVER_NOW),
        (B_IS_ON, {"product": "Ring"}, BACK_BEFORE, OVER_NOW),
        # two lots of one name: only who opened this round or was told of it
        (A_IS_ON_AGAIN, {"product": "A"}, HERE_NOW, SOLD),
        (A_IS_ON_AGAIN, {"product": "A"}, HERE_BEFORE, OVER_NOW),
        (A_IS_ON_AGAIN, {"product": "A"}, BACK_NOW, OVER_NOW),
        (A_IS_ON_AGAIN, {"product": "A"}, UNKNOWN, OVER_NOW),
        # the round, or the bid, says it better than any name
        (A_IS_ON_AGAIN, {"product": "A", "round": 2}, UNKNOWN, SOLD),
        (A_IS_ON_AGAIN, {"product": "A", "round": 1}, HERE_NOW, OVER_NOW),
        (A_IS_ON_AGAIN, {"product": "A", "bid_id": 2}, UNKNOWN, SOLD),
        (A_IS_ON_AGAIN, {"product": "A", "bid_id": 1}, HERE_NOW, "other_bid_leads"),
        (B_IS_ON, {"product": "A", "bid_id": 2}, HERE_BEFORE, SOLD),
        # "no bid" is true of many rounds
        (B_WITHOUT_BIDS, {"product": "A", "bid_id": 0}, HERE_BEFORE, OVER_NOW),
        (B_WITHOUT_BIDS, {"product": "B", "bid_id": 0}, UNKNOWN, SOLD),
    ],
)
def test_a_repeated_award_never_sells_the_next_lot(
    state: State, names: dict[str, Any], seen: Seen | None, outcome: str
) -> None:
    """D32."""
    command = Command(AwardLot(auction_id=42, **names), AMINA, seen=seen)
    decision = decide(state, command, HouseRules())
    if outcome is SOLD:
        assert decision == Awarded(names["product"], None, state.high)
    else:
        assert isinstance(decision, Refusal)
        assert (str(decision.code), decision.message) == (outcome, OVER)


@pytest.mark.parametrize(
    ("state", "event", "seen", "outcome"),
    [
        # sent while its sender looked at an earlier round: it would take the lot off the block
        (B_IS_ON, change_to("A"), HERE_BEFORE, OVER_NOW),
        (B_WITHOUT_BIDS, change_to("C"), HERE_BEFORE, OVER_NOW),
        # flushed by a phone that came back: refused where bids would be set aside
        (B_IS_ON, change_to("A"), BACK_BEFORE, OVER_NOW),
        (B_WITHOUT_BIDS, change_to("A"), BACK_BEFORE, LotOpened),
        # a host who never joined, or knows what is on, does as they like
        (B_IS_ON, change_to("A"), UNKNOWN, LotOpened),
        (B_IS_ON, change_to("A"), HERE_NOW, LotOpened),
        (B_IS_ON, change_to("A"), None, LotOpened),
        # about the open lot, whoever sends it
        (B_IS_ON, change_to("B "), HERE_BEFORE, LotRepriced),
        (A_IS_ON_AGAIN, change_to("A"), HERE_NOW, LotRepriced),
        (A_IS_ON_AGAIN, change_to("A"), HERE_BEFORE, OVER_NOW),
        # the round says it best
        (B_IS_ON, change_to("C", round=2), HERE_BEFORE, LotOpened),
        (B_IS_ON, change_to("C", round=1), HERE_NOW, OVER_NOW),
        (B_IS_ON, change_to("B", round=1), HERE_NOW, OVER_NOW),
    ],
)
def test_a_stale_change_puts_nothing_on_the_block(
    state: State, event: ChangeLot, seen: Seen | None, outcome: str | type[Event]
) -> None:
    """D32."""
    decision = decide(state, Command(event, AMINA, seen=seen), HouseRules())
    if isinstance(outcome, str):
        assert isinstance(decision, Refusal)
        assert (str(decision.code), decision.message) == (outcome, OVER)
        assert decision.extra == {"round": 2}
    else:
        assert type(decision) is outcome


@pytest.mark.parametrize(
    ("seen", "round_", "outcome"),
    [
        (HERE_NOW, None, BidPlaced(1000)),
        (BACK_NOW, None, BidPlaced(1000)),
        (HERE_BEFORE, None, "The product has just changed"),
        (BACK_BEFORE, None, "The product has just changed"),
        (UNKNOWN, None, "Join the auction before you bid"),
        # the round in the payload always wins
        (HERE_BEFORE, 2, BidPlaced(1000)),
        (UNKNOWN, 2, BidPlaced(1000)),
        (HERE_NOW, 1, "The product has just changed"),
    ],
)
def test_a_bid_counts_for_the_product_that_its_bidder_looked_at(
    seen: Seen, round_: int | None, outcome: Event | str
) -> None:
    """D31."""
    event = PlaceBid(auction_id=42, amount=1000, round=round_)
    decision = decide(B_IS_ON, Command(event, BILAL, seen=seen), HouseRules())
    assert (decision.message if isinstance(decision, Refusal) else decision) == outcome


@pytest.mark.parametrize("seen", [UNKNOWN, BACK_BEFORE])
@pytest.mark.parametrize(
    ("state", "exists", "code"), [(None, True, "auction_not_found"), ("ended", True, "not_live")]
)
def test_auction_and_user_are_looked_at_before_what_the_bidder_saw(
    state: str | None, exists: bool, code: str, seen: Seen
) -> None:
    """D31."""
    bid = Command(PlaceBid(auction_id=42, amount=1000), BILAL, exists, seen=seen)
    decision = decide(PHASES[state] if state else None, bid, HouseRules())
    assert isinstance(decision, Refusal)
    assert decision.code == code
    stranger = decide(B_IS_ON, Command(bid.event, NOBODY, False, seen=seen), HouseRules())
    assert isinstance(stranger, Refusal)
    assert stranger.code is Code.USER_NOT_FOUND


def test_a_second_award_of_a_round_finds_no_product() -> None:
    """D14."""
    state = PHASES["bids"]
    assert state is not None
    first = outcome_of(state, "award", "owner")
    assert isinstance(first, Awarded)
    again = outcome_of(apply(state, next_entry(state, first, AMINA, OPENING)), "award", "owner")
    assert isinstance(again, Refusal)
    assert (again.code, again.message) == (Code.NO_LOT, "Auction could not be ended.")


def test_an_award_keeps_the_words_of_whoever_awards() -> None:
    """The guide's `product` and `weight` go to the winning as they are."""
    event = AwardLot(auction_id=42, product="The ring from before", weight="")
    decision = decide(PHASES["bids"], Command(event, AMINA), HouseRules())
    assert isinstance(decision, Awarded)
    assert (decision.product, decision.weight) == ("The ring from before", "")


@pytest.mark.parametrize(
    ("high", "named", "awarded"),
    [
        (7, 7, True),
        (7, 6, False),  # another bid was the highest when the host decided
        (7, 0, False),  # there was none
        (None, 0, True),
        (None, 7, False),
        (0, 0, False),  # a bid whose row is not written yet
        (7, None, True),  # a client that does not ask for it
    ],
)
def test_an_award_may_name_the_bid_that_it_is_for(
    high: int | None, named: int | None, awarded: bool
) -> None:
    """So that nobody is awarded whom the host did not see leading."""
    bid = None if high is None else StandingBid(high, BILAL, 900, OPENING)
    state = State(owner_id=AMINA, live=True, lot=RING, high=bid, round=1, seq=3, at=OPENING)
    event = AwardLot(auction_id=42, product="Ring", weight="", bid_id=named)
    decision = decide(state, Command(event, AMINA), HouseRules())
    if awarded:
        assert decision == Awarded("Ring", "", bid)
    else:
        assert isinstance(decision, Refusal)
        assert decision.code == Code.OTHER_BID_LEADS
        assert decision.message == "Auction could not be ended."


# --- another program changed which bid stands (D47)

HIGH, LOW = StandingBid(8, DINA, 900, OPENING), StandingBid(7, BILAL, 850, OPENING)
SURPRISED = after(
    adopted(live=True, lot=RING), (None, StandingBidChanged(RING, high=LOW, was=HIGH))
)
TOLD = apply(
    SURPRISED,
    next_entry(SURPRISED, StandingBidChanged(RING, LOW, HIGH, award_refused=True), AMINA, OPENING),
)


@pytest.mark.parametrize(
    ("state", "named", "heard", "code", "kept"),
    [
        (SURPRISED, None, None, "standing_bid_changed", True),
        (SURPRISED, None, SURPRISED.seq, "standing_bid_changed", True),
        (SURPRISED, HIGH.bid_id, None, "standing_bid_changed", True),
        (SURPRISED, LOW.bid_id, None, None, False),  # who names it knows it
        (TOLD, None, None, None, False),
        (TOLD, None, TOLD.seq, None, False),
        (TOLD, None, TOLD.seq - 1, "standing_bid_changed", False),  # on its way before the refusal
        (TOLD, LOW.bid_id, TOLD.seq - 1, None, False),
        (TOLD, HIGH.bid_id, None, "other_bid_leads", False),
    ],
)
def test_an_award_after_the_leader_vanished_is_refused_once(
    state: State, named: int | None, heard: int | None, code: str | None, kept: bool
) -> None:
    event = AwardLot(auction_id=42, product="Ring", weight="", bid_id=named)
    decision = decide(state, Command(event, AMINA, heard_seq=heard), HouseRules())
    if code is None:
        assert decision == Awarded("Ring", "", LOW)
        return
    assert isinstance(decision, RefusedOnce) == kept
    refusal = decision.refusal if isinstance(decision, RefusedOnce) else decision
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.message) == (code, "Auction could not be ended.")
    if kept:
        assert isinstance(decision, RefusedOnce)
        assert decision.event == StandingBidChanged(RING, LOW, HIGH, award_refused=True)
        assert refusal.extra == {
            "standingBid": {"bidId": 7, "userId": BILAL, "amount": 850},
            "formerBid": {"bidId": 8, "userId": DINA, "amount": 900},
        }


def test_a_surprise_ends_with_its_round_and_no_earlier() -> None:
    bid = apply(SURPRISED, next_entry(SURPRISED, BidPlaced(1_000, 9), DINA, OPENING))
    repriced = apply(bid, next_entry(bid, LotRepriced(RING), AMINA, OPENING))
    assert SURPRISED.bid_change == bid.bid_change == repriced.bid_change is not None
    for event in (LotOpened(NECKLACE), Awarded("Ring", "", LOW)):
        assert apply(repriced, next_entry(repriced, event, AMINA, OPENING)).bid_change is None
