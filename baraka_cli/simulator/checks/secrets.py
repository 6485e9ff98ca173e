"""`secrets_in`: finds codes, whole phone numbers and private fields in a payload (D17)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from baraka_server.contract.records import User

USERS = frozenset({"user", "winningUser", "winning_user"})
"""The fields that hold a user."""
USER_FIELDS = frozenset(User.model_fields)
PRIVATE = frozenset(
    {
        *("password", "passwordhash", "passwd", "secret", "apikey"),
        *("otp", "token", "accesstoken", "refreshtoken"),
        *("phone", "phonenumber", "email", "iban", "cardnumber"),
    }
)
"""Fields that no record of the contract has, in lower case and without underscores."""


def secrets_in(value: object, *, numbers_are_whole: bool, field: str = "") -> Iterator[str]:
    """What must not be in a payload, in words that do not repeat it. `field` is where `value` stands."""
    if isinstance(value, dict):
        yield from _of_one(value, field, numbers_are_whole=numbers_are_whole)
        for name, item in value.items():
            if isinstance(item, dict | list):
                yield from secrets_in(item, numbers_are_whole=numbers_are_whole, field=name)
    elif isinstance(value, list):
        for item in value:
            yield from secrets_in(item, numbers_are_whole=numbers_are_whole, field=field)


def _of_one(fields: Mapping[str, object], field: str, *, numbers_are_whole: bool) -> Iterator[str]:
    if fields.get("otpCode"):
        yield f"the one-time code of user {fields.get('id')} is in it"
    number = fields.get("number")
    if isinstance(number, str) and not numbers_are_whole and _digits(number) > 2:
        yield f"the whole phone number of user {fields.get('id')} is in it"
    if field in USERS:
        more = next((name for name in fields if name not in USER_FIELDS), None)
        if more is not None:
            yield f"user {fields.get('id')} has the field {more!r}, which the contract does not have"
    for name, item in fields.items():
        if name.replace("_", "").lower() in PRIVATE and item not in (None, ""):
            yield f"{field or 'the payload'} has the private field {name!r}"


def _digits(number: str) -> int:
    return sum(char.isdigit() for char in number)
