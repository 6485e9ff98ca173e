"""Habits of people at a sale: the commands that they give, how often, with which fields, and when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.support.model.sale import Sale

AMINA, BILAL, DINA, EMIL, FARAH, GHASSAN, HANA, NOBODY = 1, 2, 3, 4, 5, 6, 7, 999

Options = Sequence[Any] | Callable[[Random], Any]
"""The values that a field may have, or what draws one."""
SOMETIMES = 0.25
"""How often a field is sent that may be left out."""

HOSTS = [AMINA] * 10 + [FARAH] * 4 + [GHASSAN, BILAL]
OWNERS = [AMINA] * 12 + [FARAH, BILAL]
MODERATORS = [AMINA] * 4 + [GHASSAN] * 4 + [FARAH] * 2 + [BILAL]
BIDDERS = [BILAL, DINA, EMIL] * 8 + [AMINA, FARAH, GHASSAN, NOBODY]
PEOPLE = [DINA, BILAL, EMIL, DINA, BILAL, EMIL, FARAH, GHASSAN, NOBODY, AMINA]
SAW = ["this"] * 14 + ["before", "nothing", "no"]
PRODUCTS = ["Ring", "Pearl", "Chain"]
PRICES = [5, 0, 1, 20, 100]
NUMBERS = [1, 2, 3, 7, 12]
STEPS = [
    None,
    10,
    1,
    [{"from": 0, "step": 5}, {"from": 20, "step": 20}],
    [{"from": 15, "step": 10}],
]
PLACES = [0, 1, 2, 2, 3, 4]
BEFORE = [None, *PLACES]
OWN_WORDS = ["Hop!", "يلا"]
UPS = [0, 0, 0, 1, 5, 30, -1, -9]
SECONDS = [20, 5, 12, 60, 1]
WINDOW = [10, 0, 3, 15]
MINUTES = [1, 2]
PRICED: dict[str, Options] = dict.fromkeys(("minBidPrice", "bidPrice", "actualPrice"), PRICES)
VALUES: dict[str, Options] = PRICED | {"increments": STEPS, "reserve": [None, 0, 30, 60]}
DETAILS: dict[str, Options] = {
    "lotNumber": NUMBERS,
    "description": [None, "White", "", "Old", "😀" * 100],
    "weight": [None, "5g", ""],
    "imageUrl": [None, "https://example.org/a.png"],
}
IN_COMMON: dict[str, Options] = {
    "requestId": ["one", "two", "three", "four"],
    "round": [0, 0, 0, -1, 1],
}


@dataclass(frozen=True)
class Habit:
    """A command: how often it is given, by whom, with which fields, and when people would give it."""

    often: float
    name: str
    who: Sequence[int]
    always: dict[str, Options] = field(default_factory=dict)
    sometimes: dict[str, Options] = field(default_factory=dict)
    when: Callable[[Sale], bool] = lambda _: True


def fields(rng: Random, always: dict[str, Options], sometimes: dict[str, Options]) -> Any:
    said = {name for name in sometimes if rng.random() < SOMETIMES}
    drawn = {**always, **{name: options for name, options in sometimes.items() if name in said}}
    return {name: _one(rng, options) for name, options in drawn.items()}


def _one(rng: Random, options: Options) -> Any:
    return options(rng) if callable(options) else rng.choice(options)


def _lots(rng: Random) -> list[Any]:
    values = DETAILS | {"increments": STEPS, "reserve": [None, None, 30, 60]}
    always = {"product": PRODUCTS, **PRICED}
    return [fields(rng, always, values) for _ in range(rng.choice([1, 1, 2, 3]))]


def is_free(sale: Sale) -> bool:
    return sale.block is None


def is_open(sale: Sale) -> bool:
    return sale.block is not None


def has_bids(sale: Sale) -> bool:
    return len(sale.bids) > 1


def may_wait(sale: Sale) -> bool:
    return sale.clock is not None


def is_closed(sale: Sale) -> bool:
    return sale.clock is not None and sale.clock.is_out(sale.now)


HABITS = [
    Habit(60, "placeBid", BIDDERS, {"up": UPS}, when=is_open),
    Habit(
        16,
        "setMaximumBid",
        BIDDERS,
        {"up": [30, 0, 5, 60, 20, -1, 34_567, 45_678, 45_678], "round": [0, 0, 0, 0, 0, 0, -1]},
        when=lambda sale: is_open(sale) and sale.takes_maxima,
    ),
    Habit(
        5,
        "floorBid",
        HOSTS,
        {"up": UPS, "label": ["Hat", " Hat", "Phone 2"]},
        when=lambda sale: is_open(sale) and sale.floor_user is not None,
    ),
    Habit(2, "floorBid", HOSTS, {"up": UPS, "paddle": NUMBERS}, when=is_open),
    Habit(0.5, "setMaximumBid", BIDDERS, {"up": [30, 0], "round": [0]}),
    Habit(1, "withdrawMaximum", BIDDERS, {"round": [0]}, when=lambda sale: bool(sale.maxima)),
    Habit(
        1,
        "setHouseRules",
        OWNERS,
        {"maxima": [True, True, True, False]},
        {"registration": ["open", "approval"], "floorUserId": [HANA, HANA, None, AMINA]},
    ),
    Habit(
        2,
        "registerBidder",
        OWNERS,
        {"userId": [BILAL, DINA, EMIL] * 3 + [FARAH, NOBODY], "approved": [True]},
        {"limit": [50, 20, 100]},
    ),
    Habit(0.5, "registerBidder", OWNERS, {"userId": [BILAL, DINA, EMIL], "approved": [False]}),
    Habit(4, "comment", BIDDERS, {"comment": ["Lovely", "💍", "<b>"]}),
    Habit(0.5, "startLiveAuction", OWNERS),
    Habit(0.5, "broadCasterLeave", HOSTS),
    Habit(0.05, "endAuction", OWNERS),
    Habit(0.05, "cancelAuction", OWNERS),
    Habit(1.5, "addLots", HOSTS, {"lots": _lots}, {"before": BEFORE, "version": [0, 0, -1]}),
    Habit(
        2,
        "editLot",
        HOSTS,
        {"lotId": PLACES, "version": [0, 0, 0, -1, 3]},
        {"product": PRODUCTS, **DETAILS, **VALUES},
    ),
    Habit(1, "moveLot", HOSTS, {"lotId": PLACES, "before": BEFORE}),
    Habit(2, "withdrawLot", HOSTS, {"lotId": PLACES}),
    Habit(1.5, "offerAgain", HOSTS, {"lotId": PLACES}, {"before": BEFORE}),
    Habit(9, "openLot", HOSTS, {"lotId": PLACES}, {"withBids": [1, 1, 1, 0, 2]}, is_free),
    Habit(2, "openLot", HOSTS, {"lotId": PLACES, "withBids": [1, 1, 1, 0, 2]}, {}, is_open),
    Habit(2, "repriceLot", HOSTS, {}, VALUES, is_open),
    Habit(1.5, "passLot", HOSTS, {}, {"withBids": [1, 1, 0, 2]}, is_open),
    Habit(2, "changeCuurentProduct", HOSTS, {"product": [None, *PRODUCTS], **PRICED}),
    Habit(1, "setIncrements", HOSTS, {"increments": STEPS}),
    Habit(
        6,
        "awardingAuction",
        HOSTS,
        {"product": [None] * 6 + PRODUCTS},
        {"weight": ["5g"], "bidId": [1, 1, 0, 2], "belowReserve": [True]},
        has_bids,
    ),
    Habit(
        1.5,
        "awardingAuction",
        HOSTS,
        {"product": [None], "bidId": [1, 2, 2, 3], "runnerUp": [True]},
        {"weight": ["5g"], "belowReserve": [True]},
        has_bids,
    ),
    Habit(4, "undoBid", HOSTS, {"bidId": [1, 1, 1, 1, 2, 9]}, {}, has_bids),
    Habit(5, "reopenLot", HOSTS, {}, {"awardSeq": [1, 1, 0], "say": OWN_WORDS}, is_free),
    Habit(
        4,
        "startClock",
        HOSTS,
        {"seconds": SECONDS},
        {
            "extendSeconds": WINDOW,
            "windowSeconds": WINDOW,
            "award": ["auto"],
            "say": OWN_WORDS,
        },
        is_open,
    ),
    Habit(12, "startClock", HOSTS, {"seconds": SECONDS}, {}, is_closed),
    Habit(1.5, "pauseClock", HOSTS, when=may_wait),
    Habit(2.5, "resumeClock", HOSTS, {}, {"seconds": SECONDS}, may_wait),
    Habit(1, "stopClock", HOSTS, when=may_wait),
    Habit(1, "fairWarning", HOSTS, {"stage": [1, 2, 3]}, {"say": OWN_WORDS}, is_open),
    Habit(1.5, "pauseBidding", HOSTS, {}, {"say": OWN_WORDS}, is_open),
    Habit(8, "resumeBidding", HOSTS, {}, {"say": OWN_WORDS}, lambda sale: sale.paused),
    Habit(
        2,
        "setRole",
        OWNERS,
        {
            "userId": [FARAH, GHASSAN, FARAH, GHASSAN, BILAL, AMINA, NOBODY],
            "role": ["clerk", "moderator", "clerk", "moderator", None],
        },
        {"seesNumbers": [True, False]},
    ),
    Habit(1.5, "removeComment", MODERATORS, {"commentId": [1, 1, 2, 0]}),
    Habit(2, "restoreComment", MODERATORS, {"commentId": [1, 1, 2, 0]}),
    Habit(1, "slowMode", MODERATORS, {"seconds": [10, 0, 60]}, {"say": OWN_WORDS}),
    Habit(1, "muteUser", MODERATORS, {"userId": PEOPLE}, {"minutes": MINUTES}),
    Habit(0.5, "muteUser", MODERATORS, {"paddle": NUMBERS}, {"minutes": MINUTES}),
    Habit(1, "unmuteUser", MODERATORS, {"userId": PEOPLE}),
    Habit(1.5, "blockUser", MODERATORS, {"userId": PEOPLE}),
    Habit(0.5, "blockUser", MODERATORS, {"paddle": NUMBERS}),
    Habit(3, "unblockUser", MODERATORS, {"userId": PEOPLE}, when=lambda sale: bool(sale.blocked)),
]
THEMES = {
    "whatever": "",
    "run list": "addLots editLot moveLot withdrawLot offerAgain openLot passLot repriceLot",
    "hammer": "awardingAuction undoBid reopenLot passLot",
    "clock": "startClock pauseClock resumeClock stopClock pauseBidding resumeBidding undoBid placeBid",
    "maxima": "floorBid setMaximumBid withdrawMaximum registerBidder undoBid",
    "people": "setRole removeComment restoreComment slowMode muteUser unmuteUser blockUser unblockUser comment",
}
"""What an evening may be about: the commands that are given more often then."""
THEME_TIMES = 5
BEHIND_THE_SALE: list[tuple[str, dict[str, Options], dict[str, Options]]] = [
    ("winnings paid", {"paid": [True, False]}, {}),
    ("winnings correct", {"price": [7, 700], "reason": ["A mistake"]}, {}),
    ("winnings reassign", {"paddle": [1, 2, 3]}, {"price": [7, 700]}),
]
