"""`baraka simulate`: holds a simulated sale and judges the server by it."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version

import typer

from baraka_cli.commands import simulate_flags as flags
from baraka_cli.commands.simulate_result import BROKEN, COULD_NOT, former_result, held, tell
from baraka_cli.commands.simulate_setup import people_of, place_of, scenario_and_lots
from baraka_cli.terminal import LotsEncoding, wrong_usage
from baraka_server.open_files import raise_limit

USERS = 100
"""As many as `baraka db seed` makes when nobody says otherwise."""


def simulate(
    preset: flags.ScenarioName = None,
    url: flags.Url = "http://127.0.0.1:3000",
    auction: flags.Auction = None,
    host: flags.Host = 1,
    no_host: flags.NoHost = False,
    users: flags.Users = USERS,
    tokens: flags.Tokens = None,
    viewers: flags.Viewers = None,
    bidders: flags.Bidders = None,
    commenters: flags.Commenters = None,
    lots: flags.Lots = None,
    lots_encoding: LotsEncoding = None,
    rate: flags.Rate = None,
    duration: flags.Duration = None,
    transport: flags.Transport = None,
    chaos: flags.Chaos = None,
    seed: flags.Seed = None,
    database_url: flags.DatabaseUrl = None,
    server_pid: flags.ServerPid = None,
    whole_numbers: flags.WholeNumbers = False,
    as_json: flags.AsJson = False,
    report: flags.Report = None,
    save: flags.Save = None,
    compare: flags.Compare = None,
) -> None:
    """Hold a simulated sale: how much does a server carry, and does it keep its promises.

    The auction is really started, bid on and ended: use one that nobody needs. Exits 1 when a
    promise was broken and 2 when the sale could not be held.
    """
    from baraka_cli.simulator.run import Setup

    url = url.rstrip("/")
    if not url.startswith(("http://", "https://")):
        wrong_usage(f"--url: '{url}' is not an address; write it like http://127.0.0.1:3000")
    fields = {
        "viewers": viewers,
        "bidders": bidders,
        "commenters": commenters,
        "rate": rate,
        "duration": duration,
        "transport": transport,
        "chaos": chaos,
        "seed": seed,
    }
    scenario, run_list = scenario_and_lots(preset, lots, lots_encoding, fields)
    old = former_result(compare)
    for file in (report, save):
        if file is not None and not file.parent.is_dir():
            wrong_usage(f"{file}: there is no folder {file.parent}")
    raise_limit(scenario.sockets_max)
    host_id, others, mint = people_of(tokens, host, users)
    place = place_of(url, auction, host_id, others, mint)
    if no_host:
        place = replace(place, next_door=None)  # nobody would start it
    setup = Setup(
        url=url,
        scenario=scenario,
        place=place,
        lots=run_list,
        mint=mint,
        server_pids=tuple(server_pid or ()),
        hosted=not no_host,
        numbers_are_whole=whole_numbers,
        version=version("baraka"),
    )
    result = held(setup, database_url)
    tell(result, old, as_json=as_json, report=report, save=save)
    if not result.kept:
        raise typer.Exit(BROKEN)
    if result.could_not:
        raise typer.Exit(COULD_NOT)
