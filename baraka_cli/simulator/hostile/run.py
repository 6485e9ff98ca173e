"""A run of the preset `hostile`: its probes one by one, on a sale of their own."""

from __future__ import annotations

import asyncio
import shlex
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from yarl import URL

from baraka_cli.client.sockets import CouldNotConnect, TokenRefused
from baraka_cli.simulator.hostile.cast import Cast
from baraka_cli.simulator.hostile.judge import CannotTry, Judge
from baraka_cli.simulator.hostile.probe_sale import ProbeSale
from baraka_cli.simulator.hostile.table import PROBES, Probe, When
from baraka_cli.simulator.interrupt import Interrupt
from baraka_cli.simulator.result import Probed, Result

NOT_REACHED = "the run broke off before"
END_SECONDS_MAX = 10
"""How long it is tried to end an auction whose probes are over."""
PATIENCE_SECONDS = 5.0
"""How long a server may take with an answer before it is called silent."""


@dataclass(frozen=True, slots=True)
class Setup:
    """`secret` is what tokens are signed with; None where they were given ready-made.

    The probes in `exempt` are not tried, and the result says so.
    """

    url: str
    cast: Cast
    mint: Callable[[int], str]
    secret: str | None
    probes: tuple[str, ...] = tuple(PROBES)
    exempt: frozenset[str] = frozenset()
    version: str = ""
    patience_seconds: float = PATIENCE_SECONDS
    why_refused: Callable[[str], Awaitable[str]] | None = None
    """Finds out why a token was refused, and says it in a sentence."""


async def probe(
    setup: Setup,
    show: Callable[[str], None] = lambda _: None,
    interrupt: Interrupt | None = None,
) -> Result:
    """Try them all; `show` is told what is tried. What stops the run is in the result."""
    interrupt = interrupt or Interrupt()
    run = _Run(setup, show)
    began = datetime.now(UTC)
    could_not = ""
    stopped = ""
    going = asyncio.create_task(run.go())

    def stop(reason: str) -> None:
        nonlocal stopped
        stopped = reason
        going.cancel()

    interrupt.stops(stop)
    try:
        await going
    except TokenRefused as error:
        why = await setup.why_refused(error.token) if setup.why_refused else ""
        could_not = f"{error}. {why}".strip()
    except CouldNotConnect as error:
        could_not = str(error)
    except CannotTry as error:
        could_not = f"The sale of the probes cannot be held: {error}"
    except asyncio.CancelledError:
        could_not = stopped or "It was interrupted."
    finally:
        await run.clean_up()
    if could_not or run.sale.on_air:
        could_not = f"{could_not} {run.became_of_it()}".strip()
    return Result(
        baraka=setup.version,
        url=setup.url,
        started_at=began.isoformat(timespec="seconds").replace("+00:00", "Z"),
        seconds=round(run.clock(), 1),
        auctions=[setup.cast.auction_id],
        command=_command(setup),
        server=_additions(run.sale),
        probes=[run.probed.get(name) or _untried(name, NOT_REACHED) for name in setup.probes],
        could_not=could_not,
        interrupted=interrupt.signal if could_not else 0,
    )


class _Run:
    def __init__(self, setup: Setup, show: Callable[[str], None]) -> None:
        self.probed = {name: _exempted(name) for name in setup.probes if name in setup.exempt}
        self.sale = ProbeSale(
            setup.url,
            setup.cast,
            setup.mint,
            secret=setup.secret,
            patience_seconds=setup.patience_seconds,
        )
        self._show = show
        self._began = time.perf_counter()
        asked = set(setup.probes) - setup.exempt
        self._probes = [one for name, one in PROBES.items() if name in asked]

    def clock(self) -> float:
        return time.perf_counter() - self._began

    async def go(self) -> None:
        """Raises `CouldNotConnect` and `CannotTry` when there is nothing to try anything on."""
        sale = self.sale
        await sale.open()
        await self._try_all(When.BEFORE)
        if self._wants(When.ON_AIR, When.OVER, When.BEFORE):
            await sale.go_live(sale.cast.auction_id)
        await self._try_all(When.ON_AIR)
        await self._over()
        await self._canceled()

    async def _over(self) -> None:
        if not self._wants(When.OVER):
            return
        sale = self.sale
        try:
            if sale.on_air:  # it is over when somebody ended it who may not
                await sale.new_lot()  # so that a late bid would be a good one
                await sale.end()
        except CannotTry as error:
            self._leave_out(When.OVER, str(error))
            return
        await self._try_all(When.OVER)

    async def _canceled(self) -> None:
        if not self._wants(When.CANCELED):
            return
        sale, spare = self.sale, self.sale.cast.spare_auction_id
        try:
            if spare is None:
                raise CannotTry("the host has no second auction that can be started")
            await self._end()
            await sale.go_live(spare)
            await sale.cancel()
        except CannotTry as error:
            self._leave_out(When.CANCELED, str(error))
            return
        await self._try_all(When.CANCELED)

    def _wants(self, *moments: When) -> bool:
        return any(one.when in moments for one in self._probes)

    def _leave_out(self, when: When, why: str) -> None:
        for one in self._probes:
            if one.when is when:
                self.probed[one.name] = _untried(one.name, why)

    async def _try_all(self, when: When) -> None:
        for one in self._probes:
            if one.when is when:
                self._show(f"{one.name}: {one.tries}")
                self.probed[one.name] = await self._try(one)

    async def _try(self, one: Probe) -> Probed:
        judge = Judge(self.clock)
        why = ""
        try:
            await self.sale.come_back()
            await one.run(self.sale, judge)
        except (CannotTry, CouldNotConnect) as error:
            why = str(error)
        return Probed(
            name=one.name,
            title=one.tries,
            checked=judge.checked,
            faults=judge.faults,
            unchecked=why,
        )

    async def _end(self) -> None:
        """No sale is left live."""
        if self.sale.on_air:
            with suppress(CannotTry):
                await self.sale.end()

    async def clean_up(self) -> None:
        """End what is live, as far as it can be done in bounded time. To be canceled again is not to wait."""
        try:
            if self.sale.on_air:
                async with asyncio.timeout(END_SECONDS_MAX):
                    await self.sale.come_back()
                    await self.sale.end()
        except (CannotTry, CouldNotConnect, TimeoutError, asyncio.CancelledError):
            pass  # it is said to be live
        await self.sale.close()

    def became_of_it(self) -> str:
        """What became of the sale, where there was one."""
        if self.sale.on_air:
            return f"Auction {self.sale.auction_id} is still live: end it in the console."
        return "No auction is left live." if self.sale.started else ""


def _untried(name: str, why: str) -> Probed:
    return Probed(name=name, title=PROBES[name].tries, unchecked=why)


def _exempted(name: str) -> Probed:
    why = f"exempted by --except {name}"
    return Probed(name=name, title=PROBES[name].tries, unchecked=why, exempt=True)


def _command(setup: Setup) -> str:
    """The command line that runs it again."""
    named = [] if setup.probes == tuple(PROBES) else [f"--probe={name}" for name in setup.probes]
    exempt = [f"--except={name}" for name in sorted(setup.exempt)]
    address = str(URL(setup.url).with_user(None))
    return shlex.join(["baraka", "simulate", "hostile", f"--url={address}", *named, *exempt])


def _additions(sale: ProbeSale) -> str:
    has = {"acknowledgements": sale.pool.acknowledges, "seq": sale.numbered}
    return ", ".join(name for name, there in has.items() if there) or "the guide alone"
