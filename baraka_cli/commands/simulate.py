"""`baraka simulate`: holds a simulated sale and judges the server by it. Here are its flags."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from baraka_cli.commands.simulate_result import BROKEN, COULD_NOT, former_result, held, tell
from baraka_cli.commands.simulate_setup import people_of, place_of, scenario_and_lots
from baraka_cli.terminal import LotsEncoding, wrong_usage
from baraka_server.open_files import raise_limit

USERS = 100
"""As many as `baraka db seed` makes when nobody says otherwise."""

CROWD, SERVER, FINDINGS = "The crowd", "The server", "What it finds"


def simulate(
    preset: Annotated[
        str | None,
        typer.Argument(
            metavar="[SCENARIO]",
            help="smoke, evening-sale, rush, bid-storm, or a TOML file; smoke without it.",
            show_default=False,
        ),
    ] = None,
    url: Annotated[
        str,
        typer.Option(
            metavar="URL", rich_help_panel=SERVER, envvar="BARAKA_URL", help="The server."
        ),
    ] = "http://127.0.0.1:3000",
    auction: Annotated[
        int | None,
        typer.Option(
            metavar="ID",
            rich_help_panel=SERVER,
            min=1,
            help="The auction to hold; it is started and ended. Without it, the host's first "
            "that can be.",
            show_default=False,
        ),
    ] = None,
    host: Annotated[
        int, typer.Option(rich_help_panel=SERVER, min=1, metavar="ID", help="The user who owns it.")
    ] = 1,
    no_host: Annotated[
        bool,
        typer.Option(
            "--no-host",
            rich_help_panel=SERVER,
            help="Bring the crowd alone: somebody hosts the auction, in the console maybe.",
        ),
    ] = False,
    users: Annotated[
        int,
        typer.Option(
            metavar="N",
            rich_help_panel=SERVER,
            min=2,
            help="Users 1 to this are there, as db seed makes them.",
        ),
    ] = USERS,
    tokens: Annotated[
        Path | None,
        typer.Option(
            rich_help_panel=SERVER,
            metavar="FILE",
            help="Access tokens, one a line, the host's first; without it they are minted with "
            "BARAKA_JWT_SECRET.",
            show_default=False,
        ),
    ] = None,
    viewers: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="N", help="People who watch.", show_default=False, rich_help_panel=CROWD
        ),
    ] = None,
    bidders: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="N", help="People who bid.", show_default=False, rich_help_panel=CROWD
        ),
    ] = None,
    commenters: Annotated[
        int | None,
        typer.Option(
            min=0, help="People who write in the chat.", show_default=False, rich_help_panel=CROWD
        ),
    ] = None,
    lots: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=CROWD,
            metavar="N or FILE",
            help="How many lots, or a run list as for the console.",
            show_default=False,
        ),
    ] = None,
    lots_encoding: LotsEncoding = None,
    rate: Annotated[
        float | None,
        typer.Option(
            metavar="PER_SECOND",
            rich_help_panel=CROWD,
            min=0,
            help="Bids per second, all together; 0: each bids again as soon as it is answered.",
            show_default=False,
        ),
    ] = None,
    duration: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            rich_help_panel=CROWD,
            min=0.1,
            help="Seconds of bidding.",
            show_default=False,
        ),
    ] = None,
    transport: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            rich_help_panel=CROWD,
            help="mixed, websocket, or polling for everybody.",
            show_default=False,
        ),
    ] = None,
    chaos: Annotated[
        float | None,
        typer.Option(
            metavar="PER_SECOND",
            rich_help_panel=CROWD,
            min=0,
            help="Connections cut per second; their phones come back and resume.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            rich_help_panel=CROWD,
            help="The same seed makes the same decisions.",
            show_default=False,
        ),
    ] = None,
    database_url: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=SERVER,
            metavar="URL",
            help="Compare with this database in the end; BARAKA_DATABASE_URL is not taken for it.",
            show_default=False,
        ),
    ] = None,
    server_pid: Annotated[
        list[int] | None,
        typer.Option(
            rich_help_panel=SERVER,
            min=1,
            metavar="PID",
            help="Measure this process; again for more.",
            show_default=False,
        ),
    ] = None,
    whole_numbers: Annotated[
        bool,
        typer.Option(
            "--whole-numbers",
            rich_help_panel=SERVER,
            help="The server shows whole phone numbers on purpose.",
        ),
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", rich_help_panel=FINDINGS, help="Print JSON instead of tables."),
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(
            rich_help_panel=FINDINGS,
            metavar="FILE.html",
            help="Write one page with charts, for a ticket.",
            show_default=False,
        ),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(
            rich_help_panel=FINDINGS,
            metavar="FILE.json",
            help="Keep the numbers, to compare with.",
            show_default=False,
        ),
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(
            rich_help_panel=FINDINGS,
            metavar="OLD.json",
            help="Compare with the numbers of another run.",
            show_default=False,
        ),
    ] = None,
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
