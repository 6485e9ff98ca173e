"""Connects the crowd: one phone after the other, and not before the auction is live."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from baraka_cli.client.sockets import CouldNotConnect, TokenRefused
from baraka_cli.simulator.checks.refusals import NOT_ITS_FAULT
from baraka_cli.simulator.crowd.cast import Member
from baraka_cli.simulator.crowd.sale import Sale, SaleStopped
from baraka_cli.simulator.crowd.visits import Visits
from baraka_server.contract.client_events import JoinAuction
from baraka_server.contract.refusals import Code

CONNECTING_MAX = 200
"""Phones that connect at once, at most."""
START_POLL_SECONDS = 1


async def wait_at_the_door(sale: Sale, scout: Member, visits: Visits) -> None:
    """Join with the scout as soon as the auction, which somebody else hosts, is live.

    Raises `SaleStopped` when it will not be, and `CouldNotConnect`.
    """
    sale.phase("waiting for the host to start the auction")
    auction_id = sale.place.auction_id
    await visits.connect(scout)
    waits = False
    while True:
        sale.proof.joining(scout.seat, auction_id, resumes=False)
        answer = await visits.ask(scout, JoinAuction.wire_name, {"auctionId": auction_id})
        if answer.ok:
            break
        scout.phone.look_at_token()
        if answer.ok is False and answer.code not in {Code.NOT_LIVE, *NOT_ITS_FAULT}:
            raise SaleStopped(f"auction {auction_id}: {answer.message}")
        if answer.code == Code.NOT_LIVE and not waits:
            waits = True
            sale.proof.starts.begins(auction_id, [scout.seat])
        await asyncio.sleep(START_POLL_SECONDS)
    sale.proof.joined(scout.seat, auction_id, answer)
    scout.inside = True
    visits.deliveries.entered(scout)


async def arrive(sale: Sale, members: Iterable[Member], visits: Visits) -> None:
    """All who are not in yet, at the scenario's rate.

    Raises `SaleStopped` when some cannot, and `TokenRefused`.
    """
    arriving = [one for one in members if not one.inside]
    sale.phase(f"{len(arriving):,} phones connect")
    # One after the other and not too many at once: a crowd is not a flood.
    gate = asyncio.Semaphore(CONNECTING_MAX)
    began = time.perf_counter()

    async def enter(one: Member) -> None:
        try:
            await _enter(sale, one, visits)
        finally:
            gate.release()

    try:
        async with asyncio.TaskGroup() as entering:  # who cannot get in stops the others
            for number, one in enumerate(arriving):
                wait = began + number / sale.scenario.connect_rate - time.perf_counter()
                if wait > 0:
                    await asyncio.sleep(wait)
                await gate.acquire()
                entering.create_task(enter(one))
    except ExceptionGroup as failures:
        _, others = failures.split(CouldNotConnect)
        if others is not None:
            raise others from None
        refused = failures.subgroup(TokenRefused)
        if refused is not None:
            raise refused.exceptions[0] from None
        inside = sum(one.phone.connected for one in arriving)
        raise SaleStopped(
            f"not every phone could get in; {inside:,} of {len(arriving):,} were. "
            f"The first that could not: {failures.exceptions[0]}"
        ) from None


async def _enter(sale: Sale, one: Member, visits: Visits) -> None:
    began = time.perf_counter()
    try:
        if not one.phone.connected:
            await visits.connect(one)
        if not await visits.join(one):
            raise CouldNotConnect(f"{one.seat.label} could not join auction {one.auction_id}")
    except CouldNotConnect:
        sale.meter.join.lose(time.perf_counter() - began)
        raise
    sale.meter.join.add(time.perf_counter() - began)
