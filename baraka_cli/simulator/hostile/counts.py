"""Probe of the count of viewers: visitors enter, and their connections are closed."""

from __future__ import annotations

import asyncio

from baraka_cli.simulator.hostile.judge import CannotTry, Judge
from baraka_cli.simulator.hostile.probe_sale import ProbeSale
from baraka_server.contract.client_events import JoinAuction

VISITORS = 3


async def vanishing(sale: ProbeSale, judge: Judge) -> None:
    """They enter, and their connections are cut."""

    def count() -> int:
        return sale.watcher.count(sale.auction_id) or 0

    if not count():
        raise CannotTry("no count of viewers was told yet")
    before = count()
    visitors = [
        await sale.enters(f"visitor {number}", sale.cast.impostor_id)
        for number in range(1, VISITORS + 1)
    ]
    await asyncio.gather(*(sale.does(one, JoinAuction, {}) for one in visitors))
    there = await sale.until(lambda: count() >= before + VISITORS)
    judge.expect(
        there or count() > before,
        "who comes in is not counted",
        f"{VISITORS} came in, and the count stayed {before}",
    )
    if not there:
        raise CannotTry("others came or went in the meantime")
    full = count()
    await asyncio.gather(*(one.socket.drop() for one in visitors))
    gone = await sale.until(lambda: count() <= before, 2 * sale.patience_seconds)
    judge.expect(
        gone or count() < full,
        "who is gone is counted on",
        f"{VISITORS} were cut off, and the count is {count()} as before",
    )
    if not gone and count() < full:
        raise CannotTry("others came or went in the meantime")
