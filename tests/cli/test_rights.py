"""The rights that docs/operating.md grants: one account serves a sale, another one upgrades."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from baraka_cli.terminal import FAILED
from baraka_server.store.tables import OUR_TABLES
from tests.support.clients.command_line import run
from tests.support.clients.phones import PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka
from tests.support.servers.databases import only_mariadb

MANUAL = (Path(__file__).parents[2] / "docs/operating.md").read_text()
LOT = {"product": "Ring", "minBidPrice": 1, "bidPrice": 1, "actualPrice": 1}
AUCTION = {"auctionId": 1}


def grant(mariadb, name):
    """Run the statements of the manual on the database `name`."""
    (statements,) = re.findall(r"```sql\n(.*?)```", MANUAL, re.DOTALL)
    for user in ("baraka_serve", "baraka_migrate"):
        mariadb.sql(f"DROP USER IF EXISTS {user}@'%'")
    for statement in filter(str.strip, statements.split(";")):
        mariadb.sql(statement.replace("baraka.*", f"`{name}`.*"))


def account(url, user, password):
    return url.replace("root@", f"{user}:{password.replace(' ', '%20')}@")


async def sell_a_ring(url):
    async with PythonPhones() as phones:
        auth = [{"token": token(SECRET, user_id)} for user_id in (1, 2)]
        amina, bilal = [await phones.open(url, auth=one) for one in auth]
        assert (await amina.emits("startLiveAuction", AUCTION))["ok"]
        assert (await amina.emits("changeCuurentProduct", AUCTION | LOT))["ok"]
        assert (await bilal.emits("joinAuction", AUCTION))["ok"]
        assert (await bilal.emits("placeBid", AUCTION | {"amount": 5}))["ok"]
        award = AUCTION | {"product": "Ring", "weight": "1"}
        assert (await amina.emits("awardingAuction", award))["ok"]
        assert (await amina.emits("endAuction", AUCTION))["ok"]


@only_mariadb
async def test_one_account_upgrades_and_the_other_one_serves_a_sale(
    mariadb, database_url, tmp_path
):
    grant(mariadb, database_url.rpartition("/")[2])
    serve = account(database_url, "baraka_serve", "a password")
    migrate = account(database_url, "baraka_migrate", "another password")

    async def db(words, url):
        return await asyncio.to_thread(
            run, *words, folder=tmp_path, seconds_max=120, BARAKA_DATABASE_URL=url
        )

    refused = await db(("db", "upgrade"), serve)
    assert refused.code == FAILED
    assert "User 'baraka_serve' is not allowed to do this in" in refused.err
    assert (await db(("db", "upgrade"), migrate)).code == 0
    assert (await db(("db", "seed", "--users=5", "--auctions=1"), serve)).code == 0
    async with Baraka(serve, tmp_path) as server:
        await sell_a_ring(server.url)
    assert (await db(("auction", "verify", "1"), serve)).code == 0
    again = await db(("db", "upgrade"), serve)
    assert again.code == 0, again
    assert (await db(("db", "downgrade", "--yes"), serve)).code == FAILED


def test_prisma_is_told_of_every_table_of_ours():
    (external,) = re.findall(r"external: \[(.*?)\]", MANUAL, re.DOTALL)
    ours = {table.name for table in OUR_TABLES} | {"baraka_version"}
    assert set(re.findall(r'"(\w+)"', external)) == ours
