"""Claims of access tokens: the user, the audience, and the use that a token is for (D1)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baraka_server.contract.refusals import Refusal
from baraka_server.wire.identity import Identity, Verifier
from tests.support.clients.tokens import CLAIMS, INVALID, SECRET, signed, signed_claims, verify, who

# --- the subject -------------------------------------------------------------

SUBJECTS: list[tuple[dict[str, Any], int | None]] = [
    ({"sub": "1"}, 1),
    ({"sub": "7"}, 7),
    ({"sub": "2147483647"}, 2147483647),
    ({"sub": 7}, 7),
    ({"sub": 2147483647}, 2147483647),
    # the existing issuer's own claims
    ({"userId": 7}, 7),
    ({"id": 7}, 7),
    ({"userId": 7, "id": 8}, 7),
    ({"sub": None, "userId": 7}, 7),
    # a subject that is there and wrong is not looked for elsewhere
    ({"sub": "", "userId": 7}, None),
    ({"sub": "amina", "userId": 7}, None),
    ({"sub": "8", "userId": 7, "id": 6}, 8),
    ({"sub": 0, "userId": 7}, None),
    ({"sub": False, "userId": 7}, None),
    ({"userId": "7", "id": 8}, None),
    # nobody
    ({}, None),
    ({"sub": None}, None),
    ({"sub": "0"}, None),
    ({"sub": 0}, None),
    ({"sub": "-1"}, None),
    ({"sub": -1}, None),
    ({"sub": "+7"}, None),
    ({"sub": "1.5"}, None),
    ({"sub": 1.5}, None),
    ({"sub": "7.0"}, None),
    ({"sub": 7.0}, None),
    ({"sub": "1e1"}, None),
    ({"sub": "0x7"}, None),
    ({"sub": "1_000"}, None),
    ({"sub": "1,000"}, None),
    ({"sub": " 5"}, None),
    ({"sub": "5 "}, None),
    ({"sub": "5\n"}, None),
    ({"sub": "5\x00"}, None),
    ({"sub": "１２"}, None),
    ({"sub": "١٢"}, None),
    ({"sub": "²"}, None),
    ({"sub": "2147483648"}, None),
    ({"sub": 2147483648}, None),
    ({"sub": "9" * 10}, None),
    ({"sub": "9" * 2000}, None),
    ({"sub": 10**2000}, None),
    ({"sub": True}, None),
    ({"sub": False}, None),
    ({"sub": [7]}, None),
    ({"sub": []}, None),
    ({"sub": {"id": 7}}, None),
    ({"userId": "7"}, None),
    ({"id": "7"}, None),
    ({"userId": True}, None),
    ({"id": 0}, None),
    ({"id": -7}, None),
    ({"id": 1.5}, None),
    ({"id": 2147483648}, None),
    ({"user_id": 7}, None),
    ({"uid": 7}, None),
]


@pytest.mark.parametrize(
    ("claims", "user_id"), SUBJECTS, ids=[ascii(claims)[:40] for claims, _ in SUBJECTS]
)
def test_the_subject_is_a_positive_whole_number_or_nobody(
    claims: dict[str, Any], user_id: int | None
) -> None:
    assert who(claims) == (user_id or INVALID)


def test_claims_that_are_not_ours_do_not_matter() -> None:
    others = {"aud": "another-service", "iss": "https://issuer.example", "role": "admin", "x": [{}]}
    assert who({"sub": "7"} | others) == 7


@given(st.dictionaries(st.sampled_from(["sub", "userId", "id"]), st.integers() | st.text()))
def test_only_a_user_id_of_the_column_ever_comes_out(claims: dict[str, Any]) -> None:
    found = who(claims)
    assert found == INVALID or (type(found) is int and 1 <= found <= 2147483647)
    if type(found) is int:
        assert str(found) in {str(value).lstrip("0") for value in claims.values()}


# --- whom it is for, and from whom -------------------------------------------


@pytest.mark.parametrize(
    ("audience", "good"),
    [
        ("phones", True),
        (["phones"], True),
        (["office", "phones"], True),
        ("Phones", False),
        ("phones ", False),
        ("phone", False),
        ("phones,office", False),
        ("office", False),
        (["office"], False),
        (["phones", 1], False),
        (["phones", None], False),
        ([["phones"]], False),
        ([], False),
        ("", False),
        (None, False),
        (True, False),
        (1, False),
        ({"phones": True}, False),
    ],
    ids=ascii,
)
def test_an_audience_that_is_asked_for_is_one_of_the_tokens(audience: Any, good: bool) -> None:
    found = Verifier(SECRET, audience="phones").verify(signed_claims({"sub": "7", "aud": audience}))
    assert isinstance(found, Identity) is good
    assert good or found == INVALID


def test_an_audience_that_is_asked_for_must_be_there() -> None:
    assert Verifier(SECRET, audience="phones").verify(signed_claims({"sub": "7"})) == INVALID


@pytest.mark.parametrize(
    "issuer",
    [
        *("https://issuer.example/", "https://ISSUER.example", "", None, True, 1, {}),
        *(["https://issuer.example"], ["https://issuer.example", "x"]),
    ],
    ids=ascii,
)
def test_an_issuer_that_is_asked_for_is_the_same_to_the_letter(issuer: Any) -> None:
    verifier = Verifier(SECRET, issuer="https://issuer.example")
    good = signed_claims({"sub": "7", "iss": "https://issuer.example"})
    assert isinstance(verifier.verify(good), Identity)
    assert verifier.verify(signed_claims({"sub": "7", "iss": issuer})) == INVALID
    assert verifier.verify(signed_claims({"sub": "7"})) == INVALID


def test_audience_and_issuer_are_both_asked_for() -> None:
    verifier = Verifier(SECRET, audience="phones", issuer="us")
    both = {"sub": "7", "aud": "phones", "iss": "us"}
    assert isinstance(verifier.verify(signed_claims(both)), Identity)
    for name in ("aud", "iss"):
        assert verifier.verify(signed_claims(both | {name: "x"})) == INVALID
        assert (
            verifier.verify(signed_claims({key: both[key] for key in both if key != name}))
            == INVALID
        )


# --- what kind of token it is ------------------------------------------------


@pytest.mark.parametrize(
    "kind", ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", "application/jwt"]
)
def test_a_header_may_say_that_it_is_an_access_token(kind: str) -> None:
    assert isinstance(verify(SECRET, signed({"alg": "HS256", "typ": kind}, CLAIMS)), Identity)


@pytest.mark.parametrize(
    "kind",
    [
        *("rt+jwt", "RT+JWT", "application/rt+jwt", "refresh", "refresh+jwt", "Refresh_Token"),
        *("id+jwt", "logout+jwt", "dpop+jwt", "secevent+jwt", "JWE", "JOSE", "jwt ", "at jwt"),
        *("", None, 1, True, ["JWT"], {"JWT": "JWT"}),
    ],
    ids=ascii,
)
def test_a_header_of_another_kind_is_invalid(kind: Any) -> None:
    assert verify(SECRET, signed({"alg": "HS256", "typ": kind}, CLAIMS)) == INVALID


@pytest.mark.parametrize(
    "claims",
    [
        {"typ": "Refresh"},
        {"typ": "Offline"},
        {"typ": "ID"},
        {"type": "refresh"},
        {"type": "REFRESH_TOKEN"},
        {"type": "refreshToken"},
        {"tokenType": "refresh"},
        {"token_type": "refresh"},
        {"TOKEN-TYPE": "Refresh Token"},
        {"token_use": "refresh"},
        {"token_use": "id"},
        {"tokenUse": ["access", "refresh"]},
        {"use": "rt"},
        {"kind": "rt+jwt"},
        {"purpose": "token-refresh"},
        {"refresh": True},
        {"isRefresh": True},
        {"is_refresh_token": True},
        {"refreshToken": True},
        {"type": "otp"},
        {"purpose": "password_reset"},
        {"purpose": "email-verification"},
        {"use": "sig"},
        {"tokenPurpose": "invite"},
        {"usage": "download"},
        {"type": ["access", "otp"]},
        {"type": [["access"]]},
        {"type": ""},
        {"type": 2},
        {"type": True},
        {"type": {"access": 1}},
        {"type": "accеss"},  # with a Cyrillic letter
        {"type": "access", "purpose": "otp"},
    ],
    ids=ascii,
)
def test_a_token_for_another_use_lets_nobody_in(claims: dict[str, Any]) -> None:
    assert who({"sub": "7"} | claims) == INVALID


@pytest.mark.parametrize(
    "claims",
    [
        {"typ": "Bearer"},
        {"type": "access"},
        {"token_use": "access"},
        # a user of the existing system has a type, and it is not the token's
        {"type": "Normal"},
        {"type": "Expert"},
        {"type": ["Normal"]},
        {"tokenType": "access_token"},
        {"type": None},
        {"purpose": None},
        {"refresh": False},
        {"refresh": None},
        {"refresh_token": "another token"},
        {"name": "refresh"},
        {"": "refresh"},
    ],
    ids=ascii,
)
def test_a_token_that_names_no_other_use_lets_its_user_in(claims: dict[str, Any]) -> None:
    assert who({"sub": "7"} | claims) == 7


def test_an_operator_may_name_kinds_of_access_tokens() -> None:
    for kind in ("customer", "Live-Session", 7):
        claims = {"sub": "7", "type": kind}
        assert who(claims) == INVALID
        assert who(claims, kinds=["Customer", "live_session", "7"]) == 7
    assert who({"sub": "7", "type": "otp"}, kinds=["customer"]) == INVALID


def test_the_log_is_told_which_other_use_a_token_is_for() -> None:
    found = Verifier(SECRET).verify(signed_claims({"sub": "7", "type": "otp\n" + "x" * 90}))
    assert isinstance(found, Refusal)
    assert found.message == "Invalid or expired token"
    assert found.values["kind"].startswith("'otp\\n")
    assert len(found.values["kind"]) <= 32
    assert found.extra == {}
