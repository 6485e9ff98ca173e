"""Amounts and times as the house shows them to people: in its currency and its time zone (D57).

What programs read, `--json` and CSV files, stays whole numbers and UTC.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

NO_BREAK = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Shown:
    """`currency` is a code of ISO 4217, None for plain numbers. `zone` None is that of this machine."""

    currency: str | None = None
    zone: tzinfo | None = UTC

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self.zone)

    @property
    def zone_name(self) -> str:
        return str(self.zone or "of this machine")

    def amount(self, number: str) -> str:
        """An amount, which is written as a number already, with its currency before it."""
        return f"{self.currency}{NO_BREAK}{number}" if self.currency else number

    def column(self, name: str) -> str:
        """The heading of a column of amounts in a table: the currency is below it, so that the column stays as wide."""
        return f"{name}\n{self.currency}" if self.currency else name

    def heading(self, name: str) -> str:
        """What stands over amounts."""
        return f"{name} ({self.currency})" if self.currency else name


PLAIN, AS_HERE = Shown(), Shown(zone=None)
in_console: ContextVar[Shown] = ContextVar("in_console", default=AS_HERE)
"""As the console shows them: without a setting in the zone of its machine."""
