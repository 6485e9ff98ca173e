"""Checks of `baraka doctor` about the database: judge it by what an inspection found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from baraka_cli.doctor_checks import CheckResult, look, mend, ok
from baraka_server.settings import Settings
from baraka_server.store.errors import StoreError, Trouble, Unavailable
from baraka_server.store.inspection import (
    OLDEST,
    DatabaseFile,
    DatabaseServer,
    Durability,
    OddTable,
)

CLOCK_LOOK, CLOCK_MEND = timedelta(seconds=2), timedelta(seconds=30)
LOCK_SECONDS_MAX = 120
"""A row that is locked for longer is an auction that stands still."""
DISK_LOOK_BYTES, DISK_MEND_BYTES = 1_000_000_000, 100_000_000

REMEDIES = {
    Trouble.READ_ONLY: "connect to the primary",
    Trouble.DISK: "make room on the database's disk",
    Trouble.DAMAGED: "keep what is there, and restore a backup, see docs/backup.md",
    Trouble.NOT_ALLOWED: (
        "GRANT SELECT, INSERT, UPDATE, DELETE on it to this user; for baraka db upgrade also "
        "CREATE, ALTER, INDEX, REFERENCES and DROP"
    ),
    Trouble.SCHEMA: "somebody dropped what baraka db upgrade made: restore it, see docs/backup.md",
}
"""Remedies for a database that reads and does not write."""


_TRIED = {
    "MariaDB": "a server that Baraka is tested with",
    "MySQL": "expected to work by its documentation; Baraka was not run on it",
}
"""Grounds on which a database server is supported (D27)."""


def of_database_server(server: DatabaseServer) -> Iterator[CheckResult]:
    version = ".".join(map(str, server.version))
    named = f"{server.kind} {version}"
    if server.supported:
        yield ok("version", f"{named}, {_TRIED[server.kind]}")
    else:
        oldest = ".".join(map(str, OLDEST[server.kind]))
        yield mend("version", f"{named} is not supported", f"{server.kind} {oldest} or newer")
    if server.read_only:
        yield mend("writes", "the server only reads (read_only is on)", "connect to the primary")
    yield from of_durability(server.durability)
    yield _locks(server.lock_seconds, server.lock_wait_seconds)
    yield _clock(server.clock_ahead)
    yield _zone(server.zone_ahead)
    yield from of_tables(server.odd_tables)


def of_connections(settings: Settings, server: DatabaseServer) -> CheckResult:
    """Whether the database takes as many connections as this server may open."""
    needed = settings.workers * settings.database_connections_max
    of_each = f" ({settings.workers} workers)" if settings.workers > 1 else ""
    what = f"this server opens up to {needed:,}{of_each}, and the database takes {server.connections_max:,}"
    if not server.connections_max or needed < server.connections_max:
        return ok("connections", f"{what}, of all servers and programs")
    return mend(
        "connections",
        f"{what}: under load bids fail",
        f"SET GLOBAL max_connections = {2 * needed}, also in its configuration, or less than "
        f"BARAKA_DATABASE_CONNECTIONS_MAX={settings.database_connections_max}",
    )


def of_durability(durability: Durability) -> Iterator[CheckResult]:
    """Whether an acknowledged bid survives whatever happens to the database's machine (D20)."""
    lost = "bids that were acknowledged are lost when the database's machine loses power"
    also = "also in its configuration"
    flush, binlog = durability.flush_at_commit, durability.sync_binlog
    if flush == 0:
        yield mend(
            "commits",
            "innodb_flush_log_at_trx_commit is 0: bids that were acknowledged are lost when the database "
            "crashes",
            f"SET GLOBAL innodb_flush_log_at_trx_commit = 1, {also}",
        )
    elif flush not in {None, 1}:
        yield look(
            "commits",
            f"innodb_flush_log_at_trx_commit is {flush}: {lost}",
            f"SET GLOBAL innodb_flush_log_at_trx_commit = 1, {also}",
        )
    if binlog not in {None, 1}:
        yield look(
            "commits",
            f"sync_binlog is {binlog}: {lost}, and replicas may have others",
            f"SET GLOBAL sync_binlog = 1, {also}",
        )
    if durability.semi_sync_point == "AFTER_COMMIT":
        yield look(
            "commits",
            "replicas answer after the commit is seen (AFTER_COMMIT): a fail-over may take back what "
            "viewers were told",
            f"set the wait point of semi-synchronous replication to AFTER_SYNC, {also}",
        )
    if durability.galera_nodes > 1:
        yield look(
            "commits",
            f"a Galera cluster of {durability.galera_nodes}: a row that is locked on one is not on another",
            "send all servers to one and the same node of it, and to another one only when that is gone",
        )
    if (flush, binlog) in {(1, None), (1, 1)}:
        yield ok("commits", "they are on the disk when they are acknowledged")


def of_tables(odd_tables: Sequence[OddTable]) -> Iterator[CheckResult]:
    if not odd_tables:
        yield ok("tables", "InnoDB and utf8mb4")
    for table in odd_tables:
        name = f"`{table.name}`"
        if table.engine != "InnoDB":
            yield mend(
                "tables",
                f"{name} is {table.engine}, which has no transactions",
                f"ALTER TABLE {name} ENGINE = InnoDB",
            )
        if table.charset != "utf8mb4":
            yield mend(
                "tables",
                f"{name} is {table.charset}: a name with an emoji does not fit",
                f"ALTER TABLE {name} CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
            )


def of_writes(refusal: StoreError | None) -> CheckResult:
    if refusal is None:
        return ok("writes", "the database takes what a sale writes")
    if not isinstance(refusal, Unavailable):
        return look("writes", f"the database was too busy: {refusal}", "run this again")
    what = f"the database {refusal.trouble.words}: {refusal}"
    return mend("writes", what, REMEDIES.get(refusal.trouble, "see what ails the database"))


def _locks(held: int, waited: int) -> CheckResult:
    what = f"an auction stays locked for at most {held:,} s behind a server that vanished"
    if held <= LOCK_SECONDS_MAX and waited <= LOCK_SECONDS_MAX:
        return ok("locks", what)
    if held <= LOCK_SECONDS_MAX:
        what = f"a session waits {waited:,} s for a row that another one locked"
    return look(
        "locks",
        what,
        "let Baraka set wait_timeout and innodb_lock_wait_timeout for its sessions; a proxy before "
        "the database may swallow that",
    )


def _clock(ahead: timedelta) -> CheckResult:
    if abs(ahead) < CLOCK_LOOK:
        return ok("clock", "the database's agrees with ours")
    seconds = f"{abs(ahead).total_seconds():,.0f} s"
    what = f"the database's is {seconds} {'ahead of' if ahead > timedelta(0) else 'behind'} ours"
    do = "let both machines take their time from NTP: tokens expire by ours"
    return (mend if abs(ahead) >= CLOCK_MEND else look)("clock", what, do)


def _zone(ahead: timedelta) -> CheckResult:
    if not ahead:
        return ok("time zone", "UTC")
    hours = ahead.total_seconds() / 3600
    return look(
        "time zone",
        f"other programs write times {hours:+g} h from UTC unless they say otherwise; ours are UTC",
        "SET GLOBAL time_zone = '+00:00', also in the server's configuration",
    )


def of_database_file(file: DatabaseFile) -> Iterator[CheckResult]:
    if file.writable and file.readable_by_others:
        yield look(
            "file",
            f"others on this machine may read {file.path}, which has people's numbers",
            f"chmod 600 {file.path}*",
        )
    elif file.writable:
        yield ok("file", f"{file.path} can be written")
    else:
        yield mend(
            "file",
            f"{file.path} or its folder cannot be written",
            f"let this user write {file.path.parent} and what is in it",
        )
    free = f"{file.free_bytes / 1_000_000_000:,.1f} GB free"
    do = f"make room on the disk of {file.path.parent}"
    if file.free_bytes < DISK_MEND_BYTES:
        yield mend("disk", f"{file.free_bytes / 1_000_000:,.0f} MB free", do)
    elif file.free_bytes < DISK_LOOK_BYTES:
        yield look("disk", free, do)
    else:
        yield ok("disk", free)
    if len(file.servers) > 1:
        yield look(
            "servers",
            f"{len(file.servers)} work on {file.path}: {', '.join(file.servers)}",
            "stop all but one: viewers of one hear late of the bids of another; "
            "several servers are for MySQL or MariaDB",
        )
    elif file.servers:
        yield ok("servers", f"one works on {file.path}: {file.servers[0]}")
