"""A running server forgets a user who is erased: sockets, lists, and what it keeps for who resumes (D56)."""

from __future__ import annotations

import asyncio
import json

import pytest

from baraka_server.contract.client_events import JoinAuction, PlaceBid
from tests.support.clients.command_line import invoke
from tests.support.clients.crowd import join, open_sale
from tests.support.servers.baraka import Baraka
from tests.support.servers.sale_copies import copy_sale_to

LOOKS = {"BARAKA_ACCOUNTS_LOOK_SECONDS": 0.1, "BARAKA_LEDGER_POLL_SECONDS": 0.1}
BILAL, DINA = 2, 3


@pytest.fixture
def url(tmp_path):
    made = f"sqlite:///{tmp_path / 'baraka.db'}"
    copy_sale_to(made, None)
    return made


async def test_a_running_server_forgets_who_is_erased(url, tmp_path, crowd):
    async with Baraka(url, tmp_path, **LOOKS) as server:
        amina, bilal, dina = [await crowd.pick_up(server.url, one) for one in (1, BILAL, DINA)]
        await open_sale(amina)
        await join([amina, bilal, dina])
        for phone, amount in ((dina, 5_000), (bilal, 6_000)):
            assert (await phone.emits(PlaceBid(auction_id=1, amount=amount)))["ok"]
        resumed = JoinAuction(auction_id=1, last_seq=1)
        seen = str(await bilal.emits(resumed))
        listed = await asyncio.to_thread(invoke, "user", "list", "--json", BARAKA_DATABASE_URL=url)
        names = {user["id"]: user["name"] for user in json.loads(listed.out)}
        name = names[DINA]
        assert name in seen
        assert name not in {names[1], names[BILAL]}

        words = ("user", "erase", DINA, "--yes")
        done = await asyncio.to_thread(invoke, *words, BARAKA_DATABASE_URL=url)
        assert done.code == 0, done.err
        assert (await dina.hears("error"))["code"] == "user_not_found"
        await dina.lives_through("disconnect")
        async with asyncio.timeout(30):
            while name in (seen := str(await bilal.emits(resumed))):
                await asyncio.sleep(0.1)
        assert f"Erased user {DINA}" in seen
        again = await crowd.pick_up(server.url, DINA)
        assert (await again.hears("error"))["code"] == "user_not_found"
