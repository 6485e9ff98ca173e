"""Counts of what a running server holds: sockets, sessions, connections, requests that wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from baraka_server.wire.admission import Admission
from baraka_server.wire.gateway import Gateway
from baraka_server.wire.server import GuardedServer


@dataclass(frozen=True, slots=True)
class Holdings:
    """The counts at one moment, of all clients together where the name does not say of whom.

    What is left of clients that are gone shows here.
    """

    connections: int
    """TCP connections."""
    unverified_connections: int
    """Connections on which no verified user is known to be."""
    connections_by_address: Mapping[str, int]
    """Without those of trusted proxies."""
    unread_bytes: int
    """Bytes that wait in memory for clients that do not read."""
    sockets: int
    """Engine.IO sessions."""
    sockets_by_address: Mapping[str, int]
    unverified_sockets: int
    """Engine.IO sessions whose user is not verified."""
    polls: int
    """Long-polling requests that wait for something to be sent."""
    environments: int
    """WSGI environments that python-socketio keeps for its sessions."""
    sessions: int
    """Socket.IO sessions, counted once in each room that they are in, their own among them."""
    half_open: int
    """Socket.IO sessions that connect or disconnect at the moment."""
    viewers: int
    """Socket.IO sessions of verified users."""
    subscribers: Mapping[str, int] | None
    """Sockets on the fast path by room; None where there is none."""
    joins_waiting: int
    requests_waiting: int
    """Requests of unverified clients that wait for their turn."""


def holdings_of(sio: GuardedServer, gateway: Gateway, admission: Admission) -> Holdings:
    pending = (sio.manager.pending_connect, sio.manager.pending_disconnect)
    return Holdings(
        connections=len(admission.connections.open),
        unverified_connections=admission.connections.unverified,
        connections_by_address=admission.connections.by_address,
        unread_bytes=admission.connections.unread_bytes,
        sockets=len(sio.eio.sockets),
        sockets_by_address={address: len(sids) for address, sids in sio.by_address.items()},
        unverified_sockets=len(sio.unverified),
        polls=len(sio.polls),
        environments=len(sio.environ),
        sessions=sum(len(room) for room in sio.manager.rooms.get("/", {}).values()),
        half_open=sum(len(sids) for each in pending for sids in each.values()),
        viewers=gateway.viewers,
        subscribers=sio.fan_out.rooms if sio.fan_out else None,
        joins_waiting=gateway.joins_waiting,
        requests_waiting=admission.requests_waiting,
    )
