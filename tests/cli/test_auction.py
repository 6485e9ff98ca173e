"""`baraka auction`: prepare a sale, look at it, retell it, and prove that nobody altered it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from tests.cli.conftest import Desk
from tests.support.clients.command_line import invoke, run
from tests.support.servers.sales import comment, open_store, take, write_anew

AUCTION_FIELDS = [
    *("id", "title", "description", "type", "current_product", "product_description"),
    *("actualPrice", "minBidPrice", "bidPrice", "quantity", "expiryDate", "startDate"),
    *("isLive", "isExpired", "isCanceled", "isEnded", "image_url", "user_id"),
    *("winning_user_id", "category_id", "createdAt", "updatedAt"),
]


def execute(url: str, statement: Any) -> None:
    async def work() -> None:
        async with open_store(url) as store, store.writing() as connection:
            await connection.execute(statement)

    asyncio.run(work())


# --- create -------------------------------------------------------------------


def test_the_real_program_creates_an_auction_and_prints_the_id(desk: Desk, tmp_path: Path) -> None:
    words = ("--title", "Rugs", "--owner", desk.sale.bilal.id)
    done = run("auction", "create", *words, folder=tmp_path, BARAKA_DATABASE_URL=desk.url)
    assert (done.code, done.err) == (0, "")
    shown = json.loads(desk.ask("auction", "show", done.out.strip(), "--json").out)
    assert (shown["title"], shown["user_id"]) == ("Rugs", desk.sale.bilal.id)


def test_a_created_auction_is_printed_in_the_documented_shape(desk: Desk) -> None:
    made = json.loads(
        desk.ask(
            *("auction", "create", "--title", "Rugs", "--owner", desk.sale.bilal.id, "--json"),
            *("--description", "Old ones", "--image-url", "https://example.org/rug.jpg"),
            *("--category", "General", "--starts", "2027-01-31T18:00+05:00"),
            *("--expires", "2027-02-28"),
        ).out
    )
    assert list(made) == AUCTION_FIELDS
    assert made["description"] == "Old ones"
    assert made["image_url"] == "https://example.org/rug.jpg"
    assert made["startDate"] == "2027-01-31T13:00:00.000Z"
    assert made["expiryDate"] == "2027-02-28T00:00:00.000Z"


def test_an_owner_who_does_not_exist_is_a_failure(reading_desk: Desk) -> None:
    done = reading_desk.ask("auction", "create", "--title", "Rugs", "--owner", 4711)
    assert (done.code, done.out) == (1, "")
    assert done.err == "There is no user 4711 who could own the auction.\n"


def test_an_unknown_category_is_a_failure_that_names_those_there_are(reading_desk: Desk) -> None:
    words = ("--title", "Rugs", "--owner", 1, "--category", "Cars")
    done = reading_desk.ask("auction", "create", *words)
    assert (done.code, done.out) == (1, "")
    assert done.err == "There is no category 'Cars'. There are: General.\n"


@pytest.mark.parametrize(
    "words",
    [
        ["--owner", "1"],
        ["--title", "Rugs"],
        ["--title", "x" * 192, "--owner", "1"],
        ["--title", "Rugs", "--owner", "x"],
        ["--title", "Rugs", "--owner", "1", "--starts", "soon"],
        ["--title", "Rugs", "--owner", "1", "--starts", "31.1.2027"],
    ],
)
def test_what_is_missing_or_unfit_is_wrong_usage(reading_desk: Desk, words: list[str]) -> None:
    done = reading_desk.ask("auction", "create", *words)
    assert (done.code, done.out) == (2, "")


# --- list and show ------------------------------------------------------------


def test_auctions_are_listed_newest_first(desk: Desk, tmp_path: Path) -> None:
    desk.ask("auction", "create", "--title", "Rugs", "--owner", desk.sale.bilal.id)
    done = run("auction", "list", folder=tmp_path, BARAKA_DATABASE_URL=desk.url)
    assert (done.code, done.err) == (0, "")
    lines = [line.split() for line in done.out.splitlines()]
    assert lines[2][1:5] == ["Rugs", "Bilal", f"({desk.sale.bilal.id})", "not"]
    assert "Silver Necklace" in done.out


def test_auctions_are_listed_by_owner_and_by_being_live(desk: Desk) -> None:
    sale = desk.sale
    rugs = int(desk.ask("auction", "create", "--title", "Rugs", "--owner", sale.bilal.id).out)

    def ids(*words: object) -> list[int]:
        found = json.loads(desk.ask("auction", "list", *words, "--json").out)
        assert all(list(record) == AUCTION_FIELDS for record in found)
        return [record["id"] for record in found]

    assert ids() == [rugs, sale.auction.id]
    assert ids("--live") == [sale.auction.id]
    assert ids("--owner", sale.bilal.id) == [rugs]
    assert ids("--owner", sale.bilal.id, "--live") == []
    assert ids("--limit", 1) == [rugs]
    assert "more than these 1" in desk.ask("auction", "list", "--limit", 1).err
    assert "more" not in desk.ask("auction", "list", "--limit", 2).err


def test_no_auction_is_no_failure(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    assert invoke("db", "upgrade", "--create", BARAKA_DATABASE_URL=url).code == 0
    done = invoke("auction", "list", BARAKA_DATABASE_URL=url)
    assert (done.code, done.out, done.err) == (0, "", "There are no auctions yet.\n")


def test_show_tells_what_is_going_on(reading_desk: Desk, tmp_path: Path) -> None:
    done = run(
        *("auction", "show", reading_desk.sale.auction.id),
        folder=tmp_path,
        BARAKA_DATABASE_URL=reading_desk.url,
    )
    assert (done.code, done.err) == (0, "")
    facts = [line.split() for line in done.out.splitlines()]
    assert ["State", "live"] in facts
    assert ["Round", "2"] in facts
    assert ["Minimum", "bid", "120"] in facts
    assert ["Bids", "3"] in facts
    assert ["260", "1", "Bilal"] in [line[:3] for line in facts]


def test_show_prints_the_record_with_its_lists(reading_desk: Desk) -> None:
    shown = json.loads(
        reading_desk.ask("auction", "show", reading_desk.sale.auction.id, "--json").out
    )
    assert list(shown) == [*AUCTION_FIELDS, "Auction_bids", "Auction_comments"]
    assert [bid["bid"] for bid in shown["Auction_bids"]] == [260, 200, 150]
    assert [row["comment"] for row in shown["Auction_comments"]] == ["Handmade", "Lovely"]


def test_show_masks_the_numbers_of_those_who_have_not_won(reading_desk: Desk) -> None:
    done = reading_desk.ask("auction", "show", reading_desk.sale.auction.id, "--json")
    assert "••••••02" in done.out
    assert "+92" not in done.out


# --- history ------------------------------------------------------------------


def test_history_is_told_in_rounds_with_what_was_cleared(
    reading_desk: Desk, tmp_path: Path
) -> None:
    done = run(
        *("auction", "history", reading_desk.sale.auction.id),
        folder=tmp_path,
        BARAKA_DATABASE_URL=reading_desk.url,
    )
    assert done.code == 0
    assert "Times are UTC" in done.err
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    headings = [line for line in lines if line and not line[0].isdigit()]
    assert [line for line in headings if line.startswith(("Before", "Round"))] == [
        "Before the first lot",
        "Round 1: Gold Ring",
        "Round 2: Silver Necklace",
    ]
    assert any(line.endswith(" 2 Dina bid 1200") for line in lines)
    assert any(line.endswith(" 2 Dina said: Is it 18K?") for line in lines)
    assert any("awarded Gold Ring (5.2g) to 2 Dina for 1200" in line for line in lines)


def test_history_as_json_has_who_and_what_of_every_entry(desk: Desk) -> None:
    entries = json.loads(desk.ask("auction", "history", desk.sale.auction.id, "--json").out)
    assert [entry["seq"] for entry in entries] == list(range(1, 17))
    assert entries[7]["at"].endswith("Z")
    assert {
        name: entries[7][name] for name in ("round", "kind", "userId", "who", "paddle", "what")
    } == {
        "round": 1,
        "kind": "bid",
        "userId": desk.sale.dina.id,
        "who": "Dina",
        "paddle": 2,
        "what": "bid 1200",
    }
    assert entries[7]["data"]["amount"] == 1200


def test_a_comment_cannot_speak_to_the_terminal(desk: Desk) -> None:
    async def say(text: str) -> None:
        async with open_store(desk.url) as store:
            await take(store, desk.sale.auction.id, [comment(desk.sale, desk.sale.dina, text)])

    asyncio.run(say("[red]sold[/red] \x1b]0;mine\x07\n17 Amina awarded it to me"))
    shown = desk.ask("auction", "history", desk.sale.auction.id).out
    assert not {"\x1b", "\x07"} & set(shown)
    said = " ".join(shown.split())
    assert "said: [red]sold[/red] ]0;mine 17 Amina awarded it to me" in said


def test_an_auction_without_history_is_no_failure(desk: Desk) -> None:
    made = desk.ask("auction", "create", "--title", "Rugs", "--owner", desk.sale.bilal.id)
    done = desk.ask("auction", "history", made.out.strip())
    assert (done.code, done.out) == (0, "")
    assert desk.ask("auction", "history", made.out.strip(), "--json").out == "[]\n"


# --- verify -------------------------------------------------------------------


def test_a_sale_that_nobody_touched_holds(desk: Desk, tmp_path: Path) -> None:
    auction_id = desk.sale.auction.id
    done = run("auction", "verify", auction_id, folder=tmp_path, BARAKA_DATABASE_URL=desk.url)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Auction {auction_id}: ok, 16 entries")
    verdict = json.loads(desk.ask("auction", "verify", auction_id, "--json").out)
    assert verdict["ok"] is True


def test_an_altered_entry_is_named(desk: Desk, tmp_path: Path) -> None:
    from baraka_server.store.tables import events

    auction_id = desk.sale.auction.id
    execute(desk.url, update(events).where(events.c.seq == 8).values(user_id=desk.sale.bilal.id))
    done = run("auction", "verify", auction_id, folder=tmp_path, BARAKA_DATABASE_URL=desk.url)
    assert done.code == 1
    assert f"Auction {auction_id}: entry 8 of the ledger was altered" in done.out
    answer = desk.ask("auction", "verify", auction_id, "--json")
    assert answer.code == 1
    assert json.loads(answer.out)["alteredEntry"]["seq"] == 8


def test_an_altered_bid_is_named_also_among_all_auctions(desk: Desk) -> None:
    from baraka_server.store.tables import bids

    desk.ask("auction", "create", "--title", "Rugs", "--owner", desk.sale.bilal.id)
    execute(desk.url, update(bids).where(bids.c.bid == 260).values(bid=999))
    done = desk.ask("auction", "verify")
    assert done.code == 1
    assert "Auction_bids row" in done.out
    assert "bid is 999; by entry 16 of the ledger it is 260" in done.out
    assert "no ledger yet, so there is nothing to prove" in done.out
    verdicts = json.loads(desk.ask("auction", "verify", "--json").out)
    assert [verdict["ok"] for verdict in verdicts] == [False, True]
    assert verdicts[0]["disagreements"][0]["table"] == "Auction_bids"


# --- checkpoint ---------------------------------------------------------------


def test_a_checkpoint_is_printed_and_holds_until_the_ledger_is_written_anew(
    desk: Desk, tmp_path: Path
) -> None:
    auction_id = desk.sale.auction.id
    made = desk.ask("auction", "checkpoint", auction_id)
    assert made.code == 0
    assert made.out.startswith(f"baraka-checkpoint 1 auction={auction_id} seq=16 hash=")
    file = tmp_path / "kept.txt"
    file.write_text(f"From the wall:\n> {made.out}")
    for kept in (made.out.strip(), file):
        done = desk.ask("auction", "verify", auction_id, "--checkpoint", kept)
        assert (done.code, done.err) == (0, "The checkpoint is what the ledger says.\n")
    asyncio.run(_write_anew(desk))
    assert desk.ask("auction", "verify", auction_id).code == 0
    for words in (["verify", auction_id], ["verify"]):
        done = desk.ask("auction", *words, "--checkpoint", file)
        assert done.code == 1
        assert "entry 16 was another one then: the ledger was written anew" in done.out
        assert "ok," not in done.out
    told = desk.ask("auction", "verify", "--json", "--checkpoint", file)
    assert json.loads(told.out)[0]["brokenCheckpoints"][0]["seq"] == 16


async def _write_anew(desk: Desk) -> None:
    """Another name on the lot that is on the block, in its row and in its ledger."""
    from baraka_server.store.tables import auctions, events

    async with open_store(desk.url) as store:
        async with store.writing() as connection:
            names = select(events.c.seq, events.c.data).where(events.c.data.contains("Necklace"))
            found = {row.seq: row.data for row in await connection.execute(names)}
            await connection.execute(update(auctions).values(current_product="Silver Bracelet"))
        forged = {
            seq: {"data": data.replace("Necklace", "Bracelet")} for seq, data in found.items()
        }
        await write_anew(store, desk.sale.auction.id, forged)


def test_all_checkpoints_are_printed_and_an_auction_that_is_gone_is_missed(desk: Desk) -> None:
    from baraka_server.store.tables import auctions, events

    made = desk.ask("auction", "checkpoint")
    assert made.out.count("baraka-checkpoint") == 1
    told = json.loads(desk.ask("auction", "checkpoint", "--json").out)
    assert [one["seq"] for one in told] == [16]
    execute(desk.url, delete(events))
    execute(desk.url, delete(auctions))
    done = desk.ask("auction", "verify", "--checkpoint", made.out.strip())
    assert done.code == 1
    assert "the ledger had 16 entries then, and has 0 now" in done.out


@pytest.mark.parametrize(
    ("kept", "complaint"),
    [
        ("nothing.txt", "nothing.txt cannot be read (No such file or directory)"),
        ("baraka-checkpoint 1 auction=1", "this is not a whole checkpoint: baraka-checkpoint 1"),
        (__file__ + "x", "cannot be read"),
        ("/dev/null", "there is no checkpoint of auction 1 in /dev/null"),
    ],
)
def test_what_is_no_checkpoint_is_wrong_usage(
    reading_desk: Desk, kept: str, complaint: str
) -> None:
    done = reading_desk.ask("auction", "verify", 1, "--checkpoint", kept)
    assert (done.code, done.out) == (2, "")
    assert complaint in done.err


def test_a_checkpoint_of_another_auction_or_secret_proves_nothing(reading_desk: Desk) -> None:
    made = reading_desk.ask("auction", "checkpoint", 1).out.strip()
    other = made.replace("auction=1", "auction=2")
    assert reading_desk.ask("auction", "verify", 1, "--checkpoint", other).code == 2
    secret = "another secret that is as long as the first one"
    done = reading_desk.ask("auction", "verify", 1, "--checkpoint", made, BARAKA_JWT_SECRET=secret)
    assert done.code == 1
    assert "not signed with this secret" in done.out
    done = reading_desk.ask("auction", "checkpoint", 1, BARAKA_JWT_SECRET=None)
    assert (done.code, done.out) == (2, "")
    assert "BARAKA_JWT_SECRET is not set" in done.err


# --- what they have in common -------------------------------------------------


@pytest.mark.parametrize("verb", ["show", "history", "verify", "checkpoint"])
@pytest.mark.parametrize("unknown", ["4711", "0", "-1", "99999999999999999999"])
def test_an_unknown_auction_is_a_failure(reading_desk: Desk, verb: str, unknown: str) -> None:
    done = reading_desk.ask("auction", verb, "--", unknown)
    assert (done.code, done.out, done.err) == (1, "", f"There is no auction {unknown}.\n")


@pytest.mark.parametrize("verb", ["show", "history", "verify", "checkpoint"])
def test_what_is_no_id_is_wrong_usage(reading_desk: Desk, verb: str) -> None:
    assert reading_desk.ask("auction", verb, "x").code == 2


@pytest.mark.parametrize(
    "words",
    [
        ["list"],
        ["show", "1"],
        ["history", "1"],
        ["verify"],
        ["verify", "1"],
        ["create", "--title", "Rugs", "--owner", "1"],
    ],
)
def test_a_database_that_is_not_up_to_date_is_named_with_the_remedy(
    empty_url: str, words: list[str]
) -> None:
    done = invoke("auction", *words, BARAKA_DATABASE_URL=empty_url)
    assert (done.code, done.out) == (1, "")
    assert "baraka db upgrade" in done.err
