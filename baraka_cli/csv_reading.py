"""Reader of tables that spreadsheet programs save as text: encodings, separators, formats (D54)."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Collection
from pathlib import Path

FILE_BYTES_MAX = 5_000_000

SEPARATORS = ",;\t"

BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16's, with which it begins
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

SAVE_AS = "Save the table as “CSV UTF-8” in the program that made it"

KINDS = (
    # How the file begins, what else is in it, what it is, how to make a table of it.
    (b"PK\x03\x04", b"xl/workbook", "an Excel workbook", "in Excel: File, Save As, “CSV UTF-8”"),
    (
        b"PK\x03\x04",
        b"vnd.oasis.opendocument",
        "a LibreOffice document",
        "in LibreOffice: File, Save As, “Text CSV” with the character set “Unicode (UTF-8)”",
    ),
    (b"PK\x03\x04", b".iwa", "a Numbers document", "in Numbers: File, Export To, CSV"),
    (b"PK\x03\x04", b"", "a packed file", "unpack it, and save its table as “CSV UTF-8”"),
    (b"\xd0\xcf\x11\xe0", b"", "an old Excel workbook", "in Excel: File, Save As, “CSV UTF-8”"),
    (b"%PDF", b"", "a PDF", "save what it was made from as “CSV UTF-8”"),
    (b"{\\rtf", b"", "a text document", "copy its table to a spreadsheet and save as “CSV UTF-8”"),
    (b"{", b"", "JSON", "the columns of a CSV file stand in its first line"),
    (b"<", b"", "a web page or XML", "open it in a spreadsheet and save as “CSV UTF-8”"),
)


class NoTable(ValueError):
    """A file that cannot be read as a table. The text says what to do; its path goes before it."""


def read_table(
    path: Path,
    known: Collection[str],
    encoding: str | None = None,
    encoding_option: str | None = "--lots-encoding",
) -> list[list[str]]:
    """The rows of a table in a text file, each as its cells; empty lines are empty rows.

    The separator is the one that a line like `sep=;` names, else the one that finds the most of the
    `known` names in the first row. A mark of byte order tells the encoding, else `encoding` does, else
    it is UTF-8. `encoding_option` is where the host may name another, if anywhere. Raises `NoTable`.
    """
    text = _decoded(_bytes(path), encoding, encoding_option)
    named, text = _named_separator(text)
    separator = named or max(SEPARATORS, key=lambda one: _names_found(text, one, known))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        return list(reader)
    except csv.Error as error:
        raise NoTable(f"line {reader.line_num + (named is not None)}: {_in_words(error)}") from None


def plain_name(cell: str) -> str:
    """A column's name as names are compared: in any case, with any blanks, without invisible marks."""
    return " ".join(re.sub(r"[\u200b-\u200f\u061c\ufeff]", "", cell).split()).casefold()


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise NoTable(str(error.strerror)) from None
    start = data[:100].removeprefix(codecs.BOM_UTF8).lstrip()
    for begins, has, what, how in KINDS:
        if start.startswith(begins) and has in data:
            raise NoTable(f"this is {what} and no CSV file; {how}")
    if len(data) > FILE_BYTES_MAX:
        raise NoTable(f"larger than {FILE_BYTES_MAX:,} bytes")
    return data


def _decoded(data: bytes, encoding: str | None, option: str | None) -> str:
    marked = next((name for mark, name in BYTE_ORDER_MARKS.items() if data.startswith(mark)), None)
    name = marked or encoding or "utf-8"
    try:
        text = data.decode(name)
    except LookupError:
        raise NoTable(f"there is no text encoding ‘{name}’; try cp1256 or utf-8") from None
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise NoTable(_not_in(name, line, option, asked=encoding)) from None
    if "\0" in text:
        raise NoTable(f"it has NUL characters, as no text has. {SAVE_AS}")
    return text.lstrip("\ufeff")


def _not_in(name: str, line: int, option: str | None, *, asked: str | None) -> str:
    known_as = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16"}.get(name, name)
    if asked:
        return f"line {line} is not in the encoding {known_as}"
    if option is None:
        return f"line {line} is not {known_as} text. {SAVE_AS}"
    return (
        f"line {line} is not {known_as} text. {SAVE_AS}, or name the encoding with {option}: "
        "cp1256 for Arabic and cp1252 for Western Europe on Windows"
    )


def _named_separator(text: str) -> tuple[str | None, str]:
    """Separator in a first line like `sep=;`, which Excel neither shows nor counts, and the rest."""
    found = re.match(r'"?sep=(.)"?[,;\t]*(?:\r\n|\n|\r|$)', text, re.IGNORECASE)
    if found is None:
        return None, text
    if found[1] not in SEPARATORS + "|":
        raise NoTable(
            f"line 1 names ‘{found[1]}’ as the separator; comma, semicolon and tab are read"
        )
    return found[1], text[found.end() :]


def _names_found(text: str, separator: str, known: Collection[str]) -> int:
    first = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        return len({plain_name(cell) for cell in next(first, [])} & set(known))
    except csv.Error:
        return 0


def _in_words(error: csv.Error) -> str:
    text = str(error)
    if "expected after" in text:
        return "a quotation mark within a quoted cell must be there twice"
    if "unexpected end" in text:
        return "a quoted cell does not end"
    return text
