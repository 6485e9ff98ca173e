"""The HTTP routes beside the socket, on a running server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from sqlalchemy import insert

from baraka_server.contract.client_events import (
    AwardLot,
    ChangeLot,
    JoinAuction,
    PlaceBid,
    StartAuction,
)
from baraka_server.store import tables
from baraka_server.store.checkpoint import Signer, found_in
from baraka_server.wire import identity
from tests.support.checks.shapes import AUCTION, assert_shape
from tests.support.clients.phones import PythonPhones, token
from tests.support.servers.baraka import SECRET

OWNER, OTHER = 1, 2
NOW = datetime(2027, 1, 31, tzinfo=UTC)
TIMES = {"createdAt": NOW, "updatedAt": NOW}


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


async def sell(url, amounts):
    """Start auction 1 and sell a ring for each amount to user 2."""
    async with PythonPhones() as phones:
        auth = [{"token": token(SECRET, user_id)} for user_id in (OWNER, OTHER)]
        amina, bilal = [await phones.open(url, auth=one) for one in auth]
        await amina.emits(StartAuction(auction_id=1))
        await bilal.emits(JoinAuction(auction_id=1))
        for amount in amounts:
            ring = {"product": "Ring", "minBidPrice": 1, "bidPrice": 1, "actualPrice": 1}
            await amina.emits(ChangeLot.model_validate({"auctionId": 1} | ring))
            await bilal.emits(JoinAuction(auction_id=1))
            await bilal.emits(PlaceBid(auction_id=1, amount=amount))
            await amina.emits(AwardLot(auction_id=1, product="Ring – 18K", weight="5.2g"))


@pytest.fixture
async def sold(baraka):
    """Auction 1 is live, and user 2 has won a ring in it for 1500."""
    await sell(baraka.url, [1500])


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
    assert (status, auction["id"], auction["role"]) == (200, 2, None)
    assert (await http("/api/auctions/1", OWNER))[1]["role"] == "owner"


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
    status, checkpoint = await http("/api/auctions/1/checkpoint", OWNER)
    assert status == 200
    (kept,) = found_in(checkpoint["text"])
    assert kept.is_signed_by(Signer.of(SECRET))
    assert (kept.auction_id, kept.seq, checkpoint["seq"]) == (1, 5, 5)
    assert (await http("/api/auctions/2/checkpoint", OWNER))[0] == 409
    for route in ("winnings", "history", "checkpoint"):
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


# --- pages


@pytest.fixture
async def pages(baraka):
    """Follow a list from page to page, as any client of the web's `Link` header does."""
    headers = {"Authorization": f"Bearer {token(SECRET, OWNER)}"}
    async with aiohttp.ClientSession(baraka.url, headers=headers) as session:

        async def follow(path, relation="next"):
            found = []
            while path:
                async with session.get(path) as response:
                    assert response.status == 200
                    rows = await response.json()
                    found.append([row["seq" if "seq" in row else "id"] for row in rows])
                    link = response.links.get(relation)
                    assert link is not None or "Link" not in response.headers
                    path = link["url"].path_qs if link else None
            return found

        yield follow


async def test_lists_come_in_pages_that_say_where_the_next_one_is(baraka, http, pages):
    await sell(baraka.url, [1500, 1600, 1700])
    _, winnings = await http("/api/auctions/1/winnings", OWNER)
    newest, middle, oldest = (won["id"] for won in winnings)
    for path, all_pages in {
        "/api/auctions?limit=2": [[3, 2], [1]],
        "/api/auctions?limit=3": [[3, 2, 1]],
        "/api/auctions": [[3, 2, 1]],
        "/api/auctions?limit=1&after=1": [[3], [2]],
        "/api/auctions?limit=1&live=true&unknown=1": [[1]],
        "/api/auctions/1/winnings?limit=2": [[newest, middle], [oldest]],
        "/api/auctions/1/history?limit=5": [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11]],
        "/api/auctions/1/history?after=9": [[10, 11]],
    }.items():
        assert await pages(path) == all_pages, path
    backwards = await pages("/api/auctions/1/history?before=12&limit=5", "prev")
    assert backwards == [[7, 8, 9, 10, 11], [2, 3, 4, 5, 6], [1]]


async def test_a_list_without_parameters_does_not_end_without_a_word(baraka, http, pages, store):
    async with store.writing() as connection:
        rows = [{"user_id": OTHER, "auction_id": 1, "product": "Ring", "price": 1} | TIMES] * 1001
        await connection.execute(insert(tables.winnings), rows)
        entries = [entry(seq) for seq in range(1, 1002)]
        await connection.execute(insert(tables.events), entries)
    first, second = await pages("/api/auctions/1/winnings")
    assert (len(first), len(second)) == (1000, 1)
    first, second = await pages("/api/auctions/1/history")
    assert (first[-1], second) == (1000, [1001])


def entry(seq):
    texts = {"kind": "comment", "data": '{"comment": "Hi", "comment_id": 1}', "hash": "0" * 64}
    return {"auction_id": 1, "seq": seq, "round": 0, "user_id": OTHER, "at": NOW} | texts


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("limit=0", "limit must be a whole number from 1 to 1000"),
        ("limit=1001", "limit must be a whole number from 1 to 1000"),
        ("limit=", "limit must be a whole number from 1 to 1000"),
        ("limit=١٠", "limit must be a whole number from 1 to 1000"),
        ("limit=1&limit=2", "limit must be a whole number from 1 to 1000"),
        ("after=-1", "after must be a whole number from 0 to 2147483647"),
        ("before=99999999999999999999", "before must be a whole number from 0 to 2147483647"),
        ("before=1.5", "before must be a whole number from 0 to 2147483647"),
    ],
)
async def test_a_bad_parameter_is_refused_by_name(http, query, what):
    refused = {"ok": False, "code": "bad_parameter", "message": f"Invalid parameter: {what}"}
    for path in ("/api/auctions", "/api/auctions/1/history", "/api/auctions/1/winnings"):
        assert await http(f"{path}?{query}", OWNER) == (400, refused)


async def test_live_is_true_or_false(http):
    assert (await http("/api/auctions?live=false", OWNER))[0] == 200
    status, refused = await http("/api/auctions?live=yes", OWNER)
    assert (status, refused["message"]) == (400, "Invalid parameter: live must be true or false")
