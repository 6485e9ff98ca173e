"""Steps drawn at random: mostly what people would do now, and sometimes what nobody would."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from tests.support.model.habits import (
    BEHIND_THE_SALE,
    HABITS,
    THEME_TIMES,
    THEMES,
    is_closed,
    is_muted,
    may_wait,
)
from tests.support.model.options import (
    AMINA,
    BILAL,
    DINA,
    EMIL,
    FARAH,
    GHASSAN,
    HANA,
    IN_COMMON,
    SAW,
    SOMETIMES,
    STEPS,
    fields,
)
from tests.support.model.sale import Sale
from tests.support.model.script import (
    Again,
    Desk,
    Freeze,
    Look,
    Restart,
    Say,
    Step,
    Together,
    Wait,
)

WAITS = [0.4, 1, 3, 5, 8.7, 10, 11.3, 30, 61]
NEVER_MIND = 0.15
"""How often a command is drawn whatever is on the block."""


def say(rng: Random, sale: Sale, theme: str) -> Say:
    whatever = rng.random() < NEVER_MIND
    habits = [habit for habit in HABITS if whatever or habit.when(sale)]
    more = THEMES[theme].split()
    weights = [habit.often * (THEME_TIMES if habit.name in more else 1) for habit in habits]
    (habit,) = rng.choices(habits, weights)
    seldom = IN_COMMON if rng.random() < SOMETIMES else {}
    about = fields(rng, habit.always, habit.sometimes | seldom)
    return Say(rng.choice(habit.who), habit.name, about, rng.choice(SAW))


def draw(rng: Random, sale: Sale, theme: str) -> Step:
    """The next step of an evening that stands so, and is about something."""
    kinds: list[tuple[float, Callable[[], Step]]] = [
        (60, lambda: Together(rng.choice([0, 1]), [say(rng, sale, theme)])),
        (
            14,
            lambda: Together(
                rng.choice([0, 1]), [say(rng, sale, theme) for _ in range(rng.choice([2, 3, 5]))]
            ),
        ),
        (24 if may_wait(sale) else 4, lambda: Wait(rng.choice(WAITS))),
        (6 if is_muted(sale) else 0, lambda: Wait(rng.choice([9.9, 10, 59, 61]))),
        # Not behind the end of a clock: what then stops one that an undo lets run again is the house's.
        (0 if is_closed(sale) else 2, lambda: Freeze(rng.choice([1.5, 4, 30]))),
        (1.5, lambda: Restart(rng.choice([0, 1]))),
        (2, lambda: Look(rng.choice([0, 1]))),
        (5, lambda: Again(rng.choice([0, 1]), rng.choice([1, 1, 2, 3]))),
        (2 if sale.winnings else 0, lambda: _at_the_desk(rng)),
    ]
    (make,) = rng.choices([make for _, make in kinds], [often for often, _ in kinds])
    return make()


def _at_the_desk(rng: Random) -> Desk:
    name, always, sometimes = rng.choice(BEHIND_THE_SALE)
    return Desk(name, rng.choice([1, 1, 2]), fields(rng, always, sometimes))


def opening(rng: Random) -> list[Step]:
    """How an evening begins: with a run list and a clerk, as the guide has it, or with nothing."""
    lot: dict[str, Any] = {"product": "Ring", "minBidPrice": 5, "bidPrice": 1, "actualPrice": 2}
    how = rng.choice(["run list", "run list", "run list", "product", "nothing"])
    taken = Together(0, [Say(AMINA, "setHouseRules", {"maxima": True, "floorUserId": HANA})])
    if how == "nothing":
        return [taken]
    if how == "product":
        return [taken, Together(0, [Say(AMINA, "changeCuurentProduct", lot)])]
    stepped = lot | {"increments": 10, "reserve": 40}
    lots = [lot | {"increments": rng.choice(STEPS)}, {**lot, "product": "Pearl"}, stepped]
    roles = [{"userId": FARAH, "role": "clerk"}, {"userId": GHASSAN, "role": "moderator"}]
    rules: dict[str, Any] = {"maxima": rng.random() < 0.85, "floorUserId": HANA}
    if rng.random() < 0.3:
        rules["registration"] = "approval"
    bidders = [{"userId": user, "approved": True} for user in (BILAL, DINA, EMIL)]
    bidders[0]["limit"] = 90
    return [
        Together(0, [Say(AMINA, "setHouseRules", rules)]),
        Together(0, [Say(AMINA, "registerBidder", bidder) for bidder in bidders]),
        Together(0, [Say(AMINA, "addLots", {"lots": lots})]),
        Together(0, [Say(AMINA, "setRole", role) for role in roles]),
        Together(0, [Say(AMINA, "openLot", {"lotId": 0})]),
    ]
