"""Lots files as people save them: each has the right lots, or says what is wrong and what to do (D54)."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from baraka_cli.csv_reading import FILE_BYTES_MAX
from baraka_cli.lots_file import BadLots, read_lots
from baraka_cli.run_list import ListedLot

CASES = Path(__file__).parent / "lots"
HEADER = "product,description,minimum,start,market,weight\n"
RING = ListedLot("Ring", 1500, 1600, 2000)
ARABIC_RING = ListedLot("خاتم", 1500, 1600, 2000)
PLAIN = "write the whole number without separators"


def lots_file(folder: Path, text: str | bytes) -> Path:
    file = folder / "lots.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def problems(file: Path, encoding: str | None = None) -> list[str]:
    with pytest.raises(BadLots) as caught:
        read_lots(file, encoding)
    return [problem.replace(f"{file.parent}/", "") for problem in caught.value.problems]


# --- the files that lie in tests/console/lots


@pytest.mark.parametrize(
    ("case", "encoding", "lot"),
    [
        ("semicolon-excel", None, RING),
        ("sep-line", None, RING),
        ("nbsp-thousands", None, RING),
        ("utf16-excel", None, ARABIC_RING),
        ("cp1256", "cp1256", ARABIC_RING),
        ("utf16-excel", "cp1256", ARABIC_RING),  # its first bytes say what it is
    ],
)
def test_a_table_as_spreadsheets_save_it_has_the_right_lot(
    case: str, encoding: str | None, lot: ListedLot
) -> None:
    assert read_lots(CASES / f"{case}.csv", encoding) == [lot]


UNIT = "beside the number: write the number alone, in the auction's currency"


@pytest.mark.parametrize(
    ("case", "mistakes"),
    [
        (
            "thousands-eu",
            [
                f"row 2, column minimum: '1.500' could mean 1500 or 1.5: {PLAIN}",
                f"row 2, column start: '1.600' could mean 1600 or 1.6: {PLAIN}",
                f"row 2, column market: '2.000' could mean 2000 or 2: {PLAIN}",
            ],
        ),
        (
            "decimal-comma",
            ["row 2, column minimum: '1500,50' means 1500.5: amounts are whole numbers"],
        ),
        (
            "arabic-decimal",
            ["row 2, column minimum: '١٥٠٠٫٥٠' means 1500.5: amounts are whole numbers"],
        ),
        (
            "currency",
            [
                f"row 2, column minimum: '$1500' has ‘$’ {UNIT}",
                f"row 2, column start: 'SAR 1,600' has ‘SAR’ {UNIT}; "
                f"‘1,600’ could mean 1600 or 1.6: {PLAIN}",
            ],
        ),
        (
            "underscores",
            [
                f"row 2, column minimum: '1__5_' has underscores: {PLAIN}",
                f"row 2, column start: '__2' has underscores: {PLAIN}",
                f"row 2, column market: '3_' has underscores: {PLAIN}",
            ],
        ),
        (
            "cp1256",
            [
                "cp1256.csv: line 2 is not UTF-8 text. Save the table as “CSV UTF-8” in the program "
                "that made it, or name the encoding with --lots-encoding: cp1256 for Arabic and "
                "cp1252 for Western Europe on Windows"
            ],
        ),
    ],
)
def test_what_is_not_read_says_where_and_what_to_do(case: str, mistakes: list[str]) -> None:
    assert problems(CASES / f"{case}.csv") == mistakes


# --- encodings and kinds


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_unicode_any_separator_any_line_end(
    tmp_path: Path, encoding: str, separator: str, end: str
) -> None:
    rows = (["product", "minimum", "start", "market"], ["خاتم", "1500", "1600", "2000"])
    text = "".join(separator.join(row) + end for row in rows)
    assert read_lots(lots_file(tmp_path, text.encode(encoding))) == [ARABIC_RING]


@pytest.mark.parametrize(
    ("text", "encoding", "problem"),
    [
        (HEADER.encode("utf-16-le"), None, "it has NUL characters"),
        ((HEADER + "Ri\0ng,,1,1,1,\n").encode(), None, "it has NUL characters"),
        (HEADER.encode("utf-16") + b"\x00", None, "line 2 is not UTF-16 text"),
        (HEADER.encode(), "klingon", "there is no text encoding ‘klingon’"),
        (HEADER.encode(), "rot13", "there is no text encoding ‘rot13’"),
        (HEADER.encode() + b"\x81,,1,1,1,\n", "cp1252", "line 2 is not in the encoding cp1252"),
    ],
)
def test_what_is_in_no_encoding_says_so(
    tmp_path: Path, text: bytes, encoding: str | None, problem: str
) -> None:
    (said,) = problems(lots_file(tmp_path, text), encoding)
    assert said.startswith(f"lots.csv: {problem}")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ((HEADER + "R\ufffdng,,1,1,1,\n").encode(), None),  # somebody misread it before us
        ((HEADER + "Ring – 18K,,1,1,1,\n").encode("cp1252"), "latin-1"),
    ],
)
def test_text_that_was_misread_is_not_taken(
    tmp_path: Path, text: bytes, encoding: str | None
) -> None:
    (said,) = problems(lots_file(tmp_path, text), encoding)
    assert said.startswith("row 2, column product: has U+")
    assert said.endswith("which is in no text: is the encoding right?")


def test_a_file_of_another_kind_says_how_to_save_it(tmp_path: Path) -> None:
    packed = {
        "xl/workbook.xml": "an Excel workbook and no CSV file; in Excel: File, Save As, “CSV UTF-8”",
        "mimetype": "a LibreOffice document and no CSV file; in LibreOffice: File, Save As",
        "Index/Document.iwa": "a Numbers document and no CSV file; in Numbers: File, Export To",
        "lots.csv": "a packed file and no CSV file; unpack it",
    }
    file = tmp_path / "lots.csv"
    for name, said in packed.items():
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr(
                name, "application/vnd.oasis.opendocument.spreadsheet" * (name == "mimetype")
            )
        assert problems(file)[0].startswith(f"lots.csv: this is {said}")
    plain = {
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500): "an old Excel workbook",
        b"%PDF-1.7": "a PDF",
        b"\xef\xbb\xbf\n <!DOCTYPE html><table>": "a web page or XML",
        b"<?xml version='1.0'?>": "a web page or XML",
        b"{\\rtf1": "a text document",
        b'{"lots": []}': "JSON",
    }
    for data, said in plain.items():
        assert problems(lots_file(tmp_path, data))[0].startswith(f"lots.csv: this is {said}")


def test_a_file_is_not_read_without_end(tmp_path: Path) -> None:
    (said,) = problems(lots_file(tmp_path, HEADER + "A" * FILE_BYTES_MAX))
    assert said == "lots.csv: larger than 5,000,000 bytes"
    (said,) = problems(Path("/dev/zero"))
    assert said == "zero: larger than 5,000,000 bytes"


def test_what_cannot_be_opened_says_why(tmp_path: Path) -> None:
    assert problems(tmp_path / "none.csv") == ["none.csv: No such file or directory"]
    assert problems(tmp_path)[0].endswith("Is a directory")


# --- rows and columns


def test_spreadsheets_write_byte_order_marks_quotes_and_cells_of_many_lines(tmp_path: Path) -> None:
    text = (
        '\ufeff"Product ",Minimum,START,market\r\n"Ring, ""18K""\r\nwith stone","1 000",0,1400\r\n'
    )
    (lot,) = read_lots(lots_file(tmp_path, text))
    assert lot == ListedLot('Ring, "18K" with stone', 1000, 0, 1400)


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff\ufeffproduct,minimum,start,market\nRing,1500,1600,2000\n",  # two files in one
        " PRODUCT ,\u00a0Minimum,\u200fstart,Market,,\n\ufeffRing,1500,1600,2000,,\n",
        "product,minimum,start,market\n\n,,,\n \nRing,1500,1600,2000,,,\n,\n",
        "market,colour,product,start,minimum\n2000,red,Ring,1600,1500\n",
        "product,minimum,start,market,weight\nRing,1500,1600,2000\n",
        "SEP=;\r\nproduct;minimum;start;market\r\nRing;1500;1600;2000\r\n",
        '"sep=;"\nproduct;minimum;start;market\nRing;1500;1600;2000\n',
        "sep=|\nproduct|minimum|start|market\nRing|1500|1600|2000",
        "sep=\t\nproduct\tminimum\tstart\tmarket\nRing\t1500\t1600\t2000",
        "product;minimum;start;market\nRing;1500,00;1.600,00;2 000\n",
        "\u200eproduct,minimum,start,market\n\u200fRing\u200e,\u200e1500\u200f,۱۶۰۰,٢٠٠٠\n",
    ],
)
def test_what_does_not_change_what_is_meant_changes_nothing(tmp_path: Path, text: str) -> None:
    assert read_lots(lots_file(tmp_path, text)) == [RING]


def test_a_header_of_one_separator_and_commas_in_its_names_is_read(tmp_path: Path) -> None:
    text = 'product;minimum;start;market;"a, b, c, d, e"\n"Ring, big; red";1;2;3;\n'
    assert read_lots(lots_file(tmp_path, text)) == [ListedLot("Ring, big; red", 1, 2, 3)]


def test_every_mistake_is_named_with_its_row_and_column(tmp_path: Path) -> None:
    text = (
        HEADER + '"Ring\nof gold",,8,1,1,\n\n \t,,eight,1,1,\nChain,,,-5,"1,5",\nA,,1,1,1,5g,more\n'
    )
    number = "is not a whole number from 0 to 2147483647"
    assert problems(lots_file(tmp_path, text)) == [
        "row 4, column product: must not be blank (1 to 191 characters)",
        f"row 4, column minimum: 'eight' {number}",
        "row 5, column minimum: is empty: it must be a whole number from 0 to 2147483647",
        f"row 5, column start: '-5' {number}",
        "row 5, column market: '1,5' means 1.5: amounts are whole numbers",
        "row 6: 7 cells, but 6 columns",
    ]


def test_rows_are_counted_as_excel_shows_them(tmp_path: Path) -> None:
    """It does not show the line that names the separator."""
    text = "sep=;\nproduct;minimum;start;market\nRing;1;1;x\n"
    assert problems(lots_file(tmp_path, text))[0].startswith("row 2, column market: 'x' ")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("product,start,market\nA,1,1\n", "lots.csv: column minimum is missing"),
        ("product,minimum,start\nA,1,1\n", "lots.csv: column market is missing"),
        ("product,Product ,minimum,start,market\n", "lots.csv: column product is there twice"),
        ("", "lots.csv: column product is missing"),
        (HEADER, "lots.csv: there is no lot in it"),
        (HEADER + '"A,1', "lots.csv: line 2: a quoted cell does not end"),
        (HEADER + '"5" ring,,1,1,1,\n', "lots.csv: line 2: a quotation mark within a quoted cell"),
        ("sep=x\n" + HEADER, "lots.csv: line 1 names ‘x’ as the separator"),
        (HEADER + "A" * 192 + ",,1,1,1,\n", "row 2, column product: must have at most 191"),
        (HEADER + "A,,2147483648,1,1,\n", "row 2, column minimum: '2147483648' is not a whole"),
        (HEADER + f"A,,{'9' * 99},1,1,\n", f"row 2, column minimum: '{'9' * 60}…' is not a whole"),
        (
            HEADER + "A,,١500,1,1,\n",
            "row 2, column minimum: '١500' mixes the digits of two scripts",
        ),
        (HEADER + 'A,,"1\n500",1,1,\n', "row 2, column minimum: '1 500' is not a whole number"),
    ],
)
def test_a_file_that_is_no_run_list_says_why(tmp_path: Path, text: str, problem: str) -> None:
    assert problems(lots_file(tmp_path, text))[0].startswith(problem)


def test_of_many_mistakes_the_first_ten_are_told_and_how_many_more_there_are(
    tmp_path: Path,
) -> None:
    said = problems(lots_file(tmp_path, HEADER + "Ring,,much,1,1,\n" * 10_000))
    assert len(said) == 11
    assert said[9].startswith("row 11, column minimum: 'much' ")
    assert said[10] == "and 9,990 more mistakes"


def test_a_mistake_cannot_speak_to_the_terminal(tmp_path: Path) -> None:
    (said,) = problems(lots_file(tmp_path, HEADER + "Ring,,\x1b[31m5,1,1,\n"))
    assert said.startswith("row 2, column minimum: '[31m5' ")
