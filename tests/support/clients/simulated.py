"""Simulated sales on servers of the tests: who is there, and how long it takes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from baraka_cli.database import open_store
from baraka_cli.ledger_check import compare
from baraka_cli.simulator.checks.proof import Proof
from baraka_cli.simulator.crowd.cast import Place
from baraka_cli.simulator.crowd.replaying import Replay
from baraka_cli.simulator.interrupt import Interrupt
from baraka_cli.simulator.result import Promise, Result
from baraka_cli.simulator.run import Setup, Show, run
from baraka_cli.simulator.scenario import Scenario, made_up_lots
from baraka_server.wire.identity import mint
from tests.support.servers.baraka import SECRET

AUCTION, NEXT_DOOR, HOST = 1, 2, 1
OTHERS = range(2, 61)

STORM = Scenario(
    viewers=6,
    bidders=4,
    commenters=2,
    lots=2,
    rate=0,
    comment_rate=20,
    duration=20,
    bids_per_lot_max=12,
    polling_share=0.1,
    full_share=0.1,
    two_tabs_share=0,
    slow_share=0,
    connect_rate=10_000,
)
"""Bids race, and a lot is over after a few."""
EVENING = STORM.model_copy(update={"rate": 60, "duration": 2})
"""Some fingers are fat."""
MISTAKES = STORM.model_copy(update={"mistakes": 1, "rate": 15, "duration": 4, "seed": 3})
"""Bids come slowly enough that a host can take the newest back."""
CALM = {"rate": 15, "lots": 1, "duration": 2, "bids_per_lot_max": 25}
CLOCKS = STORM.model_copy(update=CALM | {"clocks": 1, "seed": 3})
"""A lot is sold by a clock, which stands still now and then; the host has the hammer."""
AUTO = STORM.model_copy(update=CALM | {"clocks": 1, "seed": 1})
"""The clock awards its lot."""
MODERATION = STORM.model_copy(update=CALM | {"moderation": 1, "bids_per_lot_max": 40})
"""Somebody keeps order in the room."""
MAXIMA = STORM.model_copy(update=CALM | {"maxima": 0.4})
"""Bidders let the server bid for them."""
FLOOR = STORM.model_copy(update=CALM | {"floor": 1, "registration": True})
"""Some bid from the room, and some are not registered."""
HOUSE = STORM.model_copy(
    update=CALM
    | {"clocks": 1, "moderation": 1, "mistakes": 1, "lots": 2}
    | {"maxima": 0.2, "floor": 0.5, "registration": True}
)
"""All of it."""
CHAOS = STORM.model_copy(update={"chaos": 10, "bids_per_lot_max": 40})

LEAVER, VICTIM, ONLOOKER, NEIGHBOUR = 8, 9, 59, 60
"""The first two viewers, of whom one leaves early; somebody in no room, and somebody next door."""
FIRST_BIDDER = 2


async def hold(
    url: str,
    scenario: Scenario,
    database_url: str | None = None,
    *,
    meddle: Callable[[], None] = lambda: None,
    show: Show = lambda *_: None,
    replay: Replay | None = None,
    exempt: frozenset[Promise] = frozenset(),
    interrupt: Interrupt | None = None,
    named: bool = False,
    processes: int = 1,
) -> Result:
    """A sale on a server of ours, compared with its database when that is given.

    `meddle` is called between the two.
    """
    setup = Setup(
        url=url,
        scenario=scenario,
        place=Place(AUCTION, NEXT_DOOR, HOST, OTHERS, named),
        lots=made_up_lots(scenario.lots, scenario.seed),
        mint=lambda user_id: mint(SECRET, user_id, timedelta(hours=1), {}),
        replay=replay,
        exempt=exempt,
        processes=processes,
    )
    if database_url is None:
        return await run(setup, show, interrupt=interrupt)
    async with open_store(database_url) as store:

        async def compare_ledger(auction_id: int, proof: Proof) -> None:
            meddle()
            await compare(store, auction_id, proof)

        return await run(setup, show, compare_ledger, interrupt)
