"""Habits of people at a sale: the commands that they give, how often, with which fields, and when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.support.model.options import (
    AMINA,
    BEFORE,
    BIDDERS,
    BILAL,
    DETAILS,
    DINA,
    EMIL,
    FARAH,
    GHASSAN,
    HANA,
    HOSTS,
    MINUTES,
    MODERATORS,
    NEAR,
    NOBODY,
    NUMBERS,
    OWN_WORDS,
    OWNERS,
    PEOPLE,
    PLACES,
    PRICED,
    PRODUCTS,
    SECONDS,
    STEPS,
    UPS,
    VALUES,
    WINDOW,
    Options,
    draw_lots,
)
from tests.support.model.sale import Sale


@dataclass(frozen=True)
class Habit:
    """A command: how often it is given, by whom, with which fields, and when people would give it."""

    often: float
    name: str
    who: Sequence[int]
    always: dict[str, Options] = field(default_factory=dict)
    sometimes: dict[str, Options] = field(default_factory=dict)
    when: Callable[[Sale], bool] = lambda _: True


def is_free(sale: Sale) -> bool:
    return sale.block is None


def is_open(sale: Sale) -> bool:
    return sale.block is not None


def has_bids(sale: Sale) -> bool:
    return len(sale.bids) > 1


def may_wait(sale: Sale) -> bool:
    return sale.clock is not None


def has_maxima(sale: Sale) -> bool:
    return is_open(sale) and bool(sale.maxima)


def may_reopen(sale: Sale) -> bool:
    return is_free(sale) and sale.hammer is not None and bool(sale.hammer.bids)


def is_muted(sale: Sale) -> bool:
    return bool(sale.muted) or sale.slow > 0


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
    Habit(8, "setMaximumBid", BIDDERS, {"near": NEAR, "round": [0]}, when=has_maxima),
    Habit(6, "placeBid", BIDDERS, {"near": NEAR}, when=has_maxima),
    Habit(
        6,
        "registerBidder",
        [AMINA],
        {"userId": [BILAL, DINA, EMIL], "approved": [True], "limit": [50, 30, 60]},
        when=has_maxima,
    ),
    Habit(
        10,
        "repriceLot",
        HOSTS,
        {"reserve": [30, 60, 200]},
        when=lambda sale: has_maxima(sale) and not sale.bids,
    ),
    Habit(4, "undoBid", HOSTS, {"bidId": [1]}, when=has_maxima),
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
    Habit(20, "comment", [BILAL, DINA, EMIL], {"comment": ["Lovely"]}, when=is_muted),
    Habit(
        3,
        "setRole",
        [AMINA],
        {"userId": [BILAL, DINA, EMIL], "role": ["clerk", "moderator", None]},
        when=may_reopen,
    ),
    Habit(8, "reopenLot", [AMINA], when=may_reopen),
    Habit(4, "comment", BIDDERS, {"comment": ["Lovely", "💍", "<b>"]}),
    Habit(0.5, "startLiveAuction", OWNERS),
    Habit(0.5, "broadCasterLeave", HOSTS),
    Habit(0.05, "endAuction", OWNERS),
    Habit(0.05, "cancelAuction", OWNERS),
    Habit(1.5, "addLots", HOSTS, {"lots": draw_lots}, {"before": BEFORE, "version": [0, 0, -1]}),
    Habit(
        2,
        "editLot",
        HOSTS,
        {"lotId": PLACES, "version": [0, 0, 0, -1, 3]},
        {"product": PRODUCTS, **DETAILS, **VALUES},
    ),
    Habit(1.5, "editLot", HOSTS, {"lotId": PLACES, "version": [0], "lotNumber": NUMBERS}),
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
