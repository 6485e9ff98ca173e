"""Links between nodes: who has not the secret gets nothing, and no frame counts twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from baraka_server.links.listening import Links
from baraka_server.links.reach import Address, Reach
from baraka_server.links.sealed import Frames, Hello, Kind, LinkFault, link_key
from baraka_server.relay.owners import owner_of
from tests.support.servers.neighbours import until


class Listener:
    """A node that listens, and what it was sent."""

    def __init__(self) -> None:
        self.links = Links(link_key("secret"), "b")
        self.links.takes["asks"] = self._take
        self.heard: list[tuple[Kind, bytes]] = []
        self.ends = 0

    async def _take(self, _hello: Hello, frames: Frames) -> None:
        try:
            while frame := await frames.next():
                self.heard.append(frame)
        finally:
            self.ends += 1


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    listener = Listener()
    await listener.links.listen_on("127.0.0.1", 0)
    yield listener
    await listener.links.close()


async def test_a_node_with_the_secret_is_heard(listener):
    frames = await Links(link_key("secret"), "a").open("asks", "b", listener.links.address.tcp)
    frames.send(Kind.ASK, b"x" * 100_000)
    frames.send(Kind.PING)
    await until(lambda: len(listener.heard) == 2)
    assert listener.heard == [(Kind.ASK, b"x" * 100_000), (Kind.PING, b"")]


async def test_nobody_without_the_secret_is_heard_or_believed(listener, caplog):
    with pytest.raises(LinkFault):
        await Links(link_key("other"), "a").open("asks", "b", listener.links.address.tcp)
    for said in (b"GET / HTTP/1.1\r\n\r\n", b"\0" * 2_000, b"x" * 100_000 + b"\n"):
        reader, writer = await asyncio.open_connection(*listener.links.address.tcp)
        writer.write(said)
        assert await reader.read(1) == b""
        writer.close()
    assert not listener.heard
    assert "link_stranger" in [getattr(record, "event", "") for record in caplog.records]


async def test_a_node_that_breaks_off_its_handshake_is_no_stranger(listener, caplog):
    caplog.set_level("DEBUG", logger="baraka_server.links.listening")
    reader, writer = await asyncio.open_connection(*listener.links.address.tcp)
    writer.write(Hello("asks", "b", "a").line())
    await reader.readexactly(64)
    writer.close()
    await until(lambda: "a broke off its handshake" in caplog.text)
    assert [getattr(record, "event", "") for record in caplog.records] == ["link_broke"]


async def test_what_somebody_recorded_cannot_be_said_again(listener):
    """Hello, proof and frames of a link that worked, sent once more over another connection."""
    host, port = listener.links.address.tcp
    recorded = bytearray()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_reader, to_writer = await asyncio.open_connection(host, port)

        async def back() -> None:
            while data := await to_reader.read(65_536):
                writer.write(data)

        task = asyncio.create_task(back())
        while data := await reader.read(65_536):
            recorded.extend(data)
            to_writer.write(data)
        to_writer.close()
        task.cancel()

    between = await asyncio.start_server(pass_on, "127.0.0.1", 0)
    way = between.sockets[0].getsockname()[:2]
    frames = await Links(link_key("secret"), "a").open("asks", "b", way)
    frames.send(Kind.ASK, b"a bid")
    await until(lambda: len(listener.heard) == 1)
    frames.close()
    _, writer = await asyncio.open_connection(host, port)
    writer.write(recorded)
    reader, other = await asyncio.open_connection(host, port)
    other.write(recorded)
    await reader.read()
    assert len(listener.heard) == 1
    between.close()
    for each in (writer, other):
        each.close()


async def test_a_frame_that_was_changed_ends_the_link(listener):
    frames = await Links(link_key("secret"), "a").open("asks", "b", listener.links.address.tcp)
    frames.send(Kind.PING)
    frames.sent += 1  # as if one had been left out
    frames.send(Kind.ASK, b"a bid")
    await until(lambda: listener.ends == 1)
    assert listener.heard == [(Kind.PING, b"")]


def test_nodes_are_called_by_what_their_beats_say():
    now = 0.0
    reach = Reach("n1.1", 5, clock=lambda: now)
    worker, machine = Address(("10.0.0.1", 7), "s1"), Address(("10.0.0.2", 7), "s2")
    reach.note("n1.1", worker.written)
    reach.note("n1.2", worker.written)
    reach.note("n2.1", machine.written)
    reach.note("n3.1", Address(None, "s3").written)  # another machine, without an internal address
    reach.note("n4.1", "2 tcp:10.0.0.4:7")  # of a newer version
    reach.note("n5.1", "")
    assert reach.nodes() == ["n1.2", "n2.1"]
    assert (reach.way_to("n1.2"), reach.way_to("n2.1")) == ("s1", ("10.0.0.2", 7))
    assert reach.way_to_server("n2") == ("10.0.0.2", 7)
    reach.note("n1.2", "")  # it leaves
    now = 6
    assert reach.nodes() == []


def test_an_auction_keeps_its_owner_when_another_node_comes_or_goes():
    before = {auction: owner_of(auction, "abc") for auction in range(300)}
    assert set(before.values()) == set("abc")
    for auction, owner in before.items():
        assert owner_of(auction, "abcd") in {owner, "d"}
        assert owner == "c" or owner_of(auction, "ab") == owner
