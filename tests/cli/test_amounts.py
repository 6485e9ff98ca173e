"""Amounts are read only where nobody could read another number (D54)."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from baraka_cli.amounts import BadAmount, read_amount, trimmed
from baraka_server.contract.fields import INT_MAX
from tests.support.clients.command_line import invoke

WHOLE = {
    "0": 0,
    "1500": 1500,
    "007": 7,
    " 1500\t": 1500,
    "1500.0": 1500,  # as JSON's (D12)
    "1500.00": 1500,
    "1500,00": 1500,
    "1.500,00": 1500,
    "1,500.00": 1500,
    "1,500,000": 1_500_000,
    "1.500.000": 1_500_000,
    "1 500": 1500,
    "1\u00a0500": 1500,
    "1\u202f500\u202f000,00": 1_500_000,
    "1\u2009500": 1500,
    "1'500": 1500,
    "1’500’000.00": 1_500_000,
    "1,50,000": 150_000,
    "1,50,00,000.00": 15_000_000,
    "١٦٠٠": 1600,
    "١٬٦٠٠": 1600,
    "١٬٦٠٠٫٠٠": 1600,
    "١٦٠٠٫٠٠٠": 1600,
    "۱۵۰۰": 1500,
    "۱٬۵۰۰٬۰۰۰": 1_500_000,
    "\u200f1500\u200e": 1500,  # as an Arabic spreadsheet marks it
    "2147483647": INT_MAX,
    "2,147,483,647": INT_MAX,
}

EITHER = {
    "1.500": (1500, "1.5"),
    "1,500": (1500, "1.5"),
    "2.000": (2000, "2"),
    "12,345": (12345, "12.345"),
    "١,٥٠٠": (1500, "1.5"),
    "١،٥٠٠": (1500, "1.5"),
    "1500.000": (1_500_000, "1500"),  # in Kuwait, or one separator short
    "1500,500": (1_500_500, "1500.5"),
    "1,500.000": (1_500_000, "1500"),
    "1'500,000": (1_500_000, "1500"),
    "0.500": (500, "0.5"),
    "1,0000": (10_000, "1"),
}

FRACTIONS = (
    "1500,50",
    "1500.5",
    "1,5",
    "0.25",
    "1,500.50",
    "1.500,50",
    "١٥٠٠٫٥٠",
    "1 500,05",
    "1.23456",
)

NO_NUMBERS = (
    *(
        "",
        " ",
        "eight",
        "-5",
        "−5",
        "+5",
        "(1500)",
        "1500-",
        "1500.-",
        ".5",
        "5.",
        "1..5",
        "1,,500",
    ),
    *("1e3", "1,5E+03", "0x10", "½", "1500²", "15:00", "=1500", "1/2", "50%", "1500/-", "1\n500"),
    *("1\u202e500", "1\x00500", "2147483648", "2,147,483,648", "9" * 5000, "nan", "inf", "True"),
)

BADLY_GROUPED = (
    "1 5",
    "15 00",
    "1,2,3",
    "1,500,00",
    "0,123,456",
    "1.50.000",
    "1 50 000",
    "1.500'000",
)


@pytest.mark.parametrize(("text", "number"), WHOLE.items())
def test_what_everybody_reads_alike_is_read(text: str, number: int) -> None:
    assert read_amount(text) == number


def refusal(text: str) -> str:
    with pytest.raises(BadAmount) as refused:
        read_amount(text)
    return str(refused.value)


@pytest.mark.parametrize(("text", "readings"), EITHER.items())
def test_what_could_mean_two_numbers_is_refused_with_both(
    text: str, readings: tuple[int, str]
) -> None:
    assert refusal(text).startswith(f"could mean {readings[0]} or {readings[1]}: write")


@pytest.mark.parametrize("text", FRACTIONS)
def test_a_fraction_is_refused_and_never_rounded_or_joined(text: str) -> None:
    assert re.fullmatch(r"means \d+\.\d+: amounts are whole numbers", refusal(text))


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    assert "a whole number from 0 to 2147483647" in refusal(text)


@pytest.mark.parametrize("text", BADLY_GROUPED)
def test_separators_stand_between_thousands_alone(text: str) -> None:
    assert refusal(text).startswith("has separators that ")


@pytest.mark.parametrize("text", ["1_500", "1__5_", "__2", "3_"])
def test_underscores_are_for_programmers(text: str) -> None:
    assert refusal(text).startswith("has underscores: ")


def test_digits_of_two_scripts_do_not_make_one_number() -> None:
    assert refusal("١500") == "mixes the digits of two scripts"


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("$1500", "$"),
        ("SAR 1600", "SAR"),
        ("1500 €", "€"),
        ("Rs.1500", "Rs."),
        ("1500 ر.س.\u200f", "ر.س."),
        ("2 lakh", "lakh"),
        ("15k", "k"),
    ],
)
def test_a_currency_or_a_unit_is_refused_since_an_amount_has_none(text: str, unit: str) -> None:
    assert refusal(text).startswith(f"has ‘{unit}’ beside the number: write the number alone")


def test_a_currency_hides_no_second_reading() -> None:
    assert "‘1,600’ could mean 1600 or 1.6: write" in refusal("SAR 1,600")


def test_an_amount_has_bounds() -> None:
    assert read_amount("5", least=5, most=5) == 5
    for text in ("4", "6"):
        with pytest.raises(BadAmount, match=r"^is not a whole number from 5 to 5$"):
            read_amount(text, least=5, most=5)


def test_a_step_on_the_command_line_is_an_amount() -> None:
    for step, reason in {"1_5": "has underscores", "1,5": "means 1.5", "0": "from 1 to"}.items():
        done = invoke("console", "--user", 1, "--step", step)
        assert done.code == 2
        assert reason in " ".join(done.err.split())


# --- beside how numbers are written in the world ------------------------------

BLANKS = " \u00a0\u2009\u202f"
LOCALES = {  # what stands between thousands, what before a fraction: as CLDR has them
    "none": ("", ".,"),
    "en": (",،", "."),
    "de, es, ar-MA": (".", ","),
    "fr, pl, ru, en-ZA": (BLANKS, ",."),
    "de-CH": ("'’", ".,"),
    "ar": ("٬", "٫"),
    "ar by other programs": (",،", "٫"),
    "ar as typed": ("", "،"),
}
INDIA = (",٬", ".٫")


def by_three(groups: str, points: str) -> re.Pattern[str]:
    between = "|".join(rf"[1-9]\d{{0,2}}(?:{re.escape(one)}\d{{3}})+" for one in groups)
    return re.compile(
        rf"(?P<whole>\d+{'|' + between if between else ''})(?:[{points}](?P<rest>\d+))?"
    )


def by_two(groups: str, points: str) -> re.Pattern[str]:
    between = "|".join(rf"[1-9]\d?(?:{one}\d\d)*{one}\d{{3}}" for one in groups)
    return re.compile(rf"(?P<whole>\d+|{between})(?:[{points}](?P<rest>\d+))?")


READERS = [by_three(*signs) for signs in LOCALES.values()] + [by_two(*INDIA)]


def readings(text: str) -> set[Fraction]:
    """What people of all these places read, each of them strictly by the own custom."""
    found = filter(None, (reader.fullmatch(text) for reader in READERS))
    return {
        Fraction(f"{int(re.sub(r'[^0-9]', '', match['whole']))}.{match['rest'] or 0}")
        for match in found
    }


ANYTHING = st.text(max_size=20)
AS_TYPED = st.text(st.sampled_from("0123456789,.'  \u00a0٬٫،_-"), min_size=1, max_size=14)
GROUPED = st.builds(
    lambda groups, sign, end: sign.join(groups) + end,
    st.lists(st.from_regex(r"[0-9]{1,4}", fullmatch=True), min_size=1, max_size=4),
    st.sampled_from(",.' ٬،"),
    st.sampled_from(["", ".00", ",00", ".5", ",50", ".000", ",000", "٫00"]),
)


@given(ANYTHING | AS_TYPED | GROUPED)
@example("1,500")
@example("1.500")
@example("1500,00")
@example("1.000٫0")
@example("1،50،000")
def test_no_text_is_read_as_a_number_that_anybody_would_not_read(text: str) -> None:
    try:
        number = read_amount(text)
    except BadAmount:
        return
    plain = "".join(str(int(char)) if char.isdecimal() else char for char in trimmed(text))
    assert readings(plain) == {number}


@given(
    st.integers(0, INT_MAX),
    st.sampled_from([*" \u00a0\u202f'’,.٬"]),
    st.sampled_from(["", "0", "00"]),
    st.sampled_from(["0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹"]),
)
def test_a_number_as_it_is_written_somewhere_is_read_as_itself_or_refused(
    number: int, sign: str, zeros: str, digits: str
) -> None:
    point = {",": ".", ".": ",", "٬": "٫"}.get(sign, ",")
    written = f"{number:,}".replace(",", sign) + (point + zeros if zeros else "")
    text = written.translate(str.maketrans("0123456789", digits))
    is_ambiguous = not zeros and sign in ",." and 1000 <= number < 1_000_000
    try:
        assert read_amount(text) == number
        assert not is_ambiguous
    except BadAmount:
        assert is_ambiguous
