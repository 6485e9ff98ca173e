"""Records as the server sends them: what others may see of a user, and the form of dates."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baraka_server.contract.fields import iso_time
from baraka_server.contract.records import BidWithUser, User, UserType

JOINED = datetime(2026, 1, 2, 3, 4, 5, 678_000, UTC)
BAGHDAD = timezone(timedelta(hours=3))


def user(number: str = "+9647701234542", otp_code: str | None = "123456") -> User:
    return User(
        id=7,
        name="Amina",
        type=UserType.Expert,
        category_id=None,
        number=number,
        otpCode=otp_code,
        createdAt=JOINED,
        updatedAt=JOINED,
    )


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+9647701234542", "••••••42"),
        ("07701234542", "••••••42"),
        ("42", "••••••42"),
        ("2", "••••••2"),
        ("", "••••••"),
    ],
)
def test_others_see_two_digits_of_a_number_and_never_its_length(number: str, shown: str) -> None:
    """D17."""
    assert user(number).as_seen_by_others().number == shown


@pytest.mark.parametrize("whole_number", [False, True])
@pytest.mark.parametrize("otp_code", ["123456", "", None])
def test_nothing_shows_the_one_time_code(otp_code: str | None, whole_number: bool) -> None:
    """D17."""
    seen = user(otp_code=otp_code).as_seen_by_others(whole_number=whole_number)
    assert seen.otpCode is None
    assert "123456" not in seen.model_dump_json()


def test_a_private_deployment_may_show_the_number() -> None:
    assert user().as_seen_by_others(whole_number=True).number == "+9647701234542"


def test_a_masked_user_still_has_every_field_and_the_original_is_untouched() -> None:
    original = user()
    assert json.loads(original.as_seen_by_others().model_dump_json()) == {
        "id": 7,
        "name": "Amina",
        "type": "Expert",
        "category_id": None,
        "number": "••••••42",
        "otpCode": None,
        "createdAt": "2026-01-02T03:04:05.678Z",
        "updatedAt": "2026-01-02T03:04:05.678Z",
    }
    assert original == user()


@pytest.mark.parametrize(
    ("moment", "printed"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05.000Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 6_000, UTC), "2026-01-02T03:04:05.006Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 999_999, UTC), "2026-01-02T03:04:05.999Z"),
        (datetime(2026, 1, 2, 1, 4, 5, tzinfo=BAGHDAD), "2026-01-01T22:04:05.000Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000Z"),
        (datetime(9999, 12, 31, 23, 59, 59, 999_000, UTC), "9999-12-31T23:59:59.999Z"),
    ],
)
def test_dates_are_printed_in_utc_with_milliseconds(moment: datetime, printed: str) -> None:
    """D18."""
    assert iso_time(moment) == printed


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_printed_date_reads_back_as_the_same_millisecond(moment: datetime) -> None:
    kept = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert datetime.fromisoformat(iso_time(moment)) == kept


def test_dates_of_nested_records_are_printed_the_same_way() -> None:
    bid = BidWithUser(
        id=1, auction_id=42, user_id=7, bid=1500, createdAt=JOINED, updatedAt=JOINED, user=user()
    )
    told = json.loads(bid.model_dump_json())
    assert told["createdAt"] == told["user"]["createdAt"] == "2026-01-02T03:04:05.678Z"
