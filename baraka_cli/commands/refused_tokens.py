"""Diagnosis of a refused access token, as far as it can be made from outside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from baraka_server.minting import Minting

SHORT_LIFETIME = timedelta(minutes=1)
TOKEN_ATTEMPT_SECONDS = 5


async def why_refused(url: str, maker: Minting | None, token: str) -> str:
    """One or two sentences for the person whose token it is. `maker` made it, or is None."""
    claims = _claims(token)
    if (expired := _expired(claims)) is not None:
        return f"It expired at {expired:%Y-%m-%d %H:%M:%S} UTC: get a new one."
    if maker is None:
        return (
            f"It {_described(claims)}. The server may ask for another aud or iss, for a shorter life, "
            "or have another secret than the token's issuer."
        )
    if await _is_taken(url, maker, claims):
        return (
            f"The server takes tokens that last a minute, and this one lasts {_span(claims)}: set "
            "BARAKA_TOKEN_LIFETIME_SECONDS_MAX here as the server has it."
        )
    return (
        f"The token {_described(claims)}. Set BARAKA_JWT_SECRET, BARAKA_JWT_AUDIENCE and "
        "BARAKA_JWT_ISSUER here as the server has them."
    )


def _claims(token: str) -> Mapping[str, Any]:
    import jwt

    try:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        return {}
    return claims


def _expired(claims: Mapping[str, Any]) -> datetime | None:
    try:
        end = datetime.fromtimestamp(int(claims["exp"]), UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None
    return end if end <= datetime.now(UTC) else None


def _described(claims: Mapping[str, Any]) -> str:
    from baraka_server.contract.text import printable

    names = [
        f"says {name} '{printable(str(claims[name]))}'" if name in claims else f"says no {name}"
        for name in ("aud", "iss")
    ]
    return f"{', '.join(names)} and lasts {_span(claims)}"


def _span(claims: Mapping[str, Any]) -> str:
    try:
        seconds = int(claims["exp"]) - int(claims["iat"])
    except (KeyError, TypeError, ValueError):
        return "for a time that it does not say"
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{round(seconds / size):,} {unit}"
    return f"{seconds:,} seconds"


async def _is_taken(url: str, maker: Minting, claims: Mapping[str, Any]) -> bool:
    """Whether a token that differs in its life alone gets in."""
    from baraka_cli.client.frames import Frames
    from baraka_cli.client.sockets import CouldNotConnect, SocketPool
    from baraka_cli.simulator.hostile.token_attempts import attempt_token
    from baraka_server.contract.client_events import LeaveAuction

    token = maker.token(int(claims["sub"]), SHORT_LIFETIME)
    pool = SocketPool(url, Frames(lambda _: None), _Nobody())
    try:
        leave = (LeaveAuction.wire_name, {"auctionId": 0})  # whatever comes of it: it is answered
        return (await attempt_token(pool, {"token": token}, [leave], TOKEN_ATTEMPT_SECONDS)).let_in
    except CouldNotConnect:
        return False
    finally:
        await pool.close()


class _Nobody:
    def heard(self, *_: object) -> None: ...

    def cut_off(self, *_: object) -> None: ...

    def replied_late(self, _socket: object, _request: object) -> None: ...

    def garbled(self, _socket: object, _text: str) -> None: ...
