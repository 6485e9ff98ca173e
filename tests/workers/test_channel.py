"""The channel to a process that does not read: what waits for it is bounded, and what it is not sent is closed."""

from __future__ import annotations

import os
import socket

import pytest

from baraka_server.workers import channel as channels
from baraka_server.workers.channel import Channel, Kind


async def test_what_waits_for_a_frozen_process_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "UNSENT_BYTES_MAX", 1_000_000)
    ours, theirs = Channel.pair()
    channel = Channel(ours)
    channel.open(lambda *_: None, lambda: None)

    for kind in (Kind.NEWS, Kind.PUBLISH):
        for _ in range(200):
            channel.send(kind, bytes(60_000))
    channel.send(Kind.STOP)

    waiting = [message for message, _ in channel.unsent]
    assert sum(map(len, waiting)) < 1_100_000
    assert waiting[-1] == bytes([Kind.STOP])
    channel.close()
    theirs.close()


async def test_connections_that_a_frozen_process_is_not_sent_are_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channels, "UNSENT_CONNECTIONS_MAX", 3)
    ours, theirs = Channel.pair()
    channel = Channel(ours)
    channel.open(lambda *_: None, lambda: None)
    while not channel.unsent:
        channel.send(Kind.STOP, bytes(60_000))
    some = [socket.socket() for _ in range(5)]

    for one in some:
        channel.send(Kind.CONNECTION, connection=os.dup(one.fileno()))

    assert [connection for _, connection in channel.unsent].count(None) == len(channel.unsent) - 3
    kept = [connection for _, connection in channel.unsent if connection is not None]
    channel.close()
    for connection in kept:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(connection)
    for one in [*some, theirs]:
        one.close()
