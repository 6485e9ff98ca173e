"""Requests for another server: where they belong, and that they are passed on once."""

from __future__ import annotations

from unittest.mock import Mock

from aiohttp.test_utils import make_mocked_request

from baraka_server.links.listening import Links
from baraka_server.links.reach import Address, Reach
from baraka_server.links.sealed import Frames, link_key
from baraka_server.wire.elsewhere import Elsewhere, Way
from baraka_server.wire.passed_on import LinkTransport

THERE = ("10.0.0.2", 7)


async def test_a_request_is_passed_on_to_the_server_of_its_session_and_not_once_more() -> None:
    reach = Reach("n1.1", 5)
    reach.note("n2.1", Address(THERE).written)
    links = Links(link_key("secret"), "n1.1")
    elsewhere = Elsewhere(links, reach, "n1", lambda _: "", bytes_max=1_000, seconds_max=1)
    path = "/socket.io/?sid=n2.1." + "x" * 20

    assert elsewhere.way_of(make_mocked_request("GET", path)) == Way("n2.1", THERE)

    came = LinkTransport(Mock(Frames), "203.0.113.9")
    assert elsewhere.way_of(make_mocked_request("GET", path, transport=came)) is None
