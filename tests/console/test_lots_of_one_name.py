"""Two lots of one name: each is sold with what is said of itself."""

from __future__ import annotations

from pathlib import Path

from baraka_cli.client.access import Access
from baraka_cli.client.http import HttpApi
from baraka_server.contract.client_events import JoinAuction, PlaceBid
from baraka_server.contract.lots import AddLots, NewLot
from baraka_server.contract.server_events import LotAwarded, LotChanged
from tests.support.clients.keyboard import seated
from tests.support.clients.phones import PythonPhones, token
from tests.support.servers.baraka import SECRET, Baraka
from tests.support.servers.databases import only_sqlite

pytestmark = only_sqlite


async def test_the_second_lot_of_a_name_is_sold_with_its_own_weight(
    baraka: Baraka, store, tmp_path: Path
) -> None:
    twins = [
        NewLot(product="Gold Ring", minimum_price=1, start_price=1, market_price=9, weight=weight)
        for weight in ("5.2g", "4.8g")
    ]
    api = HttpApi(baraka.url, Access(token(SECRET, 1)))
    assert (await api.command(AddLots(auction_id=1, lots=tuple(twins)))).ok
    async with (
        PythonPhones() as phones,
        seated(baraka.url, tmp_path, lots=(), size=(120, 40)) as host,
    ):
        bilal = await phones.open(baraka.url, auth={"token": token(SECRET, 2)})
        await host.confirms("s")
        await host.sees("● LIVE")
        await bilal.emits(JoinAuction(auction_id=1))
        for amount in (10, 20):
            await host.confirms("n")
            await bilal.hears(LotChanged)
            await bilal.emits(PlaceBid(auction_id=1, amount=amount))
            await host.sees(f"{amount} ")
            await host.confirms("a")
            await bilal.hears(LotAwarded)

    async with store.reading() as connection:
        sold = await connection.exec_driver_sql("SELECT weight FROM winnings ORDER BY id")
        assert [row[0] for row in sold] == ["5.2g", "4.8g"]
