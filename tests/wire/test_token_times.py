"""A token counts only in its time, and lives no longer than it may."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from baraka_server.contract.refusals import Refusal
from baraka_server.wire.identity import LEEWAY, Identity, Verifier, mint
from tests.support.clients.phones import PythonPhones, token
from tests.support.clients.tokens import (
    HOUR,
    INVALID,
    SECRET,
    in_time,
    signed,
    signed_claims,
    verify,
    who,
)
from tests.support.servers import baraka as servers
from tests.support.servers.neighbours import AUCTION, server_in_process

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
    assert verifier.verify(signed_claims(claims)) == INVALID


@pytest.mark.parametrize("limit", [timedelta.max, timedelta(days=3_000_000), None], ids=str)
def test_a_limit_beyond_the_calendar_is_no_limit_and_no_exception(limit: timedelta | None) -> None:
    last_second = 253402300799  # of the year 9999
    found = Verifier(SECRET, lifetime_max=limit).verify(
        signed_claims({"sub": "7", "exp": last_second})
    )
    assert isinstance(found, Identity)


@pytest.mark.parametrize("fraction", [0.0, 0.25, 0.999])
def test_an_expiry_may_have_a_fraction_of_a_second(fraction: float) -> None:
    expiry = in_time(HOUR)
    found = Verifier(SECRET, lifetime_max=HOUR).verify(
        signed_claims({"sub": "7", "exp": expiry + fraction})
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
    assert (
        strict.verify(signed_claims({"sub": "7", claim: in_time(timedelta(seconds=5))})) == INVALID
    )


def test_a_leeway_lengthens_no_life() -> None:
    verifier = Verifier(SECRET, leeway=HOUR)
    assert (
        verifier.verify(signed_claims({"sub": "7", "exp": in_time(-timedelta(seconds=2))}))
        == INVALID
    )


@pytest.mark.parametrize("issued_at", [None, True, "x", [], {}, -1], ids=ascii)
def test_an_issue_date_that_is_no_time_says_nothing(issued_at: Any) -> None:
    assert who({"sub": "7", "iat": issued_at}) == 7


@pytest.mark.parametrize(
    "start", [None, "x", "", [], {}, 1e300, 10**400], ids=lambda v: ascii(v)[:9]
)
def test_a_beginning_that_is_no_time_is_invalid(start: Any) -> None:
    assert who({"sub": "7", "nbf": start}) == INVALID


# --- a connection, when its token expires


async def test_a_connection_outlives_its_token_unless_the_settings_end_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify_it = Verifier.verify

    def for_a_moment(verifier: Verifier, shown: object) -> Identity | Refusal:
        found = verify_it(verifier, shown)
        assert isinstance(found, Identity)
        return replace(found, expires_at=datetime.now(UTC) + timedelta(seconds=0.1))

    for folder in (strict := tmp_path / "strict", lenient := tmp_path / "lenient"):
        folder.mkdir()
    async with (
        server_in_process(strict, disconnect_expired=True) as ends,
        server_in_process(lenient) as stays,
        PythonPhones() as phones,
    ):
        monkeypatch.setattr(Verifier, "verify", for_a_moment)
        shown = {"token": token(servers.SECRET, 3)}
        outlived, ended = [await phones.open(street.url, auth=shown) for street in (stays, ends)]
        await ended.hears_error("Invalid or expired token")
        await ended.lives_through("disconnect")
        assert (await outlived.emits("joinAuction", AUCTION))["ok"]
