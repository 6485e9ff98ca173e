"""Flags of `baraka simulate`: name, value and meaning of each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from baraka_cli.durations import BadDuration, seconds_of
from baraka_cli.terminal import LOTS_ENCODING_HELP

CROWD, SERVER, FINDINGS = "The crowd", "The server", "What it finds"
JUDGED = "What it must not be worse than: else exit 1"


def seconds(text: str) -> float:
    """Parse a duration as it is typed. Returns seconds."""
    try:
        return seconds_of(str(text))
    except BadDuration as error:
        raise typer.BadParameter(str(error)) from None


ScenarioName = Annotated[
    str | None,
    typer.Argument(
        metavar="[SCENARIO]",
        help="smoke, evening-sale, rush, bid-storm, mistakes, ramp-up, soak, find-limit, hostile, or a TOML "
        "file; smoke without it.",
        show_default=False,
    ),
]

Url = Annotated[
    str,
    typer.Option(metavar="URL", rich_help_panel=SERVER, envvar="BARAKA_URL", help="The server."),
]

Auction = Annotated[
    int | None,
    typer.Option(
        metavar="ID",
        rich_help_panel=SERVER,
        min=1,
        help="The auction to hold; it is started and ended. Without it, the host's newest "
        "that can be.",
        show_default=False,
    ),
]

Host = Annotated[
    int, typer.Option(rich_help_panel=SERVER, min=1, metavar="ID", help="The user who owns it.")
]

NoHost = Annotated[
    bool,
    typer.Option(
        "--no-host",
        rich_help_panel=SERVER,
        help="Bring the crowd alone: somebody hosts the auction, in the console maybe.",
    ),
]

Users = Annotated[
    int,
    typer.Option(
        metavar="N",
        rich_help_panel=SERVER,
        min=2,
        help="Users 1 to this are there, as db seed makes them.",
    ),
]

Tokens = Annotated[
    Path | None,
    typer.Option(
        rich_help_panel=SERVER,
        metavar="FILE",
        help="Access tokens, one a line, the host's first; without it they are minted with "
        "BARAKA_JWT_SECRET.",
        show_default=False,
    ),
]

Viewers = Annotated[
    int | None,
    typer.Option(
        min=0, metavar="N", help="People who watch.", show_default=False, rich_help_panel=CROWD
    ),
]

Bidders = Annotated[
    int | None,
    typer.Option(
        min=0, metavar="N", help="People who bid.", show_default=False, rich_help_panel=CROWD
    ),
]

Commenters = Annotated[
    int | None,
    typer.Option(
        min=0,
        metavar="N",
        help="People who write in the chat.",
        show_default=False,
        rich_help_panel=CROWD,
    ),
]

Processes = Annotated[
    str,
    typer.Option(
        metavar="N or auto",
        rich_help_panel=CROWD,
        help="How many processes hold the viewers' phones; auto: as many as help.",
    ),
]

Lots = Annotated[
    str | None,
    typer.Option(
        rich_help_panel=CROWD,
        metavar="N or FILE",
        help="How many lots, or a run list as for the console.",
        show_default=False,
    ),
]

LotsEncoding = Annotated[
    str | None,
    typer.Option(
        rich_help_panel=CROWD, metavar="NAME", help=LOTS_ENCODING_HELP, show_default=False
    ),
]

Rate = Annotated[
    float | None,
    typer.Option(
        metavar="PER_SECOND",
        rich_help_panel=CROWD,
        min=0,
        help="Bids per second, all together; 0: each bids again as soon as it is answered.",
        show_default=False,
    ),
]

Duration = Annotated[
    float | None,
    typer.Option(
        parser=seconds,
        metavar="TIME",
        rich_help_panel=CROWD,
        help="How long bids are made: 90s, 15m, 2h; a plain number is seconds.",
        show_default=False,
    ),
]

RampUp = Annotated[
    float | None,
    typer.Option(
        parser=seconds,
        metavar="TIME",
        rich_help_panel=CROWD,
        help="The rate grows from none to all of it in this time.",
        show_default=False,
    ),
]

FindLimit = Annotated[
    float | None,
    typer.Option(
        parser=seconds,
        metavar="TIME",
        rich_help_panel=CROWD,
        help="Raise the rate by a half every TIME, until a threshold breaks.",
        show_default=False,
    ),
]

Replay = Annotated[
    Path | None,
    typer.Option(
        rich_help_panel=CROWD,
        metavar="FILE.json",
        help="Do a recorded sale again: what baraka auction history ID --json printed.",
        show_default=False,
    ),
]

Speed = Annotated[
    float | None,
    typer.Option(
        rich_help_panel=CROWD,
        metavar="N",
        min=0.01,
        max=1000,
        help="With --replay: how many times as fast.",
        show_default="1",
    ),
]

Transport = Annotated[
    str | None,
    typer.Option(
        metavar="KIND",
        rich_help_panel=CROWD,
        help="mixed, websocket, or polling for everybody.",
        show_default=False,
    ),
]

Chaos = Annotated[
    float | None,
    typer.Option(
        metavar="PER_SECOND",
        rich_help_panel=CROWD,
        min=0,
        help="Connections cut per second; their phones come back and resume.",
        show_default=False,
    ),
]

Seed = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        rich_help_panel=CROWD,
        help="The same seed makes the same decisions.",
        show_default=False,
    ),
]

DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        rich_help_panel=SERVER,
        metavar="URL",
        help="Compare with this database in the end; BARAKA_DATABASE_URL is not taken for it.",
        show_default=False,
    ),
]

ServerPid = Annotated[
    list[int] | None,
    typer.Option(
        rich_help_panel=SERVER,
        min=1,
        metavar="PID",
        help="Measure this process; again for more.",
        show_default=False,
    ),
]

WholeNumbers = Annotated[
    bool,
    typer.Option(
        "--whole-numbers",
        rich_help_panel=SERVER,
        help="The server shows whole phone numbers on purpose.",
    ),
]

Probe = Annotated[
    list[str] | None,
    typer.Option(
        "--probe",
        rich_help_panel=FINDINGS,
        metavar="NAME",
        help="Of hostile: try this one, and no other; again for more. See docs/simulate.md.",
        show_default=False,
    ),
]

Except = Annotated[
    list[str] | None,
    typer.Option(
        "--except",
        rich_help_panel=FINDINGS,
        metavar="NAME",
        help="A promise, like counts, or a probe that the server need not keep; again for more.",
        show_default=False,
    ),
]

AsJson = Annotated[
    bool,
    typer.Option("--json", rich_help_panel=FINDINGS, help="Print JSON instead of tables."),
]

Report = Annotated[
    Path | None,
    typer.Option(
        rich_help_panel=FINDINGS,
        metavar="FILE.html",
        help="Write one page with charts, for a ticket.",
        show_default=False,
    ),
]

Save = Annotated[
    Path | None,
    typer.Option(
        rich_help_panel=FINDINGS,
        metavar="FILE.json",
        help="Keep the numbers, to compare with.",
        show_default=False,
    ),
]

Compare = Annotated[
    Path | None,
    typer.Option(
        rich_help_panel=FINDINGS,
        metavar="OLD.json",
        help="Compare with the numbers of another run.",
        show_default=False,
    ),
]

Patience = Annotated[
    float,
    typer.Option(
        parser=seconds,
        metavar="TIME",
        rich_help_panel=SERVER,
        help="How long the server may be gone, for a restart, before the sale is broken off.",
        show_default="10s",
    ),
]

Repeat = Annotated[
    int,
    typer.Option(
        metavar="N",
        rich_help_panel=FINDINGS,
        min=1,
        help="Hold the sale N times, each on an auction of its own, to see how much runs differ.",
    ),
]

Junit = Annotated[
    Path | None,
    typer.Option(
        rich_help_panel=FINDINGS,
        metavar="FILE.xml",
        help="Write a test case for each promise and threshold, for CI.",
        show_default=False,
    ),
]

MaxP99Ms = Annotated[
    float | None,
    typer.Option(
        rich_help_panel=JUDGED,
        metavar="MS",
        min=0,
        help="Milliseconds within which 99 of 100 deliveries must come.",
        show_default=False,
    ),
]

MaxLost = Annotated[
    int | None,
    typer.Option(
        rich_help_panel=JUDGED,
        metavar="N",
        min=0,
        help="How many deliveries of a bid to a viewer may be lost.",
        show_default=False,
    ),
]

MaxUnanswered = Annotated[
    int | None,
    typer.Option(
        rich_help_panel=JUDGED,
        metavar="N",
        min=0,
        help="How many bids may stay unanswered.",
        show_default=False,
    ),
]

MinAcceptedPerSecond = Annotated[
    float | None,
    typer.Option(
        rich_help_panel=JUDGED,
        metavar="N",
        min=0,
        help="How many bids must be accepted a second, while bids are made.",
        show_default=False,
    ),
]

FailOnWorse = Annotated[
    bool,
    typer.Option(
        "--fail-on-worse",
        rich_help_panel=JUDGED,
        help="With --compare: whatever is worse than in the earlier run.",
    ),
]
