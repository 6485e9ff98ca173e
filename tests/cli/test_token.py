"""`baraka token`: what it prints is what the server lets in, or refuses where that is wanted."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from baraka_server.contract.refusals import Code, Refusal
from baraka_server.settings import DEVELOPMENT_SECRET
from baraka_server.wire.identity import Identity, Verifier
from tests.support.clients.command_line import invoke, run
from tests.support.servers.baraka import SECRET

OTHER_SECRET = "another secret, also of 32 bytes or more"


def minted(*words: object) -> str:
    done = invoke("token", *words)
    assert (done.code, done.err) == (0, "")
    return done.out.removesuffix("\n")


def verify(secret: str, token: str) -> Identity | Refusal:
    return Verifier(secret).verify(token)


def claims(token: str) -> dict[str, Any]:
    decoded: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return decoded


def lifetime(token: str) -> timedelta:
    said = claims(token)
    return timedelta(seconds=said["exp"] - said["iat"])


def test_the_real_program_prints_the_token_alone(tmp_path: Path) -> None:
    done = run("token", 7, folder=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert done.out.count("\n") == 1
    identity = verify(SECRET, done.out.strip())
    assert isinstance(identity, Identity)
    assert identity.user_id == 7


def test_it_is_valid_for_15_minutes() -> None:
    assert lifetime(minted(7)) == timedelta(minutes=15)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("2h", timedelta(hours=2)),
        ("7d", timedelta(days=7)),
        ("1d", timedelta(days=1)),
    ],
)
def test_durations_have_a_unit(text: str, meant: timedelta) -> None:
    assert lifetime(minted(7, "--expires-in", text)) == meant


@pytest.mark.parametrize("text", ["15", "m", "", "-5m", "1.5h", "2 weeks", "999999d"])
def test_what_is_no_duration_is_wrong_usage(text: str) -> None:
    done = invoke("token", 7, f"--expires-in={text}")
    assert done.code == 2
    assert done.out == ""
    assert "90s, 15m, 2h or 7d" in " ".join(done.err.replace("│", " ").split())


def test_an_expired_one_was_valid_once_and_is_refused() -> None:
    token = minted(7, "--expired", "--expires-in", "2h")
    expired_at = datetime.fromtimestamp(claims(token)["exp"], UTC)
    assert datetime.now(UTC) - expired_at >= timedelta(hours=2)
    assert lifetime(token) > timedelta(0)
    refusal = verify(SECRET, token)
    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.INVALID_TOKEN


def test_claims_are_added_and_may_replace_ours() -> None:
    said = claims(minted(7, "--claims", '{"aud": "phone", "sub": "x", "exp": 1}'))
    assert (said["aud"], said["sub"], said["exp"]) == ("phone", "x", 1)


def test_a_claim_that_is_null_is_left_out() -> None:
    assert "exp" not in claims(minted(7, "--claims", '{"exp": null}'))


@pytest.mark.parametrize("text", ["{", "[1]", '"aud"', "null", "aud=x"])
def test_claims_that_are_no_json_object_are_wrong_usage(text: str) -> None:
    done = invoke("token", 7, "--claims", text)
    assert done.code == 2
    assert done.out == ""
    assert "--claims" in done.err


def test_a_claim_that_no_token_can_have_is_wrong_usage() -> None:
    done = invoke("token", 7, "--claims", '{"iss": 1}')
    assert (done.code, done.out) == (2, "")
    assert "--claims" in done.err


def test_the_longest_duration_can_be_over() -> None:
    assert minted(7, "--expires-in", "99999d", "--expired")


def test_one_that_lasts_longer_than_servers_take_is_told() -> None:
    for words in ((7,), ("--watch",), ("--overlay", 3)):
        done = invoke("token", *words, "--expires-in", "31d")
        assert (done.code, done.out.count("\n")) == (0, 1)
        assert "BARAKA_TOKEN_LIFETIME_SECONDS_MAX, 30 days" in done.err


@pytest.mark.parametrize("user_id", ["0", "-1", "x", "1.5", "2147483648"])
def test_a_user_id_is_a_whole_number_that_a_user_can_have(user_id: str) -> None:
    assert invoke("token", "--", user_id).code == 2


def test_there_is_no_flag_for_the_secret_since_everybody_would_see_it() -> None:
    done = invoke("token", 7, "--jwt-secret", OTHER_SECRET)
    assert (done.code, done.out) == (2, "")
    assert OTHER_SECRET not in done.err


def test_in_development_it_signs_with_the_secret_that_such_a_server_has() -> None:
    done = invoke("token", 7, BARAKA_JWT_SECRET=None, BARAKA_MODE="development")
    assert isinstance(verify(DEVELOPMENT_SECRET, done.out.strip()), Identity)
    done = invoke("token", 7, BARAKA_JWT_SECRET=OTHER_SECRET, BARAKA_MODE="development")
    assert isinstance(verify(OTHER_SECRET, done.out.strip()), Identity)


def test_without_a_secret_it_says_how_to_make_one() -> None:
    done = invoke("token", 7, BARAKA_JWT_SECRET=None)
    assert (done.code, done.out) == (2, "")
    assert "BARAKA_JWT_SECRET is not set, neither in the environment nor in /" in done.err
    assert "openssl rand" in done.err


def test_a_secret_that_is_too_short_is_named_and_not_repeated() -> None:
    done = invoke("token", 7, BARAKA_JWT_SECRET="hunter2")
    assert done.code == 2
    assert "BARAKA_JWT_SECRET: must have at least 32 bytes" in done.err
    assert "hunter2" not in done.err


def test_every_wrong_setting_has_a_line_of_its_own() -> None:
    done = invoke("token", 7, BARAKA_PORT="99999", BARAKA_OWNER_BIDS="maybe")
    assert done.code == 2
    lines = done.err.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["BARAKA_PORT", "BARAKA_OWNER_BIDS"]
    assert "99999" in lines[0]


def test_the_secret_may_be_in_a_file_named_env(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"BARAKA_JWT_SECRET='{OTHER_SECRET}'\n")
    done = run("token", 7, folder=tmp_path, BARAKA_JWT_SECRET=None)
    assert isinstance(verify(OTHER_SECRET, done.out.strip()), Identity)


# --- for guests (D58)


def guest_of(token: str) -> Identity:
    found = verify(SECRET, token)
    assert isinstance(found, Identity)
    assert found.is_guest
    return found


def test_one_to_watch_is_of_a_guest_and_lasts_for_a_sale() -> None:
    token = minted("--watch")
    assert guest_of(token).auction_id is None
    assert lifetime(token) == timedelta(hours=12)
    assert claims(token)["scope"] == "watch"


def test_the_link_of_an_overlay_has_its_token_in_the_fragment() -> None:
    link = minted("--overlay", 3, "--url", "https://sale.example/", "--expires-in", "2h")
    address, _, token = link.partition("#token=")
    assert address == "https://sale.example/overlay/3"
    assert guest_of(token).auction_id == 3
    assert lifetime(token) == timedelta(hours=2)


def test_a_guests_token_is_as_the_server_asks_for() -> None:
    asked = {"BARAKA_TOKEN_LIFETIME_SECONDS_MAX": "3600", "BARAKA_JWT_AUDIENCE": "sales"}
    token = invoke("token", "--watch", **asked).out.strip()
    assert lifetime(token) == timedelta(hours=1)
    assert claims(token)["aud"] == "sales"


@pytest.mark.parametrize(
    "words",
    [
        [],
        [7, "--watch"],
        [7, "--overlay", 3],
        ["--watch", "--overlay", 3],
        ["--watch", "--expired"],
    ],
)
def test_a_token_is_of_a_user_or_of_a_guest(words: list[object]) -> None:
    done = invoke("token", *words)
    assert (done.code, done.out) == (2, "")


def test_where_guests_are_off_a_token_for_all_auctions_is_not_made() -> None:
    done = invoke("token", "--watch", BARAKA_GUESTS="false")
    assert (done.code, done.out) == (2, "")
    assert "--overlay" in done.err
    assert "/overlay/3#token=" in invoke("token", "--overlay", 3, BARAKA_GUESTS="false").out


# --- settings of signing in, which every command reads


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"BARAKA_SIGN_IN": "console"}, "for BARAKA_MODE=development alone"),
        ({"BARAKA_SIGN_IN": "webhook"}, "needs BARAKA_SIGN_IN_WEBHOOK_URL"),
        (
            {"BARAKA_SIGN_IN": "webhook", "BARAKA_SIGN_IN_WEBHOOK_URL": "https://sms.example/"},
            "needs BARAKA_SIGN_IN_WEBHOOK_SECRET",
        ),
        ({"BARAKA_SIGN_IN_WEBHOOK_URL": f"http://sms.example/?key={SECRET}"}, "must be https://"),
        ({"BARAKA_SIGN_IN_WEBHOOK_URL": "https://sms.example:99999/"}, "no port between 1 and"),
        ({"BARAKA_SIGN_IN_WEBHOOK_SECRET": "short"}, "at least 32 bytes"),
        ({"BARAKA_PHONE_REGION": "Kuwait"}, "BARAKA_PHONE_REGION"),
    ],
)
def test_settings_of_signing_in_that_do_not_do_are_named(
    settings: dict[str, str], said: str
) -> None:
    done = invoke("token", 7, **settings)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert SECRET not in done.err
    assert "short" not in done.err
