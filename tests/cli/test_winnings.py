"""`baraka winnings list`: who won what, and how to reach them."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from baraka_server.contract.fields import INT_MAX
from baraka_server.store.row_sums import read_row_sums
from tests.cli.conftest import Desk
from tests.support.clients.command_line import run, sell
from tests.support.servers.sales import award, bid, change_lot, open_store, take


def test_the_real_program_lists_winners_with_whole_numbers(desk: Desk, tmp_path: Path) -> None:
    done = run("winnings", "list", folder=tmp_path, BARAKA_DATABASE_URL=desk.url)
    assert (done.code, done.err) == (0, "")
    for text in ("Gold Ring (5.2g)", "1200", "2 Dina", "+923001112203"):
        assert text in done.out


def test_the_largest_prices_and_their_sums_stay_whole(desk: Desk, tmp_path: Path) -> None:
    sale = desk.sale

    async def sell_crowns() -> None:
        async with open_store(desk.url) as store:
            for crown in ("Crown 1", "Crown 2"):
                await take(store, sale.auction.id, [change_lot(sale, crown, 1)])
                await take(store, sale.auction.id, [bid(sale, sale.dina, INT_MAX)])
                await take(store, sale.auction.id, [award(sale, crown)])
            await take(store, sale.auction.id, [change_lot(sale, "Crown 3", 1)])
            bids = [bid(sale, sale.bilal, INT_MAX - 1), bid(sale, sale.dina, INT_MAX)]
            await take(store, sale.auction.id, bids)
            async with store.reading() as connection:
                sums = await read_row_sums(connection, sale.auction.id)
            assert (sums.bids.values, type(sums.bids.values)) == (2 * INT_MAX - 1, int)

    assert desk.ask("winnings", "summary", 1, "--json").code == 0
    asyncio.run(sell_crowns())
    told = desk.ask("winnings", "summary", 1, "--json")
    assert '"turnover": 4294968494,' in told.out  # 1200 beside them, and neither 4.29e9 nor a text
    (dina,) = json.loads(told.out)["buyers"]
    assert (dina["total"], dina["due"]) == (2 * INT_MAX + 1200,) * 2
    assert "4294968494" in desk.ask("winnings", "summary", 1).out

    file = tmp_path / "sheets.html"
    done = desk.ask("winnings", "export", 1, "--format", "buyers", "-o", file)
    assert (done.code, done.out) == (0, "")
    assert "4294968494" in re.sub(r"(?<=\d)[^\d<](?=\d)", "", file.read_text(encoding="utf-8"))

    (line,) = (each for each in desk.ask("winnings", "list").out.splitlines() if "Crown 2" in each)
    for whole in (f" {INT_MAX} ", " +923001112203 "):
        assert whole in line  # a terminal of 80 columns is too narrow for all of it
    assert re.search(r" 20\d\d-\d\d-\d\d \d\d:\d\d$", line)
    assert desk.ask("auction", "verify", 1).code == 0


def test_json_has_the_documented_shape_and_the_winner(reading_desk: Desk) -> None:
    (won,) = json.loads(reading_desk.ask("winnings", "list", "--json").out)
    assert list(won) == [
        *("id", "user_id", "auction_id", "product", "price", "weight", "sold"),
        *("createdAt", "updatedAt", "user", "paddle", "label"),
    ]
    assert won["paddle"] == 2  # Bilal had bid before her
    assert won["user"]["number"] == "+923001112203"
    assert won["user"]["otpCode"] is None
    assert won["createdAt"].endswith("Z")


def test_they_are_listed_by_auction_and_by_user(reading_desk: Desk) -> None:
    sale = reading_desk.sale
    for option, who, count in (
        ("--auction", sale.auction.id, 1),
        ("--user", sale.dina.id, 1),
        ("--user", sale.bilal.id, 0),
    ):
        found = json.loads(reading_desk.ask("winnings", "list", option, who, "--json").out)
        assert len(found) == count


def test_nothing_won_is_no_failure(reading_desk: Desk) -> None:
    done = reading_desk.ask("winnings", "list", "--user", reading_desk.sale.bilal.id)
    assert (done.code, done.out, done.err) == (0, "", "Nothing was won yet.\n")


@pytest.mark.parametrize(("option", "what"), [("--auction", "auction"), ("--user", "user")])
@pytest.mark.parametrize("unknown", ["4711", "-1", "99999999999999999999"])
def test_an_unknown_id_is_a_failure(
    reading_desk: Desk, option: str, what: str, unknown: str
) -> None:
    done = reading_desk.ask("winnings", "list", f"{option}={unknown}")
    assert (done.code, done.out, done.err) == (1, "", f"There is no {what} {unknown}.\n")


def test_a_list_that_is_cut_says_so(desk: Desk) -> None:
    sell(desk.url)  # another sale in the same database
    done = desk.ask("winnings", "list", "--limit", 1, "--json")
    assert len(json.loads(done.out)) == 1
    assert "more than these 1" in done.err
    assert "more" not in desk.ask("winnings", "list", "--limit", 2).err
