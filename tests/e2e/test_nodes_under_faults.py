"""A sale on several servers, and on workers of one, while faults happen; and that every check can fail.

`make chaos` holds many more such sales, with faults that a seed draws (`tests/support/chaos/`).
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from random import Random
from unittest.mock import patch

import pytest
from sqlalchemy import text

from baraka_server.store.store import Store
from tests.support.chaos import checks
from tests.support.chaos.broken import BROKEN
from tests.support.chaos.evidence import Kind
from tests.support.chaos.fault import Fault
from tests.support.chaos.faults import faults_of
from tests.support.chaos.nodes import Installation, SetUp
from tests.support.chaos.plan import Plan
from tests.support.chaos.redis_faults import NOTICED_SECONDS
from tests.support.chaos.sale import run
from tests.support.servers.neighbours import until

pytestmark = [pytest.mark.mariadb, pytest.mark.chaos]


def aimed(here: Installation, store: Store) -> list[Fault]:
    """What is more than the faults that are drawn: not healed before the end, or aimed."""

    async def killed() -> None:
        here.redis.kill()

    async def without_key() -> None:
        """The ledger takes two entries of one number: the last fence behind the lock of the row."""
        async with store.writing() as connection:
            for change in ("DROP PRIMARY KEY", "ADD INDEX (auction_id, seq)"):
                await connection.execute(text(f"ALTER TABLE baraka_events {change}"))

    async def half_lost() -> None:
        """Every second message, and so one just before another, more often than by chance."""
        line = here.nodes[0].redis
        assert line
        lost = itertools.cycle((True, False))
        line.tamper = lambda message: [] if next(lost) else [message]
        await asyncio.sleep(NOTICED_SECONDS)
        line.tamper = None

    async def owner_is_there() -> None:
        await until(lambda: bool(here.said("forwarding")))

    return [
        Fault("owner is there", Kind.REDIS, "none", 0, owner_is_there),
        Fault("every second message lost", Kind.REDIS, "relay", 0, half_lost),
        Fault("Redis killed for good", Kind.REDIS, "redis", 0, killed),
        Fault("key dropped", Kind.DATABASE, "database", 0, without_key),
    ]


QUICK = {"BARAKA_RELAY_ECHO_SECONDS_MAX": 1, "BARAKA_NODE_EXPIRY_SECONDS": 2}


def these(*steps: str, fails_over: bool = False) -> Callable[[int, Installation, Store], Plan]:
    """Faults by their names; two with a plus between them happen at once."""

    def draw(seed: int, here: Installation, store: Store) -> Plan:
        all_ = [*faults_of(here, store, Random(seed)), *aimed(here, store)]
        by_name = {one.name: one for one in all_}
        happen: list[Sequence[Fault]] = [
            [by_name[name] for name in step.split(" + ")] for step in steps
        ]
        return Plan(happen, fails_over)

    return draw


async def test_a_sale_on_two_servers(mariadb, redis, tmp_path):
    draw = these("relay of n1 half open + database of n2 reset", "n2 killed", "subscribers cut")
    verdict = await run(7, tmp_path, mariadb, redis, set_up=SetUp(2), draw=draw, **QUICK)
    assert not verdict.violations, verdict


async def test_a_sale_on_two_workers(mariadb, redis, tmp_path):
    draw = these("a worker of n1 killed", "n1 frozen for 2 s + database of n1 reset")
    set_up = SetUp(1, workers=2)
    verdict = await run(8, tmp_path, mariadb, redis, set_up=set_up, draw=draw)
    assert not verdict.violations, verdict


async def test_a_worker_that_writes_the_auction_for_another_one_is_killed_in_the_middle_of_bids(
    mariadb, redis, tmp_path
):
    draw, set_up = these("owner is there", "owner killed"), SetUp(1, workers=2)
    verdict = await run(1, tmp_path, mariadb, redis, set_up=set_up, draw=draw)
    assert not verdict.violations, verdict
    assert verdict.forwarded


@pytest.mark.long
@pytest.mark.parametrize("fault", ["owner killed", "owner frozen for 2 s"])
async def test_a_server_that_writes_the_auction_for_another_one_fails_in_the_middle_of_bids(
    mariadb, redis, tmp_path, fault
):
    draw = these("owner is there", fault)
    verdict = await run(2, tmp_path, mariadb, redis, set_up=SetUp(2), draw=draw)
    assert not verdict.violations, verdict
    assert verdict.forwarded


NOTICED: dict[str, tuple[tuple[str, ...], set[str]]] = {
    "gap filler": (("every second message lost",), {"order", "end"}),
    "polling": (("Redis killed for good",), {"end"}),
    "fence": (("key dropped", "database of n1 slow + database of n2 slow"), {"ledger", "rises"}),
    "re-reading": (("database of n1 reset",), {"ledger", "rises"}),
    "echo": (("relay of n1 half open",), {"counts"}),
    "expiry": (("n2 killed",), {"counts"}),
    "epoch": ((), {"truth", "order"}),
    "request ids": (("n1 killed between commit and publish",) * 2, {"answers", "outcomes"}),
    "signature": (("messages forged",), {"truth", "counts", "order"}),
    "readiness": (("Redis killed",), {"redis"}),
}
"""What is taken out of the servers, under which faults, and the checks of which one notices it."""


HEARS_BY_RELAY = {"gap filler", "polling"}
"""For these nobody bids on the first server: whatever one commits oneself brings the news of others along."""

NOT_FORWARDED = {"fence", "re-reading"}
"""For these each server writes what it is asked: where one writes all, it needs neither."""


def test_every_part_that_can_be_taken_out_has_a_check_that_notices_it():
    assert NOTICED.keys() == BROKEN.keys()
    assert {check for _, some in NOTICED.values() for check in some} <= {*checks.CHECKS, "ledger"}


@pytest.mark.parametrize("part", NOTICED)
def test_every_part_is_where_it_is_taken_out(part):
    BROKEN[part]()
    patch.stopall()


@pytest.mark.long
@pytest.mark.parametrize("part", NOTICED)
async def test_it_is_noticed_when_a_part_is_taken_out(mariadb, redis, tmp_path, part):
    steps, expected = NOTICED[part]
    verdict = await run(
        9,
        tmp_path,
        mariadb,
        redis,
        set_up=SetUp(2, named=False, broken=part, first_watches=part in HEARS_BY_RELAY),
        draw=these(*steps, fails_over=part == "epoch"),
        **({"BARAKA_FORWARD_BIDS": "false"} if part in NOT_FORWARDED else {}),
    )
    print(part, verdict.violations)
    assert verdict.violations.keys() & expected, verdict
