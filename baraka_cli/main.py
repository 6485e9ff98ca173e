"""`app`: the list of all commands. Help loads no more than what is imported here."""

from __future__ import annotations

from typing import Annotated

import typer

from baraka_cli.commands import (
    auction,
    console,
    contract,
    db,
    demo,
    doctor,
    lots,
    messages,
    serve,
    simulate,
    token,
    top,
    user,
    winnings,
)
from baraka_cli.terminal import open_closed_files, stdout

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # the other one breaks paragraphs where our source does
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("serve")(serve.serve)
app.command("console")(console.console)
app.command("messages")(messages.messages)
app.command("demo")(demo.demo)
app.add_typer(db.app, name="db")
app.add_typer(auction.app, name="auction")
app.add_typer(lots.app, name="lots")
app.add_typer(user.app, name="user")
app.add_typer(winnings.app, name="winnings")
app.command("contract")(contract.contract)
app.command("doctor")(doctor.doctor)
app.command("token")(token.token)
app.command("top")(top.top)
app.command("simulate")(simulate.simulate)


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
    open_closed_files()
