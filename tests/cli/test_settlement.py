"""`baraka winnings summary|export`: an evening that was held by a real house is settled by files (D39)."""

from __future__ import annotations

import asyncio
import csv
import html
import io
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.clients.command_line import Answer, invoke, run
from tests.support.servers.databases import only_sqlite
from tests.support.servers.evening import (
    BILAL,
    DINA,
    LAYLA,
    LOTS,
    NAMES,
    NUMBERS,
    Evening,
    play_evening,
)
from tests.support.servers.sales import open_store, write_anew


@dataclass
class Office:
    """The command line on a database in which an evening was held."""

    url: str
    won: dict[int, int]

    def ask(self, *words: object) -> Answer:
        return invoke("winnings", *words, BARAKA_DATABASE_URL=self.url)

    def writes(self, file: Path, *words: object) -> Answer:
        done = self.ask("export", 1, "-o", file, *words)
        assert done.out == ""
        return done

    def head(self) -> str:
        told = json.loads(self.ask("summary", 1, "--json").out)
        return f"{told['seq']}-{told['ledger']}"

    def settles(self) -> None:
        """Lot 1 is paid, lot 4 corrected, lot 5 given to Bilal."""
        for words in (
            ("paid", self.won[1]),
            ("correct", self.won[4], "--price", 55, "--because", "خصم متفق عليه"),
            ("reassign", self.won[5], "--to", 1, "--price", 1_265, "--because", "Layla never paid"),
        ):
            done = self.ask(*words)
            assert done.code == 0, done.err


@pytest.fixture
def office(sale_database: str) -> Office:
    async def work() -> Evening:
        async with open_store(sale_database) as store:
            return await play_evening(store)

    return Office(sale_database, asyncio.run(work()).won)


@pytest.fixture
def sale_database(database_url: str) -> str:
    from baraka_server.store import migrate
    from baraka_server.store.seed import seed

    async def work() -> None:
        await migrate.upgrade(database_url)
        await seed(database_url, users=4, auctions=1)

    asyncio.run(work())
    return database_url


def lines(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig"))))


def test_every_lot_is_a_line_and_what_was_changed_since_is_asked_for_by_the_head(
    office: Office, tmp_path: Path
) -> None:
    file = tmp_path / "lots.csv"
    head = office.head()
    done = office.writes(file)
    assert done.code == 0, done.err
    assert f"--since {head}" in done.err
    assert "3 sold, 3 passed, 1 withdrawn, 0 not done; turnover 250, paid 0, due 250" in done.err
    assert file.read_bytes().startswith(b'\xef\xbb\xbf"lot","product","weight","state"')
    found = lines(file)
    assert [
        (one["lot"], one["product"], one["state"], one["price"], one["reached"]) for one in found
    ] == [
        ("1", "Ring", "sold", "120", ""),
        ("2", "Vase", "passed", "", ""),
        ("3", "Rug", "passed", "", "300"),
        ("4", "Chain", "sold", "60", ""),
        ("5", LOTS[4], "sold", "70", ""),
        ("6", "Clock", "withdrawn", "", ""),
        ("7", "Map", "passed", "", "40"),
    ]
    assert (found[0]["winner"], found[0]["number"]) == (f"'{NAMES[DINA]}", f"'{NUMBERS[DINA]}")
    assert (found[4]["winner"], found[4]["paddle"], found[4]["paid"]) == (NAMES[LAYLA], "3", "no")
    assert {one["head"] for one in found} == {head}

    office.settles()
    changed = tmp_path / "changed.csv"
    done = office.writes(changed, "--since", head)
    assert f"3 changes since head {head}." in done.err
    assert [
        (one["change"], one["lot"], one["price"], one["price_before"], one["paddle"], one["reason"])
        for one in lines(changed)
    ] == [
        ("paid", "1", "", "", "", ""),
        ("corrected", "4", "55", "60", "1", "خصم متفق عليه"),
        ("reassigned", "5", "1265", "70", "1", "Layla never paid"),
    ]
    now = lines(changed)[0]["head"]
    assert now == office.head() != head
    done = office.writes(tmp_path / "none.csv", "--since", now, "--plain")
    assert f"No changes since head {now}." in done.err
    assert (tmp_path / "none.csv").read_text().splitlines()[1] == "," * 13 + now


def test_a_buyer_gets_a_sheet_and_another_one_where_something_changed(
    office: Office, tmp_path: Path
) -> None:
    before, after = tmp_path / "before.html", tmp_path / "after.html"
    head = office.head()
    assert office.writes(before, "--format", "buyers").code == 0
    assert [sheet[0] for sheet in sheets(before)] == [
        "Paddle 1: Bilal",
        f"Paddle 2: {NAMES[DINA]}",
        f"Paddle 3: {NAMES[LAYLA]}",
    ]
    assert f"<bdi>{LOTS[4]}</bdi>" in before.read_text(encoding="utf-8")
    assert ("4 Chain 5g no 60 Total 60 Paid 0 Due 60") in sheets(before)[0][1]
    assert head in sheets(before)[0][1]

    office.settles()
    assert office.writes(after, "--format", "buyers", "--since", head).code == 0
    bilal, dina, layla = (text for _, text in sheets(after))
    assert f"Instead of the sheet of head {head}" in bilal
    assert "Lot 4, Chain: price 55, before that 60" in bilal
    assert f"Lot 5, {LOTS[4]}: yours for 1\u202f265" in bilal
    assert "Total 1\u202f320 Paid 0 Due 1\u202f320" in bilal
    assert "Lot 1, Ring: paid" in dina
    assert "Total 120 Paid 120 Due 0" in dina
    assert f"Lot 5, {LOTS[4]}: not yours any more, before that 70" in layla
    assert "Total 0" in layla
    assert "never paid" not in after.read_text(), "that is for the house"
    assert NAMES[LAYLA] not in bilal, "nobody reads of another bidder"
    assert NAMES[BILAL] not in layla

    only = office.ask("export", 1, "--format", "buyers", "--plain", "--paddle", 2)
    assert only.out == (
        "\u2068Friday Night Gold\u2069\n"
        f"Paddle 2, \u2068{NAMES[DINA]}\u2069, {NUMBERS[DINA]}\n"
        "Lot 1, \u2068Ring (5g)\u2069: 120, paid\n"
        "Total 120, paid 120, due 0\n" + only.out.splitlines(keepends=True)[-1]
    )
    assert only.out.endswith(f"head {office.head()}.\n")


def sheets(file: Path) -> list[tuple[str, str]]:
    """The heading of each sheet, and all of its text, as somebody reads it."""
    found = []
    for section in re.findall(
        r"<section>(.*?)</section>", file.read_text(encoding="utf-8"), re.DOTALL
    ):
        heading = re.search(r"<h2>(.*?)</h2>", section, re.DOTALL)
        assert heading
        found.append((read(heading[1]), read(section)))
    return found


def read(markup: str) -> str:
    text = html.unescape(re.sub(r"<[^>]+>", lambda tag: "" if "bdi" in tag[0] else " ", markup))
    return re.sub(r"[ \n]+", " ", re.sub("[\u2068\u2069]", "", text)).strip()


@only_sqlite
def test_what_people_call_themselves_is_no_markup(office: Office, tmp_path: Path) -> None:
    from tests.support.clients.another_program import sql

    nasty = "<script>alert(1)</script>\u202e"
    asyncio.run(sql(office.url, f"UPDATE users SET name = '{nasty}' WHERE id = {LAYLA}"))
    file = tmp_path / "sheets.html"
    office.writes(file, "--format", "buyers")
    assert "<script" not in file.read_text()
    assert sheets(file)[2][0] == "Paddle 3: <script>alert(1)</script>"
    assert "default-src 'none'" in file.read_text()


@only_sqlite
def test_an_export_is_the_same_file_and_replaces_no_other_one_unasked(
    office: Office, tmp_path: Path
) -> None:
    for words in ((), ("--plain",), ("--format", "buyers"), ("--separator", "semicolon")):
        file = tmp_path / "sale"
        assert office.writes(file, "--force", *words).code == 0
        first = file.read_bytes()
        assert office.writes(file, *words).code == 0, "it says the same, so nothing is replaced"
        assert file.read_bytes() == first == run_out(office, tmp_path, *words)
    refused = office.writes(file)
    assert (refused.code, file.read_bytes()) == (2, first)
    assert "says something else: --force replaces it." in refused.err
    assert sorted(one.name for one in tmp_path.glob("[!b.]*")) == ["sale"]


def run_out(office: Office, tmp_path: Path, *words: object) -> bytes:
    """The same on the output, in another process, with another seed for its hashes."""
    done = run("winnings", "export", 1, *words, folder=tmp_path, BARAKA_DATABASE_URL=office.url)
    assert done.code == 0, done.err
    return str(done.out).encode()


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    """A limit on the size of files stands for it; a program of its own, since Python has one too."""
    file = tmp_path / "sale.csv"
    file.write_text("before")
    script = (
        "import resource, signal; from pathlib import Path; "
        "from baraka_cli.whole_file import write_whole; "
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)); "
        f"write_whole(Path({str(file)!r}), bytes(5000), replace=True)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "File too large" in done.stderr
    assert [one.read_text() for one in tmp_path.iterdir()] == ["before"]


@only_sqlite
def test_what_cannot_be_exported_is_said(office: Office, tmp_path: Path) -> None:
    head = office.head()
    seq = int(head.split("-")[0])
    for words, code, said in (
        (("export", 4711), 1, "There is no auction 4711."),
        (("summary", 4711), 1, "There is no auction 4711."),
        (("export", 1, "--since", "57"), 2, "--since: '57' is not a head"),
        (("export", 1, "--since", f"{seq + 9}-{head[-12:]}"), 1, "is not a head of auction 1"),
        (("export", 1, "--paddle", 1), 2, "--paddle is for --format buyers."),
        (("export", 1, "--format", "buyers", "--paddle", 9), 1, "Paddle 9 has no sheet"),
        (("export", 1, "-o", tmp_path / "no" / "f.csv"), 2, "there is no folder"),
        (("export", 1, "-o", tmp_path), 2, "is a folder or a device"),
        (("export", 1, "--url", "ftp://x", "--token", "x"), 2, "is not an address"),
    ):
        done = office.ask(*words)
        assert (done.code, done.out) == (code, ""), words
        assert said in done.err

    async def rewrite() -> None:
        async with open_store(office.url) as store:
            await write_anew(store, 1, {seq: {"round": 99}})

    asyncio.run(rewrite())  # as behind a restored backup, with other entries of the same numbers
    done = office.ask("export", 1, "--since", head)
    assert (done.code, done.out) == (1, "")
    assert "of a history that was lost" in done.err


@only_sqlite
def test_the_summary_on_the_screen_has_lots_buyers_and_changes(office: Office) -> None:
    office.settles()
    done = office.ask("summary", 1)
    assert done.code == 0
    told = " ".join(done.out.split())
    assert "3 Rug passed – 300" in told
    assert "1 Ring (5g) sold 120 – 2 =HYPERLINK(1) yes" in told
    assert f"1 Bilal {NUMBERS[BILAL]} 2 1320 0 1320" in told
    assert "Lot 4, Chain: corrected, 1 Bilal for 55, before that 1 Bilal for 60 (" in told
    assert "خصم متفق عليه" in told
    assert f"Head {office.head()}." in done.err
