"""Checks of `baraka doctor`: judge settings and machine by values that they are given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from typing import Any

from baraka_server import open_files
from baraka_server.settings import (
    MAKE_A_SECRET,
    UNIX,
    LogLevel,
    Mode,
    PhoneNumbers,
    Settings,
    addresses,
    where,
)

PROXY_ADDRESSES_MAX = 2**24
"""The largest private network, 10.0.0.0/8: a proxy list that has more trusts strangers."""

LIMITS_THAT_MAY_BE_OFF = (
    "events_per_second_max",
    "bytes_per_second_max",
    "bids_per_second_max",
    "comments_per_second_max",
    "actions_per_second_max",
    "reads_per_second_max",
    "requests_per_second_max",
    "connections_per_second_max",
    "connections_max",
    "connections_per_address_max",
    "send_buffer_bytes_max",
    "codes_per_prefix_per_hour_max",
    "codes_per_address_per_hour_max",
    "codes_per_hour_max",
    "wrong_codes_per_address_per_hour_max",
)


class State(StrEnum):
    """Worst first: what must be mended, what somebody should look at, what is fine."""

    MEND = "mend"
    LOOK = "look"
    OK = "ok"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Result of one check: its state, what was looked at, what it is, and what to do about it.

    `about` has the same for programs, where there is more to it.
    """

    state: State
    check: str
    what: str
    do: str | None = None
    about: Mapping[str, Any] = field(default_factory=dict)


def ok(check: str, what: str) -> CheckResult:
    return CheckResult(State.OK, check, what)


def look(check: str, what: str, do: str) -> CheckResult:
    return CheckResult(State.LOOK, check, what, do)


def mend(check: str, what: str, do: str) -> CheckResult:
    return CheckResult(State.MEND, check, what, do)


# --- settings ----------------------------------------------------------------


def of_settings(settings: Settings, secret_origin: str) -> Iterator[CheckResult]:
    yield _secret(settings, secret_origin)
    for judge in SETTINGS:
        yield judge(settings)


def _mode(settings: Settings) -> CheckResult:
    if settings.mode is Mode.PRODUCTION:
        return ok("mode", "production")
    return look(
        "mode",
        "development: for trying things on this machine, not for sales",
        "BARAKA_MODE=production",
    )


def _secret(settings: Settings, origin: str) -> CheckResult:
    fault = settings.secret_fault
    if settings.jwt_secret is None or fault:
        what = f"BARAKA_JWT_SECRET {fault}"
        do = f'export BARAKA_JWT_SECRET="$({MAKE_A_SECRET})", and give the issuer the same'
        if settings.mode is Mode.DEVELOPMENT:
            return look("secret", what, do)
        return mend("secret", f"{what}: the server does not start", do)
    size = len(settings.jwt_secret.get_secret_value().encode())
    return ok("secret", f"•••••• ({size} bytes, {origin})")


def _tokens(settings: Settings) -> CheckResult:
    names = (("aud", settings.jwt_audience), ("iss", settings.jwt_issuer))
    asked = " and ".join(f"{name} {value!r}" for name, value in names if value is not None)
    must_have = f"must have {asked}" if asked else "any aud and iss"
    if not settings.token_lifetime_seconds_max:
        return look(
            "tokens",
            "a token may be valid for ever",
            "BARAKA_TOKEN_LIFETIME_SECONDS_MAX: the longest that the issuer gives, in seconds",
        )
    lifetime = _span(settings.token_lifetime_seconds_max)
    return ok("tokens", f"HS256, valid for at most {lifetime}, {must_have}")


def _span(seconds: int) -> str:
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds % size == 0:
            return f"{seconds // size:,} {unit}"
    return f"{seconds:,} seconds"


def _address(settings: Settings) -> CheckResult:
    there = where(settings)
    named = addresses(settings.host)
    if settings.trusted_proxies.strip():
        return ok("address", f"{there}, behind {settings.trusted_proxies}")
    if all(address.startswith(UNIX) for address in named):
        return ok("address", f"{there}, and whoever may open it is taken for a proxy")
    if not all(map(is_this_machine, named)):
        return look(
            "address",
            f"{there}, and no proxy is named: without TLS anybody on the way reads the tokens",
            "put a proxy with TLS before it, and its address into BARAKA_TRUSTED_PROXIES",
        )
    if settings.mode is Mode.DEVELOPMENT:
        return ok("address", there)
    return look(
        "address",
        f"{there}, and no proxy is named: behind one, all clients count as one address",
        "BARAKA_TRUSTED_PROXIES=127.0.0.1 for a proxy on this machine",
    )


def is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.startswith(UNIX)


def _proxies(settings: Settings) -> CheckResult:
    networks = settings.proxy_networks
    if not networks:
        return ok("proxies", "X-Forwarded-For is trusted from nobody")
    for network in networks:
        what = f"whoever connects from {network} may invent a client's address"
        do = "BARAKA_TRUSTED_PROXIES: the addresses of your proxies, and no others"
        if network.prefixlen == 0:
            return mend("proxies", f"{what}, and that is everybody", do)
        if network.num_addresses > PROXY_ADDRESSES_MAX and not network.is_private:
            return look("proxies", what, do)
    return ok("proxies", f"X-Forwarded-For is trusted from {settings.trusted_proxies}")


def _origins(settings: Settings) -> CheckResult:
    if "*" not in settings.origins:
        return ok("origins", f"pages of {', '.join(settings.origins) or 'nobody'} may connect")
    what = "every page may connect (*); none gets a browser's cookies"
    if settings.mode is Mode.DEVELOPMENT:
        return ok("origins", what)
    return look("origins", what, "BARAKA_CORS_ORIGINS=https://the-page-of-your-sales")


def _limits(settings: Settings) -> CheckResult:
    off = [name for name in LIMITS_THAT_MAY_BE_OFF if not getattr(settings, name)]
    if not off:
        return ok("limits", "all are on")
    names = ", ".join(f"BARAKA_{name.upper()}" for name in off)
    one = len(off) == 1
    return look(
        "limits",
        f"{names} {'is' if one else 'are'} 0: no limit",
        f"leave {'it' if one else 'them'} out for the default, see docs/settings.md",
    )


def _sessions(settings: Settings) -> CheckResult:
    if settings.websocket_only:
        return ok("sessions", "websockets alone: no session has its id in URLs")
    if settings.session_keeps_token:
        return ok("sessions", "long-polling by the Authorization header that opened it, if one did")
    return look(
        "sessions",
        "whoever reads the id of a long-polling session in a URL can act in its user's name",
        "BARAKA_SESSION_KEEPS_TOKEN=true, or BARAKA_WEBSOCKET_ONLY=true",
    )


def _numbers(settings: Settings) -> CheckResult:
    if settings.phone_numbers is PhoneNumbers.MASKED:
        return ok("numbers", "viewers see two digits of phone numbers")
    return look(
        "numbers",
        "every viewer sees the phone numbers of all who bid or comment",
        "BARAKA_PHONE_NUMBERS=masked; owners find winners with: baraka winnings list",
    )


def _owner_bids(settings: Settings) -> CheckResult:
    if not settings.owner_bids:
        return ok("owner bids", "an owner may not bid on the own auction")
    return look(
        "owner bids",
        "an owner may bid on the own auction: shill bids",
        "BARAKA_OWNER_BIDS=false",
    )


def _log(settings: Settings) -> CheckResult:
    if settings.log_level is LogLevel.DEBUG:
        return look("log", "DEBUG: a line for everybody who connects", "BARAKA_LOG_LEVEL=INFO")
    return ok("log", settings.log_level)


def _workers(settings: Settings) -> CheckResult:
    if settings.workers == 1:
        return ok("workers", "one process")
    what = f"{settings.workers} processes"
    if not settings.database_url.get_secret_value().startswith("sqlite"):
        return ok("workers", what)
    return look(
        "workers",
        f"{what} with SQLite, which lets one of them write at a time: bids wait for each other",
        "BARAKA_WORKERS=1, or MySQL or MariaDB",
    )


def _metrics(settings: Settings) -> CheckResult:
    token, port = settings.metrics_token, settings.metrics_port
    if (
        token
        and settings.jwt_secret
        and token.get_secret_value() == settings.jwt_secret.get_secret_value()
    ):
        return mend(
            "metrics",
            "their token is the secret of the access tokens: who reads the numbers can be anybody",
            f"another BARAKA_METRICS_TOKEN: {MAKE_A_SECRET}",
        )
    shown = "with the token" if token else "for whoever is on this machine"
    if port is not None:
        return ok("metrics", f"/metrics at {settings.metrics_host} port {port}, {shown}")
    if token:
        return ok("metrics", f"/metrics on the port of the clients, {shown}")
    if settings.mode is Mode.DEVELOPMENT:
        return ok("metrics", "none")
    return look(
        "metrics",
        "none: nobody sees how the server is, and no alert comes",
        "BARAKA_METRICS_PORT=9464, or BARAKA_METRICS_TOKEN for the port of the clients",
    )


SETTINGS: tuple[Callable[[Settings], CheckResult], ...] = (
    *(_mode, _tokens, _address, _proxies, _origins),
    *(_limits, _sessions, _numbers, _owner_bids, _log, _workers, _metrics),
)


# --- the machine -------------------------------------------------------------


def of_open_files(settings: Settings, limit: int | None) -> CheckResult:
    most = settings.connections_max
    if limit is None or (most and open_files.needed(most) <= limit):
        return ok("open files", f"enough for {most:,} connections" if most else "no limit")
    if not most:
        return look("open files", f"{limit:,}: that many connections fit", "BARAKA_CONNECTIONS_MAX")
    return mend(
        "open files",
        f"{limit:,} are allowed, too few for BARAKA_CONNECTIONS_MAX={most}",
        f"ulimit -n {open_files.needed(most)}, LimitNOFILE= in a systemd unit, "
        f"or BARAKA_CONNECTIONS_MAX={max(1, limit - open_files.SPARE_FILES)}",
    )


def of_uvloop(*, there: bool) -> CheckResult:
    if there:
        return ok("uvloop", "is there")
    return look("uvloop", "is missing: the server is slower", "pip install uvloop")
