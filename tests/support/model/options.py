"""Values that commands may have, and the drawing of some of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

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
NUMBERS = [1, 2, 3, 4, 7]
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
NEAR = [0, 0, 0, 1, -1, 5, -10, 40]
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


def fields(rng: Random, always: dict[str, Options], sometimes: dict[str, Options]) -> Any:
    said = {name for name in sometimes if rng.random() < SOMETIMES}
    drawn = {**always, **{name: options for name, options in sometimes.items() if name in said}}
    return {name: _one(rng, options) for name, options in drawn.items()}


def _one(rng: Random, options: Options) -> Any:
    return options(rng) if callable(options) else rng.choice(options)


def draw_lots(rng: Random) -> list[Any]:
    values = DETAILS | {"increments": STEPS, "reserve": [None, None, 30, 60]}
    always = {"product": PRODUCTS, **PRICED}
    return [fields(rng, always, values) for _ in range(rng.choice([1, 1, 2, 3]))]
