"""Flags of `baraka simulate`: what comes of a run, and what it must not be worse than."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

PANEL = "What it finds"
JUDGED = "What it must not be worse than: else exit 1"

flag = partial(typer.Option, rich_help_panel=PANEL, show_default=False)
judged = partial(typer.Option, rich_help_panel=JUDGED, show_default=False)

Probe = Annotated[
    list[str] | None,
    flag(
        "--probe",
        metavar="NAME",
        help="Of hostile: try this one, and no other; again for more. See docs/simulate.md.",
    ),
]

Except = Annotated[
    list[str] | None,
    flag(
        "--except",
        metavar="NAME",
        help="A promise, like counts, or a probe that the server need not keep; again for more.",
    ),
]

AsJson = Annotated[
    bool,
    flag("--json", help="Print JSON instead of tables."),
]

Report = Annotated[
    Path | None,
    flag(metavar="FILE.html", help="Write one page with charts, for a ticket."),
]

Save = Annotated[
    Path | None,
    flag(metavar="FILE.json", help="Keep the numbers, to compare with."),
]

Compare = Annotated[
    Path | None,
    flag(metavar="OLD.json", help="Compare with the numbers of another run."),
]

Repeat = Annotated[
    int,
    flag(
        metavar="N",
        min=1,
        help="Hold the sale N times, each on an auction of its own, to see how much runs differ.",
        show_default=True,
    ),
]

Junit = Annotated[
    Path | None,
    flag(metavar="FILE.xml", help="Write a test case for each promise and threshold, for CI."),
]

MaxP99Ms = Annotated[
    float | None,
    judged(metavar="MS", min=0, help="Milliseconds within which 99 of 100 deliveries must come."),
]

MaxLost = Annotated[
    int | None,
    judged(metavar="N", min=0, help="How many deliveries of a bid to a viewer may be lost."),
]

MaxUnanswered = Annotated[
    int | None,
    judged(metavar="N", min=0, help="How many bids may stay unanswered."),
]

MinAcceptedPerSecond = Annotated[
    float | None,
    judged(
        metavar="N", min=0, help="How many bids must be accepted a second, while bids are made."
    ),
]

FailOnWorse = Annotated[
    bool,
    judged("--fail-on-worse", help="With --compare: whatever is worse than in the earlier run."),
]
