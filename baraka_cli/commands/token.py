"""`baraka token`: mints an access token for tests and operators (D1)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from baraka_cli.durations import BadDuration, duration_of
from baraka_cli.terminal import DatabaseUrl, load_settings, say, stdout, wrong_usage

if TYPE_CHECKING:
    from baraka_server.minting import Minting
    from baraka_server.settings import Settings
    from baraka_server.store.store import Store

LIFETIME, GUEST_LIFETIME = timedelta(minutes=15), timedelta(hours=12)
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
        int | None, typer.Argument(metavar="USER_ID", min=1, help="The user that it is for.")
    ] = None,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch", help="Make one for a guest instead, who joins and leaves and nothing else."
        ),
    ] = False,
    overlay: Annotated[
        int | None,
        typer.Option(
            metavar="ID",
            min=1,
            help="Print the link to the overlay of this auction, with a guest's token for it alone.",
        ),
    ] = None,
    url: Annotated[
        str, typer.Option(envvar="BARAKA_URL", help="The server, for --overlay.")
    ] = "http://127.0.0.1:3000",
    refresh: Annotated[
        bool,
        typer.Option(
            "--refresh",
            help="Begin a session of the user instead, and print its refresh token, for /auth/refresh.",
        ),
    ] = False,
    database_url: DatabaseUrl = None,
    expires_in: Annotated[
        timedelta | None,
        typer.Option(
            parser=_duration,
            metavar="TIME",
            help="How long it is valid: 90s, 15m, 2h, 7d. Without it 15m, for a guest 12h.",
            show_default=False,
        ),
    ] = None,
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
    """Print one access token on stdout, or a link with a guest's, and nothing else.

    It has the `aud` and `iss` of BARAKA_JWT_AUDIENCE and BARAKA_JWT_ISSUER where they are set, and is
    signed with BARAKA_JWT_SECRET; in development (BARAKA_MODE=development) without one, with the
    secret that a server in development has. There is no flag for it: everybody on a machine sees the
    command lines, and shells remember them.
    """
    from baraka_server.contract.fields import INT_MAX
    from baraka_server.minting import minting
    from baraka_server.settings import MAKE_A_SECRET
    from baraka_server.sources import lacking

    if sum((user_id is not None, watch, overlay is not None)) != 1:
        wrong_usage("Give a USER_ID, or --watch or --overlay ID for a guest: one of them.")
    if user_id is not None and user_id > INT_MAX:
        wrong_usage(f"USER_ID: no user has an id above {INT_MAX}.")
    settings = load_settings()
    if refresh:
        if user_id is None or expired or claims or expires_in:
            wrong_usage(
                "--refresh takes a USER_ID, and none of the other options but --database-url."
            )
        stdout.print(_refresh_token(settings, database_url, user_id), soft_wrap=True)
        return
    maker = minting(settings)
    if maker is None:
        wrong_usage(
            f"{lacking('jwt_secret')}: it must be the key that the server verifies with.\n"
            f'To make one: export BARAKA_JWT_SECRET="$({MAKE_A_SECRET})"\n'
            "For a server in development: export BARAKA_MODE=development"
        )
    if user_id is None:
        if expired or claims:
            wrong_usage("--expired and --claims are for the token of a user.")
        lasting = expires_in or maker.allowed(GUEST_LIFETIME)
        _warn_of(lasting, maker)
        stdout.print(_for_a_guest(maker, settings, lasting, overlay, url), soft_wrap=True)
        return
    lifetime = expires_in or LIFETIME
    if not expired and "exp" not in claims:
        _warn_of(lifetime, maker)
    try:
        minted = maker.token(user_id, -lifetime if expired else lifetime, claims)
    except TypeError as error:  # there are claims that no token can have
        wrong_usage(f"--claims: {error}")
    stdout.print(minted, soft_wrap=True)


def _warn_of(lifetime: timedelta, maker: Minting) -> None:
    """Say that a server refuses a token of this lifetime."""
    if lifetime > maker.allowed(lifetime):
        say(
            "Servers with these settings refuse this token: it lasts longer than "
            f"BARAKA_TOKEN_LIFETIME_SECONDS_MAX, {maker.lifetime_max}."
        )


def _refresh_token(settings: Settings, database_url: str | None, user_id: int) -> str:
    """The first refresh token of a new session, as signing in gives one (D51)."""
    from datetime import UTC, datetime

    from baraka_cli.database import ask_store
    from baraka_server.contract.fields import whole_milliseconds
    from baraka_server.store import catalog
    from baraka_server.store.sessions import begin_for
    from baraka_server.wire.signing_in import session_limits

    async def begin(store: Store) -> str:
        await catalog.user_by_id(store, user_id)
        now = whole_milliseconds(datetime.now(UTC))
        return await begin_for(store, user_id, session_limits(settings), now)

    return ask_store(database_url, begin)


def _for_a_guest(
    maker: Minting, settings: Settings, lifetime: timedelta, overlay: int | None, url: str
) -> str:
    """The guest's token, or the overlay's link with one in its fragment, which no log has (D3, D58)."""
    if overlay is not None:
        if not url.startswith(("http://", "https://")):
            wrong_usage(f"--url: '{url}' is not an address; write it like http://127.0.0.1:3000")
        return f"{url.rstrip('/')}/overlay/{overlay}#token={maker.guest(lifetime, overlay)}"
    if not settings.guests:
        wrong_usage("BARAKA_GUESTS is off: only a link for one auction works, by --overlay ID.")
    return maker.guest(lifetime)
