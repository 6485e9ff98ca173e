"""Assumptions about the Socket.IO libraries. These fail when an upgrade breaks one."""

from __future__ import annotations

import json

import pytest
from engineio.payload import Payload
from socketio import packet

from baraka_server.live.encoded import Encoded
from baraka_server.wire.packets import PACKETS_PER_POST_MAX, Json, Packet, allow_bursts


@pytest.mark.parametrize("name", ["connect", "disconnect", "connect_error"])
def test_a_client_cannot_call_the_handlers_of_the_library(name):
    received = Packet(encoded_packet=f'2["{name}",{{"auctionId":1}}]')
    assert received.data == [f"reserved:{name}", {"auctionId": 1}]


def test_the_library_itself_does_not_stop_them():
    """If this fails, the filter is no longer needed."""
    assert packet.Packet(encoded_packet='2["disconnect"]').data == ["disconnect"]


@pytest.mark.parametrize("text", ["2", "2[]", "2{}", "2[5]", "2[null]", '2"text"', '2[["x"]]'])
def test_an_event_without_a_name_becomes_an_unknown_one(text):
    assert Packet(encoded_packet=text).data == ["reserved:"]


@pytest.mark.parametrize("text", ['2["placeBid",{"auctionId":1}]', '212["comment",{}]'])
def test_other_events_pass_as_they_are(text):
    assert Packet(encoded_packet=text).data == packet.Packet(encoded_packet=text).data


def test_encoded_rows_are_written_as_they_are():
    row = Encoded('{"id": 1,   "bid": 2}')  # its odd spaces prove that nobody encoded it again
    sent = Packet(packet.EVENT, data=["newBid", row]).encode()
    assert sent == '2["newBid",{"id": 1,   "bid": 2}]'
    nested = Packet(packet.ACK, id=7, data=[{"ok": True, "rows": [row, row]}]).encode()
    assert nested == f'37[{{"ok":true,"rows":[{row},{row}]}}]'


@pytest.mark.parametrize(
    "value",
    [None, True, 0, -1.5, "", 'quote " back \\ \u2028 💍 \n', [], {}, {"a": [1, {"b": None}]}],
)
def test_everything_else_is_ordinary_json(value):
    assert json.loads(Json.dumps([value])) == [value]


def test_a_burst_of_a_polling_client_fits_in_one_post():
    allow_bursts()
    packets = "\x1e".join(f'42["comment",{n}]' for n in range(PACKETS_PER_POST_MAX))
    assert len(Payload(encoded_payload=packets).packets) == PACKETS_PER_POST_MAX
