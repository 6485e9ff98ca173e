"""Catalog of all metrics: the only place where one is named. Units are Prometheus' base units.

No label is a user, an auction or an address: each has a few values, which are known beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from baraka_server.metrics.counting import COMMANDS, SECONDS, SHORT_SECONDS


class Kind(StrEnum):
    """The kind of a metric, as Prometheus calls it."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Merge(StrEnum):
    """How the numbers of several workers become that of their node. Counters are always added."""

    SUM = "sum"
    MAX = "max"
    MIN = "min"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `help` is the text that Prometheus and the documents show.

    Metric("baraka_viewers", Kind.GAUGE, "Sockets of verified users.")
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    bounds: Sequence[float] = ()
    merge: Merge = Merge.SUM


def _counter(name: str, text: str, *labels: str) -> Metric:
    return Metric(f"baraka_{name}_total", Kind.COUNTER, text, labels)


def _gauge(name: str, text: str, *labels: str, merge: Merge = Merge.SUM) -> Metric:
    return Metric(f"baraka_{name}", Kind.GAUGE, text, labels, merge=merge)


def _histogram(name: str, text: str, bounds: Sequence[float] = SECONDS) -> Metric:
    return Metric(f"baraka_{name}", Kind.HISTOGRAM, text, bounds=bounds)


METRICS = (
    # who is there
    _gauge("connections", "Open TCP connections."),
    _gauge("connections_unverified", "Those of them on which no verified user is known to be."),
    _gauge("sockets", "Open sockets (Engine.IO sessions), over whatever transport."),
    _gauge("sockets_max", "How many there may be (BARAKA_CONNECTIONS_MAX); 0 is no limit."),
    _gauge("viewers", "Sockets of verified users."),
    _gauge("rooms", "Auctions that somebody is watching here."),
    _gauge("auctions_live", "Live auctions in the database.", merge=Merge.MAX),
    _counter("sockets_opened", "Sockets that were opened."),
    _counter("sockets_turned_away", "Sockets whose token was refused, by code.", "code"),
    _counter(
        "clients_refused",
        "Requests, connections and sockets that were refused for what they did, by the limit (the "
        "setting's name); `other` where it is none.",
        "limit",
    ),
    _counter("clients_disconnected", "Sockets that were closed for what they did.", "limit"),
    # what they ask, and what they are answered
    _counter(
        "bids",
        "Bids by outcome: `accepted`; `refused` by the rules; `limited` by a rate; `failed`, which "
        "is the fault of the server or its database.",
        "outcome",
    ),
    _counter("joins", "Joins by outcome, as of bids.", "outcome"),
    _counter("commands", "Events of clients by name, with those over HTTP.", "event"),
    _counter("refusals", "Refusals of all events by their code.", "code"),
    _gauge("commands_waiting", "Events that wait for their turn at their auction."),
    _gauge("joins_waiting", "Joins that wait for their answer."),
    _gauge("requests_waiting", "HTTP requests of unverified clients that wait for their turn."),
    # signing in
    _counter(
        "sign_ins",
        "Signing in (BARAKA_SIGN_IN) by what came of each request, code and session.",
        "outcome",
    ),
    # how long it takes
    _histogram(
        "answer_seconds", "From when an event was read until its answer is sent; without joins."
    ),
    _histogram("join_seconds", "The same for joins."),
    _histogram("queue_seconds", "How long commands wait for their turn at their auction."),
    _histogram("commit_seconds", "How long transactions of auctions take, with their retries."),
    _histogram("commit_commands", "How many commands are committed together.", COMMANDS),
    _histogram(
        "delivery_seconds",
        "End to end: from when a command was read until what came of it was written to its room.",
    ),
    _histogram(
        "fan_out_seconds",
        "How long one write to all websockets of a room keeps the event loop.",
        SHORT_SECONDS,
    ),
    _histogram("event_loop_lag_seconds", "How late the event loop is.", SHORT_SECONDS),
    # what viewers get
    _counter("deliveries", "Announcements to one websocket each."),
    _counter(
        "deliveries_queued",
        "Those of them that had to wait: for a websocket that does not keep up, or for the next poll.",
    ),
    _gauge("viewers_lagging", "Websockets that do not keep up with what they are sent."),
    _gauge("unsent_bytes", "Bytes that wait in memory for clients that do not read."),
    _counter("slow_viewers_dropped", "Sockets that were closed because they did not read."),
    # other servers
    _gauge("relay_wanted", "1 where there are other servers or workers to tell.", merge=Merge.MAX),
    _gauge("relay_healthy", "0 while news of others do not come by themselves.", merge=Merge.MIN),
    _gauge(
        "relay_echo_age_seconds",
        "How long ago a server last heard its own voice over the relay.",
        merge=Merge.MAX,
    ),
    _histogram("relay_echo_seconds", "How long a server's own voice takes over the relay."),
    _gauge(
        "relay_nodes", "Other nodes (not workers of this one) that are heard of.", merge=Merge.MAX
    ),
    _gauge(
        "relay_name_taken", "1 while another server has the same BARAKA_NODE_ID.", merge=Merge.MAX
    ),
    _counter("relay_messages", "Messages over the relay: `sent` or `heard`.", "direction"),
    _counter(
        "commands_forwarded",
        "Commands of a hot auction that another node was given to write: `answered`, or `lost`, which "
        "were settled here.",
        "outcome",
    ),
    _counter("relay_connects", "How often the relay was connected, with the first time."),
    _counter("relay_strangers", "Messages that are not signed with this house's secret."),
    _counter("relay_gaps", "News that had to be read from the ledger, as some did not come."),
    # the database
    _gauge("database_healthy", "0 while the last transactions failed.", merge=Merge.MIN),
    _gauge("database_connections", "Connections to the database: `in_use` or `idle`.", "state"),
    _gauge("database_connections_max", "How many there may be; 0 where there is no limit."),
    _counter("database_connects", "Connections to the database that were made."),
    _counter("database_errors", "Transactions that failed, by the trouble.", "trouble"),
    _counter("database_retries", "Transactions that were in each other's way and ran again."),
    # the processes
    _counter("cpu_seconds", "Time of CPU of all processes of the node."),
    _gauge("memory_bytes", "Resident memory of all processes of the node."),
    _gauge("start_time_seconds", "When the node started, in seconds since 1970.", merge=Merge.MIN),
    _gauge("workers", "Processes that serve."),
    _gauge("workers_wanted", "How many there should be (BARAKA_WORKERS)."),
    _counter("worker_deaths", "Workers that died and were replaced."),
    _gauge("worker_viewers", "Sockets of verified users of one worker, by its number.", "worker"),
    _gauge("worker_lag_seconds", "The longest lag of its event loop in the last second.", "worker"),
    _gauge(
        "worker_silent_seconds",
        "How long a worker has said nothing; its numbers are of before.",
        "worker",
    ),
    Metric(
        "baraka_build_info",
        Kind.GAUGE,
        "1, with the versions that run.",
        ("version", "python"),
        merge=Merge.MAX,
    ),
)

BY_NAME = {metric.name: metric for metric in METRICS}
