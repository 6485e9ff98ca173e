"""`baraka console`: opens the console for a live sale."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

import typer

from baraka_cli.console.sounds import Sound
from baraka_cli.terminal import LotsEncoding, fail, load_settings, wrong_usage

TOKEN_LIFETIME = timedelta(hours=12)
"""Longer than a sale: the console may have to connect again in its last minute."""


def _step(text: str) -> int:
    from baraka_cli.amounts import BadAmount, read_amount

    try:
        return read_amount(text, least=1)
    except BadAmount as error:
        raise typer.BadParameter(f"'{text}' {error}") from None


def console(
    url: Annotated[
        str, typer.Option(envvar="BARAKA_URL", help="The server.")
    ] = "http://127.0.0.1:3000",
    user: Annotated[
        int | None,
        typer.Option(min=1, help="Run as this user; makes a token with BARAKA_JWT_SECRET."),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(envvar="BARAKA_TOKEN", help="The owner's access token.", show_envvar=True),
    ] = None,
    auction: Annotated[
        int | None, typer.Option(min=1, help="The auction; without it, choose from a list.")
    ] = None,
    lots: Annotated[
        Path | None,
        typer.Option(help="Run list: CSV with product,description,minimum,start,market,weight."),
    ] = None,
    lots_encoding: LotsEncoding = None,
    step: Annotated[
        int | None,
        typer.Option(
            parser=_step,
            metavar="AMOUNT",
            help="Step from one asking price to the next; without it, the usual one.",
        ),
    ] = None,
    messages: Annotated[
        Path | None,
        typer.Option(
            help="Quick messages: CSV with key and a column for each of two languages; without it "
            "the file that `baraka messages --write` makes."
        ),
    ] = None,
    no_sound: Annotated[
        list[Sound] | None,
        typer.Option(
            envvar="BARAKA_NO_SOUND",
            help="Turn a sound off: the first bid, a lead that changes hands, a lost connection. "
            "May be given more than once.",
        ),
    ] = None,
    hold: Annotated[
        float,
        typer.Option(
            min=0,
            max=30,
            metavar="SECONDS",
            help="How long Esc takes an award back before it is sent; 0 sends it at once.",
        ),
    ] = 3,
    plain: Annotated[
        bool,
        typer.Option(
            "--plain",
            help="Save summaries for programs, without the marks that Excel needs: see the README.",
        ),
    ] = False,
    separator: Annotated[
        Literal["comma", "semicolon"],
        typer.Option(help="Between the cells of a summary; Excel knows only its region's own."),
    ] = "comma",
) -> None:
    """Run a live sale: start it, put lots up, award them, end it."""
    from zoneinfo import ZoneInfo

    from baraka_cli.console.app import Console
    from baraka_cli.console.quick_messages import BadMessages, messages_from
    from baraka_cli.console.sale_screen import Setup
    from baraka_cli.csv_writing import CsvForm
    from baraka_cli.lots_file import BadLots, read_lots
    from baraka_cli.shown import Shown, in_console

    if not url.startswith(("http://", "https://")):
        wrong_usage(f"--url: '{url}' is not an address; write it like http://127.0.0.1:3000")
    mint = None
    if user is not None:
        mint = _mint(user)
        token = mint()
    if token is None:
        wrong_usage(
            "Who are you? Give --token TOKEN (or BARAKA_TOKEN), or --user ID with BARAKA_JWT_SECRET."
        )
    try:
        run_list = tuple(read_lots(lots, lots_encoding)) if lots is not None else ()
    except BadLots as error:
        fail(f"The run list has mistakes:\n{error}")
    try:
        quick_messages = messages_from(messages)
    except BadMessages as error:
        fail(f"The quick messages have mistakes:\n{error}")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        wrong_usage("The console needs a terminal. For scripts there are the other commands.")
    settings = load_settings()
    zone = ZoneInfo(settings.time_zone) if "time_zone" in settings.model_fields_set else None
    in_console.set(Shown(settings.currency, zone))
    Console(
        Setup(
            url=url.rstrip("/"),
            token=token,
            auction_id=auction,
            lots=run_list,
            step=step,
            folder=Path.cwd(),
            form=CsvForm(plain=plain, separator=";" if separator == "semicolon" else ","),
            messages=quick_messages,
            hold_seconds=hold,
            silent=frozenset(no_sound or ()),
            mint=mint,
        )
    ).run()


def _mint(user_id: int) -> Callable[[], str]:
    from baraka_server.minting import minting
    from baraka_server.sources import lacking

    maker = minting(load_settings())
    if maker is None:
        wrong_usage(
            "--user needs BARAKA_JWT_SECRET; with an access token use --token instead.\n"
            f"{lacking('jwt_secret')}."
        )
    return lambda: maker.token(user_id, maker.allowed(TOKEN_LIFETIME))
