"""Telephone numbers as people type them, brought into E.164; the only place that imports phonenumbers (D50)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from baraka_server.live.code_delivery import Number

CHARS_MAX = 40
RANGE_DIGITS = 4
"""The last digits that the numbers of one range differ in: SMS pumping takes numbers in a row."""
EXPENSIVE = frozenset(
    {PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.UAN}
)


UNASSIGNED = re.compile(r"\+999\d{7,12}")
"""Numbers of a country code that is not assigned: those of demo data, which are nobody's telephone."""


class NotANumber(ValueError):
    """A text that is not a telephone number, or not one that codes are sent to; the text says why."""


def ascii_digits(text: str) -> str:
    """The text with the digits of any script as ASCII's: Arabic phones type ٠ to ٩."""
    return "".join(
        str(digit) if (digit := unicodedata.decimal(char, None)) is not None else char
        for char in text
    )


def read_number(
    text: str,
    region: str | None = None,
    countries: Collection[int] = (),
    *,
    of_demo_data: bool = False,
) -> Number:
    """The number that `text` means, a local one in `region`. Raises `NotANumber`.

    `countries` are the calling codes that codes are sent to; none are all. `of_demo_data` takes the
    numbers of demo data too.
    """
    if len(text) > CHARS_MAX or not text.isprintable():
        raise NotANumber("number must be a telephone number")
    typed = ascii_digits(text).strip()
    if region is None and typed.startswith("00"):
        typed = f"+{typed[2:]}"
    if of_demo_data and UNASSIGNED.fullmatch(typed):
        return Number(typed, (typed,), typed[:-RANGE_DIGITS])
    try:
        parsed = phonenumbers.parse(typed, region)
    except NumberParseException:
        parsed = None
    if parsed is None or not phonenumbers.is_possible_number(parsed) or parsed.extension:
        hint = "" if region else ", with + and the country's code"
        raise NotANumber(f"number must be a telephone number{hint}")
    served = not countries or parsed.country_code in countries
    if not served or phonenumbers.number_type(parsed) in EXPENSIVE:
        raise NotANumber("number is one to which no code can be sent")
    e164 = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    digits = e164[1:]
    spellings = [e164, digits, f"00{digits}"]
    if region and region in phonenumbers.region_codes_for_country_code(parsed.country_code or 0):
        spellings += _local(parsed)
    return Number(e164, tuple(dict.fromkeys(spellings)), e164[:-RANGE_DIGITS])


def calling_code(region: str) -> int | None:
    """The calling code of the country of two letters; None where there is no such country."""
    return phonenumbers.country_code_for_region(region) or None


def is_calling_code(code: int) -> bool:
    """Whether any country, or service, has this calling code."""
    return bool(phonenumbers.region_codes_for_country_code(code))


def _local(parsed: phonenumbers.PhoneNumber) -> list[str]:
    """The number as people of its own country write it, with and without the blanks and the 0 before it."""
    national = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    significant = phonenumbers.national_significant_number(parsed)
    return [significant, national, "".join(filter(str.isdecimal, national))]
