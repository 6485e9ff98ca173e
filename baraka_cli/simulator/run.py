"""`run`: one simulated sale from its first connection to its result."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from baraka_cli.client.sockets import CouldNotConnect, SocketPool, TokenRefused
from baraka_cli.run_list import ListedLot
from baraka_cli.simulator.awake import AwakeClock
from baraka_cli.simulator.checks.proof import Proof
from baraka_cli.simulator.crowd.cast import Mint, Place
from baraka_cli.simulator.crowd.crowd import PATIENCE_SECONDS, Crowd
from baraka_cli.simulator.crowd.replaying import Replay
from baraka_cli.simulator.crowd.sale import Sale, SaleStopped
from baraka_cli.simulator.interrupt import Interrupt
from baraka_cli.simulator.meter import Meter
from baraka_cli.simulator.processes.worker import WorkerDied
from baraka_cli.simulator.processes.workers import Workers
from baraka_cli.simulator.result import Promise, Result
from baraka_cli.simulator.scenario import Scenario
from baraka_cli.simulator.summary import summary
from baraka_cli.simulator.thresholds import judged

Show = Callable[[Result, str], None]
WhyRefused = Callable[[str], Awaitable[str]]
"""Finds out why a token was refused, and says it in a sentence."""
CompareLedger = Callable[[int, Proof], Awaitable[None]]
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
    patience: float = PATIENCE_SECONDS
    """For how many seconds the server may be away."""
    replay: Replay | None = None
    """A recorded sale to be done again, in place of one that chance makes."""
    command: str = ""
    """The command line that runs it again; empty when the scenario says all of it."""
    why_refused: WhyRefused | None = None
    exempt: frozenset[Promise] = frozenset()
    """Promises that the server need not keep."""
    processes: int = 1
    """How many processes hold the crowd's phones, this one among them."""


class _Ears:
    """Stands between phones and crowd, which is made after them."""

    crowd: Crowd

    def heard(self, phone: Any, frame: Any) -> None:
        self.crowd.heard(phone, frame)

    def heard_elsewhere(self, phones: Any, frame: Any, at: Any) -> None:
        self.crowd.heard_elsewhere(phones, frame, at)

    def lagged(self, seconds: float) -> None:
        self.crowd.lagged(seconds)

    def cut_off(self, phone: Any) -> None:
        self.crowd.cut_off(phone)

    def replied_late(self, _phone: Any, request: Any) -> None:
        self.crowd.replied_late(request)

    def garbled(self, phone: Any, text: str) -> None:
        self.crowd.garbled(phone, text)


async def run(
    setup: Setup,
    show: Show,
    compare_ledger: CompareLedger | None = None,
    interrupt: Interrupt | None = None,
) -> Result:
    """Hold the sale; `show` is called every second with the result so far.

    Raises `NoSuchProcess` for a pid that is not there. What stops the sale is in the result.
    """
    if not setup.scenario.passers_by:  # nobody would be next door to hear that it ends
        setup = replace(setup, place=replace(setup.place, next_door=None))
    meter = Meter(setup.server_pids)
    awake = AwakeClock()
    proof = Proof(
        meter.clock,
        numbers_are_whole=setup.numbers_are_whole,
        exempt=setup.exempt,
        awake=awake,
    )
    ears = _Ears()
    pool = SocketPool(setup.url, proof.frames, ears)
    phase = "begins"

    def new_phase(text: str) -> None:
        nonlocal phase
        phase = text

    workers = Workers(setup.processes, ears)
    sale = Sale(
        setup.scenario, setup.place, setup.lots, pool, meter, proof, new_phase, workers, awake
    )
    ears.crowd = crowd = Crowd(
        sale, setup.mint, hosted=setup.hosted, patience=setup.patience, replay=setup.replay
    )
    interrupt = interrupt or Interrupt()
    interrupt.stops(crowd.stop)
    began = datetime.now(UTC)
    could_not = ""

    def so_far() -> Result:
        found = summary(sale, crowd, url=setup.url, version=setup.version, began=began)
        found.command, found.processes = setup.command, setup.processes
        found.could_not, found.interrupted = could_not, interrupt.signal
        return found

    async def tell() -> None:
        while True:
            await asyncio.sleep(1)
            crowd.tick()
            show(so_far(), phase)

    telling = asyncio.create_task(tell())
    try:
        await crowd.run()
    except TokenRefused as error:
        why = await setup.why_refused(error.token) if setup.why_refused else ""
        could_not = _broke_off(f"{error}. {why}".strip(), crowd)
    except (SaleStopped, CouldNotConnect, WorkerDied) as error:
        could_not = _broke_off(str(error), crowd)
    except asyncio.CancelledError:
        could_not = _broke_off("It was interrupted.", crowd)
    finally:
        telling.cancel()
    if compare_ledger is not None and not could_not:
        new_phase("comparing with the database")
        show(so_far(), phase)
        for auction_id in filter(None, (setup.place.auction_id, setup.place.next_door)):
            await compare_ledger(auction_id, proof)
    crowd.tick()
    found = so_far()
    found.thresholds = judged(setup.scenario, found)
    return found


def _broke_off(why: str, crowd: Crowd) -> str:
    """Sentences that say what stopped a sale, and what became of its auctions."""
    if not crowd.started:
        return why
    if not crowd.still_live:
        return f"{why} The auction was ended."
    ids = " and ".join(map(str, crowd.still_live))
    if len(crowd.still_live) == 1:
        return f"{why} Auction {ids} is still live: end it in the console."
    return f"{why} Auctions {ids} are still live: end them in the console."
