"""Paddles and roles on two servers, with a phone beside them that knows the guide alone (D36, D46)."""

from __future__ import annotations

import asyncio

import aiohttp

from baraka_server.contract.client_events import AwardLot, ChangeLot, JoinAuction, PlaceBid
from baraka_server.store import audit
from tests.support.checks.proof import assert_sale_holds
from tests.support.clients.command_line import invoke
from tests.support.clients.crowd import join, open_sale
from tests.support.clients.phones import token
from tests.support.servers.baraka import SECRET, Baraka

CLARA, MONA = 6, 7
POLLS = {"BARAKA_LEDGER_POLL_SECONDS": 0.1}
AWARD = AwardLot(auction_id=1, product="Gold Ring", round=1)
PEARL = ChangeLot(auction_id=1, product="Pearl", minimum_price=1, start_price=1, market_price=1)


def bid(amount):
    return PlaceBid(auction_id=1, amount=amount)


class Web:
    """Requests of users to the HTTP routes of a server."""

    def __init__(self, session):
        self._session = session

    async def gets(self, user_id, what):
        headers = {"Authorization": f"Bearer {token(SECRET, user_id)}"}
        async with self._session.get(f"/api/auctions/1/{what}", headers=headers) as response:
            return response.status, await response.json()

    async def posts(self, user_id, name, body):
        headers = {"Authorization": f"Bearer {token(SECRET, user_id)}"}
        path = f"/api/auctions/1/{name}"
        async with self._session.post(path, json=body, headers=headers) as response:
            return response.status, await response.json()


async def test_a_clerk_on_another_server_runs_the_sale_until_the_role_is_taken_away(
    sale_database, tmp_path, crowd, store
):
    async with (
        Baraka(sale_database, tmp_path, **POLLS) as here,
        Baraka(sale_database, tmp_path, **POLLS) as there,
    ):
        amina = await crowd.pick_up(here.url, 1)
        guide_only = await crowd.pick_up(here.url, 2, "official polling")
        clara, dina = [await crowd.pick_up(there.url, user_id) for user_id in (CLARA, 3)]
        await open_sale(amina)
        await join([amina, clara, dina])
        await guide_only.says(JoinAuction(auction_id=1))
        await guide_only.hears("auctionState")
        async with aiohttp.ClientSession(here.url) as session:
            status, set_ = await Web(session).posts(
                1, "setRole", {"userId": CLARA, "role": "clerk"}
            )
        assert status == 200
        told = await clara.hears("roleChanged")
        assert (told["seq"], told["role"]) == (set_["seq"], "clerk")

        assert (await dina.emits(bid(10)))["ok"]
        await guide_only.says(bid(20))
        heard = await guide_only.hears("newBid", lambda told: told["newBid"]["bid"] == 20)
        assert [(row["bid"], row["paddle"]) for row in heard["auctionBids"]] == [
            (20, 2),
            (10, 1),
        ]
        await clara.hears("newBid", lambda told: told["newBid"]["bid"] == 20)
        assert (await clara.emits(AWARD))["ok"]
        won = await guide_only.hears("auctionEnded")
        assert (won["winningUser"]["id"], won["winningBid"]["paddle"]) == (2, 2)
        assert (await clara.emits(PEARL))["ok"]
        shown = await guide_only.hears("auction_change_product")
        assert shown["product"] == "Pearl"
        assert (await clara.emits(bid(5)))["code"] == "staff_bid"
        assert (await clara.emits("endAuction", {"auctionId": 1}))["code"] == "not_owner"

        removed = await amina.emits("setRole", {"auctionId": 1, "userId": CLARA, "role": None})
        assert removed["ok"]
        assert (await clara.emits(PEARL))["code"] == "not_owner"
        assert (await clara.hears("roleChanged"))["role"] is None
        heard = {name for name, _ in guide_only.events}
        assert "roleChanged" not in heard
    async with Baraka(sale_database, tmp_path) as again:
        dina, clara = [await crowd.pick_up(again.url, user_id) for user_id in (3, CLARA)]
        state = await dina.emits(JoinAuction(auction_id=1))
        assert (state["paddle"], state["role"]) == (1, None)
        assert (await clara.emits(PEARL))["code"] == "not_owner"
        assert (await dina.emits(bid(7)))["ok"]
        assert (await dina.hears("newBid"))["newBid"]["paddle"] == 1
    await assert_sale_holds(store)
    acts = [entry async for entry in audit.history(store, 1)]
    (awarded,) = [entry for entry in acts if entry.kind == "awarded"]
    set_, taken = [entry for entry in acts if entry.kind == "role_set"]
    assert (awarded.userId, set_.userId, taken.userId) == (CLARA, 1, 1)
    assert set_.what == f"made {awarded.who} a clerk"
    assert taken.what == f"took the role of {awarded.who} away"


async def test_what_staff_may_read_over_http(baraka, crowd, store):
    amina, bilal = [await crowd.pick_up(baraka.url, user_id) for user_id in (1, 2)]
    await open_sale(amina)
    await join([amina, bilal])
    assert (await bilal.emits(bid(10)))["ok"]
    assert (await amina.emits(AWARD))["ok"]
    for user_id, role in ((CLARA, "clerk"), (MONA, "moderator")):
        asked = {"auctionId": 1, "userId": user_id, "role": role}
        assert (await amina.emits("setRole", asked))["ok"]
    async with aiohttp.ClientSession(baraka.url) as session:
        web = Web(session)
        for what, may in {
            "history": {1, CLARA, MONA},
            "winnings": {1, CLARA},
            "summary": {1, CLARA},
            "checkpoint": {1, CLARA},
        }.items():
            for user_id in (1, CLARA, MONA, 2):
                status, answer = await web.gets(user_id, what)
                assert status == (200 if user_id in may else 403), (what, user_id)
                if status == 403:
                    assert answer["code"] == "not_owner"
        (_, (whole,)), (_, (masked,)) = [await web.gets(who, "winnings") for who in (1, CLARA)]
        assert whole["user"]["number"].startswith("+999")
        assert masked["user"]["number"] == "••••••" + whole["user"]["number"][-2:]
        assert masked["paddle"] == whole["paddle"] == 1
        await _settle_by_http(web, baraka.url, whole["user"]["number"])
        vase = {"product": "Vase", "minBidPrice": 1, "bidPrice": 1, "actualPrice": 1, "reserve": 77}
        assert (await amina.emits("addLots", {"auctionId": 1, "lots": [vase]}))["ok"]
        for user_id, reserve in ((1, 77), (CLARA, 77), (MONA, None)):  # D42
            history = (await web.gets(user_id, "history"))[1]
            (added,) = [one for one in history if one["kind"] == "lots_added"]
            assert added["data"]["lots"][0]["values"].get("reserve") == reserve
        granted = {"userId": CLARA, "role": "clerk", "seesNumbers": True}
        assert (await web.posts(1, "setRole", granted))[0] == 200
        assert (await web.gets(CLARA, "winnings"))[1] == [whole]
        assert (await web.posts(CLARA, "setRole", granted))[1]["code"] == "not_owner"
        unknown = await web.posts(1, "setRole", {"userId": 4711, "role": "clerk"})
        assert (unknown[0], unknown[1]["code"]) == (404, "user_not_found")


async def _settle_by_http(web, url, number):
    """The summary, and exports that a server is asked for: whoever asks, as their role lets them."""
    _, owners = await web.gets(1, "summary")
    _, clerks = await web.gets(CLARA, "summary")
    assert (owners["buyers"][0]["number"], owners["numbersMasked"]) == (number, False)
    assert (clerks["buyers"][0]["number"], clerks["numbersMasked"]) == (
        "••••••" + number[-2:],
        True,
    )
    assert owners["totals"] == clerks["totals"]
    assert (owners["totals"]["turnover"], owners["lots"][0]["state"]) == (10, "sold")
    head = f"{owners['seq']}-{owners['ledger']}"
    assert (await web.gets(1, f"summary?since={head}"))[1]["since"] == head
    (sold, *_) = (await web.gets(CLARA, f"summary?since=0-{'0' * 12}"))[1]["changes"]
    assert (sold["change"], sold["paddle"], sold["price"]) == ("sold", 1, 10)
    other = await web.gets(1, "summary?since=1-000000000000")
    assert (other[0], other[1]["code"]) == (409, "other_history")
    for wrong in ("57", "", "x&since=y"):
        status, answer = await web.gets(1, f"summary?since={wrong}")
        assert (status, answer["code"]) == (400, "bad_parameter")

    async def exported(user_id, *words):
        flags = ("--url", url, "--user", user_id, "--plain", *words)
        return await asyncio.to_thread(invoke, "winnings", "export", 1, *flags, jwt_secret=SECRET)

    assert f",{number},no," in (await exported(1)).out
    clerks = await exported(CLARA)
    assert number not in clerks.out
    assert f"'••••••{number[-2:]},no," in clerks.out
    refused = await exported(2)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == "Only the owner of the auction may do this.\n"
    refused = await exported(1, "--since", "1-000000000000")
    assert (refused.code, refused.out) == (1, "")
    assert "of another history" in refused.err


async def test_the_command_line_names_staff_and_the_running_server_tells_them(
    sale_database, tmp_path, crowd, store
):
    async with Baraka(sale_database, tmp_path, **POLLS) as server:
        amina, mona = [await crowd.pick_up(server.url, user_id) for user_id in (1, MONA)]
        await open_sale(amina)
        await join([mona])
        added = await _cli(sale_database, "add", 1, MONA, "--role", "moderator")
        assert (added.code, added.err) == (0, f"User {MONA} is a moderator in auction 1.\n")
        assert (await mona.hears("roleChanged"))["role"] == "moderator"
        listed = await _cli(sale_database, "list", 1)
        assert "owner" in listed.out
        assert "moderator" in listed.out
        removed = await _cli(sale_database, "remove", 1, MONA)
        assert removed.code == 0
        assert (await mona.hears("roleChanged"))["role"] is None
        owner = await _cli(sale_database, "add", 1, 1)
        assert (owner.code, owner.err.strip()) == (1, "That user works in this auction")
    await assert_sale_holds(store)


async def _cli(url, *words):
    return await asyncio.to_thread(invoke, "auction", "staff", *words, BARAKA_DATABASE_URL=url)
