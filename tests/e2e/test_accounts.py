"""Users who are deleted or blocked everywhere lose their sockets on every server, whatever D28 says (D47)."""

from __future__ import annotations

import asyncio

import aiohttp

from baraka_server.contract.client_events import JoinAuction
from tests.e2e.test_staff import Web
from tests.support.clients.another_program import sql
from tests.support.clients.command_line import invoke
from tests.support.clients.crowd import join, open_sale
from tests.support.servers.baraka import Baraka

LOOKS = {"BARAKA_ACCOUNTS_LOOK_SECONDS": 0.1}
DINA, FARAH, NOBODY = 3, 6, 4711


async def test_sockets_of_users_who_are_deleted_or_blocked_everywhere_are_closed_on_every_server(
    sale_database, tmp_path, crowd
):
    async def cli(*words):
        return await asyncio.to_thread(invoke, "user", *words, BARAKA_DATABASE_URL=sale_database)

    async with (
        Baraka(sale_database, tmp_path, **LOOKS) as here,
        Baraka(sale_database, tmp_path, **LOOKS) as there,
    ):
        amina = await crowd.pick_up(here.url, 1)
        dina = await crowd.pick_up(here.url, DINA, "official polling")
        dinas_other = await crowd.pick_up(there.url, DINA)
        farah = await crowd.pick_up(here.url, FARAH)
        farahs_other = await crowd.pick_up(there.url, FARAH, "official websocket")
        nobody = await crowd.pick_up(there.url, NOBODY)
        await open_sale(amina)
        await join([dinas_other, farah, nobody])

        assert (await cli("block", FARAH)).err == f"User {FARAH} is blocked everywhere.\n"
        for phone in (farah, farahs_other):
            told = await phone.hears("error")
            assert (told["code"], told["message"]) == (
                "blocked_everywhere",
                "You cannot take part in any auction here",
            )
            await phone.lives_through("disconnect")
        again = await crowd.pick_up(here.url, FARAH)
        assert (await again.hears("error"))["code"] == "blocked_everywhere"
        async with aiohttp.ClientSession(here.url) as session:
            status, answer = await Web(session).gets(FARAH, "lots")
            assert (status, answer["code"]) == (403, "blocked_everywhere")

        await sql(sale_database, f"DELETE FROM users WHERE id = {DINA}")
        for phone in (dina, dinas_other):
            told = await phone.hears("error")
            assert (told["code"], told["message"]) == ("user_not_found", "User not found!")
            await phone.lives_through("disconnect")

        assert (await nobody.emits(JoinAuction(auction_id=1)))["ok"], "who never was there stays"
        assert "It was so already" in (await cli("block", FARAH)).err
        assert str(FARAH) in (await cli("list", "--blocked")).out
        assert (await cli("block", NOBODY)).code == 1
        assert (await cli("unblock", FARAH)).code == 0

        async with aiohttp.ClientSession(here.url) as session:
            async with asyncio.timeout(30):
                while (await Web(session).gets(FARAH, "lots"))[0] != 200:
                    await asyncio.sleep(0.05)
        back = await crowd.pick_up(here.url, FARAH)
        assert (await back.emits(JoinAuction(auction_id=1)))["ok"]
