"""Flags of `baraka simulate`: the server, and who is known there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from baraka_cli.commands.simulate_flags.times import seconds

PANEL = "The server"

Url = Annotated[
    str,
    typer.Option(metavar="URL", rich_help_panel=PANEL, envvar="BARAKA_URL", help="The server."),
]

Auction = Annotated[
    int | None,
    typer.Option(
        metavar="ID",
        rich_help_panel=PANEL,
        min=1,
        help="The auction to hold; it is started and ended. Without it, the host's newest "
        "that can be.",
        show_default=False,
    ),
]

Host = Annotated[
    int, typer.Option(rich_help_panel=PANEL, min=1, metavar="ID", help="The user who owns it.")
]

NoHost = Annotated[
    bool,
    typer.Option(
        "--no-host",
        rich_help_panel=PANEL,
        help="Bring the crowd alone: somebody hosts the auction, in the console maybe.",
    ),
]

Users = Annotated[
    int,
    typer.Option(
        metavar="N",
        rich_help_panel=PANEL,
        min=2,
        help="Users 1 to this are there, as db seed makes them.",
    ),
]

Tokens = Annotated[
    Path | None,
    typer.Option(
        rich_help_panel=PANEL,
        metavar="FILE",
        help="Access tokens, one a line, the host's first; without it they are minted with "
        "BARAKA_JWT_SECRET.",
        show_default=False,
    ),
]

DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        rich_help_panel=PANEL,
        metavar="URL",
        help="Compare with this database in the end; BARAKA_DATABASE_URL is not taken for it.",
        show_default=False,
    ),
]

ServerPid = Annotated[
    list[int] | None,
    typer.Option(
        rich_help_panel=PANEL,
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
        rich_help_panel=PANEL,
        help="The server shows whole phone numbers on purpose.",
    ),
]

Patience = Annotated[
    float,
    typer.Option(
        parser=seconds,
        metavar="TIME",
        rich_help_panel=PANEL,
        help="How long the server may be gone, for a restart, before the sale is broken off.",
        show_default="10s",
    ),
]
