"""`baraka simulate`, the setup: reads the scenario, finds users, tokens and the auction."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import typer

from baraka_cli.commands.simulate_result import COULD_NOT
from baraka_cli.terminal import load_settings, run, say, wrong_usage

if TYPE_CHECKING:
    from baraka_cli.run_list import ListedLot
    from baraka_cli.simulator.crowd.cast import Mint, Place
    from baraka_cli.simulator.result import Promise
    from baraka_cli.simulator.scenario import Scenario
    from baraka_server.minting import Minting

TOKEN_LIFETIME = timedelta(hours=12)
PAGES_MAX = 20
AUTO = "auto"
PROCESSES_MAX = 64
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def scenario_and_lots(
    preset: str | None, lots: str | None, encoding: str | None, fields: dict[str, Any]
) -> tuple[Scenario, list[ListedLot]]:
    from baraka_cli.lots_file import BadLots, read_lots
    from baraka_cli.simulator.scenario import BadScenario, made_up_lots, read_scenario, scenario

    given = {name: value for name, value in fields.items() if value is not None}
    run_list: list[ListedLot] | None = None
    try:
        if lots is not None and not lots.isdecimal():
            run_list = read_lots(Path(lots), encoding)
            given["lots"] = len(run_list)
        elif lots is not None:
            given["lots"] = int(lots)
        if preset is not None:
            from_file = preset.endswith(".toml")
            given = (read_scenario(Path(preset)) if from_file else {"preset": preset}) | given
        planned = scenario(given)
    except BadScenario as error:
        wrong_usage(str(error))
    except BadLots as error:
        wrong_usage(f"--lots has mistakes:\n{error}")
    return planned, run_list or made_up_lots(planned.lots, planned.seed)


def somebody_comes(scenario: Scenario, *, hosted: bool) -> None:
    """Exits 2 for a sale that could prove nothing: without a bidder, or without anybody.

    In a sale that is hosted by somebody else, others may bid.
    """
    if hosted and not scenario.bidders:
        wrong_usage(
            "bidders: 0: a sale without bids proves nothing. Bring one at least: --bidders 1"
        )
    if not (scenario.viewers or scenario.bidders or scenario.commenters):
        wrong_usage("viewers, bidders and commenters are 0: nobody would come, to prove anything")


def promises_named(names: Iterable[str] | None) -> frozenset[Promise]:
    """Promises whose names begin like that, one each. Exits 2 where none does, or more than one."""
    from baraka_cli.simulator.result import Promise

    found = set()
    for name in names or ():
        meant = name.replace("-", "_")
        like = [one for one in Promise if one == meant] or [
            one for one in Promise if one.startswith(meant)
        ]
        if len(like) != 1:
            wrong_usage(
                f"--except: '{name}' names {'no' if not like else 'more than one'} promise; "
                f"there are {', '.join(Promise)}"
            )
        found.add(like[0])
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class People:
    """The host, the other users, and where their tokens come from: `maker` is None for a file's."""

    host_id: int
    others: list[int]
    mint: Mint
    maker: Minting | None


def people_of(file: Path | None, host_id: int, users: int, *, sale_seconds: float = 0) -> People:
    """Find who is there. Tokens that are made last longer than the sale."""
    from baraka_cli.simulator.crowd.tokens import BadTokens, read_tokens
    from baraka_server.minting import minting
    from baraka_server.sources import lacking

    if file is not None:
        try:
            found = read_tokens(file)
        except BadTokens as error:
            wrong_usage(f"--tokens: {error}")
        return People(found.host_id, found.others, found.of, None)
    maker = minting(load_settings())
    if maker is None:
        wrong_usage(
            f"{lacking('jwt_secret')}: the crowd's tokens are minted with the server's own. "
            "Without it, give --tokens FILE with one access token a line, the host's first."
        )
    lifetime = maker.allowed(TOKEN_LIFETIME + timedelta(seconds=sale_seconds))
    others = [user_id for user_id in range(1, users + 1) if user_id != host_id]
    return People(host_id, others, lambda user_id: maker.token(user_id, lifetime), maker)


def places_of(url: str, auction_id: int | None, runs: int, people: People) -> list[Place]:
    """Auction of each run: the one that was named, or the host's newest that can be started."""
    from baraka_cli.client.http import TurnedAway
    from baraka_cli.commands.refused_tokens import why_refused
    from baraka_cli.simulator.crowd.cast import Place

    host_id, token = people.host_id, people.mint(people.host_id)
    try:
        # A sale and one next door for each run, and one that the caller may have named already.
        free, why = run(_startable(url, token, 2 * runs + 1))
    except TurnedAway as error:
        say(
            f"{url} refuses the host's token: {error}. "
            + run(why_refused(url, people.maker, token))
        )
        raise typer.Exit(COULD_NOT) from None
    if why and auction_id is None:
        say(why)
        raise typer.Exit(COULD_NOT)
    next_doors = [one for one in free if one != auction_id]
    sales = [auction_id] if auction_id is not None else next_doors[:runs]
    if auction_id is None:
        next_doors = next_doors[runs:]
    if len(sales) < runs:
        what = {0: "no auction", 1: "only one auction"}.get(
            len(sales), f"only {len(sales)} auctions"
        )
        need = f"{what} that can be started" + (f", and {runs} are needed" if runs > 1 else "")
        say(
            f"User {host_id} has {need}. Make one: "
            f"baraka auction create --owner {host_id} --title 'Load test'"
        )
        raise typer.Exit(COULD_NOT)
    padded = [*next_doors, *[None] * runs]
    return [
        Place(sale, next_door, host_id, people.others, named=auction_id is not None)
        for sale, next_door in zip(sales, padded, strict=False)
    ]


async def _startable(url: str, token: str, needed: int) -> tuple[list[int], str]:
    """Auctions of the token's owner that can be started, newest first: `needed`, or a few more.

    Beside them, why there is no list of auctions, and what to do; empty where there is one. Raises
    `TurnedAway`.
    """
    from baraka_cli.client.access import Access
    from baraka_cli.client.http import HttpApi, Unreachable

    found: list[int] = []
    pages = 0
    try:
        async for rows in HttpApi(url, Access(token)).auction_pages():
            # One that is live is somebody's sale: it is held only by who names it.
            taken = ("isEnded", "isCanceled", "isLive")
            found += [row["id"] for row in rows if not any(row.get(name) for name in taken)]
            pages += 1
            if len(found) >= needed or pages == PAGES_MAX:
                break
    except Unreachable as error:
        return [], f"{url} cannot be reached: {error.reason}"
    return found, "" if pages else f"{url} lists no auctions: name one by --auction"


def processes_of(said: str, scenario: Scenario, url: str, server_pids: Collection[int]) -> int:
    """How many processes hold the crowd's phones: as many as help, unless a number was given."""
    from baraka_cli.simulator.processes.count import cores, processes_that_help

    if said == AUTO:
        server_is_here = bool(server_pids) or urlsplit(url).hostname in LOOPBACK
        return processes_that_help(scenario.viewers, cores() - server_is_here)
    number = int(said) if said.isdecimal() else 0
    if not 1 <= number <= PROCESSES_MAX:
        wrong_usage(f"--processes: '{said}' is neither auto nor a number from 1 to {PROCESSES_MAX}")
    return max(1, min(number, scenario.viewers))


def open_enough_files(scenario: Scenario, processes: int) -> None:
    """Exits 2 where the system does not allow as many connections as the scenario has."""
    from baraka_server.open_files import raise_limit

    needed = scenario.files_max(processes)
    allowed = raise_limit(needed)
    if allowed is not None and allowed < needed:
        who = "Each process of this sale" if processes > 1 else "This sale"
        wrong_usage(
            f"{who} needs {needed:,} open files, and the system allows {allowed:,}. "
            f"Allow this shell more and try again: sudo prlimit --pid $$ --nofile={needed}:{needed}"
        )
