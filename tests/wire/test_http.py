"""The HTTP routes beside the socket, on a running server."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
import pytest

from baraka_server.contract.client_events import AwardLot, ChangeLot, PlaceBid, StartAuction
from baraka_server.wire import identity
from tests.support.baraka import SECRET
from tests.support.phones import PythonPhones, token
from tests.support.shapes import AUCTION, assert_shape

OWNER, OTHER = 1, 2


@pytest.fixture
def database_url(tmp_path):
    """One database is enough: what is tested here does not depend on its kind."""
    return f"sqlite:///{tmp_path / 'baraka.db'}"


@pytest.fixture
async def http(baraka):
    async with aiohttp.ClientSession(baraka.url) as session:

        async def get(path, user_id=None, **headers):
            if user_id is not None:
                headers["Authorization"] = f"Bearer {token(SECRET, user_id)}"
            async with session.get(path, headers=headers) as response:
                assert response.content_type == "application/json"
                return response.status, await response.json()

        yield get


@pytest.fixture
async def sold(baraka):
    """Auction 1 is live, and user 2 has won a ring in it for 1500."""
    async with PythonPhones() as phones:
        auth = [{"token": token(SECRET, user_id)} for user_id in (OWNER, OTHER)]
        amina, bilal = [await phones.open(baraka.url, auth=one) for one in auth]
        await amina.emits(StartAuction(auction_id=1))
        ring = {"product": "Ring", "minBidPrice": 1, "bidPrice": 1, "actualPrice": 1}
        await amina.emits(ChangeLot.model_validate({"auctionId": 1} | ring))
        await bilal.emits(PlaceBid(auction_id=1, amount=1500))
        await amina.emits(AwardLot(auction_id=1, product="Ring – 18K", weight="5.2g"))


async def test_the_process_says_that_it_lives_and_is_ready(http):
    assert await http("/healthz") == (200, {"ok": True})
    assert await http("/readyz") == (200, {"ok": True})


async def test_a_caller_sees_the_own_auctions_and_with_a_filter_everybodys_live_ones(http, sold):
    status, own = await http("/api/auctions", OWNER)
    assert (status, sorted(auction["id"] for auction in own)) == (200, [1, 2, 3])
    for auction in own:
        assert_shape(auction, AUCTION)
    assert await http("/api/auctions", OTHER) == (200, [])
    status, live = await http("/api/auctions?live=true", OTHER)
    assert [auction["id"] for auction in live] == [1]


async def test_an_auction_is_for_everybody_who_has_a_token(http):
    status, auction = await http("/api/auctions/2", OTHER)
    assert (status, auction["id"]) == (200, 2)


async def test_history_and_winnings_are_for_the_owner_alone(http, sold):
    status, winnings = await http("/api/auctions/1/winnings", OWNER)
    assert status == 200
    assert [(won["user_id"], won["price"], won["product"]) for won in winnings] == [
        (OTHER, 1500, "Ring – 18K")
    ]
    assert winnings[0]["user"]["number"].startswith("+999")  # whole: the owner has to call them
    status, history = await http("/api/auctions/1/history", OWNER)
    assert status == 200
    assert [entry["seq"] for entry in history] == list(range(1, 6))
    for route in ("winnings", "history"):
        status, refused = await http(f"/api/auctions/1/{route}", OTHER)
        assert (status, refused["code"]) == (403, "not_owner")


@pytest.mark.parametrize("auction_id", ["404", "0", "-1", "x", "99999999999999999999", "١"])
async def test_an_unknown_auction_is_not_found(http, auction_id):
    status, refused = await http(f"/api/auctions/{auction_id}", OWNER)
    assert (status, refused["message"]) == (404, "Auction not found!")


@pytest.mark.parametrize("path", ["/api/auctions", "/api/auctions/1", "/api/auctions/1/history"])
async def test_without_a_token_nothing_is_told(http, path):
    expired = identity.mint(SECRET, OWNER, timedelta(minutes=-1), {})
    assert await http(path) == (
        401,
        {"ok": False, "code": "no_token", "message": "No token provided"},
    )
    status, refused = await http(path, Authorization=f"Bearer {expired}")
    assert (status, refused["message"]) == (401, "Invalid or expired token")
    status, refused = await http(f"{path}?token={token(SECRET, OWNER)}")  # never in a URL (D3)
    assert status == 401
