"""The summary of a sale, and the file that the office opens in a spreadsheet."""

from __future__ import annotations

import codecs
import csv
import errno
import io
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from baraka_cli.console.records import Hammer
from baraka_cli.console.summary import NotWhole, Summary, as_csv, save, summarise
from baraka_cli.csv_writing import CsvForm


def won(row: int, **changes: Any) -> dict[str, Any]:
    user = {"name": changes.pop("name", "Dina"), "number": changes.pop("number", "+27820000042")}
    plain = {"id": row, "product": "Ring", "weight": None, "price": 100 * row, "user": user}
    return plain | {"createdAt": "2026-01-01T12:00:00.000Z"} | changes


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_it_counts_what_was_sold_and_ranks_who_spent_most() -> None:
    hammers = [Hammer("Ring", "Dina", 3, 300), Hammer("Chain", None, None, None)]
    told = [won(3), won(2, name="Bilal", number="+1"), won(1)]
    found = summarise(hammers, told)
    assert (len(found.sold), found.passed, found.total) == (3, 1, 600)
    assert found.best == [("Dina", 2, 400), ("Bilal", 1, 200)]
    assert [lot.price for lot in found.sold] == [100, 200, 300], "oldest first"


def test_numbers_are_written_whole_where_the_server_tells_them() -> None:
    assert rows(as_csv(summarise([], [won(1)])))[1] == [
        "Ring",
        "",
        "100",
        "Dina",
        "'+27820000042",
        "2026-01-01T12:00:00.000Z",
        "",
    ]


@pytest.mark.parametrize("number", ["+27820000042", "0301 1112201", "٠٣٠١١١١٢٢٠١", "=1+1", "1E5"])
def test_a_telephone_number_stays_text(number: str) -> None:
    """A spreadsheet would make 2.782E+10 of the first one, and drop the zero of the second."""
    assert rows(as_csv(summarise([], [won(1, number=number)])))[1][4] == f"'{number}"


def test_a_file_for_excel_says_that_it_is_unicode_and_quotes_every_text() -> None:
    """Excel takes a file without the mark for its region's, and splits at its region's separator."""
    summary = summarise([], [won(1, name="A;=1+1", product="خاتم")])
    assert as_csv(summary).startswith(codecs.BOM_UTF8 + b'"product","weight","price",')
    assert '"خاتم","",100,"A;=1+1","\'+27820000042",' in as_csv(summary).decode()
    semicolons = as_csv(summary, CsvForm(separator=";")).decode("utf-8-sig").splitlines()
    assert semicolons[1].startswith('"خاتم";"";100;"A;=1+1";')


def test_a_file_for_programs_has_no_marks() -> None:
    nasty = won(2, name="=1", number="=2")
    assert as_csv(summarise([], [won(1), nasty]), CsvForm(plain=True)).decode() == (
        "product,weight,price,winner,number,awarded_at,lot\n"
        "Ring,,100,Dina,+27820000042,2026-01-01T12:00:00.000Z,\n"
        "Ring,,200,'=1,'=2,2026-01-01T12:00:00.000Z,\n"
    )


def test_without_the_servers_list_it_has_what_the_console_heard() -> None:
    at = datetime(2026, 1, 1, 14, tzinfo=timezone(timedelta(hours=2)))
    hammers = [Hammer("Ring", "Dina", 3, 300, at), Hammer("Ring", None, None, None)]
    found = summarise(hammers, None, {"Ring": "5.2g"})
    assert not found.numbers_known
    assert (found.total, found.passed) == (300, 1)
    assert rows(as_csv(found))[1:] == [
        ["Ring", "5.2g", "300", "Dina", "", "2026-01-01T12:00:00.000Z", ""]
    ]


@pytest.mark.parametrize(
    "nasty",
    [
        "=cmd|' /C calc'!A0",
        "+1+cmd|'!A",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        " =1",
        "\u200b=1",
        "＝1",
        "\r=1",
    ],
)
def test_no_cell_is_a_formula(nasty: str) -> None:
    """A bidder chooses the name that the office opens in a spreadsheet."""
    row = rows(as_csv(summarise([], [won(1, name=nasty, product=nasty)])))[1]
    for cell in (row[0], row[3]):
        assert cell.startswith("'")


def test_quotes_commas_and_lines_stay_in_their_cell() -> None:
    row = rows(as_csv(summarise([], [won(1, name='A,"B"\nC')])))[1]
    assert row[3] == 'A,"B" C'


def test_a_summary_never_replaces_another(tmp_path: Path) -> None:
    found = summarise([], [won(1)])
    assert save(found, 7, tmp_path).name == "sale-7.csv"
    first = (tmp_path / "sale-7.csv").read_bytes()
    assert save(summarise([], [won(2)]), 7, tmp_path).name == "sale-7-2.csv"
    assert first == (tmp_path / "sale-7.csv").read_bytes() == as_csv(found)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["sale-7-2.csv", "sale-7.csv"]


def test_a_summary_is_saved_where_files_have_no_second_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    test_a_summary_never_replaces_another(tmp_path)


def test_a_full_disk_leaves_no_half_a_summary(tmp_path: Path) -> None:
    """A limit on the size of files stands for it; a program of its own, since Python has one too."""
    script = (
        "import resource, signal, sys; from pathlib import Path; "
        "from baraka_cli.csv_writing import save_beside; "
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)); "
        f"save_beside(Path({str(tmp_path)!r}), 'sale-7', bytes(5000))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "File too large" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (summarise([], []), "nothing was sold"),
        (summarise([Hammer("Ring", "Dina", 3, 300)], None, unknown="the token"), "the token"),
    ],
)
def test_what_is_nothing_or_not_all_is_not_saved(tmp_path: Path, found: Summary, why: str) -> None:
    with pytest.raises(NotWhole, match=why):
        save(found, 7, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_two_winners_of_one_name_are_two() -> None:
    two = [won(row, user={"id": row, "name": "Dina", "number": "•42"}) for row in (1, 2)]
    found = summarise([], two)
    assert found.best == [("Dina #2", 1, 200), ("Dina #1", 1, 100)]
    assert [row[3] for row in rows(as_csv(found))[1:]] == ["Dina #1", "Dina #2"]
