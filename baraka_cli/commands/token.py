"""`baraka token`: mints an access token for tests and operators (D1)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated, Any

import typer

from baraka_cli.durations import BadDuration, duration_of
from baraka_cli.terminal import load_settings, stdout, wrong_usage

EXAMPLE = 'try --claims \'{"aud": "x"}\''


def _duration(text: str) -> timedelta:
    try:
        return duration_of(text)
    except BadDuration as error:
        raise typer.BadParameter(str(error)) from None


def _claims(text: str) -> dict[str, Any]:
    try:
        claims = json.loads(text)
    except json.JSONDecodeError as error:
        raise typer.BadParameter(f"not JSON ({error}); {EXAMPLE}") from None
    if not isinstance(claims, dict):
        raise typer.BadParameter(f"not a JSON object; {EXAMPLE}")
    return claims


def token(
    user_id: Annotated[
        int, typer.Argument(metavar="USER_ID", min=1, help="The user that it is for.")
    ],
    expires_in: Annotated[
        timedelta,
        typer.Option(
            parser=_duration, metavar="TIME", help="How long it is valid: 90s, 15m, 2h, 7d."
        ),
    ] = "15m",  # type: ignore[assignment]
    expired: Annotated[
        bool, typer.Option("--expired", help="Make one that expired that long ago.")
    ] = False,
    claims: Annotated[
        dict[str, Any],
        typer.Option(
            parser=_claims,
            metavar="JSON",
            help="More claims, or others instead of ours; null leaves one out.",
        ),
    ] = "{}",  # type: ignore[assignment]
) -> None:
    """Print one access token on stdout, and nothing else.

    It has the `aud` and `iss` of BARAKA_JWT_AUDIENCE and BARAKA_JWT_ISSUER where they are set, and is
    signed with BARAKA_JWT_SECRET; in development (BARAKA_MODE=development) without one, with the
    secret that a server in development has. There is no flag for it: everybody on a machine sees the
    command lines, and shells remember them.
    """
    from baraka_server.contract.fields import INT_MAX
    from baraka_server.minting import minting
    from baraka_server.settings import MAKE_A_SECRET
    from baraka_server.sources import lacking

    if user_id > INT_MAX:
        wrong_usage(f"USER_ID: no user has an id above {INT_MAX}.")
    maker = minting(load_settings())
    if maker is None:
        wrong_usage(
            f"{lacking('jwt_secret')}: it must be the key that the server verifies with.\n"
            f'To make one: export BARAKA_JWT_SECRET="$({MAKE_A_SECRET})"\n'
            "For a server in development: export BARAKA_MODE=development"
        )
    lifetime = -expires_in if expired else expires_in
    try:
        minted = maker.token(user_id, lifetime, claims)
    except TypeError as error:  # there are claims that no token can have
        wrong_usage(f"--claims: {error}")
    stdout.print(minted, soft_wrap=True)
