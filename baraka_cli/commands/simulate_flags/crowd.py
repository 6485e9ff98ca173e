"""Flags of `baraka simulate`: the scenario, and what of it is otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from baraka_cli.commands.simulate_flags.times import seconds
from baraka_cli.terminal import LOTS_ENCODING_HELP

PANEL = "The crowd"

ScenarioName = Annotated[
    str | None,
    typer.Argument(
        metavar="[SCENARIO]",
        help="smoke, evening-sale, rush, bid-storm, mistakes, house, ramp-up, soak, find-limit, hostile, or a TOML "
        "file; smoke without it.",
        show_default=False,
    ),
]

Viewers = Annotated[
    int | None,
    typer.Option(
        min=0, metavar="N", help="People who watch.", show_default=False, rich_help_panel=PANEL
    ),
]

Bidders = Annotated[
    int | None,
    typer.Option(
        min=0, metavar="N", help="People who bid.", show_default=False, rich_help_panel=PANEL
    ),
]

Commenters = Annotated[
    int | None,
    typer.Option(
        min=0,
        metavar="N",
        help="People who write in the chat.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]

Processes = Annotated[
    str,
    typer.Option(
        metavar="N or auto",
        rich_help_panel=PANEL,
        help="How many processes hold the viewers' phones; auto: as many as help.",
    ),
]

Lots = Annotated[
    str | None,
    typer.Option(
        rich_help_panel=PANEL,
        metavar="N or FILE",
        help="How many lots, or a run list as for the console.",
        show_default=False,
    ),
]

LotsEncoding = Annotated[
    str | None,
    typer.Option(
        rich_help_panel=PANEL, metavar="NAME", help=LOTS_ENCODING_HELP, show_default=False
    ),
]

Rate = Annotated[
    float | None,
    typer.Option(
        metavar="PER_SECOND",
        rich_help_panel=PANEL,
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
        rich_help_panel=PANEL,
        help="How long bids are made: 90s, 15m, 2h; a plain number is seconds.",
        show_default=False,
    ),
]

RampUp = Annotated[
    float | None,
    typer.Option(
        parser=seconds,
        metavar="TIME",
        rich_help_panel=PANEL,
        help="The rate grows from none to all of it in this time.",
        show_default=False,
    ),
]

FindLimit = Annotated[
    float | None,
    typer.Option(
        parser=seconds,
        metavar="TIME",
        rich_help_panel=PANEL,
        help="Raise the rate by a half every TIME, until a threshold breaks.",
        show_default=False,
    ),
]

Replay = Annotated[
    Path | None,
    typer.Option(
        rich_help_panel=PANEL,
        metavar="FILE.json",
        help="Do a recorded sale again: what baraka auction history ID --json printed.",
        show_default=False,
    ),
]

Speed = Annotated[
    float | None,
    typer.Option(
        rich_help_panel=PANEL,
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
        rich_help_panel=PANEL,
        help="mixed, websocket, or polling for everybody.",
        show_default=False,
    ),
]

Chaos = Annotated[
    float | None,
    typer.Option(
        metavar="PER_SECOND",
        rich_help_panel=PANEL,
        min=0,
        help="Connections cut per second; their phones come back and resume.",
        show_default=False,
    ),
]

Seed = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        rich_help_panel=PANEL,
        help="The same seed makes the same decisions.",
        show_default=False,
    ),
]
