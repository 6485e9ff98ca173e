"""`baraka` on a database of the existing system that is not as documented (D52)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from baraka_server.store import odd_values
from tests.support.checks import schema
from tests.support.checks.schema import table_names
from tests.support.clients.command_line import Answer, invoke
from tests.support.servers.others import CASES, LIVE, database_of_others

pytestmark = pytest.mark.mariadb

OURS = schema.OURS | {"baraka_version"}


def upgrade(url: str) -> Answer:
    return invoke("db", "upgrade", "--database-url", url)


def doctor(url: str) -> tuple[int, list[dict[str, Any]]]:
    answer = invoke("doctor", "--json", BARAKA_DATABASE_URL=url, BARAKA_CONNECTIONS_MAX=100)
    return answer.code, json.loads(answer.out)["checks"]


def test_upgrade_adds_what_is_ours_and_warns_of_what_would_stop_a_sale(mariadb: Any) -> None:
    change = "; ".join(
        CASES[name].change
        for name in ("another column of bids", "a name is NULL", "another column of auctions")
    )
    with database_of_others(mariadb, change) as url:
        answer = upgrade(url)
        assert answer.code == 0
        assert asyncio.run(table_names(url)) >= OURS
        assert "WARNING: 1 of them would stop a sale." in answer.err
        for line in (
            "  mend  Auction_bids.currency is not known, does not allow NULL and has no default: "
            "no row can be added",
            "  look  users.name is NULL in 1 row (id 3): shown as 'user ID'",
            "UPDATE `users` SET `name` = CONCAT('user ', `id`) WHERE `id` = 3",
            "ALTER TABLE `Auction` MODIFY `region` varchar(20)",
        ):
            assert line in answer.err, answer.err

        code, checks = doctor(url)
        assert code == 1
        row = next(one for one in checks if one["check"] == "rows")
        assert (row["state"], row["table"], row["column"]) == ("look", "users", "name")
        assert (row["rows"], row["ids"]) == (1, [3])
        bad = [one for one in checks if one["check"] == "schema" and one["state"] == "mend"]
        assert [(one["table"], one["column"]) for one in bad] == [("Auction_bids", "currency")]
        for statement in bad[0]["statements"]:
            mariadb.sql(statement, url.rpartition("/")[2])
        _, checks = doctor(url)
        assert [one["check"] for one in checks if one["state"] == "mend"] == []


def test_nothing_is_said_of_a_database_that_is_as_documented(mariadb: Any) -> None:
    with database_of_others(mariadb) as url:
        answer = upgrade(url)
        assert "WARNING" not in answer.err
        assert answer.err.rstrip().splitlines()[-1].startswith("Now up to date")
        _, checks = doctor(url)
        assert [one["state"] for one in checks if one["check"] in {"rows", "schema"}] == ["ok"]


def test_a_refused_upgrade_lists_what_mends_it(mariadb: Any) -> None:
    with database_of_others(mariadb, "ALTER TABLE winnings DROP COLUMN weight") as url:
        answer = upgrade(url)
        assert answer.code == 1
        assert "winnings.weight: this column is missing" in answer.err
        assert "ALTER TABLE `winnings` ADD weight VARCHAR(191)" in answer.err
        assert not OURS & asyncio.run(table_names(url))


def test_a_look_that_was_bounded_says_so(mariadb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(odd_values, "ROWS_LOOKED_AT_MAX", 3)
    with database_of_others(mariadb, "UPDATE users SET number = '' WHERE id = 1") as url:
        _, checks = doctor(url)
        said = [one["what"] for one in checks if one["check"] == "rows"]
        assert said == ["of users, Auction only the newest 3 rows were looked at"]


def test_lists_leave_out_what_cannot_be_read_and_say_so(mariadb: Any) -> None:
    change = "; ".join(
        CASES[name].change
        for name in ("a winning without a price", "a name is NULL", "a zero date")
    )
    with database_of_others(mariadb, change) as url:
        upgrade(url)
        users = invoke("user", "list", "--json", BARAKA_DATABASE_URL=url)
        assert [user["name"] for user in json.loads(users.out)][2] == "user 3"
        assert users.err == (
            "users row 3: name cannot be read and is shown as 'user ID'; see: baraka doctor\n"
        )
        won = invoke("winnings", "list", BARAKA_DATABASE_URL=url)
        assert (won.code, won.out) == (0, "")
        assert "winnings row 1: price cannot be read, so it is left out" in won.err
        for words in (("auction", "list"), ("auction", "show", LIVE)):
            shown = invoke(*words, BARAKA_DATABASE_URL=url)
            assert shown.code == 0
            assert "expiryDate cannot be read" in shown.err
