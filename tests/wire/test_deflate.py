"""Compression of websockets (RFC 7692): who gets it, and that everybody can read the same bytes."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baraka_server.wire.deflate import COMPRESSED_BYTES_MIN, agreed, deflated
from baraka_server.wire.frames import TextFrame

AGREED = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

SUITABLE = [
    "permessage-deflate",
    "permessage-deflate; client_max_window_bits",  # Chromium, Firefox, the official client in Node
    "permessage-deflate; client_max_window_bits=15",
    'permessage-deflate; client_max_window_bits="10"',
    "Permessage-Deflate ; Server_No_Context_Takeover",
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
    "permessage-deflate; server_max_window_bits=15",
    "x-webkit-deflate-frame, permessage-deflate",
    "permessage-deflate; server_max_window_bits=10, permessage-deflate",
]
UNSUITABLE = [
    None,
    "",
    ",",
    "x-webkit-deflate-frame",
    "permessage-deflate-frame",
    "permessage-deflate; server_max_window_bits=10",  # cannot read back as far as we point
    "permessage-deflate; server_max_window_bits",
    "permessage-deflate; server_max_window_bits=16",
    "permessage-deflate; client_max_window_bits=7",
    "permessage-deflate; client_max_window_bits=015",
    "permessage-deflate; client_max_window_bits=",
    "permessage-deflate; server_no_context_takeover=1",
    "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    "permessage-deflate; something_new",
    "permessage-deflate;",
]


@pytest.mark.parametrize("offers", SUITABLE)
def test_an_offer_that_we_can_keep_is_taken(offers):
    assert agreed(offers) == AGREED


@pytest.mark.parametrize("offers", UNSUITABLE)
def test_what_we_cannot_keep_or_do_not_understand_is_left_uncompressed(offers):
    assert agreed(offers) is None


@given(st.binary(max_size=5_000))
def test_what_was_deflated_is_read_without_what_came_before(message):
    payload = deflated(message)
    reader = zlib.decompressobj(-15)
    assert reader.decompress(payload + b"\x00\x00\xff\xff") == message
    assert not reader.unused_data


@pytest.mark.parametrize("size", [0, 125, 126, COMPRESSED_BYTES_MIN - 1])
def test_a_short_message_is_the_same_for_everybody(size):
    frame = TextFrame("x" * size)
    assert frame.compressed is frame.plain


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, "8100"),
        (125, "817d"),
        (126, "817e007e"),
        (65_535, "817effff"),
        (65_536, "817f0000000000010000"),
    ],
)
def test_a_frame_says_how_long_it_is(size, head):
    assert TextFrame("x" * size).plain == bytes.fromhex(head) + b"x" * size


def test_a_long_message_is_compressed_once():
    text = "💍" * COMPRESSED_BYTES_MIN
    frame = TextFrame(text)
    assert frame.compressed is frame.compressed
    assert frame.compressed[0] == 0xC1
    payload = frame.compressed[2:]
    assert frame.compressed[1] == len(payload) < 126
    whole = payload + b"\x00\x00\xff\xff"
    assert zlib.decompressobj(-15).decompress(whole).decode() == text
