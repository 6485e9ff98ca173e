"""`baraka simulate`: load, and proof."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from baraka_cli.terminal import (
    LotsEncoding,
    json_text,
    load_settings,
    print_json,
    run,
    say,
    stderr,
    stdout,
    wrong_usage,
)
from baraka_server.open_files import raise_limit

if TYPE_CHECKING:
    from baraka_cli.run_list import ListedLot
    from baraka_cli.simulator.crowd.cast import Mint, Place
    from baraka_cli.simulator.result import Result
    from baraka_cli.simulator.run import Setup
    from baraka_cli.simulator.scenario import Scenario

TOKEN_LIFETIME = timedelta(hours=12)
USERS = 100
"""As many as `baraka db seed` makes when nobody says otherwise."""

BROKEN, COULD_NOT = 1, 2
"""Exit codes: a promise was broken; there was no run to judge."""

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
    scenario, run_list = _scenario(preset, lots, lots_encoding, fields)
    old = _old(compare)
    for file in (report, save):
        if file is not None and not file.parent.is_dir():
            wrong_usage(f"{file}: there is no folder {file.parent}")
    raise_limit(scenario.sockets_max)
    host_id, others, mint = _people(tokens, host, users)
    place = _place(url, auction, host_id, others, mint)
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
    result = _held(setup, database_url)
    _tell(result, old, as_json=as_json, report=report, save=save)
    if not result.kept:
        raise typer.Exit(BROKEN)
    if result.could_not:
        raise typer.Exit(COULD_NOT)


def _scenario(
    preset: str | None, lots: str | None, encoding: str | None, fields: dict[str, Any]
) -> tuple[Scenario, list[ListedLot]]:
    from baraka_cli.console.lots_file import BadLots, read_lots
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


def _old(file: Path | None) -> Result | None:
    from baraka_cli.simulator.report.compare import NotAResult, read_result

    try:
        return read_result(file) if file else None
    except NotAResult as error:
        wrong_usage(f"--compare: {error}")


def _people(file: Path | None, host_id: int, users: int) -> tuple[int, list[int], Mint]:
    """The host, the other users, and where their tokens come from."""
    from baraka_cli.simulator.crowd.tokens import BadTokens, read_tokens
    from baraka_server.sources import lacking
    from baraka_server.wire.identity import mint

    if file is not None:
        try:
            found = read_tokens(file)
        except BadTokens as error:
            wrong_usage(f"--tokens: {error}")
        return found.host_id, found.others, found.of
    settings = load_settings()
    if settings.jwt_secret is None:
        wrong_usage(
            f"{lacking('jwt_secret')}: the crowd's tokens are minted with the server's own. "
            "Without it, give --tokens FILE with one access token a line, the host's first."
        )
    secret = settings.jwt_secret.get_secret_value()
    others = [user_id for user_id in range(1, users + 1) if user_id != host_id]
    return host_id, others, lambda user_id: mint(secret, user_id, TOKEN_LIFETIME, {})


def _place(url: str, auction_id: int | None, host_id: int, others: list[int], mint: Mint) -> Place:
    """Where the sale is held: what was asked for, or the host's first auctions that can be started."""
    from baraka_cli.simulator.crowd.cast import Place
    from baraka_cli.simulator.run import NoList, startable

    try:
        free = run(startable(url, mint(host_id)))
    except NoList as error:
        if auction_id is None:
            say(str(error))
            raise typer.Exit(COULD_NOT) from None
        free = []
    doors = [one for one in free if one != auction_id]
    if auction_id is None:
        if not doors:
            say(
                f"User {host_id} has no auction that can be started. Make one: "
                f"baraka auction create --owner {host_id} --title 'Load test'"
            )
            raise typer.Exit(COULD_NOT)
        auction_id, *doors = doors
    return Place(auction_id, doors[0] if doors else None, host_id, others)


def _held(setup: Setup, database_url: str | None) -> Result:
    """The run, with its live screen on stderr."""
    from baraka_cli.database import open_store
    from baraka_cli.ledger_check import compare
    from baraka_cli.simulator.meter import NoSuchProcess
    from baraka_cli.simulator.report.screen import Screen
    from baraka_cli.simulator.run import run as hold
    from baraka_server.store.errors import Unavailable
    from baraka_server.store.migrate import MigrationFailed, OutOfDate

    title = f"baraka simulate, seed {setup.scenario.seed}"

    async def held() -> Result:
        seconds = setup.scenario.duration if setup.hosted else None
        with Screen(stderr, title=title, seconds=seconds) as screen:
            if database_url is None:
                return await hold(setup, screen.show)
            try:
                async with open_store(database_url) as store:
                    return await hold(setup, screen.show, partial(compare, store))
            except (MigrationFailed, OutOfDate, Unavailable) as error:
                problem = f"--database-url: {error}"
        say(problem)
        raise typer.Exit(COULD_NOT)

    try:
        return run(held())
    except NoSuchProcess as error:
        wrong_usage(f"--server-pid: {error}")


def _tell(
    result: Result,
    old: Result | None,
    *,
    as_json: bool,
    report: Path | None,
    save: Path | None,
) -> None:
    from baraka_cli.simulator.report.compare import print_comparison
    from baraka_cli.simulator.report.page import page
    from baraka_cli.simulator.report.tables import print_report

    try:
        if save is not None:
            save.write_text(json_text(result) + "\n", encoding="utf-8")
        if report is not None:
            report.write_text(page(result, old), encoding="utf-8")
    except OSError as error:
        say(f"{error.filename}: {error.strerror}")
    if as_json:
        print_json(result)
    elif result.could_not and not result.totals.viewers_max:
        say(result.could_not)
    else:
        print_report(stdout, result)
        if old is not None:
            print_comparison(stdout, result, old)
    if report is not None:
        say(f"The page: {report}")
