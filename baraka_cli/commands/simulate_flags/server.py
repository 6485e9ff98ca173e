"""Flags of `baraka simulate`: the server, and who is known there."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from baraka_cli.commands.simulate_flags.times import seconds

PANEL = "The server"

flag = partial(typer.Option, rich_help_panel=PANEL, show_default=False)

Url = Annotated[
    str, flag(metavar="URL", envvar="BARAKA_URL", help="The server.", show_default=True)
]

Auction = Annotated[
    int | None,
    flag(
        metavar="ID",
        min=1,
        help="The auction to hold; it is started and ended. Without it, the host's newest "
        "that can be.",
    ),
]

Host = Annotated[int, flag(min=1, metavar="ID", help="The user who owns it.", show_default=True)]

NoHost = Annotated[
    bool,
    flag(
        "--no-host", help="Bring the crowd alone: somebody hosts the auction, in the console maybe."
    ),
]

Users = Annotated[
    int,
    flag(
        metavar="N",
        min=2,
        help="Users 1 to this are there, as db seed makes them.",
        show_default=True,
    ),
]

Tokens = Annotated[
    Path | None,
    flag(
        metavar="FILE",
        help="Access tokens, one a line, the host's first; without it they are minted with "
        "BARAKA_JWT_SECRET.",
    ),
]

DatabaseUrl = Annotated[
    str | None,
    flag(
        metavar="URL",
        help="Compare with this database in the end; BARAKA_DATABASE_URL is not taken for it.",
    ),
]

ServerPid = Annotated[
    list[int] | None,
    flag(min=1, metavar="PID", help="Measure this process; again for more."),
]

WholeNumbers = Annotated[
    bool,
    flag("--whole-numbers", help="The server shows whole phone numbers on purpose."),
]

Patience = Annotated[
    float,
    flag(
        parser=seconds,
        metavar="TIME",
        help="How long the server may be gone, for a restart, before the sale is broken off.",
        show_default="10s",
    ),
]
