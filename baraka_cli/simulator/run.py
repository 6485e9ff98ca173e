"""`run`: one simulated sale from its first connection to its result."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from baraka_cli.client.sockets import CouldNotConnect, SocketPool
from baraka_cli.run_list import ListedLot
from baraka_cli.simulator.checks.proof import Proof
from baraka_cli.simulator.checks.truth import Truth
from baraka_cli.simulator.crowd.cast import Mint, Place
from baraka_cli.simulator.crowd.crowd import Crowd
from baraka_cli.simulator.crowd.sale import Sale, SaleStopped
from baraka_cli.simulator.meter import Meter
from baraka_cli.simulator.result import Result, Totals
from baraka_cli.simulator.scenario import Scenario

Show = Callable[[Result, str], None]
Evidence = Callable[[int, Proof], Awaitable[None]]
"""Compares an auction with what a database has of it, and tells the proof."""


@dataclass(frozen=True, slots=True)
class Setup:
    """`auction_ids` are the sale's own and, where there is one, the one next door."""

    url: str
    scenario: Scenario
    place: Place
    lots: Sequence[ListedLot]
    mint: Mint
    server_pids: tuple[int, ...] = ()
    hosted: bool = True
    """False when somebody else starts the auction, sells and ends it."""
    numbers_are_whole: bool = False
    version: str = ""


class _Ears:
    """Stands between phones and crowd, which is made after them."""

    crowd: Crowd

    def heard(self, phone: Any, frame: Any) -> None:
        self.crowd.heard(phone, frame)

    def cut_off(self, phone: Any) -> None:
        self.crowd.cut_off(phone)


async def run(setup: Setup, show: Show, evidence: Evidence | None = None) -> Result:
    """Hold the sale; `show` is called every second with the result so far.

    Raises `NoSuchProcess` for a pid that is not there. What stops the sale is in the result.
    """
    meter = Meter(setup.server_pids)
    proof = Proof(meter.clock, numbers_are_whole=setup.numbers_are_whole)
    ears = _Ears()
    pool = SocketPool(setup.url, proof.frames, ears)
    phase = "begins"

    def new_phase(text: str) -> None:
        nonlocal phase
        phase = text

    sale = Sale(setup.scenario, setup.place, setup.lots, pool, meter, proof, new_phase)
    ears.crowd = crowd = Crowd(sale, setup.mint, hosted=setup.hosted)
    began = datetime.now(UTC)
    could_not = ""

    def so_far() -> Result:
        return _result(setup, crowd, meter, proof, began, could_not)

    async def tell() -> None:
        while True:
            await asyncio.sleep(1)
            meter.tick(crowd.viewers)
            show(so_far(), phase)

    telling = asyncio.create_task(tell())
    try:
        await crowd.run()
    except (SaleStopped, CouldNotConnect) as error:
        could_not = str(error)
    except asyncio.CancelledError:
        could_not = "It was interrupted."
    finally:
        telling.cancel()
    if evidence is not None and not could_not:
        new_phase("comparing with the database")
        show(so_far(), phase)
        for auction_id in filter(None, (setup.place.auction_id, setup.place.next_door)):
            await evidence(auction_id, proof)
    meter.tick(crowd.viewers)
    return so_far()


def _result(
    setup: Setup, crowd: Crowd, meter: Meter, proof: Proof, began: datetime, could_not: str
) -> Result:
    truth = proof.truth(setup.place.auction_id)
    timeline = meter.timeline
    return Result(
        baraka=setup.version,
        url=setup.url,
        started_at=began.isoformat(timespec="seconds").replace("+00:00", "Z"),
        seconds=round(meter.clock(), 1),
        scenario=setup.scenario.model_dump(mode="json"),
        auctions=[setup.place.auction_id],
        server=_additions(proof),
        totals=Totals(
            viewers_max=max((second.viewers for second in timeline), default=0),
            connections=crowd.visits.connections,
            reconnections=crowd.visits.reconnections,
            dropped_by_server=crowd.dropped,
            asked=sum(second.asked for second in timeline),
            accepted=sum(second.accepted for second in timeline),
            refused=sum(second.refused for second in timeline),
            unanswered=crowd.visits.unanswered,
            comments=sum(second.comments for second in timeline),
            messages=meter.messages,
            bytes=meter.bytes,
            **_sold(truth),
        ),
        delivery=meter.delivery.latency(),
        answer=meter.answer.latency(),
        join=meter.join.latency(),
        refusals=dict(proof.refusals.of.most_common()),
        timeline=list(timeline),
        findings=list(proof.findings.values()),
        servers=meter.server_processes(),
        bottleneck=meter.bottleneck(),
        could_not=could_not,
    )


def _sold(truth: Truth) -> dict[str, int]:
    return {
        "lots": len(truth.sold) + truth.passed,
        "sold": len(truth.sold),
        "passed": truth.passed,
        "turnover": sum(amount for _, _, amount in truth.sold),
    }


def _additions(proof: Proof) -> str:
    has = {
        "acknowledgements": proof.answers.acknowledged,
        "seq": bool(proof.numbered),
        "states for joiners": proof.rooms.told_states,
    }
    return ", ".join(name for name, there in has.items() if there) or "the guide alone"
