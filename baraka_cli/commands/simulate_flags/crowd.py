"""Flags of `baraka simulate`: the scenario, and what of it is otherwise."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from baraka_cli.commands.simulate_flags.times import seconds
from baraka_cli.terminal import LOTS_ENCODING_HELP

PANEL = "The crowd"

flag = partial(typer.Option, rich_help_panel=PANEL, show_default=False)

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
    flag(min=0, metavar="N", help="People who watch."),
]

Bidders = Annotated[
    int | None,
    flag(min=0, metavar="N", help="People who bid."),
]

Commenters = Annotated[
    int | None,
    flag(min=0, metavar="N", help="People who write in the chat."),
]

Processes = Annotated[
    str,
    flag(
        metavar="N or auto",
        help="How many processes hold the viewers' phones; auto: as many as help.",
        show_default=True,
    ),
]

Lots = Annotated[
    str | None,
    flag(metavar="N or FILE", help="How many lots, or a run list as for the console."),
]

LotsEncoding = Annotated[
    str | None,
    flag(metavar="NAME", help=LOTS_ENCODING_HELP),
]

Rate = Annotated[
    float | None,
    flag(
        metavar="PER_SECOND",
        min=0,
        help="Bids per second, all together; 0: each bids again as soon as it is answered.",
    ),
]

Duration = Annotated[
    float | None,
    flag(
        parser=seconds,
        metavar="TIME",
        help="How long bids are made: 90s, 15m, 2h; a plain number is seconds.",
    ),
]

RampUp = Annotated[
    float | None,
    flag(
        parser=seconds, metavar="TIME", help="The rate grows from none to all of it in this time."
    ),
]

FindLimit = Annotated[
    float | None,
    flag(
        parser=seconds,
        metavar="TIME",
        help="Raise the rate by a half every TIME, until a threshold breaks.",
    ),
]

Replay = Annotated[
    Path | None,
    flag(
        metavar="FILE.json",
        help="Do a recorded sale again: what baraka auction history ID --json printed.",
    ),
]

Speed = Annotated[
    float | None,
    flag(
        metavar="N",
        min=0.01,
        max=1000,
        help="With --replay: how many times as fast.",
        show_default="1",
    ),
]

Transport = Annotated[
    str | None,
    flag(metavar="KIND", help="mixed, websocket, or polling for everybody."),
]

Chaos = Annotated[
    float | None,
    flag(
        metavar="PER_SECOND",
        min=0,
        help="Connections cut per second; their phones come back and resume.",
    ),
]

Seed = Annotated[
    int | None,
    flag(metavar="N", help="The same seed makes the same decisions."),
]
