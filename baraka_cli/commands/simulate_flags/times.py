"""`seconds`: parses the value of a flag that is a time."""

from __future__ import annotations

import typer

from baraka_cli.durations import BadDuration, seconds_of


def seconds(text: str) -> float:
    """Parse a duration as it is typed. Returns seconds."""
    try:
        return seconds_of(str(text))
    except BadDuration as error:
        raise typer.BadParameter(str(error)) from None
