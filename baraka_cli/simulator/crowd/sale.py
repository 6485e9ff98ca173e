"""`Sale`: the things that everybody in a run shares, from the scenario to the meter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from baraka_cli.client.sockets import SocketPool
from baraka_cli.run_list import ListedLot
from baraka_cli.simulator.awake import AwakeClock
from baraka_cli.simulator.checks.proof import Proof
from baraka_cli.simulator.crowd.cast import Place
from baraka_cli.simulator.meter import Meter
from baraka_cli.simulator.processes.workers import Workers
from baraka_cli.simulator.scenario import Scenario


class SaleStopped(Exception):
    """The sale cannot be held, or not to its end. The text says why, for a person."""


@dataclass(frozen=True, slots=True)
class Sale:
    """Sale that a crowd comes to. What is heard and answered goes to `proof` and `meter`."""

    scenario: Scenario
    place: Place
    lots: Sequence[ListedLot]
    pool: SocketPool
    meter: Meter
    proof: Proof
    phase: Callable[[str], None]
    """Told what is going on, for a person who watches."""
    workers: Workers = field(default_factory=Workers)
    """Processes beside this one that hold some of the viewers' phones."""
    awake: AwakeClock = field(default_factory=AwakeClock)
    """Time in which the crowd could read what it was sent: what judges go by who wait for others."""

    @property
    def auctions(self) -> list[int]:
        """Its own, and the one next door where there is one."""
        next_door = self.place.next_door
        return [self.place.auction_id] + ([next_door] if next_door is not None else [])
