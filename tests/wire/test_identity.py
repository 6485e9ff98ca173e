"""Access tokens: only a valid one is accepted, and a minted one is (D1)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baraka_server.contract.refusals import Code
from baraka_server.wire.identity import TOKEN_CHARS_MAX, Identity, Verifier, mint
from tests.support.clients.tokens import (
    ANOTHER_SECRET,
    CLAIMS,
    HOUR,
    INVALID,
    NO_TOKEN,
    SECRET,
    in_time,
    part,
    signed,
    signed_claims,
    verify,
    who,
)


def test_the_refusals_are_the_documented_ones() -> None:
    assert NO_TOKEN.message == "No token provided"
    assert INVALID.message == "Invalid or expired token"


# --- the token ---------------------------------------------------------------


@pytest.mark.parametrize("nothing", [None, ""])
def test_no_token_is_told_apart_from_a_bad_one(nothing: object) -> None:
    assert verify(SECRET, nothing) == NO_TOKEN


@pytest.mark.parametrize(
    "nonsense",
    [
        42,
        1.5,
        True,
        ["x"],
        {"token": "x"},
        b"bytes",
        " ",
        "null",
        "undefined",
        "x",
        ".",
        "..",
        "...",
        "a.b.c",
        "a.b.c.d.e",
        "é.ü.ß",
        "\x00",
        "\ud83d.a.b",
        "eyJhbGciOiJIUzI1NiJ9..",
    ],
    ids=ascii,
)
def test_what_is_no_token_at_all_is_invalid(nonsense: object) -> None:
    assert verify(SECRET, nonsense) == INVALID


def test_a_token_is_read_only_up_to_a_length() -> None:
    room = TOKEN_CHARS_MAX - len(signed_claims({"sub": "7", "pad": ""}))
    fits = signed_claims({"sub": "7", "pad": "x" * (room // 4 * 3 - 3)})
    assert TOKEN_CHARS_MAX - 8 < len(fits) <= TOKEN_CHARS_MAX
    assert isinstance(verify(SECRET, fits), Identity)
    assert verify(SECRET, signed_claims({"sub": "7", "pad": "x" * room})) == INVALID
    assert verify(SECRET, "x" * 10_000_000) == INVALID


@given(st.text(st.characters()))
def test_no_text_makes_an_exception_or_an_identity(text: str) -> None:
    assert verify(SECRET, text) in (NO_TOKEN, INVALID)


def test_a_token_in_quotes_or_with_its_scheme_is_invalid() -> None:
    good = signed_claims({"sub": "7"})
    for text in (f'"{good}"', f"Bearer {good}", f"{good}.", f".{good}", f"{good}{good}"):
        assert verify(SECRET, text) == INVALID


# --- what else a token can bring ----------------------------------------------


@pytest.mark.parametrize("crit", [["exp"], ["b64"], ["x"], [], "exp", None, True], ids=ascii)
def test_a_token_that_insists_on_an_extension_is_invalid(crit: Any) -> None:
    assert verify(SECRET, signed({"alg": "HS256", "crit": crit}, CLAIMS)) == INVALID


def test_a_token_within_a_token_is_invalid() -> None:
    inner = signed({"alg": "HS256"}, CLAIMS)
    for header in ({"alg": "HS256"}, {"alg": "HS256", "cty": "JWT"}):
        assert verify(SECRET, signed(header, inner.encode())) == INVALID
        assert verify(SECRET, signed(header, inner)) == INVALID
        assert verify(SECRET, signed(header, {"jwt": inner, "exp": CLAIMS["exp"]})) == INVALID


def test_a_key_that_the_token_brings_along_is_not_used() -> None:
    own = ANOTHER_SECRET.encode()
    key = {"kty": "oct", "k": part(own).decode(), "alg": "HS256"}
    for more in ({"jwk": key}, {"jku": "http://127.0.0.1:9/keys"}, {"kid": "../../dev/null"}):
        header = {"alg": "HS256"} | more
        assert verify(SECRET, signed(header, CLAIMS, key=own)) == INVALID
        assert verify(SECRET, signed(header, CLAIMS, key=b"")) == INVALID
        assert isinstance(verify(SECRET, signed(header, CLAIMS)), Identity)


@pytest.mark.parametrize("token_id", ["x", 7, None], ids=ascii)
def test_the_id_of_a_token_may_be_anything(token_id: Any) -> None:
    assert who({"sub": "7", "jti": token_id}) == 7


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
NAMES = st.sampled_from(["exp", "nbf", "iat", "aud", "iss", "sub", "jti", "typ", "type", "refresh"])


@given(
    verifier=st.sampled_from([Verifier(SECRET), Verifier(SECRET, "a", "i", HOUR)]),
    header=st.dictionaries(st.sampled_from(["typ", "crit", "kid", "cty", "b64"]), JSON),
    claims=st.dictionaries(NAMES, JSON),
)
def test_nothing_that_is_signed_makes_an_exception(
    verifier: Verifier, header: dict[str, Any], claims: dict[str, Any]
) -> None:
    found = verifier.verify(signed({"alg": "HS256"} | header, {"exp": in_time(HOUR)} | claims))
    assert isinstance(found, Identity) or found.code is Code.INVALID_TOKEN


def test_a_verifier_shows_no_secret() -> None:
    assert SECRET not in repr(Verifier(SECRET)) + str(Verifier(SECRET))


# --- minting -----------------------------------------------------------------


@pytest.mark.parametrize("user_id", [1, 7, 2147483647])
@pytest.mark.parametrize("lifetime", [timedelta(minutes=1), HOUR, timedelta(days=3650)])
def test_a_minted_token_is_verified(user_id: int, lifetime: timedelta) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    found = verify(SECRET, mint(SECRET, user_id, lifetime, {}))
    assert isinstance(found, Identity)
    assert found.user_id == user_id
    assert before + lifetime <= found.expires_at <= datetime.now(UTC) + lifetime


@pytest.mark.parametrize(
    "lifetime", [timedelta(0), timedelta(seconds=-1), -HOUR, timedelta(days=-3650)], ids=str
)
def test_a_token_minted_without_a_lifetime_has_expired(lifetime: timedelta) -> None:
    minted = mint(SECRET, 7, lifetime, {})
    assert verify(SECRET, minted) == INVALID
    # and it is its age, not its shape, that is wrong
    claims = jwt.decode(minted, SECRET, algorithms=["HS256"], options={"verify_exp": False})
    assert claims["sub"] == "7"
    assert claims["iat"] <= claims["exp"]


def test_a_token_can_be_minted_with_other_claims() -> None:
    claims = {"sub": None, "userId": 9, "name": "Amina"}
    found = verify(SECRET, mint(SECRET, 7, HOUR, claims))
    assert isinstance(found, Identity)
    assert found.user_id == 9


def test_a_minted_token_is_of_its_house_only() -> None:
    assert verify(ANOTHER_SECRET, mint(SECRET, 7, HOUR, {})) == INVALID
