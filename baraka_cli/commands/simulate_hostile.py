"""`baraka simulate hostile`: tries the probes on a server, one by one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from importlib.metadata import version
from typing import TYPE_CHECKING

from baraka_cli.commands.refused_tokens import why_refused
from baraka_cli.commands.simulate_setup import People, places_of
from baraka_cli.terminal import run, stderr, wrong_usage

if TYPE_CHECKING:
    from baraka_cli.simulator.hostile.run import Setup
    from baraka_cli.simulator.result import Result

HOSTILE = "hostile"
"""The preset that is not a sale."""
OWNERS_ASKED_MAX = 5
"""Users who are asked whether they own an auction, to find one who owns another than the host's."""


def probes_named(names: Iterable[str] | None, flag: str) -> tuple[str, ...]:
    """Exits 2 for one that does not exist."""
    from baraka_cli.simulator.hostile.table import PROBES

    named = tuple(names or ())
    for name in named:
        if name not in PROBES:
            wrong_usage(f"{flag}: there is no probe '{name}'; there are {', '.join(PROBES)}")
    return named


def only_for_a_sale(**given: object) -> None:
    """Exits 2 where a flag was given that says something of a sale; `given` is by flag."""
    for flag, value in given.items():
        if value not in (None, False):
            flag = flag.replace("_", "-")
            wrong_usage(f"--{flag} is for a sale; {HOSTILE} tries its probes on one of its own.")


def probed(
    url: str,
    auction_id: int | None,
    people: People,
    probes: Collection[str],
    exempt: Collection[str],
) -> Result:
    """The result of the probes that were named, or of all."""
    from baraka_cli.simulator.hostile.cast import cast_of
    from baraka_cli.simulator.hostile.run import Setup
    from baraka_cli.simulator.hostile.table import PROBES

    (place,) = places_of(url, auction_id, 1, people)
    spare = [] if place.next_door is None else [place.next_door]
    impostor = run(_other_owner(url, people))
    cast = cast_of([place.auction_id, *spare], people.host_id, people.others, impostor)
    setup = Setup(
        url=url,
        cast=cast,
        mint=people.mint,
        secret=people.maker.secret if people.maker else None,
        probes=tuple(probes) or tuple(PROBES),
        exempt=frozenset(exempt),
        version=version("baraka"),
        why_refused=lambda token: why_refused(url, people.maker, token),
    )
    return run(_probed(setup))


async def _probed(setup: Setup) -> Result:
    from baraka_cli.simulator.hostile.run import probe
    from baraka_cli.simulator.interrupt import Interrupt, signals_to

    interrupt = Interrupt()
    with stderr.status("the probes begin") as status, signals_to(interrupt):
        return await probe(setup, status.update, interrupt)


async def _other_owner(url: str, people: People) -> int | None:
    """A user who owns an auction and is not the host, where that can be seen."""
    from baraka_cli.client.access import Access
    from baraka_cli.client.http import HttpApi, TurnedAway, Unreachable

    for user_id in people.others[:OWNERS_ASKED_MAX]:
        try:
            found = await HttpApi(url, Access(people.mint(user_id))).auctions()
        except (TurnedAway, Unreachable):
            return None
        if found is None:
            return None
        if found:
            return user_id
    return None
