"""`Tally`: lots sold so far, what they brought in all, and how fast the sale goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from baraka_cli.console.records import Hammer, moment, whole
from baraka_server.contract.settlement import SaleSummary

PACE_WINDOW = timedelta(hours=1)
"""Time over which the pace is taken: a sale's beginning says little of its last hour."""
PACE_AFTER = timedelta(minutes=1)


@dataclass(slots=True)
class Tally:
    """What the server told of the sale last, and the hammers that were heard since."""

    hammers: Sequence[Hammer]
    """All that the console hears: the book's own list."""
    read: bool = False
    """Whether the server told what it sold: without that it is what this console heard."""
    _before: list[tuple[int | None, datetime]] = field(default_factory=list)
    """Price and time of each lot that came off the block, as the server told it."""
    _heard: int = 0
    """Number of hammers that the server has told of already."""
    _passed_told: bool = False
    """Whether the lots that passed are among what it told."""

    def take(self, told: SaleSummary, behind: timedelta) -> None:
        """Take the server's summary. `behind` is the lag of its clock behind ours."""
        self._take([(lot.price, lot.at + behind) for lot in told.lots if lot.at is not None])
        self._passed_told = True

    def take_winnings(self, winnings: Sequence[Mapping[str, Any]], behind: timedelta) -> None:
        """Take the list of what was won, of a server that has no summary.

        Raises what `sale_book` raises for records that are none.
        """
        self._take(
            [(whole(won["price"]), moment(won.get("createdAt")) + behind) for won in winnings]
        )
        self._passed_told = False

    def _take(self, fell: list[tuple[int | None, datetime]]) -> None:
        self._before, self._heard, self.read = fell, len(self.hammers), True

    @property
    def sold(self) -> int:
        return len(self._prices)

    @property
    def total(self) -> int:
        return sum(self._prices)

    @property
    def _prices(self) -> list[int]:
        since = [hammer.amount for hammer in self.hammers[self._heard :]]
        prices = [price for price, _ in self._before] + since
        return [price for price in prices if price is not None]

    def pace(self, now: datetime) -> int | None:
        """Lots an hour that came off the block, passed ones too; None where it is too early to say."""
        passed_or_new = [
            hammer.at
            for place, hammer in enumerate(self.hammers)
            if hammer.at is not None
            and (place >= self._heard or (hammer.amount is None and not self._passed_told))
        ]
        fell = sorted(
            at for at in [*passed_or_new, *(at for _, at in self._before)] if now - at < PACE_WINDOW
        )
        if len(fell) < 2 or now - fell[0] < PACE_AFTER:
            return None
        return round((len(fell) - 1) / ((now - fell[0]) / timedelta(hours=1)))

    def told(self, now: datetime) -> str:
        """Such as "3 sold · total 2,350 · 24 lots/h"; "≥" where not all of it can be known."""
        least = "" if self.read else "≥ "
        pace = self.pace(now)
        speed = f" · {pace} lots/h" if pace is not None else ""
        return f"{least}{self.sold} sold · total {self.total:,}{speed}"
