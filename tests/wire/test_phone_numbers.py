"""Telephone numbers: whatever people type becomes E.164, or is refused with the reason (D50)."""

import pytest

from baraka_server.wire.phone_numbers import NotANumber, ascii_digits, read_number

KUWAIT = "+96555512345"


@pytest.mark.parametrize(
    ("typed", "region"),
    [
        ("+96555512345", None),
        ("0096555512345", None),
        (" +965 555-12345 ", None),
        ("+965 (555) 12345", None),
        ("+٩٦٥٥٥٥١٢٣٤٥", None),
        ("+۹۶۵۵۵۵۱۲۳۴۵", None),
        ("٠٠٩٦٥٥٥٥١٢٣٤٥", None),
        ("55512345", "KW"),
        ("٥٥٥١٢٣٤٥", "KW"),
        ("0096555512345", "KW"),
        ("96555512345", "KW"),
        ("+96555512345", "SA"),
    ],
)
def test_one_number_has_many_spellings(typed, region):
    assert read_number(typed, region).e164 == KUWAIT


@pytest.mark.parametrize(
    "typed",
    [
        *("", "55512345", "x", "+", "+0", "+965", "+96512", "+999123456789", "55512345" * 9),
        *("+96555512345\r\nX-Header: 1", "+965555\x0012345", "+96555512345 ext. 5", "tel:x"),
        *("+96555512345, +96555512346", "+44 909 879 0000"),  # two of them; one that costs extra
    ],
)
def test_what_is_no_number_or_an_expensive_one_is_refused(typed):
    with pytest.raises(NotANumber, match="number"):
        read_number(typed)


def test_users_of_other_programs_are_found_under_the_spellings_of_their_country():
    assert {KUWAIT, "96555512345", "0096555512345", "55512345"} <= set(
        read_number("55512345", "KW").spellings
    )
    assert "0551234567" in read_number("+966551234567", "SA").spellings
    # Somebody of another country may have the same local number.
    assert "55512345" not in read_number(KUWAIT, "SA").spellings


def test_the_range_of_a_number_is_all_but_its_last_four_digits():
    assert read_number(KUWAIT).prefix == "+9655551"
    assert read_number("+96555519999").prefix == "+9655551"


def test_only_countries_that_are_served_get_codes():
    assert read_number(KUWAIT, None, {965, 966}).e164 == KUWAIT
    with pytest.raises(NotANumber, match="no code can be sent"):
        read_number("+12025550123", None, {965, 966})


def test_numbers_of_demo_data_are_for_development():
    assert read_number("+999500000007", of_demo_data=True).e164 == "+999500000007"
    with pytest.raises(NotANumber):
        read_number("+999500000007")


def test_digits_of_any_script_are_digits():
    assert ascii_digits("٠١٢٣٤٥ ۶۷۸۹") == "012345 6789"
