"""Flags of `baraka simulate`: what comes of a run, and what it must not be worse than."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

PANEL = "What it finds"
JUDGED = "What it must not be worse than: else exit 1"

Probe = Annotated[
    list[str] | None,
    typer.Option(
        "--probe",
        rich_help_panel=PANEL,
        metavar="NAME",
        help="Of hostile: try this one, and no other; again for more. See docs/simulate.md.",
        show_default=False,
    ),
]

Except = Annotated[
    list[str] | None,
    typer.Option(
        "--except",
        rich_help_panel=PANEL,
        metavar="NAME",
        help="A promise, like counts, or a probe that the server need not keep; again for more.",
        show_default=False,
    ),
]

AsJson = Annotated[
    bool,
    typer.Option("--json", rich_help_panel=PANEL, help="Print JSON instead of tables."),
]

Report = Annotated[
    Path | None,
    typer.Option(
        rich_help_panel=PANEL,
        metavar="FILE.html",
        help="Write one page with charts, for a ticket.",
        show_default=False,
    ),
]

Save = Annotated[
    Path | None,
    typer.Option(
        rich_help_panel=PANEL,
        metavar="FILE.json",
        help="Keep the numbers, to compare with.",
        show_default=False,
    ),
]

Compare = Annotated[
    Path | None,
    typer.Option(
        rich_help_panel=PANEL,
        metavar="OLD.json",
        help="Compare with the numbers of another run.",
        show_default=False,
    ),
]

Repeat = Annotated[
    int,
    typer.Option(
        metavar="N",
        rich_help_panel=PANEL,
        min=1,
        help="Hold the sale N times, each on an auction of its own, to see how much runs differ.",
    ),
]

Junit = Annotated[
    Path | None,
    typer.Option(
        rich_help_panel=PANEL,
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
