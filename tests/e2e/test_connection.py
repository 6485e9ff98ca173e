"""Connections: which are accepted, and what the others are sent (guide: Connection; D1 to D4)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from baraka_server.contract.client_events import JoinAuction, PlaceBid, StartAuction
from baraka_server.wire import identity
from tests.support.clients.phones import token
from tests.support.servers.baraka import SECRET

EXPIRED = identity.mint(SECRET, 2, timedelta(minutes=-1), {})
FOREIGN = token("another secret, that somebody else has", 2)


@pytest.fixture
def database_url(tmp_path):
    """One database is enough: what is tested here does not depend on its kind."""
    return f"sqlite:///{tmp_path / 'baraka.db'}"


REFUSED = [
    ({}, "No token provided"),
    ({"auth": {}}, "No token provided"),
    ({"auth": {"token": ""}}, "No token provided"),
    ({"auth": {"token": "nonsense"}}, "Invalid or expired token"),
    ({"auth": {"token": EXPIRED}}, "Invalid or expired token"),
    ({"auth": {"token": FOREIGN}}, "Invalid or expired token"),
    ({"extraHeaders": {"authorization": f"Bearer {EXPIRED}"}}, "Invalid or expired token"),
    ({"query": {"token": token(SECRET, 2)}}, "No token provided"),
]


async def test_a_refused_phone_hears_why_and_stays_away(official_phone):
    for options, message in REFUSED:
        phone = await official_phone(**options)
        assert (await phone.hears("error"))["message"] == message, options
        gone = await phone.lives_through("disconnect")
        assert gone == {"reason": "io server disconnect", "active": False}, options
        life = [what for what, _ in phone.life if what != "upgrade"]
        assert life == ["connect", "disconnect"], options


async def test_a_refused_phone_is_served_nothing_even_if_it_does_not_wait(official_phone, store):
    phone = await official_phone(auth={"token": "nonsense"})
    await phone.says(StartAuction(auction_id=1))
    await phone.lives_through("disconnect")
    witness = await official_phone(2)
    refused = await witness.emits(JoinAuction(auction_id=1))
    assert refused["message"] == "Auction has not started yet."
    assert (await store.snapshot(1)).seq == 0


async def test_the_header_serves_as_well_as_the_auth_field(official_phone):
    header = {"authorization": f"Bearer {token(SECRET, 1)}"}
    amina = await official_phone(extraHeaders=header)
    assert (await amina.emits(StartAuction(auction_id=1)))["ok"]


async def test_the_auth_field_wins_over_the_header(official_phone):
    header = {"authorization": f"Bearer {token(SECRET, 2)}"}
    amina = await official_phone(1, extraHeaders=header)
    assert (await amina.emits(StartAuction(auction_id=1)))["ok"]


async def test_a_user_who_does_not_exist_connects_and_learns_it_when_bidding(official_phone):
    amina, nobody = await official_phone(1), await official_phone(999)
    await amina.emits(StartAuction(auction_id=1))
    assert (await nobody.emits(JoinAuction(auction_id=1)))["ok"]
    refused = await nobody.emits(PlaceBid(auction_id=1, amount=10))
    assert refused == {"ok": False, "code": "user_not_found", "message": "User not found!"}
    await nobody.hears_error("User not found!")
