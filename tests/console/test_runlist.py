"""The run list: what a lots file may be, what its mistakes are called, and what is kept of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from baraka_cli.console.runlist import BadLots, Fate, ListedLot, RunList, read_lots, state_folder

HEADER = "product,description,minimum,start,market,weight\n"
URL = "http://127.0.0.1:3000"


def lots_file(folder: Path, text: str | bytes) -> Path:
    file = folder / "lots.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def problems(folder: Path, text: str | bytes) -> list[str]:
    with pytest.raises(BadLots) as caught:
        read_lots(lots_file(folder, text))
    return [problem.replace(f"{folder}/", "") for problem in caught.value.problems]


def test_spreadsheets_write_byte_order_marks_quotes_and_cells_of_many_lines(tmp_path: Path) -> None:
    text = (
        '\ufeff"Product ",Minimum,START,market\r\n"Ring, ""18K""\r\nwith stone","1,000",0,1_400\r\n'
    )
    (lot,) = read_lots(lots_file(tmp_path, text))
    assert lot == ListedLot('Ring, "18K" with stone', 1000, 0, 1400)


def test_every_mistake_is_named_with_its_row_and_column(tmp_path: Path) -> None:
    text = HEADER + '"Ring\nof gold",,8,1,1,\n\n,,eight,1,1,\nChain,,1,-5,1.5,\nA,,1,1,1,5g,more\n'
    number = "is not a whole number from 0 to 2147483647"
    assert problems(tmp_path, text) == [
        "row 4, column product: must not be blank (1 to 191 characters)",
        f"row 4, column minimum: 'eight' {number}",
        f"row 5, column start: '-5' {number}",
        f"row 5, column market: '1.5' {number}",
        "row 6: 7 cells, but 6 columns",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("product,start,market\nA,1,1\n", "lots.csv: column minimum is missing"),
        ("product,product,minimum,start,market\n", "lots.csv: column product is there twice"),
        ("", "lots.csv: column product is missing"),
        (HEADER, "lots.csv: there is no lot in it"),
        (HEADER + '"A,1', "lots.csv, line 2: unexpected end of data"),
        (b"product\xff", "lots.csv: not UTF-8 text"),
        (HEADER + "A" * 192 + ",,1,1,1,\n", "row 2, column product: must have at most 191"),
        (HEADER + "A,,2147483648,1,1,\n", "row 2, column minimum: '2147483648' is not a whole"),
    ],
)
def test_a_file_that_is_no_run_list_says_why(tmp_path: Path, text: str, problem: str) -> None:
    assert problems(tmp_path, text)[0].startswith(problem)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadLots, match="No such file"):
        read_lots(tmp_path / "none.csv")


def lots() -> list[ListedLot]:
    return [ListedLot(name, 1, 1, 1) for name in ("Ring", "Ring", "Chain")]


def fates(run_list: RunList) -> list[Fate]:
    return [lot.fate for lot in run_list.lots]


def test_fates_survive_the_console() -> None:
    first = RunList.opened(lots(), URL, 1)
    first.put_up("Ring")
    first.hammered("Ring", "Dina", 150)
    first.put_up("Ring")
    again = RunList.opened(lots(), URL, 1)
    assert fates(again) == [Fate.SOLD, Fate.ON_BLOCK, Fate.TO_COME]
    assert (again.lots[0].winner, again.lots[0].amount) == ("Dina", 150)
    assert fates(RunList.opened(lots(), URL, 2)) == [Fate.TO_COME] * 3, "another sale"


def test_a_lot_without_an_award_has_passed_and_may_come_up_again() -> None:
    run_list = RunList.opened(lots(), URL, 1)
    run_list.put_up("Chain")
    run_list.put_up("Something else")
    assert run_list.lots[2].fate is Fate.PASSED
    run_list.put_up("Chain")
    run_list.hammered("Chain", "Bilal", 5)
    assert run_list.lots[2].fate is Fate.SOLD
    assert run_list.next is run_list.lots[0]


@pytest.mark.parametrize("kept", ["", "[]", "{", '{"0:Ring": {"fate": "eaten"}}', '{"0:Ring": 5}'])
def test_what_was_kept_badly_is_forgotten(kept: str) -> None:
    RunList.opened(lots(), URL, 1).put_up("Ring")
    (file,) = state_folder().glob("*.json")
    file.write_text(kept)
    assert fates(RunList.opened(lots(), URL, 1)) == [Fate.TO_COME] * 3
