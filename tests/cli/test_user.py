"""`baraka user`: the people who own auctions and bid in them."""

import json
from pathlib import Path

from tests.cli.conftest import Desk
from tests.support.clients.command_line import invoke, run


def test_the_real_program_creates_a_user_and_prints_the_id(desk: Desk, tmp_path: Path) -> None:
    done = run(
        *("user", "create", "--name", "Zoë", "--number", "+15550100"),
        folder=tmp_path,
        BARAKA_DATABASE_URL=desk.url,
    )
    assert (done.code, done.out, done.err) == (0, f"{desk.sale.dina.id + 1}\n", "")
    (found,) = json.loads(desk.ask("user", "list", "--search", "Zoë", "--json").out)
    assert found["number"] == "+15550100"


def test_a_created_user_is_printed_in_the_documented_shape(desk: Desk) -> None:
    words = ("--name", "Eve", "--number", "1", "--type", "Expert", "--json")
    made = json.loads(desk.ask("user", "create", *words).out)
    assert list(made) == [
        *("id", "name", "type", "category_id", "number", "otpCode", "createdAt", "updatedAt"),
    ]
    assert (made["type"], made["otpCode"]) == ("Expert", None)
    assert made["createdAt"].endswith("Z")


def test_a_text_that_does_not_fit_is_wrong_usage(reading_desk: Desk) -> None:
    done = reading_desk.ask("user", "create", "--name", "x" * 192, "--number", "1")
    assert (done.code, done.out) == (2, "")
    assert done.err == "name must have at most 191 characters, not 192\n"


def test_a_type_that_there_is_not_is_wrong_usage(reading_desk: Desk) -> None:
    done = reading_desk.ask("user", "create", "--name", "x", "--number", "1", "--type", "Boss")
    assert done.code == 2


def test_the_list_has_whole_numbers(reading_desk: Desk) -> None:
    done = reading_desk.ask("user", "list")
    assert (done.code, done.err) == (0, "")
    assert "Bilal" in done.out
    assert "+923001112202" in done.out


def test_a_list_that_is_cut_says_so(reading_desk: Desk) -> None:
    done = reading_desk.ask("user", "list", "--limit", 2, "--json")
    assert [user["name"] for user in json.loads(done.out)] == ["Amina", "Bilal"]
    assert "more than these 2" in done.err
    assert "more" not in reading_desk.ask("user", "list", "--limit", 3).err


def test_nobody_found_is_no_failure(reading_desk: Desk) -> None:
    done = reading_desk.ask("user", "list", "--search", "nobody")
    assert (done.code, done.out, done.err) == (0, "", "No user found.\n")
    assert reading_desk.ask("user", "list", "--search", "nobody", "--json").out == "[]\n"


def test_a_name_cannot_speak_to_the_terminal(desk: Desk) -> None:
    name = "[red]Eve[/] \x1b[31m\x07\u202e:smile:\nsecond line"
    desk.ask("user", "create", "--name", name, "--number", "1")
    shown = desk.ask("user", "list", "--search", "Eve").out
    assert "[red]Eve[/] [31m:smile: second line" in " ".join(shown.split())
    for text in (shown, desk.ask("user", "list", "--json").out):
        assert not {"\x1b", "\x07", "\u202e"} & set(text)
    (found,) = json.loads(desk.ask("user", "list", "--search", "Eve", "--json").out)
    assert found["name"] == name


def test_a_database_that_is_not_up_to_date_is_named_with_the_remedy(empty_url: str) -> None:
    done = invoke("user", "list", BARAKA_DATABASE_URL=empty_url)
    assert (done.code, done.out) == (1, "")
    assert "baraka db upgrade" in done.err


def test_a_database_that_does_not_answer_is_a_failure_that_names_it() -> None:
    url = "mysql://root:hunter2@127.0.0.1:1/baraka"
    done = invoke("user", "list", "--database-url", url)
    assert (done.code, done.out) == (75, "")
    assert done.err.startswith("The database cannot be reached")
    assert done.err.splitlines()[1:] == [
        "Database: mysql://root:***@127.0.0.1:1/baraka (set by --database-url)"
    ]


def test_a_url_that_names_no_database_is_wrong_usage() -> None:
    done = invoke("user", "list", "--database-url", "oracle://u:hunter2@host/x")
    assert (done.code, done.out) == (2, "")
    assert "--database-url" in done.err
    assert "hunter2" not in done.err


# --- sessions


def test_sessions_are_listed_and_revoked(desk: Desk) -> None:
    bilal, dina = desk.sale.bilal.id, desk.sale.dina.id
    assert "is not signed in" in desk.ask("user", "sessions", bilal).err
    assert desk.ask("user", "sessions", bilal, "--json").out == "[]\n"
    tokens = [desk.ask("token", user, "--refresh").out for user in (bilal, bilal, dina)]
    assert len(set(tokens)) == 3
    assert all(token.count("\n") == 1 and len(token) == 44 for token in tokens)

    listed = json.loads(desk.ask("user", "sessions", bilal, "--json").out)
    assert [list(one) for one in listed] == 2 * [
        ["id", "userId", "begunAt", "usedAt", "endedAt", "reason"]
    ]
    first = listed[0]["id"]
    assert first[:8] in desk.ask("user", "sessions", bilal).out
    done = desk.ask("user", "revoke", bilal, "--session", first[:8])
    assert (done.code, done.out, done.err) == (0, "", f"1 session of user {bilal} ended.\n")
    again = desk.ask("user", "revoke", bilal, "--session", first[:8])
    assert (again.code, again.out) == (1, "")
    for nothing in ("", " "):  # the empty variable of a script does not mean all of them
        assert desk.ask("user", "revoke", bilal, "--session", nothing).code == 2
    assert f"1 session of user {bilal} ended." in desk.ask("user", "revoke", bilal).err
    assert f"0 sessions of user {bilal} ended." in desk.ask("user", "revoke", bilal).err
    listed = json.loads(desk.ask("user", "sessions", bilal, "--json").out)
    assert [one["reason"] for one in listed] == ["revoked", "revoked"]
    (hers,) = json.loads(desk.ask("user", "sessions", dina, "--json").out)
    assert hers["reason"] is None


def test_whoever_is_blocked_is_signed_out(desk: Desk) -> None:
    bilal = desk.sale.bilal.id
    desk.ask("token", bilal, "--refresh")
    desk.ask("user", "block", bilal)
    (one,) = json.loads(desk.ask("user", "sessions", bilal, "--json").out)
    assert one["reason"] == "blocked"


def test_sessions_of_nobody_are_a_mistake(reading_desk: Desk) -> None:
    for words in (
        ("user", "sessions", 999),
        ("user", "revoke", 999),
        ("user", "unblock", 999),
        ("token", 999, "--refresh"),
    ):
        done = reading_desk.ask(*words)
        assert (done.code, done.out) == (1, "")
        assert "no user 999" in done.err


def test_a_refresh_token_takes_no_lifetime(reading_desk: Desk) -> None:
    for words in ((7, "--refresh", "--expires-in", "2h"), ("--watch", "--refresh")):
        assert reading_desk.ask("token", *words).code == 2


# --- erasing


def test_an_erased_user_has_a_neutral_name_everywhere(desk: Desk) -> None:
    bilal, dina = desk.sale.bilal.id, desk.sale.dina.id
    looked = desk.ask("user", "erase", dina, "--dry-run", "--json")
    assert (looked.code, json.loads(looked.out)["unpaidWinnings"]) == (1, [1])
    assert "has not paid for: winning 1." in looked.err
    assert json.loads(looked.out)["commentsInLedgers"] == 1
    assert "1 comment of the user stays in the ledger until the auctions are pruned" in looked.err
    leads = desk.ask("user", "erase", bilal, "--yes")
    assert (leads.code, leads.out) == (1, "")
    assert "In the live auction 1 the user leads." in leads.err
    owns = json.loads(desk.ask("user", "erase", desk.sale.amina.id, "--yes", "--json").out)
    assert owns["liveAuctions"] == [{"auctionId": 1, "because": "has a role"}]
    assert "no user 999" in desk.ask("user", "erase", 999, "--yes").err

    asked = desk.ask("user", "erase", dina, "--anyway")
    assert (asked.code, asked.out) == (2, "")
    assert "--yes" in asked.err
    dry = desk.ask("user", "erase", dina, "--anyway", "--dry-run")
    assert dry.err.endswith("Nothing was changed.\n")
    assert "Dina" in desk.ask("user", "list").out

    done = desk.ask("user", "erase", dina, "--anyway", "--yes", "--json")
    assert (done.code, json.loads(done.out)["erased"]) == (0, True)
    for words in (("user", "list"), ("winnings", "list"), ("auction", "history", 1)):
        shown = " ".join(desk.ask(*words).out.split())
        assert "Dina" not in shown
        assert "Erased user" in shown
    assert "Is it 18K?" in desk.ask("auction", "history", 1).out
    assert desk.ask("auction", "verify", 1).code == 0
    again = desk.ask("user", "erase", dina, "--anyway", "--yes")
    assert again.code == 0
    assert "was erased before" in again.err
    assert "was erased" in desk.ask("user", "unblock", dina).err
