"""Access tokens: only a valid one is accepted (D1)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from baraka_server.contract.refusals import Code, Refusal
from baraka_server.wire.identity import LEEWAY, TOKEN_CHARS_MAX, Identity, Verifier, mint

SECRET = "a secret of the house, with more than 32 bytes"
ANOTHER_SECRET = "a secret of somebody else, just as long as ours"
HOUR = timedelta(hours=1)

NO_TOKEN = Refusal(Code.NO_TOKEN)
INVALID = Refusal(Code.INVALID_TOKEN)


def verify(secret: str, token: object, **options: Any) -> Identity | Refusal:
    """What a client is told of it: what only the log is told is left out."""
    found = Verifier(secret, **options).verify(token)
    return Refusal(found.code) if isinstance(found, Refusal) else found


def in_time(step: timedelta) -> int:
    return int((datetime.now(UTC) + step).timestamp())


def part(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def signed(header: Any, claims: Any, *, key: bytes = SECRET.encode(), digest: Any = None) -> str:
    """A token made by hand, as no library would make it. Bytes are taken as they are."""
    pieces = [
        part(each if isinstance(each, bytes) else json.dumps(each).encode())
        for each in (header, claims)
    ]
    text = b".".join(pieces)
    signature = hmac.new(key, text, digest or hashlib.sha256).digest()
    return b".".join([text, part(signature)]).decode()


def token(claims: Mapping[str, Any]) -> str:
    """A well-signed token that has an hour to live, unless `claims` say otherwise."""
    return signed({"alg": "HS256", "typ": "JWT"}, {"exp": in_time(HOUR)} | claims)


def who(claims: Mapping[str, Any], **options: Any) -> int | Refusal:
    found = verify(SECRET, token(claims), **options)
    return found.user_id if isinstance(found, Identity) else found


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
    room = TOKEN_CHARS_MAX - len(token({"sub": "7", "pad": ""}))
    fits = token({"sub": "7", "pad": "x" * (room // 4 * 3 - 3)})
    assert TOKEN_CHARS_MAX - 8 < len(fits) <= TOKEN_CHARS_MAX
    assert isinstance(verify(SECRET, fits), Identity)
    assert verify(SECRET, token({"sub": "7", "pad": "x" * room})) == INVALID
    assert verify(SECRET, "x" * 10_000_000) == INVALID


@given(st.text(st.characters()))
def test_no_text_makes_an_exception_or_an_identity(text: str) -> None:
    assert verify(SECRET, text) in (NO_TOKEN, INVALID)


def test_a_token_in_quotes_or_with_its_scheme_is_invalid() -> None:
    good = token({"sub": "7"})
    for text in (f'"{good}"', f"Bearer {good}", f"{good}.", f".{good}", f"{good}{good}"):
        assert verify(SECRET, text) == INVALID


# --- the signature -----------------------------------------------------------

CLAIMS = {"sub": "7", "exp": 4102444800}  # the year 2100

# The claims are good and HMAC-SHA-256 is right in each of these; only the header says otherwise.
HEADERS = [
    {},
    {"typ": "JWT"},
    *(
        {"alg": algorithm}
        for algorithm in (
            *("none", "None", "NONE", "", None, "hs256", "HS256 ", "HMAC", "dir"),
            *("HS384", "HS512", "RS256", "PS256", "ES256", "EdDSA"),
            *(["HS256"], {"HS256": 1}, 256, True),
        )
    ),
    {"alg": "HS256", "kid": 5},
    {"alg": "HS256", "crit": ["exp"]},
    {"alg": "HS256", "b64": False},
    [],
    "HS256",
    None,
    b"",
    b"{",
    b'"\xff"',
    b'{"alg":' + b"[" * 2000,
]


@pytest.mark.parametrize("header", HEADERS, ids=ascii)
def test_only_one_algorithm_is_accepted_whatever_the_header_says(header: Any) -> None:
    assert verify(SECRET, signed(header, CLAIMS)) == INVALID


def test_the_token_that_those_differ_from_is_good() -> None:
    found = verify(SECRET, signed({"alg": "HS256"}, CLAIMS))
    assert found == Identity(7, datetime(2100, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_a_longer_hash_with_our_secret_is_no_other_way_in(algorithm: str) -> None:
    long_secret = SECRET * 3
    other = jwt.encode(CLAIMS, long_secret, algorithm=algorithm)
    assert jwt.decode(other, long_secret, algorithms=[algorithm])["sub"] == "7"
    assert verify(long_secret, other) == INVALID


def test_an_unsigned_token_is_invalid() -> None:
    unsigned = jwt.encode(CLAIMS, None, algorithm="none")
    assert unsigned.endswith(".")
    assert verify(SECRET, unsigned) == INVALID
    bare = signed({"alg": "HS256"}, CLAIMS).rpartition(".")[0]
    for text in (bare, f"{bare}.", f"{bare}.{'A' * 43}"):
        assert verify(SECRET, text) == INVALID


def test_public_key_signatures_are_no_way_in() -> None:
    """Neither a real one, nor one that takes the public key for the secret of an HMAC."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    real = jwt.encode(CLAIMS, private, algorithm="RS256")
    assert jwt.decode(real, public, algorithms=["RS256"])["sub"] == "7"
    confused = signed({"alg": "HS256"}, CLAIMS, key=public)
    for text in (real, confused):
        assert verify(SECRET, text) == INVALID
        assert verify(public.decode(), text) == INVALID


def test_a_changed_token_and_another_houses_token_are_invalid() -> None:
    header, claims, signature = signed({"alg": "HS256"}, CLAIMS).split(".")
    _, other_claims, _ = signed({"alg": "HS256"}, CLAIMS | {"sub": "8"}).split(".")
    flipped = ("B" if signature[0] == "A" else "A") + signature[1:]
    for text in (
        f"{header}.{other_claims}.{signature}",
        f"{header}.{claims}.{flipped}",
        f"{header}.{claims}.{signature[:-4]}",
        signed({"alg": "HS256"}, CLAIMS, key=ANOTHER_SECRET.encode()),
        signed({"alg": "HS256"}, CLAIMS, key=b""),
    ):
        assert verify(SECRET, text) == INVALID


# --- the times ---------------------------------------------------------------


def test_a_token_must_say_when_it_expires() -> None:
    assert verify(SECRET, signed({"alg": "HS256"}, {"sub": "7"})) == INVALID


@pytest.mark.parametrize(
    "expiry",
    [None, "", "soon", [], {}, True, 0, -1, 1, 1e300, 10**400, 253402300800],
    ids=lambda value: ascii(value)[:20],
)
def test_an_expiry_that_is_past_or_no_time_is_invalid(expiry: Any) -> None:
    assert who({"sub": "7", "exp": expiry}) == INVALID


@pytest.mark.parametrize("expiry", [b"Infinity", b"-Infinity", b"NaN"])
def test_an_expiry_that_is_no_number_of_json_is_invalid(expiry: bytes) -> None:
    claims = b'{"sub": "7", "exp": ' + expiry + b"}"
    assert verify(SECRET, signed({"alg": "HS256"}, claims)) == INVALID


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"exp": -HOUR}, INVALID),
        ({"exp": -timedelta(seconds=2)}, INVALID),
        ({"exp": HOUR}, 7),
        ({"exp": timedelta(days=3650)}, 7),
        ({"nbf": HOUR}, INVALID),
        ({"nbf": -HOUR}, 7),
        ({"iat": -HOUR}, 7),
        ({"iat": -HOUR, "nbf": -HOUR, "exp": -timedelta(minutes=1)}, INVALID),
    ],
    ids=str,
)
def test_a_token_counts_only_in_its_time(
    claims: dict[str, timedelta], expected: int | Refusal
) -> None:
    times = {name: in_time(step) for name, step in claims.items()}
    assert who({"sub": "7"} | times) == expected


@pytest.mark.parametrize("claims", [[], "x", 7, None, b"", b"{", b'"\xff"', b"[" * 2000], ids=ascii)
def test_claims_that_are_no_object_are_invalid(claims: Any) -> None:
    assert verify(SECRET, signed({"alg": "HS256"}, claims)) == INVALID


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
    found = Verifier(SECRET, audience="phones").verify(token({"sub": "7", "aud": audience}))
    assert isinstance(found, Identity) is good
    assert good or found == INVALID


def test_an_audience_that_is_asked_for_must_be_there() -> None:
    assert Verifier(SECRET, audience="phones").verify(token({"sub": "7"})) == INVALID


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
    good = token({"sub": "7", "iss": "https://issuer.example"})
    assert isinstance(verifier.verify(good), Identity)
    assert verifier.verify(token({"sub": "7", "iss": issuer})) == INVALID
    assert verifier.verify(token({"sub": "7"})) == INVALID


def test_audience_and_issuer_are_both_asked_for() -> None:
    verifier = Verifier(SECRET, audience="phones", issuer="us")
    both = {"sub": "7", "aud": "phones", "iss": "us"}
    assert isinstance(verifier.verify(token(both)), Identity)
    for name in ("aud", "iss"):
        assert verifier.verify(token(both | {name: "x"})) == INVALID
        assert verifier.verify(token({key: both[key] for key in both if key != name})) == INVALID


# --- how long it lives -------------------------------------------------------


def test_a_token_may_not_live_longer_than_the_limit() -> None:
    verifier = Verifier(SECRET, lifetime_max=HOUR)
    minute = timedelta(minutes=1)  # for a machine that is slow between minting and verifying
    for lifetime in (minute, HOUR - minute, HOUR):
        assert isinstance(verifier.verify(mint(SECRET, 7, lifetime, {})), Identity)
    for lifetime in (HOUR + minute, timedelta(days=1), timedelta(days=100_000)):
        assert verifier.verify(mint(SECRET, 7, lifetime, {})) == INVALID


def test_an_issue_date_in_the_future_buys_no_longer_life() -> None:
    verifier = Verifier(SECRET, lifetime_max=HOUR)
    later = in_time(timedelta(days=30))
    claims = {"sub": "7", "iat": later, "nbf": in_time(-HOUR), "exp": later + 60}
    assert verifier.verify(token(claims)) == INVALID


@pytest.mark.parametrize("limit", [timedelta.max, timedelta(days=3_000_000), None], ids=str)
def test_a_limit_beyond_the_calendar_is_no_limit_and_no_exception(limit: timedelta | None) -> None:
    last_second = 253402300799  # of the year 9999
    found = Verifier(SECRET, lifetime_max=limit).verify(token({"sub": "7", "exp": last_second}))
    assert isinstance(found, Identity)


@pytest.mark.parametrize("fraction", [0.0, 0.25, 0.999])
def test_an_expiry_may_have_a_fraction_of_a_second(fraction: float) -> None:
    expiry = in_time(HOUR)
    found = Verifier(SECRET, lifetime_max=HOUR).verify(
        token({"sub": "7", "exp": expiry + fraction})
    )
    assert found == Identity(7, datetime.fromtimestamp(expiry, UTC))


@pytest.mark.parametrize("expiry", ["4102444800", " 4102444800 ", "4102444800.0", [4102444800]])
def test_an_expiry_in_quotes_is_none(expiry: Any) -> None:
    assert who({"sub": "7", "exp": expiry}) == INVALID


@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_the_clock_of_the_issuer_may_be_ahead_a_little_and_no_more(claim: str) -> None:
    for step in (timedelta(seconds=2), LEEWAY - timedelta(seconds=1)):
        assert who({"sub": "7", claim: in_time(step)}) == 7
    for step in (LEEWAY + timedelta(minutes=1), timedelta(minutes=50), timedelta(days=1)):
        assert who({"sub": "7", claim: in_time(step)}) == INVALID
    strict = Verifier(SECRET, leeway=timedelta(0))
    assert strict.verify(token({"sub": "7", claim: in_time(timedelta(seconds=5))})) == INVALID


def test_a_leeway_lengthens_no_life() -> None:
    verifier = Verifier(SECRET, leeway=HOUR)
    assert verifier.verify(token({"sub": "7", "exp": in_time(-timedelta(seconds=2))})) == INVALID


@pytest.mark.parametrize("issued_at", [None, True, "x", [], {}, -1], ids=ascii)
def test_an_issue_date_that_is_no_time_says_nothing(issued_at: Any) -> None:
    assert who({"sub": "7", "iat": issued_at}) == 7


@pytest.mark.parametrize(
    "start", [None, "x", "", [], {}, 1e300, 10**400], ids=lambda v: ascii(v)[:9]
)
def test_a_beginning_that_is_no_time_is_invalid(start: Any) -> None:
    assert who({"sub": "7", "nbf": start}) == INVALID


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
    found = Verifier(SECRET).verify(token({"sub": "7", "type": "otp\n" + "x" * 90}))
    assert isinstance(found, Refusal)
    assert found.message == "Invalid or expired token"
    assert found.values["kind"].startswith("'otp\\n")
    assert len(found.values["kind"]) <= 32
    assert found.extra == {}


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
