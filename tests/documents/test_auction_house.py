"""docs/auction-house.md does not contradict itself, docs/decisions.md or the code that there is by now."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from baraka_server.contract.refusals import TEXTS, Code
from baraka_server.contract.vocabulary import SERVER_EVENTS
from baraka_server.domain.kinds import KINDS

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "auction-house.md").read_text(encoding="utf-8")
DECISIONS = (DOCS / "decisions.md").read_text(encoding="utf-8")
NUMBERS = range(35, 49)
FIELDS = {
    "bidId",
    "bidPrice",
    "endsAt",
    "extendSeconds",
    "formerBid",
    "imageUrl",
    "lotId",
    "lotNumber",
}
FIELDS |= {"nextBid", "requestId", "reserveMet", "windowSeconds"}
"""What the decisions name beside events."""
WORD = re.compile(r"`(\w+)`")


def rows(first_column: str) -> list[dict[str, str]]:
    """The rows of every table whose first column has this name."""
    found: list[dict[str, str]] = []
    names: list[str] = []
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            names = []
        elif not names:
            names = cells
        elif names[0] == first_column and not set(line) <= set("|-"):
            found.append(dict(zip(names, cells, strict=True)))
    return found


COMMANDS, CODES, KINDS_OF_ENTRY = rows("command"), rows("code"), rows("kind")
TOLD = {word for row in rows("event") for word in WORD.findall(row["event"])}


def words(column: str) -> set[str]:
    return {word for row in COMMANDS for word in WORD.findall(row[column])}


def decisions() -> Iterator[tuple[int, str]]:
    parts = re.split(r"^### D(\d+)\. .*$", DECISIONS, flags=re.MULTILINE)
    for number, text in zip(parts[1::2], parts[2::2], strict=True):
        if int(number) in NUMBERS:
            yield int(number), text


def test_every_cell_of_a_command_says_something():
    empty = [
        (row["command"], name)
        for row in COMMANDS
        for name, cell in row.items()
        if not cell and name != "payload"
    ]
    assert len(COMMANDS) > 30
    assert empty == []


def test_every_command_stands_once():
    count = Counter(row["command"] for row in COMMANDS)
    assert [command for command in count if count[command] > 1] == []


def test_every_code_of_a_row_is_a_code():
    known = {code.value for code in Code} | {row["code"].strip("`") for row in CODES}
    snake = {word for word in words("refused") if "_" in word}
    assert snake - known == set()


def test_every_code_is_used():
    assert [row["code"] for row in CODES if PAGE.count(row["code"]) < 2] == []


@pytest.mark.parametrize("row", CODES, ids=lambda row: row["code"])
def test_a_code_that_is_built_has_the_text_of_its_row(row: dict[str, str]):
    built = {code.value: text for code, text in TEXTS.items()}
    assert built.get(row["code"].strip("`"), row["text"]) == row["text"]


def test_every_event_that_is_told_is_described():
    assert words("told") - set(SERVER_EVENTS) - TOLD == set()
    assert TOLD - words("told") == set()


def test_every_kind_that_is_written_is_described():
    described = {word for row in KINDS_OF_ENTRY for word in WORD.findall(row["kind"])}
    assert words("ledger") - set(KINDS) - described == set()
    assert described - words("ledger") - {"maxima_opened"} == set(), "no command writes that one"


@pytest.mark.parametrize("row", KINDS_OF_ENTRY, ids=lambda row: row["kind"][:40])
def test_a_kind_that_is_built_is_a_rule_where_its_row_says_so(row: dict[str, str]):
    built = [KINDS[word] for word in WORD.findall(row["kind"]) if word in KINDS]
    assert {kind.rule for kind in built} <= {row["rule"] == "yes"}


def test_every_decision_about_the_house_has_its_rows():
    headings = " ".join(re.findall(r"^## .+$", PAGE, re.MULTILINE))
    assert {int(number) for number in re.findall(r"\bD(\d+)\b", headings)} == set(NUMBERS)


def test_every_event_of_a_decision_stands_in_a_table():
    text = " ".join(text for _, text in decisions())
    named = set(re.findall(r"`([a-z]+[A-Z]\w*)(?= \{|`)", text)) - FIELDS
    assert {"undoBid", "auctionClock", "blockUser"} <= named
    assert named - words("command") - TOLD - words("told") == set()
