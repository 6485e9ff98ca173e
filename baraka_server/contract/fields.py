"""Types of the fields that a client may send; each refuses what would otherwise be coerced (D12, D15).

A validator raises an error whose text completes the sentence "<field> …", so that whoever reads
the refusal knows which field was wrong and what would have been right.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer
from pydantic_core import PydanticCustomError

INT_MAX = 2_147_483_647
"""The largest value of an `Int` column."""

TEXT_CHARS_MAX = 191
"""The width in characters of a `String` column: VARCHAR(191)."""

LABEL_CHARS_MAX = 40
"""The longest label of somebody who bids on the floor (D40)."""

DESCRIPTION_CHARS_MAX = 2_000
"""The longest description of a lot (D35)."""

REQUEST_ID_CHARS_MAX = 64
"""The longest `requestId` that a client may choose (D23)."""

LEDGER_ID_CHARS_MAX = 64
"""The longest `ledger` that a client may send back; ours are shorter (D34)."""


def _wrong(text: str) -> PydanticCustomError:
    # The text goes in as a value: pydantic would read braces in it as a template of its own.
    return PydanticCustomError("contract", "{text}", {"text": text})


def _whole_number(least: int, most: int) -> Callable[[Any], int]:
    def check(value: Any) -> int:
        # JSON has one number type: 1500.0 is 1500.
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if type(value) is not int or not least <= value <= most:
            raise _wrong(f"must be a whole number from {least} to {most}")
        return value

    return check


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong("must be true or false")
    return value


def _web_address(value: Any) -> str:
    text = _text(TEXT_CHARS_MAX)(value)
    if not text.startswith(("http://", "https://")) or any(map(str.isspace, text)):
        raise _wrong("must be an address that begins with http:// or https://")
    return text


def _text(chars_max: int, *, blank: bool = False) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise _wrong("must be a string")
        if not blank and not value.strip():
            raise _wrong(f"must not be blank (1 to {chars_max} characters)")
        if len(value) > chars_max:
            raise _wrong(f"must have at most {chars_max} characters, not {len(value)}")
        # Half of a surrogate pair is legal in JSON and in no database and no UTF-8 frame.
        if any("\ud800" <= char <= "\udfff" for char in value):
            raise _wrong("must be valid Unicode text")
        return value

    return check


def _auto(value: Any) -> str | None:
    if value not in {"auto", None}:
        raise _wrong('must be "auto", or be left out')
    return value  # type: ignore[no-any-return]


Steps = tuple[tuple[int, int], ...]
"""From which amount which step, rising: `((0, 10), (1000, 50))`."""

STEPS_MAX = 50


def _steps(value: Any) -> Steps | None:
    """A number is the step from 0 on; None is none (D41)."""
    if value is None:
        return None
    if isinstance(value, tuple):  # as a program of ours has it
        value = [{"from": since, "step": step} for since, step in value]
    if not isinstance(value, list):
        return ((0, _whole_number(1, INT_MAX)(value)),)
    if not 1 <= len(value) <= STEPS_MAX:
        raise _wrong(f"must be a step, or 1 to {STEPS_MAX} of {{from, step}}")
    steps = []
    for row in value:
        if not isinstance(row, dict) or not {"from", "step"} <= row.keys():
            raise _wrong("must be a step, or a list of {from, step}")
        steps.append(
            (_whole_number(0, INT_MAX)(row["from"]), _whole_number(1, INT_MAX)(row["step"]))
        )
    if any(later[0] <= earlier[0] for earlier, later in pairwise(steps)):
        raise _wrong("must rise: each from must be above the one before it")
    return tuple(steps)


def _rows(steps: Steps) -> list[dict[str, int]]:
    return [{"from": since, "step": step} for since, step in steps]


def _role(value: Any) -> str | None:
    if value not in (None, *ROLES):
        raise _wrong(f"must be {' or '.join(ROLES)}, or null")
    return value  # type: ignore[no-any-return]


ROLES = ("clerk", "moderator")
"""The roles that an owner gives (D46)."""

OPEN, APPROVAL = REGISTRATIONS = ("open", "approval")
"""Who may bid: everybody, or those whom the owner registered (D48)."""


def _registration(value: Any) -> str:
    if value not in REGISTRATIONS:
        raise _wrong(f"must be {' or '.join(REGISTRATIONS)}")
    return value  # type: ignore[no-any-return]


MINUTES_MAX = 7 * 24 * 60
SLOW_SECONDS_MAX = 600


def whole_milliseconds(at: datetime) -> datetime:
    """The time without what is below a millisecond: columns and clients have no more."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


@lru_cache(maxsize=1024)  # all that is committed together has one time
def iso_time(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and `Z`, as Prisma prints it (D18)."""
    # Not strftime: its %Y has no leading zeros, and the zero time of other languages is the year 1.
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


Id = Annotated[int, BeforeValidator(_whole_number(1, INT_MAX))]
Amount = Annotated[int, BeforeValidator(_whole_number(1, INT_MAX))]
Price = Annotated[int, BeforeValidator(_whole_number(0, INT_MAX))]
ClockSeconds = Annotated[int, BeforeValidator(_whole_number(1, 604_800))]
WindowSeconds = Annotated[int, BeforeValidator(_whole_number(0, 600))]
AutoAward = Annotated[str | None, BeforeValidator(_auto)]
Stage = Annotated[int, BeforeValidator(_whole_number(1, 3))]
Counter = Annotated[int, BeforeValidator(_whole_number(0, 2**53 - 1))]
Flag = Annotated[bool, BeforeValidator(_flag)]
Text = Annotated[str, BeforeValidator(_text(TEXT_CHARS_MAX))]
TextOrBlank = Annotated[str, BeforeValidator(_text(TEXT_CHARS_MAX, blank=True))]
Label = Annotated[str, BeforeValidator(_text(LABEL_CHARS_MAX))]
Description = Annotated[str, BeforeValidator(_text(DESCRIPTION_CHARS_MAX, blank=True))]
WebAddress = Annotated[str, BeforeValidator(_web_address)]
Increments = Annotated[
    Steps | None, BeforeValidator(_steps), PlainSerializer(_rows, when_used="unless-none")
]
Role = Annotated[str | None, BeforeValidator(_role)]
RegistrationKind = Annotated[str | None, BeforeValidator(_registration)]
Minutes = Annotated[int, BeforeValidator(_whole_number(1, MINUTES_MAX))]
SlowSeconds = Annotated[int, BeforeValidator(_whole_number(0, SLOW_SECONDS_MAX))]
LedgerId = Annotated[str, BeforeValidator(_text(LEDGER_ID_CHARS_MAX))]
RequestId = Annotated[str, BeforeValidator(_text(REQUEST_ID_CHARS_MAX))]
Time = Annotated[datetime, PlainSerializer(iso_time, when_used="json")]
