"""Watching without an account: guests join and leave, and nothing else (D58)."""

from __future__ import annotations

from contextlib import AsyncExitStack

import aiohttp
import jwt
import pytest

from baraka_server.contract.refusals import Refusal
from baraka_server.contract.vocabulary import CLIENT_EVENTS
from baraka_server.wire.identity import Identity, Verifier, mint_guest
from baraka_server.wire.rate_limits import BURST_SECONDS
from tests.support.clients.crowd import join, open_sale
from tests.support.clients.phones import NodePhones, PythonPhones, token
from tests.support.clients.stranger import HungUp, Line, WebSocketStranger
from tests.support.clients.tokens import HOUR, INVALID, SECRET, signed_claims
from tests.support.servers import baraka as servers
from tests.support.servers.clock import Clock
from tests.support.servers.neighbours import AUCTION, server_in_process, until


@pytest.fixture
def database_url(tmp_path):
    """One database is enough: what is tested here does not depend on its kind."""
    return f"sqlite:///{tmp_path / 'baraka.db'}"


# --- the token


def who(claims, **options) -> Identity | Refusal:
    found = Verifier(SECRET, **options).verify(signed_claims(claims))
    return Refusal(found.code) if isinstance(found, Refusal) else found


def test_a_guest_is_nobody_of_the_users_and_each_is_another_one():
    guests = [Verifier(SECRET).verify(mint_guest(SECRET, HOUR, {})) for _ in range(2)]
    assert all(isinstance(guest, Identity) and guest.is_guest for guest in guests)
    assert all(guest.user_id < 0 for guest in guests)
    assert guests[0].user_id != guests[1].user_id


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "7", "scope": "watch"},  # else whoever may only watch would be user 7
        {"sub": 7, "scope": "watch"},
        {"userId": 7, "scope": "watch"},
        {"sub": "7", "scope": ["watch"]},
        {"sub": "guest:7"},  # a guest that is not said to be one
        {"sub": "guest:7", "userId": 7},
        {"sub": "guest:7", "scope": "bid"},
        {"sub": "guest:0", "scope": "watch"},
        {"sub": "guest:-7", "scope": "watch"},
        {"sub": "guest:", "scope": "watch"},
        {"sub": f"guest:{10**30}", "scope": "watch"},
        {"sub": "guest:٧", "scope": "watch"},
        {"sub": "guest:7", "scope": "watch", "type": "refresh"},
    ],
)
def test_no_guest_is_taken_for_a_user_nor_the_other_way_round(claims):
    assert who(claims) == INVALID


def test_another_scope_of_another_issuer_says_nothing_about_a_user():
    found = who({"sub": "7", "scope": "openid watch"})
    assert isinstance(found, Identity)
    assert found.user_id == 7
    assert not found.is_guest


def test_where_guests_are_off_only_a_token_for_one_auction_is_accepted():
    everywhere, one = (
        Verifier(SECRET, guests=False).verify(mint_guest(SECRET, HOUR, {}, auction))
        for auction in (None, 3)
    )
    assert everywhere == INVALID
    assert isinstance(one, Identity)
    assert one.auction_id == 3
    odd = who({"sub": "guest:7", "scope": "watch", "auction": "all"}, guests=False)
    assert isinstance(odd, Identity)
    assert odd.auction_id == 0


# --- a server


async def guest_token(url) -> str:
    page = {"Origin": "https://watch.example"}
    async with (
        aiohttp.ClientSession(url, headers=page) as session,
        session.post("/auth/guest") as response,
    ):
        assert response.status == 200
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        answer = await response.json()
    assert answer["status"] == "success"
    claims = jwt.decode(answer["data"]["token"], options={"verify_signature": False})
    assert answer["data"]["expiresIn"] == claims["exp"] - claims["iat"] == 4 * 3600
    assert answer["data"]["token"] == answer["data"]["accessToken"]
    return answer["data"]["token"]


@pytest.mark.parametrize("baraka", ["fast", "stock"], indirect=True)
async def test_a_guest_watches_a_sale_counts_once_and_may_do_nothing_else(baraka):
    NodePhones.require()
    async with NodePhones() as pages, PythonPhones() as phones:
        amina, bilal = [
            await phones.open(baraka.url, auth={"token": token(servers.SECRET, user_id)})
            for user_id in (1, 2)
        ]
        await open_sale(amina)
        await join([bilal])
        page = await pages.open(baraka.url, auth={"token": await guest_token(baraka.url)})
        state = await page.emits("joinAuction", AUCTION)
        assert (state["userCount"], state["role"]) == (2, None)
        assert (await page.emits("joinAuction", AUCTION))["userCount"] == 2

        assert (await bilal.emits("placeBid", AUCTION | {"amount": 10}))["ok"]
        assert (await page.hears("newBid"))["newBid"]["user"]["number"].startswith("•")

        refused = {
            name: await page.emits(name, AUCTION)
            for name in sorted(CLIENT_EVENTS.keys() - {"joinAuction", "leaveAuction"})
        }
        assert {answer["code"] for answer in refused.values()} == {"watch_only"}
        said = "You are watching as a guest. Please sign in to take part."
        assert refused["placeBid"]["message"] == refused["comment"]["message"] == said
        assert refused["awardingAuction"]["message"] == "Auction could not be ended."
        assert {answer["event"] for answer in page.heard("error")} == refused.keys()

        assert (await page.emits("leaveAuction", AUCTION))["userCount"] == 1
        assert (await page.emits("joinAuction", AUCTION))["userCount"] == 2
        await page.hangs_up()
        await bilal.hears("userCountUpdate", lambda heard: heard["userCount"] == 1)


async def test_a_guest_is_told_so_over_http_and_has_no_look_at_the_api(baraka):
    bearer = {"Authorization": f"Bearer {await guest_token(baraka.url)}"}
    async with aiohttp.ClientSession(baraka.url, headers=bearer) as session:
        for method, path in [
            ("GET", "/api/auctions?live=true"),
            ("GET", "/api/auctions/1/lots"),
            ("POST", "/api/auctions/1/passLot"),
        ]:
            async with session.request(method, path, json={}) as response:
                assert response.status == 403
                assert (await response.json())["code"] == "watch_only"


ASKING = AUCTION | {"announced": True}


async def test_a_guest_is_told_what_is_to_come_and_no_more(baraka):
    """Neither is a link for another auction: it shows nothing of this one, before it and after it."""
    shown = {
        "id",
        "title",
        "image_url",
        "startDate",
        "isLive",
        "isExpired",
        "isCanceled",
        "isEnded",
    }
    async with PythonPhones() as phones:
        amina = await phones.open(baraka.url, auth={"token": token(servers.SECRET, 1)})
        page, overlay = [
            await phones.open(baraka.url, auth={"token": token_})
            for token_ in (await guest_token(baraka.url), mint_guest(servers.SECRET, HOUR, {}, 2))
        ]
        assert set(await page.emits("joinAuction", AUCTION)) == {"ok", "code", "message"}
        before = await page.emits("joinAuction", ASKING)
        assert before["code"] == "not_live"
        assert before["announced"].keys() == shown
        assert not before["announced"]["isEnded"]
        assert set(await overlay.emits("joinAuction", ASKING)) == {"ok", "code", "message"}
        await amina.emits("startLiveAuction", AUCTION)
        await amina.emits("endAuction", AUCTION)
        after = await page.emits("joinAuction", ASKING)
        assert after["announced"] == before["announced"] | {"isEnded": True}
        assert set(await overlay.emits("joinAuction", ASKING)) == {"ok", "code", "message"}


async def test_a_link_for_one_auction_shows_no_other(baraka):
    link = mint_guest(servers.SECRET, HOUR, {}, 1)
    async with PythonPhones() as phones:
        amina = await phones.open(baraka.url, auth={"token": token(servers.SECRET, 1)})
        for auction_id in (1, 2):
            await amina.emits("startLiveAuction", {"auctionId": auction_id})
        overlay = await phones.open(baraka.url, auth={"token": link})
        assert (await overlay.emits("joinAuction", {"auctionId": 2}))["code"] == "other_auction"
        assert (await overlay.emits("joinAuction", AUCTION))["ok"]


async def refused_a_token(url) -> tuple[int, str, str]:
    async with aiohttp.ClientSession(url) as session, session.post("/auth/guest") as response:
        answer = await response.json()
        assert answer["status"] == "error"
        return response.status, answer["code"], response.headers.get("Retry-After", "")


async def watches(phones, url, auction_id=None):
    claims = {"token": mint_guest(servers.SECRET, HOUR, {}, auction_id)}
    return await phones.open(url, auth=claims)


async def test_limits_hold_for_guests_and_leave_room_for_users(tmp_path):
    limits = {"guests_max": 1, "guest_tokens_per_second_max": 0.01}
    async with server_in_process(tmp_path, **limits) as street, PythonPhones() as phones:
        await guest_token(street.url)
        assert await refused_a_token(street.url) == (429, "too_fast", "100")
        async with Line(street.url, source="127.0.0.2") as elsewhere:
            assert (await elsewhere.requests("POST", "/auth/guest")).status == 200

        one, other = [await watches(phones, street.url) for _ in range(2)]
        assert (await other.hears("error"))["code"] == "too_many_guests"
        await other.lives_through("disconnect")
        user = await phones.open(street.url, auth={"token": token(servers.SECRET, 2)})
        assert (await user.emits("joinAuction", AUCTION))["ok"]

        await one.hangs_up()
        await until(lambda: street.inspect().viewers == 3)  # Amina, Bilal and that user
        again = await watches(phones, street.url)
        assert (await again.emits("joinAuction", AUCTION))["ok"]


async def test_as_many_guests_as_one_likes_to_be_count_as_connections_of_the_address(tmp_path):
    limits = {"connections_per_second_max": 1}
    async with (
        server_in_process(tmp_path, clock=Clock(), **limits) as street,
        AsyncExitStack() as stack,
    ):
        entered = 0
        with pytest.raises(HungUp):
            for _ in range(2 * BURST_SECONDS):
                page = await stack.enter_async_context(WebSocketStranger(street.url))
                await page.enters(None, token=mint_guest(servers.SECRET, HOUR, {}))
                entered += 1
        assert entered <= BURST_SECONDS


async def test_a_house_may_turn_guests_off(tmp_path):
    async with server_in_process(tmp_path, guests=False) as street, PythonPhones() as phones:
        assert await refused_a_token(street.url) == (403, "guests_off", "")
        from_before = await watches(phones, street.url)
        assert (await from_before.hears("error"))["code"] == "invalid_token"
        overlay = await watches(phones, street.url, 1)
        assert (await overlay.emits("joinAuction", AUCTION))["ok"]
