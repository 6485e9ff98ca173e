"""`baraka messages`: prints the console's quick messages, or writes a file of them to change."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from baraka_cli.terminal import fail, say


def messages(
    file: Annotated[
        Path | None, typer.Argument(help="A file to check, instead of the usual one.")
    ] = None,
    write: Annotated[
        bool,
        typer.Option("--write", help="Write those that are built in to the usual file, to change."),
    ] = False,
) -> None:
    """Print the console's quick messages as CSV, once their file is checked."""
    from baraka_cli.console.quick_messages import (
        BadMessages,
        built_in,
        messages_from,
        usual_file,
    )

    usual = usual_file()
    if write:
        try:
            usual.parent.mkdir(parents=True, exist_ok=True)
            with usual.open("xb") as new:
                new.write(built_in().as_table())
        except FileExistsError:
            fail(f"{usual} is there already. Change it, or move it away first.")
        except OSError as error:
            fail(f"{usual} could not be written: {error.strerror}")
        say(f"Written: {usual}. Change it in any spreadsheet or editor; the console reads it.")
        return
    try:
        found = messages_from(file)
    except BadMessages as error:
        fail(f"The quick messages have mistakes:\n{error}")
    there = file or usual
    say(f"From {there}" if there.exists() else f"Built in: there is no {usual}")
    sys.stdout.buffer.write(found.as_table())
