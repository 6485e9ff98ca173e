"""A token counts only with a signature of ours, by the one algorithm that there is (D1)."""

from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from baraka_server.wire.identity import Identity
from tests.support.clients.tokens import ANOTHER_SECRET, CLAIMS, INVALID, SECRET, signed, verify

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
