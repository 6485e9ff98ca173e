"""The channel between parent and worker: what waits for one that does not read, and what one that ended had said."""

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


async def test_what_a_process_said_before_it_ended_is_still_heard() -> None:
    """The last numbers of a worker come right before its end, which its parent may hear of first."""
    ours, theirs = Channel.pair()
    heard: list[bytes] = []
    channel = Channel(ours)
    channel.open(lambda _kind, data, _connection: heard.append(data), lambda: None)
    for n in range(200):
        theirs.send(bytes([Kind.NUMBERS]) + b"%d" % n)
    theirs.close()
    channel.finish()
    assert heard == [b"%d" % n for n in range(200)]


async def test_a_channel_whose_other_end_stays_open_is_finished_all_the_same() -> None:
    ours, theirs = Channel.pair()
    channel = Channel(ours)
    channel.open(lambda *_: None, lambda: None)
    channel.finish()
    assert theirs.recv(1) == b""
    theirs.close()
