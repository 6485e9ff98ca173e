"""`baraka winnings list`: who won what, and how to reach them."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Desk
from tests.support.clients.command_line import run, sell


def test_the_real_program_lists_winners_with_whole_numbers(desk: Desk, tmp_path: Path) -> None:
    done = run("winnings", "list", folder=tmp_path, BARAKA_DATABASE_URL=desk.url)
    assert (done.code, done.err) == (0, "")
    for text in ("Gold Ring (5.2g)", "1200", "2 Dina", "+923001112203"):
        assert text in done.out


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
