"""Report of a run without what identifies people and places."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baraka_cli.simulator.report.public import flag_value, without_password, without_people


def test_an_address_is_shown_without_who_may_use_it() -> None:
    assert without_password("https://qa:s3@cret@host:3000/a@b") == "https://host:3000/a@b"
    assert without_password("http://host:3000") == "http://host:3000"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("seed", 7, "7"),
        ("token", "eyJhbGci", "••••••"),
        ("jwt_secret", "s3cret", "••••••"),
        ("database_url", "mysql://root:s3cret@db/baraka", "••••••"),
        ("token_file", "tokens.txt", "tokens.txt"),
        ("proxy", "http://me:s3cret@proxy:1", "http://proxy:1"),
    ],
)
def test_the_value_of_a_flag_is_shown_unless_it_is_a_secret(name, value, shown) -> None:
    assert flag_value(name, value) == shown


NUMBERS = st.from_regex(r"\+[0-9]{7,14}", fullmatch=True)
CODES = st.from_regex(r"[0-9]{4,8}", fullmatch=True)


@given(NUMBERS, CODES, st.sampled_from([json.dumps, repr]), st.integers(0, 60))
def test_no_code_and_no_whole_number_stays_in_a_message(number, code, written, cut) -> None:
    message = written({"user": {"id": "a", "otpCode": code, "number": number, "name": "Dina"}})
    for text in (message, message[:-cut] if cut else message):
        left = without_people(text)
        assert code not in left.replace(number[-2:], "")
        assert number[:-2] not in left
    assert f"••••••{number[-2:]}" in without_people(message)
    assert "Dina" in without_people(message)


@pytest.mark.parametrize(
    "message",
    [
        '{"user": {"otpCode": null, "number": "••••••42"}, "bid": 1500000}',
        "{'user': {'otpCode': None, 'number': '••••••42'}, 'bid': 1500000}",
        '42["newComment",{"comment":"call the number 5551234567"}]',
        "",
    ],
)
def test_a_message_that_gives_nothing_away_stays_as_it_is(message: str) -> None:
    assert without_people(message) == message
