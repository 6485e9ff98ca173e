"""Parser of amounts: reads only what everybody would read as the same whole number (D54).

`1.500` and `1,500` are 1500 to some and 1.5 to others (the dinars of Kuwait and Tunisia have three
decimals), so neither is read. Signs that nobody writes before a fraction may stand between thousands;
a point or a comma may where it stands more than once, or where another one begins the fraction.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from baraka_server.contract.fields import INT_MAX

AMOUNT_CHARS_MAX = 60

EITHER = ".,،"
"""Signs that stand between thousands for some people, and before the fraction for others."""

_BLANKS_AND_APOSTROPHES = " \u00a0\u2007\u2009\u202f'’"
BETWEEN_THOUSANDS = _BLANKS_AND_APOSTROPHES + "٬"
"""Blanks, apostrophes and the Arabic thousands separator: before a fraction for nobody."""

BEFORE_A_FRACTION = "٫"
"""The Arabic decimal separator: between thousands for nobody."""

TOGETHER = {
    ".": ",،" + _BLANKS_AND_APOSTROPHES,
    ",": "." + _BLANKS_AND_APOSTROPHES,
    "،": "",
    BEFORE_A_FRACTION: "٬,،",
}
"""Signs between thousands, by the sign that begins the fraction beside them."""

BY_TWO = ",٬"
"""Signs after every two digits but for the last three, as in India: 1,50,000."""

INVISIBLE = "\u200b\u200e\u200f\u061c\u202a\u202b\u202c\u2066\u2067\u2068\u2069\ufeff"
"""Invisible marks of direction and of byte order, which programs put around a text."""

_DIGITS = f"\\d+(?:[{EITHER}{BETWEEN_THOUSANDS}{BEFORE_A_FRACTION}]\\d+)*"
_NUMBER = re.compile(_DIGITS)
_WITH_A_UNIT = re.compile(
    f"(?P<before>\\D*?)\\s*(?P<number>{_DIGITS})\\s*(?P<after>\\D*)", re.DOTALL
)
_PLAIN = "write the whole number without separators"


class BadAmount(ValueError):
    """A text that is not an amount. The message completes the sentence "'<text>' …"."""


def read_amount(text: str, *, least: int = 0, most: int = INT_MAX) -> int:
    """The whole number from `least` to `most` that `text` says. Raises `BadAmount`."""
    written = trimmed(text)
    if not written:
        raise BadAmount(f"is empty: it must be a whole number from {least} to {most}")
    if len(written) <= AMOUNT_CHARS_MAX:
        if _NUMBER.fullmatch(written):
            number = _whole(written)
            if least <= number <= most:
                return number
        elif reason := _reason(written):
            raise BadAmount(reason)
    raise BadAmount(f"is not a whole number from {least} to {most}")


def trimmed(text: str) -> str:
    """`text` without the blanks and the invisible marks at its ends."""
    while text != (shorter := text.strip().strip(INVISIBLE)):
        text = shorter
    return text


def _whole(written: str) -> int:
    """The number that digits with single signs between them say."""
    if len({ord(char) - unicodedata.decimal(char) for char in written if char.isdecimal()}) > 1:
        raise BadAmount("mixes the digits of two scripts")
    groups = [_ascii(group) for group in re.split(r"\D", written)]
    signs = re.findall(r"\D", written)
    if len(signs) == 1 and signs[0] in EITHER:
        return _before_the_fraction(groups, signs)
    if not signs or (len(set(signs)) == 1 and _are_thousands(groups, signs[0])):
        return int("".join(groups))
    return _before_the_fraction(groups, signs)


def _before_the_fraction(groups: Sequence[str], signs: Sequence[str]) -> int:
    """The number before its fraction of one or two zeros, as money is written: 1.500,00 is 1500."""
    *thousands, fraction = groups
    *between, sign = signs
    if sign not in TOGETHER or len(set(between)) > 1 or not set(between) <= set(TOGETHER[sign]):
        raise BadAmount(f"has separators that do not fit each other: {_PLAIN}")
    if between and not _are_thousands(thousands, between[0]):
        raise BadAmount(f"has separators that are not between thousands: {_PLAIN}")
    whole, joined = int("".join(thousands)), int("".join(groups))
    digits = fraction.rstrip("0")
    may_be_thousands = len(fraction) == 3 or (len(fraction) > 3 and not digits)
    if sign in EITHER and may_be_thousands and joined != whole:
        other = f"{whole}.{digits}" if digits else str(whole)
        raise BadAmount(f"could mean {joined} or {other}: {_PLAIN}")
    if digits:
        raise BadAmount(f"means {whole}.{digits}: amounts are whole numbers")
    return whole


def _are_thousands(groups: Sequence[str], sign: str) -> bool:
    """Whether `groups` are digits by three, or as in 1,50,000."""
    first, *middle, last = groups
    if sign not in EITHER + BETWEEN_THOUSANDS or first.startswith("0") or len(last) != 3:
        return False
    by_three = len(first) <= 3 and all(len(group) == 3 for group in middle)
    by_two = len(first) <= 2 and all(len(group) == 2 for group in middle)
    return by_three or (sign in BY_TWO and by_two)


def _reason(written: str) -> str:
    """Why a text is not a number, where that can be said better than "it is none"."""
    if "_" in written and re.fullmatch(r"[\d_]+", written):
        return f"has underscores: {_PLAIN}"
    found = _WITH_A_UNIT.fullmatch(written)
    unit = f"{found['before']} {found['after']}".strip() if found else ""
    if found is None or not unit.strip(". ") or not all(map(_may_be_in_a_unit, unit)):
        return ""
    named = f"has ‘{unit}’ beside the number: write the number alone, in the auction's currency"
    try:
        read_amount(found["number"])
    except BadAmount as error:
        return f"{named}; ‘{found['number']}’ {error}"
    return named


def _may_be_in_a_unit(char: str) -> bool:
    return char in " ." or unicodedata.category(char) in {"Sc", "Lu", "Ll", "Lt", "Lm", "Lo", "Mn"}


def _ascii(digits: str) -> str:
    return "".join(str(unicodedata.decimal(digit)) for digit in digits)
