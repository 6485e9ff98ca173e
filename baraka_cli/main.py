"""The table of contents of the command line."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Annotated

import typer

from baraka_cli.terminal import stdout

app = typer.Typer(
    help="Run live auctions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # the other one breaks paragraphs where our source does
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        stdout.print(f"baraka {version('baraka')}")
        raise typer.Exit


@app.callback()
def baraka(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Run live auctions."""


# A command of one verb is a function of its module, a command with verbs of its own is an `app`.
for name, member in {
    "serve": "serve",
    "db": "app",
    "token": "token",
    "auction": "app",
    "user": "app",
    "winnings": "app",
    "demo": "demo",
}.items():
    if find_spec(f"baraka_cli.commands.{name}") is None:  # not written yet
        continue
    command = getattr(import_module(f"baraka_cli.commands.{name}"), member)
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name)
    else:
        app.command(name)(command)
