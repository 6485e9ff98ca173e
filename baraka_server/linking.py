"""The relay of a server, and its direct links to others, as the settings want them."""

from __future__ import annotations

import secrets
from importlib.metadata import version

from baraka_server.relay.direct import Direct
from baraka_server.relay.line import Line
from baraka_server.relay.messages import Codec
from baraka_server.relay.node_relay import NodeRelay
from baraka_server.relay.redis_line import RedisLine
from baraka_server.settings import Settings
from baraka_server.wire.places import Place


def redis_line(settings: Settings) -> RedisLine | None:
    """The line over the Redis in the settings; nothing is connected yet. Raises `UnusableRedisUrl`."""
    if settings.redis_url is None:
        return None
    return RedisLine(settings.redis_url.get_secret_value(), prefix=settings.redis_prefix)


def direct_links(
    settings: Settings, secret: str, place: Place | None, line: Line | None
) -> Direct | None:
    """The direct links to other servers and workers; None where there are none."""
    is_worker = line is not None
    if not is_worker and not (settings.redis_url and settings.internal_address):
        return None
    return Direct(
        secret,
        _node_name(place),
        settings.node_expiry_seconds,
        on_machine=is_worker,
        internal=settings.internal_host_and_port,
        is_passed=is_worker,
    )


def _node_name(place: Place | None) -> str:
    return f"{place.node}.{place.worker}" if place else secrets.token_hex(4)


def open_relay(
    settings: Settings,
    secret: str,
    place: Place | None,
    line: Line | None,
    direct: Direct | None = None,
) -> NodeRelay | None:
    """The relay to the other servers and workers; None where there is nobody to tell.

    A Redis takes the place of the line between workers: it reaches them as well. Raises
    `UnusableRedisUrl`.
    """
    line = redis_line(settings) or line
    if line is None:
        return None
    return NodeRelay(
        line,
        Codec(secret),
        node=direct.links.node if direct else _node_name(place),
        server=place.boot if place else "",
        version=version("baraka"),
        echo_seconds_max=settings.relay_echo_seconds_max,
        expiry_seconds=settings.node_expiry_seconds,
        reach=direct.reach if direct else None,
    )
