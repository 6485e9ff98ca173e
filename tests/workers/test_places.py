"""The places of requests: by the session id in the first line."""

from __future__ import annotations

import pytest

from baraka_server.wire.places import HEAD_BYTES_MAX, Place, is_whole_line, sid_in

PATH = b"/socket.io/?EIO=4&transport=polling"


@pytest.mark.parametrize("node", ["a", "pod-7f", "4ec13903"])
def test_a_session_id_names_its_place(node: str) -> None:
    place = Place(node, 12)

    assert Place.of(place.named("1I2PoEPRDh17-kVO_ycHRQ")) == place


@pytest.mark.parametrize(
    "sid", ["", "I2PoEPRDh17HkVOtycHRQ", "a.b.c", "a.1", "a.-1.x", "a.١.x", "..", "a.1e3.x"]
)
def test_other_session_ids_name_none(sid: str) -> None:
    assert Place.of(sid) is None


@pytest.mark.parametrize(
    ("head", "sid"),
    [
        (b"GET " + PATH + b"&sid=a.1.x HTTP/1.1\r\nHost: x\r\n\r\n", "a.1.x"),
        (b"POST " + PATH + b"&sid=a.1.x&t=1 HTTP/1.1\r\n", "a.1.x"),
        (b"GET /socket.io/?sid=a.1.x&EIO=4 HTTP/1.1\r\n", "a.1.x"),
        (b"GET " + PATH + b" HTTP/1.1\r\nX: &sid=a.1.x \r\n", None),
        (b"GET " + PATH + b"&asid=a.1.x HTTP/1.1\r\n", None),
        (b"GET /&sid=a.1.x HTTP/1.1\r\n", None),
        (b"\x16\x03\x01 not HTTP", None),
        (b"", None),
    ],
)
def test_the_session_id_of_a_request_is_in_its_first_line(head: bytes, sid: str | None) -> None:
    assert sid_in(head) == sid


def test_a_request_line_is_waited_for_up_to_its_longest() -> None:
    assert not is_whole_line(b"GET / HTTP/1.1")
    assert is_whole_line(b"GET / HTTP/1.1\r\n")
    assert is_whole_line(b"x" * HEAD_BYTES_MAX)
