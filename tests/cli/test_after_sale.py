"""`baraka winnings paid|correct|reassign`: what happens to a winning behind the sale is kept, and proved (D39)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.cli.conftest import Desk
from tests.support.clients.another_program import sql
from tests.support.servers.databases import only_sqlite


def won(desk: Desk) -> dict[str, Any]:
    (found,) = json.loads(desk.ask("winnings", "list", "--json").out)
    return dict(found)


def history(desk: Desk) -> str:
    return str(desk.ask("auction", "history", desk.sale.auction.id).out)


def assert_proved(desk: Desk) -> None:
    done = desk.ask("auction", "verify", desk.sale.auction.id)
    assert done.code == 0, done.out + done.err


def test_a_winning_is_paid_and_nothing_about_it_changes_any_more(desk: Desk) -> None:
    first = won(desk)["id"]
    done = desk.ask("winnings", "paid", first)
    assert (done.code, done.out) == (0, "")
    assert f"Winning {first}: Gold Ring to 2 Dina for 1200, paid." in done.err
    assert won(desk)["sold"] is True
    assert f"noted that winning {first} is paid" in history(desk)
    refused = desk.ask("winnings", "correct", first, "--price", 1100, "--because", "Agreed")
    assert refused.code == 1
    assert refused.err == (
        "This winning is paid. Nothing was changed. If that is wrong: "
        f"baraka winnings paid {first} --no\n"
    )
    assert "It was so already." in desk.ask("winnings", "paid", first).err
    assert desk.ask("winnings", "paid", first, "--no").code == 0
    assert won(desk)["sold"] is False
    assert_proved(desk)


def test_a_price_is_corrected_and_both_stay_in_the_history(desk: Desk) -> None:
    first = won(desk)["id"]
    done = desk.ask("winnings", "correct", first, "--price", 1100, "--because", "Agreed by phone")
    assert done.code == 0, done.err
    assert (won(desk)["price"], won(desk)["user"]["name"]) == (1100, "Dina")
    said = (
        f"changed winning {first}: 2 Dina for 1100, before that 2 Dina for 1200 (Agreed by phone)"
    )
    assert said in " ".join(history(desk).split())
    assert_proved(desk)


def test_a_winning_goes_to_another_paddle_at_its_own_highest_bid(desk: Desk) -> None:
    first = won(desk)["id"]
    done = desk.ask("winnings", "reassign", first, "--to", 1)
    assert done.code == 0, done.err
    assert (won(desk)["user"]["name"], won(desk)["price"], won(desk)["paddle"]) == (
        "Bilal",
        1000,
        1,
    )
    shown = json.loads(desk.ask("auction", "show", desk.sale.auction.id, "--json").out)
    assert shown["winning_user_id"] == desk.sale.bilal.id
    back = desk.ask("winnings", "reassign", first, "--to", 2, "--price", 1150)
    assert back.code == 0, back.err
    assert won(desk)["price"] == 1150
    assert_proved(desk)


@only_sqlite
@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (("reassign", 1, "--to", 9), "There is no paddle 9 in this auction.", 1),
        (("paid", 4711), "There is no winning 4711: see baraka winnings list.", 1),
        (("correct", 1, "--price", 5, "--because", " "), "--because must not be blank", 2),
    ],
)
def test_what_cannot_be_done_is_said(
    desk: Desk, words: tuple[object, ...], said: str, code: int
) -> None:
    before = won(desk)
    done = desk.ask("winnings", *words)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert won(desk) == before


@only_sqlite
def test_a_price_that_was_altered_behind_a_correction_is_found(desk: Desk) -> None:

    first = won(desk)["id"]
    desk.ask("winnings", "correct", first, "--price", 1100, "--because", "Agreed")
    asyncio.run(sql(desk.url, f"UPDATE winnings SET price = 1200 WHERE id = {first}"))
    done = desk.ask("auction", "verify", desk.sale.auction.id)
    assert done.code == 1
    assert "price is 1200" in done.out + done.err


def test_a_winning_goes_to_nobody_and_its_lot_is_passed(desk: Desk) -> None:
    first, auction_id = won(desk)["id"], desk.sale.auction.id
    desk.ask("winnings", "paid", first)
    refused = desk.ask("winnings", "reassign", first, "--nobody")
    assert (refused.code, won(desk)["id"]) == (1, first)
    assert refused.err == (
        "This winning is paid. Nothing was changed. If that is wrong: "
        f"baraka winnings paid {first} --no\n"
    )
    desk.ask("winnings", "paid", first, "--no")
    done = desk.ask("winnings", "reassign", first, "--nobody", "--because", "Never paid")
    assert (done.code, done.out) == (0, ""), done.err
    assert f"Winning {first} went to nobody" in done.err
    assert json.loads(desk.ask("winnings", "list", "--json").out) == []
    shown = json.loads(desk.ask("auction", "show", auction_id, "--json").out)
    assert shown["winning_user_id"] is None
    said = f"changed winning {first}: to nobody, before that 2 Dina for 1200 (Never paid)"
    assert said in " ".join(history(desk).split())
    assert_proved(desk)
    again = desk.ask("winnings", "reassign", first, "--nobody")
    assert (again.code, "It was so already." in again.err) == (0, True)
    assert desk.ask("winnings", "reassign", first, "--to", 1).code == 1
    row = (
        "INSERT INTO winnings (id, user_id, auction_id, product, price, sold, createdAt, updatedAt) "
        f"SELECT {first}, user_id, id, 'Gold Ring', 1200, 0, createdAt, updatedAt FROM Auction "
        f"WHERE id = {auction_id}"
    )
    asyncio.run(sql(desk.url, row))
    proof = desk.ask("auction", "verify", auction_id)
    assert proof.code == 1
    assert "of the ledger removed it" in " ".join((proof.out + proof.err).split())


def test_a_winning_that_another_table_refers_to_goes_to_somebody_or_stays(desk: Desk) -> None:
    first = won(desk)["id"]
    asyncio.run(
        sql(
            desk.url,
            "CREATE TABLE invoices (id INT PRIMARY KEY, winning_id INT, "
            "FOREIGN KEY (winning_id) REFERENCES winnings (id) ON DELETE CASCADE)",
        )
    )
    asyncio.run(sql(desk.url, f"INSERT INTO invoices VALUES (1, {first})"))
    refused = desk.ask("winnings", "reassign", first, "--nobody")
    assert (refused.code, won(desk)["id"]) == (1, first)
    assert "a row of the table invoices refers to it" in refused.err
    assert_proved(desk)


@only_sqlite
@pytest.mark.parametrize(
    "words",
    [(), ("--nobody", "--to", 1), ("--nobody", "--price", 5)],
    ids=["none", "both", "price"],
)
def test_who_gets_a_winning_is_said_in_one_way(desk: Desk, words: tuple[object, ...]) -> None:
    assert desk.ask("winnings", "reassign", 1, *words).code == 2
    assert won(desk)["price"] == 1200
