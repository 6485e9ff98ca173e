"""Plan of a seed: its set-up, and the faults that it draws, singly and in pairs, one step after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from baraka_server.store.store import Store
from tests.support.chaos.evidence import Kind
from tests.support.chaos.fault import LONG, LONGEST, Fault
from tests.support.chaos.faults import faults_of
from tests.support.chaos.nodes import Installation, SetUp
from tests.support.chaos.process_faults import freeze

LONG_EVERY = 10
"""One seed of so many has a freeze of a minute."""
FAULTS_SECONDS = 25
"""How long the faults of a seed take together, roughly; half of it beside a long freeze."""
PAIRS, LONG_FREEZES, FAIL_OVERS, ONLY_REDIS = 0.3, 0.15, 0.2, 0.2
"""How often: two faults at once, a freeze of ten seconds, a fail-over at the end, faults of Redis alone."""

SET_UPS: Sequence[tuple[int, SetUp]] = (
    (30, SetUp(2)),
    (10, SetUp(2, named=False)),
    (15, SetUp(3)),
    (5, SetUp(4)),
    (25, SetUp(1, workers=2)),
    (15, SetUp(2, workers=2)),
)
"""With how often each is drawn."""


@dataclass(frozen=True)
class Plan:
    """The faults of one seed; those of a step happen at once."""

    steps: Sequence[Sequence[Fault]]
    fails_over: bool

    @property
    def words(self) -> list[str]:
        steps = [" + ".join(fault.name for fault in step) for step in self.steps]
        return [*steps, *(["a fail-over"] if self.fails_over else [])]


def is_long(seed: int) -> bool:
    return seed % LONG_EVERY == 0


def drawn_set_up(seed: int) -> SetUp:
    weights = [weight for weight, _ in SET_UPS]
    return Random(f"set-up {seed}").choices([one for _, one in SET_UPS], weights)[0]


def drawn(seed: int, here: Installation, store: Store) -> Plan:
    """The faults of a seed: the same seed draws the same."""
    random = Random(f"faults {seed}")
    all_ = faults_of(here, store, random)
    only_redis = here.set_up.has_redis and random.random() < ONLY_REDIS and not is_long(seed)
    if only_redis:
        all_ = [one for one in all_ if one.kind is Kind.REDIS]
    by_kind = [[one for one in all_ if one.kind is kind] for kind in Kind]
    kinds = [some for some in by_kind if some]
    steps: list[list[Fault]] = []
    seconds, turn = 0.0, random.randrange(len(kinds))
    while seconds < FAULTS_SECONDS / (2 if is_long(seed) else 1):
        step = [random.choice(kinds[turn % len(kinds)])]
        turn += 1
        if step[0].kind is Kind.NODE and random.random() < LONG_FREEZES:
            step = [_long(here, LONG, random)]
        if random.random() < PAIRS:
            others = [one for one in all_ if _goes_with(one, step[0])]
            step += random.sample(others, min(1, len(others)))
        steps.append(step)
        seconds += max(fault.seconds for fault in step) + 1
    if is_long(seed):
        steps.append([_long(here, LONGEST, random)])
    fails_over = not only_redis and random.random() < FAIL_OVERS
    return Plan(steps, fails_over)


def _long(here: Installation, seconds: float, random: Random) -> Fault:
    node = random.choice(here.nodes)
    workers = here.set_up.workers
    worker = random.randrange(workers) if workers > 1 and random.random() < PAIRS * 2 else None
    return freeze(node, seconds, worker)


def _goes_with(one: Fault, other: Fault) -> bool:
    """Whether two faults can happen at once: not to the same thing."""
    things = {one.target, other.target}
    whole = {"redis", "owner"} & things
    return len(things) == 2 and not (one.kind is other.kind and whole)
