"""Checks of `baraka doctor` about several servers: their Redis, and who is heard over it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from baraka_cli.doctor_checks import CheckResult, State, is_this_machine, look, mend, ok
from baraka_server.links.reach import Address, server_of
from baraka_server.relay.inspection import HeardNode, RedisFault, RedisServer, examine
from baraka_server.relay.redis_line import UnusableRedisUrl
from baraka_server.settings import Settings

SLOW_SECONDS = 0.05
"""A round trip that takes longer makes bids on other servers as much later."""
BUFFER_BYTES_MIN, BUFFER_BYTES_LASTING_MIN = 8_000_000, 2_000_000
"""What a server must be able to leave unread: some seconds of a large sale, and one."""
IDLE_SECONDS_MIN = 5
"""A server publishes once a second."""


async def of_several_servers(settings: Settings) -> list[CheckResult]:
    """What concerns servers that have a Redis between them; nothing where they have none."""
    if settings.redis_url is None or settings.jwt_secret is None:
        return []
    url = settings.redis_url.get_secret_value()
    results = [_node_id(settings), *of_redis_url(url)]
    try:
        server = await examine(
            url,
            prefix=settings.redis_prefix,
            secret=settings.jwt_secret.get_secret_value(),
        )
    except UnusableRedisUrl as error:
        return [mend("redis", f"BARAKA_REDIS_URL {error}", "correct it")]
    except RedisFault as error:
        return [*results, of_redis_fault(error)]
    heard = [
        *of_nodes(server.nodes, server.strangers, settings.redis_prefix),
        *(of_links(server.nodes) if settings.forward_bids else ()),
    ]
    return [*results, *of_redis(server), *(heard if server.echo_seconds is not None else ())]


def _node_id(settings: Settings) -> CheckResult:
    if settings.node_id:
        return ok("node id", settings.node_id)
    return look(
        "node id",
        "another one at each start: a load balancer cannot tell from a session's id which server has it",
        "BARAKA_NODE_ID, another for each server",
    )


def of_redis_url(url: str) -> Iterator[CheckResult]:
    """What the address of the Redis says without asking it."""
    parts = urlsplit(url)
    if parts.scheme == "unix" or is_this_machine(parts.hostname or "localhost"):
        return
    if not parts.password and "password=" not in parts.query:
        yield look(
            "redis",
            f"{parts.hostname} is asked without a password: who reaches it reads bids, and can flood us",
            "set requirepass or a user (ACL), then BARAKA_REDIS_URL=redis://:PASSWORD@HOST:6379/0",
        )
    if parts.scheme == "redis" and _is_public(parts.hostname or ""):
        yield look(
            "redis",
            f"{parts.hostname} is a public address, and nothing is encrypted on the way",
            "BARAKA_REDIS_URL=rediss://…, or an address in the network of the servers",
        )


def _is_public(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return False


LET_IT = (
    "let its user publish and subscribe under BARAKA_REDIS_PREFIX (ACL: resetchannels, &PREFIX:*)"
)


def of_redis_fault(error: RedisFault) -> CheckResult:
    return mend(
        "redis",
        f"it cannot be used: {error}. Bids go on; viewers of other servers hear of them later",
        LET_IT if error.not_allowed else "start it, or correct BARAKA_REDIS_URL",
    )


def of_redis(server: RedisServer) -> Iterator[CheckResult]:
    named = f"{server.kind} {server.version}"
    if server.echo_seconds is None:
        yield mend(
            "redis",
            f"{named} answers, but what is published there is not heard",
            LET_IT,
        )
    else:
        took = f"it answers in {_ms(server.round_trip_seconds)}, and is heard in "
        what = f"{named}: {took}{_ms(server.echo_seconds)}"
        if max(server.round_trip_seconds, server.echo_seconds) > SLOW_SECONDS:
            yield look("redis", what, "a Redis near the servers, on a machine that has time")
        else:
            yield ok("redis", what)
    yield from _cuts(server)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.1f} ms"


def _cuts(server: RedisServer) -> Iterator[CheckResult]:
    """What would have Redis close connections that are well."""
    limit, idle = server.buffer_limit, server.idle_seconds_max
    if limit and (
        0 < limit.bytes_max < BUFFER_BYTES_MIN or 0 < limit.bytes_lasting < BUFFER_BYTES_LASTING_MIN
    ):
        yield look(
            "redis",
            f"a server that is busy for a moment is cut off: {limit.bytes_max:,} bytes may wait for it, "
            f"{limit.bytes_lasting:,} for {limit.seconds} s",
            "CONFIG SET client-output-buffer-limit 'pubsub 33554432 8388608 60', also in its configuration",
        )
    if idle and idle < IDLE_SECONDS_MIN:
        yield look(
            "redis",
            f"connections that say nothing for {idle} s are closed",
            "CONFIG SET timeout 0, also in its configuration",
        )


# --- the servers -------------------------------------------------------------


def of_nodes(nodes: Sequence[HeardNode], strangers: int, prefix: str) -> Iterator[CheckResult]:
    yield _heard(nodes)
    for name, starts in _twice(nodes).items():
        yield mend(
            "nodes",
            f"{starts} servers have the node id {name}: a load balancer sends sessions of one to another",
            "another BARAKA_NODE_ID for each server, and start them again",
        )
    versions = sorted({one.version for one in nodes})
    if len(versions) > 1:
        of_each = "; ".join(
            f"{version}: {', '.join(one.node for one in nodes if one.version == version)}"
            for version in versions
        )
        yield look("nodes", f"they have different versions ({of_each})", "finish the upgrade")
    if strangers:
        yield mend(
            "nodes",
            f"{strangers:,} messages under {prefix!r} were not signed with this BARAKA_JWT_SECRET: a server "
            "with another secret, or another house",
            "the same BARAKA_JWT_SECRET on all servers of this database, another BARAKA_REDIS_PREFIX for "
            "every other house",
        )


def of_links(nodes: Sequence[HeardNode]) -> Iterator[CheckResult]:
    """Whether several servers can have one of them write what all of them are asked."""
    servers = sorted({server_of(one.node) for one in nodes})
    addresses = {
        (server_of(one.node), address.tcp)
        for one in nodes
        if (address := Address.of(one.address)) and address.tcp
    }
    linked, taken = {name for name, _ in addresses}, [tcp for _, tcp in addresses]
    if len(servers) < 2:
        return
    for host, port in sorted({tcp for tcp in taken if taken.count(tcp) > 1}):
        names = ", ".join(sorted(name for name, tcp in addresses if tcp == (host, port)))
        yield mend(
            "links",
            f"{host}:{port} is the internal address of several: {names}",
            "BARAKA_INTERNAL_ADDRESS: of each server its own address in their network",
        )
    if missing := [name for name in servers if name not in linked]:
        yield look(
            "links",
            f"no BARAKA_INTERNAL_ADDRESS: {', '.join(missing)}. Several servers that are asked for one "
            "auction wait for each other's writes",
            "BARAKA_INTERNAL_ADDRESS=HOST:PORT on each server, or BARAKA_FORWARD_BIDS=false to leave it so",
        )
    elif len(set(taken)) == len(taken):
        yield ok("links", "every server has an internal address for the others")


def _heard(nodes: Sequence[HeardNode]) -> CheckResult:
    if not nodes:
        return ok("nodes", "no server is heard; run this again while they run")
    names = len({one.server for one in nodes})
    each = ", ".join(f"{one.node} ({one.version}, {one.viewers:,} viewers)" for one in nodes)
    processes = "" if names == len(nodes) else f", {len(nodes)} processes"
    about = {
        "nodes": [
            {"node": one.node, "start": one.server, "version": one.version}
            | {"address": one.address, "viewers": one.viewers}
            for one in nodes
        ]
    }
    heard = f"{names} server{'s' * (names != 1)}{processes}: {each}"
    return CheckResult(State.OK, "nodes", heard, about=about)


def _twice(nodes: Sequence[HeardNode]) -> dict[str, int]:
    """The names that several servers had at the same time, and how many: not one that was started again."""
    times: dict[tuple[str, str], tuple[float, float]] = {}
    for one in nodes:
        first, last = times.get(key := (server_of(one.node), one.server), (one.first, one.last))
        times[key] = min(first, one.first), max(last, one.last)
    counts: dict[str, int] = {}
    for (name, server), (first, last) in times.items():
        beside = any(
            name == other_name and server != other and first < other_last and other_first < last
            for (other_name, other), (other_first, other_last) in times.items()
        )
        if beside:
            counts[name] = counts.get(name, 0) + 1
    return counts
