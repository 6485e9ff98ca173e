"""Flags of commands that ask a running server: its address, and who asks."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from baraka_cli.terminal import fail, load_settings, run, try_again, wrong_usage

if TYPE_CHECKING:
    from baraka_cli.client.http import HttpApi

T = TypeVar("T")

LIFETIME = timedelta(minutes=10)

Url = Annotated[str, typer.Option("--url", envvar="BARAKA_URL", help="The server.")]
User = Annotated[
    int | None,
    typer.Option("--user", min=1, help="Act as this user; makes a token with BARAKA_JWT_SECRET."),
]
Token = Annotated[
    str | None, typer.Option("--token", envvar="BARAKA_TOKEN", help="The owner's access token.")
]
URL = "http://127.0.0.1:3000"


def ask_server(
    url: str,
    user: int | None,
    token: str | None,
    ask: Callable[[HttpApi], Coroutine[Any, Any, T]],
) -> T:
    """Ask the server. Whatever stops it is told in a sentence."""
    from baraka_cli.client.access import Access
    from baraka_cli.client.http import HttpApi, NoSuchAuction, TurnedAway, Unreachable

    if not url.startswith(("http://", "https://")):
        wrong_usage(f"--url: '{url}' is not an address; write it like {URL}")
    api = HttpApi(url.rstrip("/"), Access(_token(user, token)))
    try:
        return run(ask(api))
    except Unreachable as error:
        tell = try_again if error.passes else fail
        tell(f"{url}: {error}")
    except TurnedAway as error:
        fail(f"{url}: {error}")
    except NoSuchAuction:
        fail(f"{url}: there is no such auction")


def _token(user: int | None, token: str | None) -> str:
    if user is None:
        if token is None:
            wrong_usage(
                "Who are you? Give --token TOKEN (or BARAKA_TOKEN), or --user ID with "
                "BARAKA_JWT_SECRET."
            )
        return token
    from baraka_server.minting import minting
    from baraka_server.sources import lacking

    maker = minting(load_settings())
    if maker is None:
        wrong_usage(
            "--user needs BARAKA_JWT_SECRET; with an access token use --token instead.\n"
            f"{lacking('jwt_secret')}."
        )
    return maker.token(user, maker.allowed(LIFETIME))
