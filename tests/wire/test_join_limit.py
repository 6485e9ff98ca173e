"""Joins: the state is sent once, and paid for before it is sent (D21); few wait at once."""

from __future__ import annotations

import asyncio
import json
import zlib

import pytest

from baraka_server.live.encoded import Encoded, Shared, in_pieces
from baraka_server.store.store import Store
from baraka_server.wire.deflate import COMPRESSED_BYTES_MIN
from baraka_server.wire.frames import COMPRESSED_TEXT, WHOLE_TEXT, FrameInPieces
from baraka_server.wire.join_limit import JoinLimit
from baraka_server.wire.outgoing import acknowledgement_packet, event_packet_in_pieces
from tests.support.clients.stranger import PollingStranger, WebSocketStranger
from tests.support.servers.clock import Clock
from tests.support.servers.neighbours import AUCTION, server_in_process

LONG = Shared('["ä list", "of rows"' + ', "a row"' * 200 + "]")
FIELDS = {"ok": True, "rows": LONG, "seq": 7, "more": LONG, "last": "😀"}
TRAILER = b"\x00\x00\xff\xff"


def payload_of(parts: list[bytes]) -> bytes:
    """What a frame of up to 64 kB contains."""
    data = b"".join(parts)
    return data[4:] if data[1] == 126 else data[2:]


@pytest.mark.parametrize("fields", [FIELDS, {"short": Shared("[1]"), "n": 1}, {}])
def test_json_in_pieces_is_the_same_json(fields):
    pieces = in_pieces(fields)
    plain = {
        name: json.loads(value) if isinstance(value, Encoded) else value
        for name, value in fields.items()
    }
    assert json.loads("".join(pieces)) == plain
    assert [piece for piece in pieces if isinstance(piece, Shared)] == [
        value for value in fields.values() if isinstance(value, Shared)
    ]


def test_a_frame_in_pieces_is_read_like_any_other():
    frame = FrameInPieces(("4", *in_pieces(FIELDS)))
    text = "4" + "".join(in_pieces(FIELDS))
    assert frame.plain[0] == WHOLE_TEXT
    assert payload_of(frame.parts(compressed=False)).decode() == text
    assert frame.compressed[0] == COMPRESSED_TEXT
    inflater = zlib.decompressobj(-15)
    payload = payload_of(frame.parts(compressed=True)) + TRAILER
    assert inflater.decompress(payload).decode() == text
    assert len(frame.compressed) < len(frame.plain) / 4


def test_a_short_frame_in_pieces_is_not_compressed():
    frame = FrameInPieces(in_pieces({"rows": Shared("[1]")}))
    assert len(frame.plain) < COMPRESSED_BYTES_MIN
    assert frame.compressed == frame.plain


def test_what_is_shared_is_made_into_bytes_once_for_all_messages():
    one = event_packet_in_pieces("auctionState", in_pieces(FIELDS))
    other = acknowledgement_packet(3, in_pieces({"rows": LONG}))
    for compressed in (True, False):
        parts = [each.frame.parts(compressed=compressed) for each in (one, other)]
        shared = [part for part in parts[0] if any(part is each for each in parts[1])]
        assert len(shared) >= 1
        assert max(map(len, shared)) > sum(map(len, parts[1])) / 2
    assert one.data == '2["auctionState",' + "".join(in_pieces(FIELDS)) + "]"
    assert one.encode() == "4" + one.data
    assert one.size == len(one.data)
    assert other.data == f'3{3}[{{"rows":{LONG}}}]'


def test_so_many_joins_of_one_user_wait_at_once():
    joins = JoinLimit(2)
    assert [bool(joins.acquire(7)) for _ in range(3)] == [False, False, True]
    assert not joins.acquire(8)
    joins.release(7)
    assert not joins.acquire(7)
    for user_id in (7, 7, 8):
        joins.release(user_id)
    assert len(joins) == 0
    assert not any(JoinLimit(0).acquire(7) for _ in range(100))


@pytest.mark.parametrize("fan_out", ["fast", "stock"])
@pytest.mark.parametrize("stranger", [PollingStranger, WebSocketStranger])
async def test_the_state_is_sent_once(tmp_path, fan_out, stranger):
    """As the acknowledgement to whoever asks for one, else as an event."""
    async with (
        server_in_process(tmp_path, fan_out=fan_out) as neighbours,
        stranger(neighbours.url) as viewer,
    ):
        await viewer.enters()
        await neighbours.bilal_bids()
        state = await viewer.asks("joinAuction", AUCTION)
        assert state["ok"]
        assert [row["bid"] for row in state["auctionBids"]] == [10]
        await neighbours.bilal_bids()
        assert (await viewer.hears("newBid"))["seq"] == state["seq"] + 1
        await viewer.says('42["joinAuction",{"auctionId":1}]')
        told = await viewer.hears("auctionState")
        assert [row["bid"] for row in told["auctionBids"]] == [20, 10]
        assert "ok" not in told
        await neighbours.bilal_bids()
        assert (await viewer.hears("newBid"))["seq"] == told["seq"] + 1


async def test_a_join_shows_the_round_whichever_way_it_is_answered(tmp_path):
    """A bid that names no round counts at once behind it (D31)."""
    async with server_in_process(tmp_path, late_bid_seconds=60) as neighbours:
        url = neighbours.url
        async with WebSocketStranger(url) as acknowledged, WebSocketStranger(url) as says:
            for amount, viewer in ((100, acknowledged), (200, says)):
                await viewer.enters(amount // 100 + 1)
                refused = await viewer.asks("placeBid", AUCTION | {"amount": amount})
                assert refused["code"] == "not_joined"
                if viewer is acknowledged:
                    await viewer.asks("joinAuction", AUCTION)
                else:
                    await viewer.says('42["joinAuction",{"auctionId":1}]')
                    await viewer.hears("auctionState")
                assert (await viewer.asks("placeBid", AUCTION | {"amount": amount}))["ok"]


async def test_joins_of_one_user_that_wait_are_few_over_all_sockets(tmp_path, monkeypatch):
    limits = {"joins_waiting_per_user_max": 3, "actions_per_second_max": 0}
    async with server_in_process(tmp_path, **limits) as neighbours:
        held, auction = asyncio.Event(), Store.auction

        async def slow(store, auction_id):
            await held.wait()
            return await auction(store, auction_id)

        await neighbours.amina.emits("startLiveAuction", {"auctionId": 2})
        monkeypatch.setattr(Store, "auction", slow)
        async with PollingStranger(neighbours.url) as one, PollingStranger(neighbours.url) as other:
            for viewer in (one, other):
                await viewer.enters()
            await one.says(*(f'42{n}["joinAuction",{{"auctionId":2}}]' for n in range(3)))
            refused = await other.asks("joinAuction", {"auctionId": 2})
            assert refused["code"] == "too_fast"
            assert refused["retryAfterMs"] > 0
            await neighbours.bilal_bids()
            held.set()
            assert [answer["ok"] for answer in await one.answers(0, 1, 2)] == [True] * 3
            assert (await other.asks("joinAuction", {"auctionId": 2}))["ok"]


async def test_a_state_is_paid_for_before_it_is_sent(tmp_path):
    """However many are asked for at once."""
    limits = {
        "actions_per_second_max": 4,
        "comments_per_second_max": 0,
        "events_per_second_max": 0,
        "joins_waiting_per_user_max": 0,
    }
    async with (
        server_in_process(tmp_path, updates="delta", clock=Clock(), **limits) as neighbours,
        PollingStranger(neighbours.url) as stranger,
    ):
        comment = AUCTION | {"comment": "x" * 191}
        await asyncio.gather(*(neighbours.amina.emits("comment", comment) for _ in range(640)))
        await stranger.enters(updates="delta")
        await stranger.says(*(f'42{n}["joinAuction",{{"auctionId":1}}]' for n in range(40)))
        answers = await stranger.answers(*range(40))
        assert sum(answer["ok"] for answer in answers) == 5  # each for four: there are 20
