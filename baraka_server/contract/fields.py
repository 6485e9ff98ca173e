"""Types of the fields that a client may send; each refuses what would otherwise be coerced (D12, D15).

A check raises an error whose text completes the sentence "<field> …", so that whoever reads
the refusal knows which field was wrong and what would have been right. Beside it stands the JSON Schema
of what passes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, PlainSerializer, WithJsonSchema
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

INT_MAX = 2_147_483_647
"""The largest value of an `Int` column."""

TEXT_CHARS_MAX = 191
"""The width in characters of a `String` column: VARCHAR(191)."""

LABEL_CHARS_MAX = 40
"""The longest label of somebody who bids on the floor (D40)."""

DESCRIPTION_CHARS_MAX = 2_000
"""The longest description of a lot (D35)."""

_SIGNS = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u0890\u0891\u08e2"
"""Arabic signs that Unicode counts among the format characters, and everybody sees."""
UNSEEN = "".join(
    char
    for char in map(chr, (*range(0x3001), 0xFEFF, *range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080)))
    if char.isspace() or (unicodedata.category(char) in ("Cc", "Cf") and char not in _SIGNS)
)
UNSEEN += "\u034f\u115f\u1160\u2800\u3164\uffa0" + "".join(map(chr, range(0xFE00, 0xFE10)))
"""What nobody sees: blanks, control and format characters, fillers. Text of nothing else is blank (D15)."""

REQUEST_ID_CHARS_MAX = 64
"""The longest `requestId` that a client may choose (D23)."""

LEDGER_ID_CHARS_MAX = 64
"""The longest `ledger` that a client may send back; ours are shorter (D34)."""


JsonSchema = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)  # types are hashed
class Checked:
    """A check of what a client sends in a field, and the JSON Schema of what passes it.

    `sent` is the schema of such a value where the server sends it in another form.
    """

    check: Callable[[Any], Any]
    schema: JsonSchema
    sent: JsonSchema | None = None

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        is_sent = self.sent is not None and handler.mode == "serialization"
        return dict((self.sent if is_sent else None) or self.schema)


def given(name: str, value: JsonSchema | None = None) -> dict[str, Any]:
    """The schema of an object in which a field is there and is not null, with `value` if that is said."""
    there = value or {"not": {"type": "null"}}
    return {"required": [name], "properties": {name: dict(there)}}


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
    address = _text(TEXT_CHARS_MAX)(value)
    if not address.startswith(("http://", "https://")) or any(map(str.isspace, address)):
        raise _wrong("must be an address that begins with http:// or https://")
    return address


def _text(chars_max: int, *, blank: bool = False) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise _wrong("must be a string")
        if not blank and not value.strip(UNSEEN):
            raise _wrong(f"must not be blank (1 to {chars_max} characters)")
        if len(value) > chars_max:
            raise _wrong(f"must have at most {chars_max} characters, not {len(value)}")
        # Half of a surrogate pair is legal in JSON and in no database and no UTF-8 frame.
        if any("\ud800" <= char <= "\udfff" for char in value):
            raise _wrong("must be valid Unicode text")
        return value

    return check


def _auto(value: Any) -> str | None:
    if value not in ("auto", None):
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


def whole_number(least: int, most: int) -> Checked:
    """A whole number between two bounds, which belong to it."""
    schema = {"type": "integer", "minimum": least, "maximum": most}
    return Checked(_whole_number(least, most), schema)


def text(chars_max: int, *, blank: bool = False) -> Checked:
    """Text of at most so many characters, which may only be `blank` where that is said."""
    schema: dict[str, Any] = {"type": "string", "maxLength": chars_max}
    return Checked(_text(chars_max, blank=blank), schema if blank else schema | {"pattern": r"\S"})


def one_of(check: Callable[[Any], Any], *values: str | None) -> Checked:
    """One of some values."""
    return Checked(check, {"enum": list(values)})


STEP = {
    "type": "object",
    "properties": {
        "from": {"type": "integer", "minimum": 0, "maximum": INT_MAX},
        "step": {"type": "integer", "minimum": 1, "maximum": INT_MAX},
    },
    "required": ["from", "step"],
}
STEP_ROWS = {"type": "array", "items": STEP, "minItems": 1, "maxItems": STEPS_MAX}
ONE_STEP = {"type": "integer", "minimum": 1, "maximum": INT_MAX}
NO_STEP = {"type": "null"}

Id = Annotated[int, whole_number(1, INT_MAX)]
Amount = Annotated[int, whole_number(1, INT_MAX)]
Price = Annotated[int, whole_number(0, INT_MAX)]
ClockSeconds = Annotated[int, whole_number(1, 604_800)]
WindowSeconds = Annotated[int, whole_number(0, 600)]
AutoAward = Annotated[str | None, one_of(_auto, "auto", None)]
Stage = Annotated[int, whole_number(1, 3)]
Counter = Annotated[int, whole_number(0, 2**53 - 1)]
Flag = Annotated[bool, Checked(_flag, {"type": "boolean"})]
Text = Annotated[str, text(TEXT_CHARS_MAX)]
TextOrBlank = Annotated[str, text(TEXT_CHARS_MAX, blank=True)]
Label = Annotated[str, text(LABEL_CHARS_MAX)]
Description = Annotated[str, text(DESCRIPTION_CHARS_MAX, blank=True)]
WebAddress = Annotated[
    str,
    Checked(
        _web_address,
        {"type": "string", "maxLength": TEXT_CHARS_MAX, "pattern": r"^https?://\S*$"},
    ),
]
Increments = Annotated[
    Steps | None,
    Checked(_steps, {"anyOf": [ONE_STEP, STEP_ROWS, NO_STEP]}, {"anyOf": [STEP_ROWS, NO_STEP]}),
    PlainSerializer(_rows, when_used="unless-none"),
]
Role = Annotated[str | None, one_of(_role, *ROLES, None)]
RegistrationKind = Annotated[str | None, one_of(_registration, *REGISTRATIONS)]
Minutes = Annotated[int, whole_number(1, MINUTES_MAX)]
SlowSeconds = Annotated[int, whole_number(0, SLOW_SECONDS_MAX)]
LedgerId = Annotated[str, text(LEDGER_ID_CHARS_MAX)]
RequestId = Annotated[str, text(REQUEST_ID_CHARS_MAX)]
Time = Annotated[
    datetime,
    PlainSerializer(iso_time, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
