"""`Bidder` and `Commenter`: decisions as pure functions of what is seen and a source of chance.

The chance is the person's own and comes from the run's seed, so that the same seed makes the same
decisions wherever the same things are seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any

INT_MAX = 2_147_483_647


class Temper(StrEnum):
    """Kind of bidder."""

    BARGAIN_HUNTER = "bargain hunter"
    """Raises by the least, and lets go well below the market's price."""
    SNIPER = "sniper"
    """Waits for the end of a lot, then raises."""
    IMPULSIVE = "impulsive"
    """Raises by much, and beyond the market's price."""
    FAT_FINGER = "fat finger"
    """Means well, and types nonsense now and then."""
    TIRELESS = "tireless"
    """Always goes one better: what a storm is made of."""


MIX = (
    Temper.BARGAIN_HUNTER,
    Temper.FAT_FINGER,
    Temper.IMPULSIVE,
    Temper.SNIPER,
    Temper.BARGAIN_HUNTER,
    Temper.IMPULSIVE,
    Temper.BARGAIN_HUNTER,
    Temper.SNIPER,
    Temper.IMPULSIVE,
    Temper.BARGAIN_HUNTER,
)
"""Of ten bidders of an evening sale."""

SNIPER_WAKES_AT = 0.75
"""The share of a lot's time after which a sniper looks up."""
SLIP_CHANCE = 0.3
STEPS = (1, 2, 5, 10, 20, 25, 50, 100)


@dataclass(frozen=True, slots=True)
class View:
    """Lot on the block as a bidder sees it. `elapsed` is the share of its time, 0 to 1."""

    minimum: int
    market: int
    top: int | None
    mine: bool
    elapsed: float


@dataclass(frozen=True, slots=True)
class Bid:
    """Bid that a bidder sends. `malformed` is what the contract does not allow (D12)."""

    amount: Any
    malformed: bool = False


class Bidder:
    def __init__(self, user_id: int, temper: Temper, seed: int) -> None:
        self.user_id = user_id
        self.temper = temper
        self._chance = Random(f"bidder {user_id} of {seed}")
        self._limit = 0

    def sees_lot(self, market: int) -> None:
        """Make up one's mind about a new lot: what it may cost."""
        low, high = LIMITS[self.temper]
        self._limit = round(market * self._chance.uniform(low, high))

    def decide(self, view: View) -> Bid | None:
        """The bid of somebody who looks at the screen now; None to let it pass."""
        if self.temper is Temper.TIRELESS:
            return self.one_better(view)
        if view.mine or (self.temper is Temper.SNIPER and view.elapsed < SNIPER_WAKES_AT):
            return None
        amount = self._least(view) + self._more(view)
        if amount > self._limit:
            return None
        if self.temper is Temper.FAT_FINGER and self._chance.random() < SLIP_CHANCE:
            return self._slip(view)
        return Bid(amount)

    def one_better(self, view: View) -> Bid:
        """Whatever it may cost."""
        return Bid(min(self._least(view) + self._chance.randrange(5), INT_MAX))

    def _least(self, view: View) -> int:
        return max(view.minimum, 1) if view.top is None else view.top + 1

    def _more(self, view: View) -> int:
        low, high = RAISES[self.temper]
        more = view.market * self._chance.uniform(low, high)
        step = max((step for step in STEPS if step <= max(more, 1)), default=1)
        return round(more / step) * step

    def _slip(self, view: View) -> Bid:
        least = self._least(view)
        return self._chance.choice(
            (
                Bid(max(1, least // 10)),  # a digit was missing
                Bid(max(1, least - 1)),  # what stands already
                Bid(0, malformed=True),
                Bid(-least, malformed=True),
                Bid(str(least), malformed=True),
                Bid(least + 0.5, malformed=True),
                Bid(INT_MAX + 1, malformed=True),
                Bid(None, malformed=True),
            )
        )


LIMITS: dict[Temper, tuple[float, float]] = {
    Temper.BARGAIN_HUNTER: (0.5, 0.9),
    Temper.SNIPER: (0.9, 1.2),
    Temper.IMPULSIVE: (0.9, 1.5),
    Temper.FAT_FINGER: (0.8, 1.2),
    Temper.TIRELESS: (1.0, 1.0),
}
"""Range of the highest price that somebody would give, as a share of the market price."""

RAISES: dict[Temper, tuple[float, float]] = {
    Temper.BARGAIN_HUNTER: (0.0, 0.01),
    Temper.SNIPER: (0.01, 0.05),
    Temper.IMPULSIVE: (0.01, 0.08),
    Temper.FAT_FINGER: (0.0, 0.03),
    Temper.TIRELESS: (0.0, 0.0),
}
"""By how much more than the least, as a share of the market price."""

REMARKS = (
    "Good evening everyone!",
    "Is it hallmarked?",
    "Lovely piece 💍",
    "What is the ring size?",
    "Could you turn it to the light, please?",
    "Out of my league…",
    "How heavy is the chain?",
    "ما شاء الله",
    "Çok güzel!",
    'Is the clasp "original"?',
    "<b>Not bold</b> & not [red]red[/red]",
    "Going once…",
)


class Commenter:
    def __init__(self, user_id: int, seed: int) -> None:
        self.user_id = user_id
        self._chance = Random(f"commenter {user_id} of {seed}")

    def says(self) -> str:
        return self._chance.choice(REMARKS)

    def pause(self, mean_seconds: float) -> float:
        """Seconds until the next remark."""
        return min(self._chance.expovariate(1 / mean_seconds), 10 * mean_seconds)
