"""`baraka lots`: a run list is imported, listed, exported and changed on a running server (D35)."""

from __future__ import annotations

import asyncio
import json

import pytest

from baraka_cli import importing
from tests.support.clients.command_line import invoke
from tests.support.servers.baraka import SECRET

FILE = """product,minimum,start,market,weight,description,number,increment,reserve,image
Gold ring,800,1000,1400,5g,18K,7,10,900,https://example.org/ring.jpg
"Vase, chipped",10,20,30,,,,0:10 1000:50,,
Rug,1,2,3,,„Qom“ 🙂,,,,
"""
EXPORTED = [
    "number,product,description,minimum,start,market,weight,increment,reserve,image,state",
    "7,Gold ring,18K,800,1000,1400,5g,10,900,https://example.org/ring.jpg,waiting",
    '8,"Vase, chipped",,10,20,30,,0:10 1000:50,,,waiting',
    "9,Rug,„Qom“ 🙂,1,2,3,,,,,waiting",
]


@pytest.fixture
def database_url(tmp_path):
    """One database is enough: what is tested here does not depend on its kind."""
    return f"sqlite:///{tmp_path / 'baraka.db'}"


@pytest.fixture
def lots(baraka):
    """Type `baraka lots …` as the owner of auction 1, or as another user."""

    async def typed(*words, user=1):
        flags = ("--url", baraka.url, "--user", user)
        return await asyncio.to_thread(invoke, "lots", *words, *flags, jwt_secret=SECRET)

    return typed


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "lots.csv"
    path.write_text(FILE, encoding="utf-8")
    return path


async def numbers(lots):
    listed = await lots("list", 1, "--json")
    return [lot["lotNumber"] for lot in json.loads(listed.out)]


async def test_a_file_is_imported_once_however_often_it_is_sent(lots, file, monkeypatch):
    monkeypatch.setattr(importing, "SLICE_BYTES_MAX", 300)  # a slice for each lot or two
    done = await lots("import", 1, file)
    assert (done.code, done.out) == (0, "")
    assert "will be refused" in done.err
    assert done.err.endswith("3 lots are in the run list: 7 to 9.\n")
    assert (await lots("import", 1, file)).err == done.err
    assert await numbers(lots) == [7, 8, 9]
    file.write_text(FILE.replace("7,10,900", "8,10,900"), encoding="utf-8")
    refused = await lots("import", 1, file)
    assert (refused.code, refused.err) == (1, "Lot number 8 is taken. 0 lots were added.\n")
    assert await numbers(lots) == [7, 8, 9]


async def test_an_import_that_was_cut_off_goes_on_where_it_stopped(lots, file, monkeypatch):
    monkeypatch.setattr(importing, "SLICE_BYTES_MAX", 1)
    slices = importing.slices
    monkeypatch.setattr(importing, "slices", lambda new: list(slices(new))[:2])
    await lots("import", 1, file)
    assert await numbers(lots) == [7, 8]
    monkeypatch.setattr(importing, "slices", slices)
    done = await lots("import", 1, file)
    assert done.code == 0
    assert await numbers(lots) == [7, 8, 9]


async def test_an_import_goes_on_behind_what_somebody_else_added_in_its_middle(
    lots, file, monkeypatch
):
    """Its slice is refused as of another list, and the refusal is remembered."""
    monkeypatch.setattr(importing, "SLICE_BYTES_MAX", 1)
    slices = importing.slices
    monkeypatch.setattr(importing, "slices", lambda new: list(slices(new))[:1])
    await lots("import", 1, file)
    assert (await lots("add", 1, "Lamp", "--before", 7)).code == 0
    monkeypatch.setattr(importing, "slices", slices)
    done = await lots("import", 1, file)
    assert (done.code, done.err.splitlines()[-1]) == (
        0,
        "3 lots are in the run list: 7, 9 to 10.",
    )
    assert await numbers(lots) == [8, 7, 9, 10]
    assert (await lots("import", 1, file)).err == done.err
    assert await numbers(lots) == [8, 7, 9, 10], "nothing comes twice"


async def test_one_lot_is_one(lots, file):
    first, lot, *_ = FILE.splitlines()
    file.write_text(f"{first}\n{lot}\n", "utf-8")
    assert (await lots("import", 1, file)).err.endswith("1 lot is in the run list: 7.\n")


async def test_a_file_with_mistakes_adds_nothing(lots, file):
    file.write_text(FILE.replace("0:10 1000:50", "0:10 0:50").replace("900,h", "x,h"), "utf-8")
    done = await lots("import", 1, file)
    assert done.code == 1
    assert "row 2, column reserve: 'x'" in done.err
    assert "row 3, column increment: '0:10 0:50' must rise" in done.err
    file.write_text(FILE.replace("Rug,1,2,3,,„Qom“ 🙂,,", "Rug,1,2,3,,„Qom“ 🙂,7,"), "utf-8")
    assert (await lots("import", 1, file)).err == "More than one lot has the number 7.\n"
    assert await numbers(lots) == []


async def test_an_export_is_what_an_import_reads(lots, file, tmp_path):
    await lots("import", 1, file)
    exported = await lots("export", 1, "--plain")
    assert exported.out.splitlines() == EXPORTED
    marked = await lots("export", 1, "--separator", "semicolon")
    assert marked.out.startswith("\ufeff")
    (tmp_path / "again.csv").write_text(exported.out, encoding="utf-8")
    again = await lots("import", 1, tmp_path / "again.csv")  # read, and known by its numbers
    assert "Lot number 7 is taken: 7, 8, 9." in again.err


async def test_a_lot_is_added_edited_and_moved_by_its_number(lots, file):
    await lots("import", 1, file)
    added = await lots("add", 1, "Lamp", "--minimum", 5, "--before", 8, "--reserve", 50)
    assert (added.code, added.err.splitlines()[-1]) == (0, "Lot 10 is in the run list.")
    assert await numbers(lots) == [7, 10, 8, 9]
    edited = await lots(
        *("edit", 1, 8, "--product", "Vase", "--increment", "25", "--description", "Ming"),
        *("--market", 31, "--number", 80),
    )
    assert edited.err == "Lot 8 was changed.\n"
    assert (await lots("edit", 1, 80, "--product", "Vase")).err == "It was so already.\n"
    assert (await lots("edit", 1, 10, "--reserve", 0)).code == 0
    assert (await lots("move", 1, 7)).err == "Lot 7 was moved.\n"
    assert (await lots("move", 1, 7)).err == "It was there already.\n"
    assert (await lots("move", 1, 80, "--before", 10)).code == 0
    listed = {lot["lotNumber"]: lot for lot in json.loads((await lots("list", 1, "--json")).out)}
    assert list(listed) == [80, 10, 9, 7]
    vase = listed[80]
    assert (vase["product"], vase["description"], vase["actualPrice"]) == ("Vase", "Ming", 31)
    assert vase["increments"] == [{"from": 0, "step": 25}]
    assert listed[10]["reserve"] is None
    table = await lots("list", 1)
    assert "Gold ring (5g)" in table.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("edit", 1, 99, "--product", "x"), 1, "There is no lot 99 in this auction."),
        (("edit", 1, 7), 2, "Say what to change"),
        (("edit", 1, 7, "--increment", "10:x"), 2, "is not like 10, or 0:10 1000:50"),
        (("list", 4711), 1, "there is no such auction"),
        (("add", 1, " "), 2, "lots.0.product must not be blank"),
    ],
)
async def test_what_cannot_be_done_is_told(lots, file, words, code, said):
    await lots("import", 1, file)
    done = await lots(*words)
    assert (done.code, done.out) == (code, "")
    assert said in done.err


async def test_who_does_not_work_in_the_auction_sees_no_reserve_and_changes_nothing(lots, file):
    await lots("import", 1, file)
    listed = json.loads((await lots("list", 1, "--json", user=2)).out)
    assert {lot["reserve"] for lot in listed} == {None}
    done = await lots("move", 1, 7, user=2)
    assert (done.code, done.err) == (1, "You have no role in this auction that may do this.\n")
